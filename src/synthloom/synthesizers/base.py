"""The contract of a synthesizer: ``fit`` and ``sample``, and beneath them a conditional core.

Users call :meth:`Synthesizer.fit`, :meth:`~Synthesizer.sample`, :meth:`~Synthesizer.save` and
:func:`load`. Authors write ``_fit``, ``_sample``, ``_state`` and ``_restore`` over encoded columns.
The core verb is conditional, p(target | context): relations, sequences, conditions and imputation
are built on it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from synthloom.artifact import StagedFolder, read_json, verify_folder, write_json, write_manifest
from synthloom.data import Table
from synthloom.data.table import SHARD_ROWS, FrameKind
from synthloom.encoding import EncodedColumn, EncodedTable, TableEncoder, check_columns
from synthloom.errors import ArtifactError, InputError, NotFittedError, OptionError
from synthloom.execution import SerialExecutor
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, infer_schema, schema_from_yaml, schema_to_yaml
from synthloom.synthesizers.guided.guided_sampling import GuidedRows
from synthloom.synthesizers.guided.shards import checked_size, guided_shards, read_wish

_REPLAY = 4  # rows drawn for each row that an update has to do without

MINIMUM_ROWS = 20
"""Rows below which nothing is learned: with fewer, almost every value belongs to one person."""


@dataclass(frozen=True)
class Capabilities:
    """What a synthesizer can do, beyond learning and sampling a table.

    Attributes:
        conditions: which columns can be held fixed while the others are drawn given them: ``all``,
            only ``leading`` ones or ``none``. ``where`` works with every synthesizer all the same.
        context: learns p(target | context) when given a context table.
        weights: rows can be weighted.
        log_density: can tell the log density of rows.
        update: can learn from new rows without the old ones, see :meth:`Synthesizer.update`.
        private: the fit spends a differential-privacy budget and keeps a ledger.
    """

    conditions: str = "none"
    context: bool = False
    weights: bool = False
    log_density: bool = False
    update: bool = False
    private: bool = False


@dataclass(frozen=True)
class Forecast:
    """About how long a fit and a sample take, and how much memory; on one core of a laptop."""

    fit_seconds: float
    sample_seconds_per_million: float
    bytes: int


@dataclass(frozen=True)
class Drawn:
    """Sampled rows, and what it took to find them.

    Attributes:
        data: the rows, as the kind of frame that was learned from.
        effective_sample_size: how many independent rows they are worth under the conditions; at
            most as many as there are.
        rows_drawn: how many rows were drawn to find them.
        rows_mended: how many were changed to meet a constraint, because none that fits was found.
    """

    data: Any
    effective_sample_size: float
    rows_drawn: int
    rows_mended: int


class Synthesizer(ABC):
    """Learns a table and samples new rows of it.

    Constructors are keyword-only and only store. Attributes learned by :meth:`fit` end in ``_``.
    """

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    choice_: Mapping[str, Any] | None = None
    """Who chose this synthesizer for the table it learned, why, and what a limit cost; kept in the manifest."""

    # ---- what users call ---------------------------------------------------------------------

    def fit(
        self,
        data: Any,
        schema: TableSchema | None = None,
        *,
        context: Any = None,
        weights: np.ndarray | None = None,
        seed: int | None = None,
        run: RunContext | None = None,
    ) -> Self:
        """Learns from ``data``.

        Args:
            data: a pandas or polars frame, an Arrow table or a :class:`~synthloom.data.Table`.
            schema: what its columns are; inferred if left out.
            context: a table of as many rows; p(data | context) is learned.
            weights: float64 [n], how much each row counts.
            seed: makes the fit repeatable.
            run: executor, progress and cancellation.

        Raises:
            InputError: if there are too few rows.
            SchemaError: if the schema does not fit the data.
        """
        table = Table.from_frame(data)
        self._check_rows(table)
        run = run or RunContext()
        schema = _with_learned_constraints(schema or infer_schema(table), table)
        weights = self._checked_weights(weights, table.n_rows)
        stream = RandomStream(resolve_seed(seed)).child("fit")
        encoder = TableEncoder(schema).fit(table)
        encoded_context, context_encoder = None, None
        if context is not None:
            self._require("context", "a context")
            context_table = Table.from_frame(context)
            if context_table.n_rows != table.n_rows:
                raise InputError(f"the context has {context_table.n_rows:,} rows, the data {table.n_rows:,}")
            # what determines what within the context is of no use: the context is given
            context_schema = infer_schema(context_table).model_copy(update={"relations": "ignore"})
            context_encoder = TableEncoder(context_schema).fit(context_table)
            encoded_context = context_encoder.encode(context_table)
        self.schema_, self.encoder_, self.context_encoder_ = schema, encoder, context_encoder
        self.frame_kind_ = table.frame_kind
        if not self.capabilities.private:
            self.rows_ = table.n_rows
        run.check()
        self._fit(encoder.encode(table), encoded_context, weights, stream, run)
        run.check()  # growing that was cut short by a stop is no answer
        return self

    def update(self, data: Any, *, seed: int | None = None, run: RunContext | None = None) -> Self:
        """Learns from new rows of the same schema, without the old ones.

        The old rows are stood for by rows of the model's own (generative replay; Shin and others 2017,
        "Continual learning with deep generative replay"), four of a quarter's weight for each, which
        halves the noise of drawing them. The model is fitted anew on those and the new rows together,
        so shares, relations and categories come out as if both were at hand. Keys stay off all real
        ones, old and new.

        Args:
            data: new rows, with the columns of the schema.
            seed: makes the update repeatable.
            run: executor, progress and cancellation.

        Raises:
            NotFittedError: before :meth:`fit`.
            OptionError: if the synthesizer cannot, or was fitted with a context.
            SchemaError: if the rows do not fit the schema.
            InputError: if there are no rows.
        """
        self._require_fitted()
        self._require("update", "new rows")
        if self.context_encoder_ is not None:
            raise OptionError("a synthesizer with a context does not take new rows", hint="fit it anew on all rows")
        table = Table.from_frame(data)
        if table.n_rows == 0:
            raise InputError("there are no new rows", accepted="at least one row")
        check_columns(table, self.schema_)
        fresh = Table(table.arrow.select(self.schema_.names), self.frame_kind_)
        run = run or RunContext()
        stream = RandomStream(resolve_seed(seed)).child("update")
        size = _REPLAY * self.rows_
        drawn = self.sample_batches(size, seed=stream.child("replay").integer(), run=run)
        replayed = Table.concatenate(list(drawn))
        both = Table.concatenate([Table(replayed.arrow, self.frame_kind_), fresh])
        encoder = TableEncoder(self.schema_).fit(both)
        encoder.keep_keys_apart(self.encoder_, fresh)
        run.check()
        rows = self.rows_ + fresh.n_rows
        self.encoder_ = encoder
        weights = np.concatenate([np.full(size, 1.0 / _REPLAY), np.ones(fresh.n_rows)])
        self._fit(encoder.encode(both), None, weights, stream.child("fit"), run)
        run.check()
        self.rows_ = rows
        return self

    def sample(
        self,
        size: int | None = None,
        *,
        where: Any = None,
        constraints: Sequence[Any] = (),
        context: Any = None,
        seed: int | None = None,
        run: RunContext | None = None,
    ) -> Any:
        """``size`` new rows, as the kind of frame that was learned from.

        Args:
            size: how many rows; with a context or partly filled rows, as many as there are.
            where: what every row is to be like: values, sets and ranges by column, a text in the
                grammar of :mod:`synthloom.conditions`, or a frame of partly filled rows.
            constraints: statements that hold in every row, beside those of the schema.
            context: rows to condition on, if the synthesizer was fitted with a context.
            seed: makes the sample repeatable; the same for any number of workers.
            run: executor, progress and cancellation.

        Raises:
            NotFittedError: before :meth:`fit`.
            OptionError: if ``size`` is negative or left out where it is needed.
            ConditionError: if ``where`` cannot be met; the message names the part that can.
            ConstraintError: if the constraints cannot be met.
        """
        return self.draw(size, where=where, constraints=constraints, context=context, seed=seed, run=run).data

    def draw(
        self,
        size: int | None = None,
        *,
        where: Any = None,
        constraints: Sequence[Any] = (),
        context: Any = None,
        seed: int | None = None,
        run: RunContext | None = None,
    ) -> Drawn:
        """:meth:`sample`, with what it took: the effective sample size, rows drawn, rows mended."""
        batches = self.draw_batches(size, where=where, constraints=constraints, context=context, seed=seed, run=run)
        parts = list(batches)
        table = Table.concatenate([part.table for part in parts])
        return Drawn(
            table.to_frame(self.frame_kind_),
            round(sum(part.effective for part in parts), 1),
            sum(part.drawn for part in parts),
            sum(part.mended for part in parts),
        )

    def sample_batches(
        self,
        size: int | None = None,
        *,
        where: Any = None,
        constraints: Sequence[Any] = (),
        context: Any = None,
        seed: int | None = None,
        run: RunContext | None = None,
    ) -> Iterator[Table]:
        """The rows of :meth:`sample`, shard by shard, in constant memory.

        An order of all rows (a monotone constraint) needs them all at once.
        """
        batches = self.draw_batches(size, where=where, constraints=constraints, context=context, seed=seed, run=run)
        return (part.table for part in batches)

    def draw_batches(
        self,
        size: int | None = None,
        *,
        where: Any = None,
        constraints: Sequence[Any] = (),
        context: Any = None,
        seed: int | None = None,
        run: RunContext | None = None,
    ) -> Iterator[GuidedRows]:
        """The rows of :meth:`draw`, shard by shard."""
        self._require_fitted()
        run = run or RunContext()
        context_table = self._checked_context(context)
        wish, filled = read_wish(self, where, constraints)
        size = checked_size(size, filled, context_table)
        stream = RandomStream(resolve_seed(seed)).child("sample")
        if wish or filled is not None:
            shards = guided_shards(self, size, wish, filled, context_table, stream, run)
        else:
            shards = self._shards(size, context_table, stream, run)
        return (replace(part, table=Table(part.table.arrow, self.frame_kind_)) for part in shards)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the model as a folder of plain files and gives the folder.

        Raises:
            OutputError: if the folder is there already or cannot be written.
        """
        self._require_fitted()
        with StagedFolder(folder, overwrite=overwrite) as staging:
            self.write_model(staging)
        return Path(folder)

    def write_model(self, folder: Path) -> None:
        """Writes the model's files and manifest into an existing, empty folder."""
        self._require_fitted()
        (folder / "schema.yaml").write_text(schema_to_yaml(self.schema_), encoding="utf-8")
        write_json(folder / "encodings.json", self.encoder_.state())
        if self.context_encoder_ is not None:
            (folder / "context_schema.yaml").write_text(schema_to_yaml(self.context_encoder_.schema), encoding="utf-8")
            write_json(folder / "context_encodings.json", self.context_encoder_.state())
        state = self._state(folder)
        # under a budget the number of rows is a secret, and new rows are another fit
        known = {} if self.capabilities.private else {"rows": self.rows_}
        write_json(
            folder / "model.json",
            {"synthesizer": self.name, "parameters": self.get_params(), **known, "state": state},
        )
        facts = ({} if self.choice_ is None else {"choice": dict(self.choice_)}) | self.public_facts()
        write_manifest(folder, kind="model", label="synthetic", facts=facts)

    def public_facts(self) -> dict[str, Any]:
        """What a manifest says of the fit, for anyone to read; under a budget, the ledger."""
        return {}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments, as scikit-learn's ``clone`` wants them."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Sets constructor arguments, as scikit-learn does."""
        for name, value in parameters.items():
            if name not in self.get_params():
                raise OptionError(
                    f"{type(self).__name__} has no parameter {name!r}", accepted=", ".join(self.get_params()) or "none"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_params().items())})"

    @classmethod
    def forecast(cls, rows: int, columns: int) -> Forecast:
        """About what a table of this size costs; measured constants, see ``docs/architecture.md``."""
        cells = rows * columns
        return Forecast(0.2 + cells * 1.5e-7, 0.15 * columns, 150 * 2**20 + cells * 60)

    # ---- what authors write ------------------------------------------------------------------

    @abstractmethod
    def _fit(
        self,
        target: EncodedTable,
        context: EncodedTable | None,
        weights: np.ndarray | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        """Learns p(target | context) from encoded columns; ``weights`` float64 [n] or ``None``."""

    @abstractmethod
    def _sample(
        self, n: int, context: EncodedTable | None, fixed: Mapping[str, EncodedColumn], stream: RandomStream
    ) -> EncodedTable:
        """``n`` encoded rows given the context, with the parts in ``fixed`` as they are."""

    @abstractmethod
    def _state(self, folder: Path) -> dict[str, Any]:
        """Plain JSON values that :meth:`_restore` needs; larger things go into files in ``folder``."""

    @abstractmethod
    def _restore(self, state: dict[str, Any], folder: Path) -> None:
        """Takes back what :meth:`_state` gave."""

    # ---- what they share ---------------------------------------------------------------------

    def _shards(self, size: int, context: Table | None, stream: RandomStream, run: RunContext) -> Iterator[GuidedRows]:
        reporter = run.reporter("sample")

        def shard(start: int) -> Table:
            run.check()
            n = min(SHARD_ROWS, size - start)
            given = None
            if context is not None and self.context_encoder_ is not None:
                given = self.context_encoder_.encode(context.slice(start, n))
            encoded = self._sample(n, given, {}, stream.child("shard", start // SHARD_ROWS))
            return self.encoder_.decode(encoded, start, stream)

        done = 0
        for table in run.executor.map(shard, range(0, max(size, 1), SHARD_ROWS)):
            done += table.n_rows
            reporter.update(done / max(1, size), f"{done:,} of {size:,} rows")
            yield GuidedRows(table, float(table.n_rows), table.n_rows)

    def _check_rows(self, table: Table) -> None:
        if table.n_rows < MINIMUM_ROWS:
            raise InputError(
                f"the table has {table.n_rows} rows",
                accepted=f"at least {MINIMUM_ROWS} rows to learn from",
                hint="gather more rows, or make mock data from a schema, which needs none",
            )

    def _checked_weights(self, weights: np.ndarray | None, rows: int) -> np.ndarray | None:
        if weights is None:
            return None
        self._require("weights", "weights")
        weights = np.asarray(weights, dtype=np.float64)
        if weights.shape != (rows,) or not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
            raise OptionError(
                f"weights have shape {weights.shape}", accepted=f"{rows} finite numbers, none negative, not all zero"
            )
        return weights

    def _checked_context(self, context: Any) -> Table | None:
        if (context is None) != (self.context_encoder_ is None):
            raise OptionError(
                "a context was given" if context is not None else "no context was given",
                accepted="a context exactly where the synthesizer was fitted with one",
            )
        if context is None or self.context_encoder_ is None:
            return None
        return Table.from_frame(context).select(self.context_encoder_.schema.names)

    def _require(self, capability: str, words: str) -> None:
        if not getattr(self.capabilities, capability):
            raise OptionError(f"{type(self).__name__} does not take {words}", hint="use another synthesizer")

    def _require_fitted(self) -> None:
        if not hasattr(self, "encoder_"):
            raise NotFittedError(
                f"this {type(self).__name__} has not learned anything yet", hint="call fit(data) first"
            )


def _with_learned_constraints(schema: TableSchema, table: Table) -> TableSchema:
    """The schema with what its constraints read from the training rows."""
    if not any(constraint.reads_rows for constraint in schema.constraints):
        return schema
    support = schema.protection.minimum_support
    learned = tuple(constraint.learned(table, support) for constraint in schema.constraints)
    return schema.model_copy(update={"constraints": learned})


_TRIAL_ROWS = 64
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError, MemoryError, AssertionError)
"""What reading a damaged model may run into; Arrow's and NumPy's errors are among these."""


def read_model(folder: str | Path, known: Mapping[str, type[Synthesizer]]) -> Synthesizer:
    """The synthesizer in a model folder, after its hashes and version were checked.

    Raises:
        ArtifactError: if the folder is damaged, newer than this version, or no model.
    """
    folder = Path(folder)
    manifest = verify_folder(folder, kind="model")
    plain = read_json(folder / "model.json")
    try:
        cls = known[plain["synthesizer"]]
        model = cls(**plain["parameters"])
        model.schema_ = schema_from_yaml((folder / "schema.yaml").read_text(encoding="utf-8"))
        model.encoder_ = TableEncoder.from_state(model.schema_, read_json(folder / "encodings.json"))
        model.context_encoder_ = None
        model.frame_kind_ = FrameKind()
        if not cls.capabilities.private:
            model.rows_ = int(plain["rows"])
        model.choice_ = manifest.facts.get("choice")
        if (folder / "context_schema.yaml").is_file():
            schema = schema_from_yaml((folder / "context_schema.yaml").read_text(encoding="utf-8"))
            model.context_encoder_ = TableEncoder.from_state(schema, read_json(folder / "context_encodings.json"))
        model._restore(plain["state"], folder)
        if model.context_encoder_ is None:
            trial = model._shards(_TRIAL_ROWS, None, RandomStream(0), RunContext(executor=SerialExecutor()))
            list(trial)  # what is damaged shows here
    except _DAMAGE as error:
        raise ArtifactError(
            f'the model in "{folder}" cannot be read: {type(error).__name__}: {error}',
            hint="it may be damaged, or from a version with other synthesizers",
        ) from error
    return model

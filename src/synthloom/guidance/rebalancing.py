"""Any mix of one or several columns: real rows kept and synthetic ones added, or synthetic rows alone.

What is missing of each combination of levels is drawn from a synthesizer given that combination,
p(other columns | levels), so the counts are exact and no real row is repeated (oversampling repeats
rows, Chawla and others' SMOTE of 2002 puts new ones between two of a class). The columns of the mix
are learned last in a chain: the others then tell them by boosted models of all rows, which knows more
of a class with few rows than models of the others within it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from synthloom.data import Table
from synthloom.data.table import FrameKind
from synthloom.errors import ConditionError, InputError, OptionError
from synthloom.guidance.rebalancing_mix import BALANCED, Cell, Mix, read_mix
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, infer_schema
from synthloom.synthesizers import Synthesizer, synthesizer_class
from synthloom.synthesizers.choice import AUTO, TableTraits, choose
from synthloom.synthesizers.tabular.boosted_chain import BoostedChain

RealRows = Literal["keep", "none"]
PROVENANCE = "provenance"
"""The column that says of each row what it is."""
REAL, SYNTHETIC = "real", "synthetic"
FINE_LEAF = 20
"""Rows of a chain's smallest leaves beside real rows, where 150 blur a class of few rows and nothing is hidden by it:
shuttle, 3,000 rows balanced, boosting: average precision 0.95 and 0.75 (docs/rebalancing-and-augmentation.md)."""


@dataclass(frozen=True)
class CellCount:
    """Rows of one combination: how many real ones there were, how many are real and synthetic now."""

    words: str
    before: int
    real: int
    synthetic: int


@dataclass(frozen=True)
class Rebalanced:
    """Rows in the mix that was asked for.

    Attributes:
        data: the rows, real ones first, as the kind of frame that was handed in; with the column
            ``provenance`` (``real`` or ``synthetic``) unless it was switched off.
        counts: one for each combination of levels.
        notes: what a reader must know.
    """

    data: Any
    counts: tuple[CellCount, ...]
    notes: tuple[str, ...]

    @property
    def synthetic_rows(self) -> int:
        """How many rows are synthetic."""
        return sum(count.synthetic for count in self.counts)


def rebalance(
    data: Any,
    mix: Any,
    *,
    size: int | None = None,
    real: RealRows = "keep",
    model: Synthesizer | None = None,
    synthesizer: str | Synthesizer = AUTO,
    schema: TableSchema | None = None,
    provenance: str | None = PROVENANCE,
    seed: int | None = None,
    run: RunContext | None = None,
) -> Rebalanced:
    """Rows of ``data`` and synthetic ones that have a mix exactly.

    Args:
        data: a pandas or polars frame, an Arrow table or a :class:`~synthloom.data.Table`.
        mix: by column ``"balanced"``, a mapping from values or ranges to shares, or a list of shares of
            quantile bands; ``{("y", "sex"): {("yes", "F"): 0.3, …}}`` sets joint shares.
        size: rows in all. Left out: with the real rows kept, as few as have the mix; else as many as real.
        real: ``keep`` all real rows and add what is missing, or ``none`` for synthetic rows only.
        model: a fitted synthesizer of these columns; one is fitted to ``data`` if left out.
        synthesizer: which one to fit: a name, a synthesizer, or ``auto``.
        schema: what the columns are; inferred if left out.
        provenance: name of the column that tells real from synthetic rows; ``None`` for none.
        seed: makes the result repeatable.
        run: executor, progress and cancellation.

    Returns:
        The rows, their counts and notes. Counts are exact: shares times rows, rounded to whole rows.

    Raises:
        OptionError: for a mix that cannot be, in words.
        ConditionError: if the model knows no row of a combination that is asked for.
    """
    table = Table.from_frame(data)
    if real not in ("keep", "none"):
        raise OptionError(f"real is {real!r}", accepted='"keep" or "none"')
    if provenance is not None and provenance in table.names:
        raise OptionError(
            f'the table has a column "{provenance}" already',
            hint="name another with provenance= (--provenance), or rename the column",
        )
    schema = schema or (infer_schema(table) if model is None else model.schema_)
    table = table.select(schema.names)
    read = read_mix(mix, table, schema)
    sizes, notes = _sizes(read, real, size, table.n_rows)
    stream, run = RandomStream(resolve_seed(seed)).child("rebalancing"), run or RunContext()
    kept = read.counts if real == "keep" else np.zeros(len(read.cells), dtype=np.int64)
    if (sizes > kept).any() and model is None:
        seed = stream.child("fit").integer()
        model = fit_for(table, schema, synthesizer, seed, run, last=read.columns, fine=real == "keep")
    drawn = draw_cells(model, read.cells, (sizes - kept).tolist(), stream.child("draw"), run) if model else []
    made = [part.select(table.names) for part in drawn if part.n_rows]
    parts = ([table] if real == "keep" else []) + made
    if not parts:
        raise OptionError("no rows were asked for", accepted="a size above 0")
    joined = joined_rows(table, parts, provenance, real_rows=table.n_rows if real == "keep" else 0)
    counts = [
        CellCount(cell.words, cell.count, int(k), int(n - k))
        for cell, k, n in zip(read.cells, kept, sizes, strict=True)
    ]
    return Rebalanced(joined.to_frame(), tuple(counts), tuple(notes))


def _sizes(read: Mix, real: RealRows, size: int | None, rows: int) -> tuple[np.ndarray, list[str]]:
    """Rows of each cell, and notes on what "balanced" left alone."""
    if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1):
        raise OptionError(f"size is {size!r}", accepted="a whole number of rows above 0")
    notes = [f"{words} has too few rows to be learned from and was left as it is" for words in read.left]
    if real == "keep":
        return read.sizes_beside(read.counts, size), notes
    if read.left:
        raise OptionError(
            f"{read.left[0]} has too few rows to be learned from, so no synthetic rows can have it",
            accepted="a mix that names shares without it",
            hint='or keep the real rows (real="keep", --real keep)',
        )
    return read.sizes(rows if size is None else int(size)), notes


def fit_for(
    table: Table,
    schema: TableSchema,
    synthesizer: str | Synthesizer,
    seed: int,
    run: RunContext,
    *,
    last: Sequence[str] = (),
    fine: bool = False,
) -> Synthesizer:
    """A synthesizer fitted to the rows, the columns ``last`` learned after the others.

    ``fine`` lets ``auto`` learn smaller groups of rows than it does for synthetic rows that go out alone.
    """
    if isinstance(synthesizer, Synthesizer):
        model = type(synthesizer)(**synthesizer.get_params())
    else:
        name = choose(TableTraits.of(table, schema)).synthesizer if synthesizer == AUTO else synthesizer
        is_fine = fine and synthesizer == AUTO and name == BoostedChain.name
        model = BoostedChain(min_leaf=FINE_LEAF) if is_fine else synthesizer_class(name)()
    order = [name for name in schema.names if name not in last] + [name for name in schema.names if name in last]
    moved = schema.model_copy(update={"columns": tuple(schema.column(name) for name in order)})
    return model.fit(table.select(order), moved, seed=seed, run=run)


def draw_cells(
    model: Synthesizer, cells: Sequence[Cell], sizes: Sequence[int], stream: RandomStream, run: RunContext
) -> list[Table]:
    """So many synthetic rows of each cell, exactly; keys are new over all of them.

    Raises:
        ConditionError: if the model knows no rows of a cell; the message names it.
    """
    parts = []
    for place, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
        try:
            seed = stream.child("cell", place).integer()
            where = cell.conditions if size else None  # what nobody asks for need not be possible
            batches = model.sample_batches(int(size), where=where, seed=seed, run=run)
            parts.append(Table(Table.concatenate(batches).arrow))
        except ConditionError as error:
            raise ConditionError(
                f"{size:,} synthetic rows of {cell.words} cannot be drawn: {error.problem}",
                accepted=error.accepted,
                hint=error.hint or "ask for less of it, or leave it as it is",
            ) from error
    keys = [column.name for column in model.schema_ if column.kind == "identifier"]
    if keys and sum(sizes):
        parts = _with_keys(model, parts, keys, stream.child("keys").integer(), run)
    return parts


def _with_keys(model: Synthesizer, parts: list[Table], keys: list[str], seed: int, run: RunContext) -> list[Table]:
    """The parts with keys by their place among all rows: each part's own would repeat the others'."""
    total = sum(part.n_rows for part in parts)
    plain = Table.concatenate(model.sample_batches(total, seed=seed, run=run))
    out, start = [], 0
    for part in parts:
        for name in keys:
            part = part.with_column(name, plain.column(name).slice(start, part.n_rows))
        out.append(part)
        start += part.n_rows
    return out


def joined_rows(table: Table, parts: Sequence[Table], provenance: str | None, *, real_rows: int) -> Table:
    """The parts one below the other as ``table``'s kind of frame.

    Args:
        table: whose columns and types the rows have.
        parts: the rows, real ones first.
        provenance: name of the column that tells real from synthetic rows; ``None`` for none.
        real_rows: how many of the rows are real.
    """
    import pyarrow as pa

    joined = pa.concat_tables(
        [part.arrow.select(table.names).cast(table.arrow.schema) for part in parts], promote_options="none"
    )
    result = Table(joined.combine_chunks(), table.frame_kind)
    if provenance is None:
        return result
    words = [REAL] * real_rows + [SYNTHETIC] * (result.n_rows - real_rows)
    return result.with_column(provenance, pa.array(words, pa.string()))


class Rebalancer:
    """A sampler as imbalanced-learn's: ``fit_resample(X, y)``, usable in its pipeline.

    Parameters:
        mix: ``"balanced"``, a mapping from classes (or ranges) to shares, a list of shares of quantile
            bands of a numeric target, or a mix of several columns as :func:`rebalance` takes it.
        size: rows in all; as few as have the mix if left out.
        real: ``keep`` all real rows, or ``none`` for synthetic rows only.
        synthesizer: a name, a synthesizer with its settings, or ``auto``.
        seed: makes the result repeatable.

    After :meth:`fit_resample`, ``counts_`` tells real and synthetic rows of each level and ``notes_``
    what was left alone.

    >>> Rebalancer(mix={"yes": 0.5, "no": 0.5}).get_params()["real"]
    'keep'
    """

    def __init__(
        self,
        *,
        mix: Any = BALANCED,
        size: int | None = None,
        real: RealRows = "keep",
        synthesizer: str | Synthesizer = AUTO,
        seed: int | None = None,
    ) -> None:
        self.mix = mix
        self.size = size
        self.real = real
        self.synthesizer = synthesizer
        self.seed = seed

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """``X`` and ``y`` with rows added (or replaced) so that they have the mix, real rows first.

        Args:
            X: a pandas or polars frame, an Arrow table, or an array of numbers [rows, columns].
            y: the target: a series, an array or a list of as many values.

        Returns:
            The same kinds of objects.

        Raises:
            InputError: if they do not have as many rows each.
            OptionError: for a mix that cannot be.
        """
        features = _features(X)
        name = _free_name(y, features.names)
        target = _column(y)
        if len(target) != features.n_rows:
            raise InputError(f"X has {features.n_rows:,} rows and y {len(target):,}", accepted="as many rows in both")
        table = Table(features.with_column(name, target).arrow)
        result = rebalance(
            table,
            self._whole_mix(name),
            size=self.size,
            real=self.real,
            synthesizer=self.synthesizer,
            provenance=None,
            seed=self.seed,
        )
        made = Table(result.data, features.frame_kind)
        self.counts_, self.notes_ = result.counts, result.notes
        return _as_given(made.select(features.names), X), _target_as_given(made.column(name), y)

    def _whole_mix(self, name: str) -> Any:
        if isinstance(self.mix, Mapping) and self.mix:
            shares = [isinstance(v, (int, float, np.number)) for v in self.mix.values()]
            if not any(shares):
                return self.mix
        return {name: self.mix}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments, as scikit-learn's ``clone`` wants them."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Sets constructor arguments, as scikit-learn does."""
        for name, value in parameters.items():
            if name not in self.get_params():
                raise OptionError(f"Rebalancer has no parameter {name!r}", accepted=", ".join(self.get_params()))
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"Rebalancer({', '.join(f'{k}={v!r}' for k, v in self.get_params().items())})"


def _features(X: Any) -> Table:
    if not isinstance(X, np.ndarray):
        return Table.from_frame(X)
    if X.ndim != 2 or X.dtype.kind not in "biuf":
        raise InputError(f"X is an array of shape {X.shape} and type {X.dtype}", accepted="numbers [rows, columns]")
    kind = FrameKind("array")
    return Table(Table.from_frame({f"x{place}": X[:, place] for place in range(X.shape[1])}).arrow, kind)


def _free_name(y: Any, taken: Sequence[str]) -> str:
    name = str(getattr(y, "name", None) or "target")
    while name in taken:
        name += "_"
    return name


def _column(y: Any) -> Any:
    """The target as an Arrow column."""
    import pyarrow as pa

    if hasattr(y, "to_frame") and not isinstance(y, np.ndarray):
        return Table.from_frame(y.to_frame()).arrow.column(0)
    values = np.asarray(y)
    if values.ndim != 1:
        raise InputError(f"y has the shape {values.shape}", accepted="one value a row")
    return pa.array(values.tolist() if values.dtype.kind in "OU" else values)


def _as_given(made: Table, X: Any) -> Any:
    if not isinstance(X, np.ndarray):
        return made.to_frame()
    return np.column_stack([made.column(name).to_numpy() for name in made.names]).astype(X.dtype)


def _target_as_given(column: Any, y: Any) -> Any:
    if hasattr(y, "to_frame") and not isinstance(y, np.ndarray):
        given = Table.from_frame(y.to_frame())
        import pyarrow as pa

        frame = Table(pa.table({given.names[0]: column}), given.frame_kind).to_frame()
        series = frame[frame.columns[0]]
        return series.rename(y.name) if hasattr(series, "iloc") else series.alias(y.name)
    values = np.asarray(column.to_pylist())
    return values.astype(np.asarray(y).dtype) if isinstance(y, np.ndarray) else values.tolist()

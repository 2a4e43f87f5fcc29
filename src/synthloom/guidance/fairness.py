"""Fair generation: rows in which groups are represented, or decided about, as is wanted.

- **representation**: rows are weighted so that the groups have the shares that are asked for; what
  rows of a group are like stays.
- **statistical parity**, **equal opportunity**: the outcome is drawn anew from a fair score (see
  :mod:`~synthloom.guidance.fair_scores`), so that models trained on the rows select all groups at the same
  rate, or find those with the outcome at the same rate. All other columns keep their joint distribution.
- statistical parity by **reweighing** (Kamiran and Calders 2012, "Data preprocessing techniques for
  classification without discrimination"): the outcome is made independent of the groups by weights,
  p(x | group, outcome) stays. Models still find it through columns that stand in for the group.

Everything is learned, measured and corrected on training rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from synthloom.data import Table
from synthloom.errors import NotFittedError, OptionError, did_you_mean
from synthloom.guidance.fair_scores import fair_scores
from synthloom.guidance.groups import Groups, cross_groups
from synthloom.guidance.row_inputs import RowInputs, crossfit_chances, fit_chances
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, infer_schema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.base import Drawn
from synthloom.synthesizers.guided.guided_sampling import GuidedRows
from synthloom.synthesizers.tabular.boosted_chain import BoostedChain

Notion = Literal["none", "statistical_parity", "equal_opportunity"]
Method = Literal["labels", "reweighing"]
NOTIONS: tuple[Notion, ...] = ("none", "statistical_parity", "equal_opportunity")

_SMALLEST_GROUP = 100
_SMALLEST_COUNTED = 30
_ROUNDS = 2
_TRUST = 200.0  # rows of a group at which half of a measured difference is corrected
_LARGEST_CORRECTION = 0.1
_MOST_CLASSES = 20


@dataclass(frozen=True)
class Fairness:
    """What is to be fair.

    Attributes:
        sensitive: the columns whose groups are told apart; several are crossed.
        target: the column that decisions are about; needed for parity and opportunity.
        outcome: its value that counts; the rarer of two values if left out.
        notion: ``statistical_parity``, ``equal_opportunity`` or ``none``.
        method: ``labels`` (drawn from a fair score) or ``reweighing``.
        representation: ``as_is``, ``equal``, or the share of each group by its label.
        leeway: from 0 to 1: how far the correction is let go away from the threshold 0.5.
    """

    sensitive: tuple[str, ...]
    target: str | None = None
    outcome: Any = None
    notion: Notion = "statistical_parity"
    method: Method = "labels"
    representation: Literal["as_is", "equal"] | Mapping[str, float] = "as_is"
    leeway: float = 0.25

    def __post_init__(self) -> None:
        if not self.sensitive:
            raise OptionError(
                "no sensitive column was named", accepted="one or more columns whose groups to tell apart"
            )
        if self.notion not in NOTIONS:
            raise OptionError(f"the notion is {self.notion!r}", accepted=", ".join(NOTIONS))
        if self.method not in ("labels", "reweighing"):
            raise OptionError(f"the method is {self.method!r}", accepted="labels, reweighing")
        if self.method == "reweighing" and self.notion == "equal_opportunity":
            raise OptionError("reweighing reaches statistical parity only", hint="choose the method labels")
        if self.notion == "none" and self.representation == "as_is":
            raise OptionError("nothing was asked for", accepted="a notion, a representation, or both")
        if self.notion != "none" and self.target is None:
            raise OptionError(f"{self.notion} needs a target", accepted="the column that decisions are about")
        if self.target in self.sensitive:
            raise OptionError(f'"{self.target}" is both target and sensitive', accepted="different columns")
        if not 0 <= self.leeway <= 1:
            raise OptionError(f"the leeway is {self.leeway!r}", accepted="a number from 0 to 1")


@dataclass(frozen=True)
class FairTable:
    """A table made fair, ready to be learned.

    Attributes:
        table: the rows; only the target may differ from the ones given.
        weights: float64 [n], mean 1.
        record: what was done, group by group, as plain values.
    """

    table: Table
    weights: np.ndarray
    record: dict[str, Any] = field(default_factory=dict)


def make_fair(data: Any, wanted: Fairness, schema: TableSchema | None = None, *, seed: int | None = None) -> FairTable:
    """The rows with a fair target and weights, for any learner.

    Args:
        data: a pandas or polars frame, an Arrow table or a :class:`~synthloom.data.Table`.
        wanted: what is to be fair.
        schema: what the columns are; inferred if left out.
        seed: makes the draw of the labels repeatable.

    Raises:
        OptionError: if a column is not there or has no two groups, or the target is no class.
    """
    table = Table.from_frame(data)
    schema = schema or infer_schema(table)
    stream = RandomStream(resolve_seed(seed)).child("fair")
    for name in wanted.sensitive:
        table.column(name)
    groups = cross_groups(table, wanted.sensitive, _SMALLEST_GROUP)
    if len(groups.labels) < 2:
        raise OptionError(
            f"{', '.join(wanted.sensitive)} make only one group of {_SMALLEST_GROUP} rows or more",
            accepted="columns with two groups or more",
        )
    weights = _representing(groups, wanted.representation)
    record: dict[str, Any] = {
        "sensitive": list(wanted.sensitive),
        "notion": wanted.notion,
        "method": wanted.method if wanted.notion != "none" else "weights",
        "groups": [
            {"group": label, "rows": int(n), "weight": round(float(weights[groups.codes == g].mean()), 5)}
            for g, (label, n) in enumerate(zip(groups.labels, groups.counts, strict=True))
        ],
    }
    if wanted.notion == "none":
        return FairTable(table, weights, record)
    outcome = _Outcome.of(table, wanted)
    record |= {"target": wanted.target, "outcome": str(outcome.value)}
    _tell(record, "rate_before", groups, outcome, np.ones(table.n_rows))
    if wanted.method == "reweighing":
        weights = weights * _reweighing(groups, outcome, weights)
    else:
        record["leeway"] = wanted.leeway
        table = _Relabelling(table, wanted, schema, groups, outcome, stream).table(record)
        outcome = _Outcome.of(table, wanted, outcome.value)
    _tell(record, "rate_after", groups, outcome, weights)
    return FairTable(table, weights, record)


def _tell(record: dict[str, Any], name: str, groups: Groups, outcome: _Outcome, weights: np.ndarray) -> None:
    for g, row in enumerate(record["groups"]):
        rows = (groups.codes == g) & outcome.known
        row[name] = round(float(np.average(outcome.hit[rows], weights=weights[rows])), 5) if rows.any() else None


def _representing(groups: Groups, wanted: str | Mapping[str, float]) -> np.ndarray:
    """The weights [n], mean 1, that give the groups their shares."""
    now = groups.counts / groups.counts.sum()
    if isinstance(wanted, str):
        if wanted not in ("as_is", "equal"):
            raise OptionError(f"the representation is {wanted!r}", accepted="as_is, equal, or a share for each group")
        goal = now if wanted == "as_is" else np.full(len(now), 1 / len(now))
        return np.asarray((goal / now)[groups.codes])
    for label, share in wanted.items():
        if label not in groups.labels:
            raise OptionError(f'there is no group "{label}"', hint=did_you_mean(label, groups.labels))
        if not 0 <= share <= 1:
            raise OptionError(f'the share of "{label}" is {share!r}', accepted="a number from 0 to 1")
    named = np.array([label in wanted for label in groups.labels])
    given = sum(wanted.values())
    if given > 1 + 1e-9 or (named.all() and abs(given - 1) > 1e-6):
        raise OptionError(f"the shares add up to {given:g}", accepted="1 in all, or less where groups are left out")
    rest = now[~named].sum()
    goal = np.array([wanted.get(label, 0.0) for label in groups.labels])
    goal[~named] = now[~named] / rest * (1 - given) if rest else 0.0
    return np.asarray((goal / now)[groups.codes])


def _reweighing(groups: Groups, outcome: _Outcome, weights: np.ndarray) -> np.ndarray:
    """p(group) p(outcome) / p(group, outcome) for each row, of weighted rows [n]."""
    cell = np.where(outcome.known, groups.codes * 2 + outcome.hit, 2 * len(groups.labels))
    mass = np.bincount(cell, weights=weights, minlength=2 * len(groups.labels) + 1)[:-1].reshape(-1, 2)
    if (mass <= 0).any():
        empty = groups.labels[int(np.flatnonzero((mass <= 0).any(axis=1))[0])]
        raise OptionError(f'in the group "{empty}" every row has the same outcome', hint="choose the method labels")
    goal = mass.sum(axis=1, keepdims=True) * mass.sum(axis=0, keepdims=True) / mass.sum()
    return np.append((goal / mass).ravel(), 1.0)[cell]


@dataclass(frozen=True)
class _Outcome:
    """Which rows have the outcome (bool [n]), of those whose target is known; ``codes`` are places in ``classes``."""

    value: Any
    hit: np.ndarray
    known: np.ndarray
    classes: list[Any]
    codes: np.ndarray

    @classmethod
    def of(cls, table: Table, wanted: Fairness, value: Any = None) -> _Outcome:
        import pyarrow.compute as pc

        target = wanted.target or ""
        column = table.column(target).combine_chunks()
        encoded = pc.dictionary_encode(column)
        classes = encoded.dictionary.to_pylist()
        if not 2 <= len(classes) <= _MOST_CLASSES:
            raise OptionError(
                f'the target "{target}" takes {len(classes):,} values', accepted=f"2 to {_MOST_CLASSES} classes",
                hint="cut a number into classes first, or ask for representation alone",
            )  # fmt: skip
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        value = wanted.outcome if value is None else value
        if value is None:
            if len(classes) > 2:
                raise OptionError(
                    f'"{target}" has {len(classes)} classes', accepted="an outcome", hint="name the class that counts"
                )
            value = classes[int(np.argmin(np.bincount(codes[codes >= 0], minlength=2)))]
        named = [c for c in classes if c == value or str(c) == str(value)]
        if not named:
            raise OptionError(f'"{target}" is never {value!r}', hint=did_you_mean(str(value), map(str, classes)))
        return cls(named[0], codes == classes.index(named[0]), codes >= 0, classes, codes)


class _Relabelling:
    """Draws the target anew from a fair score of the other columns."""

    def __init__(
        self,
        table: Table,
        wanted: Fairness,
        schema: TableSchema,
        groups: Groups,
        outcome: _Outcome,
        stream: RandomStream,
    ) -> None:
        self.whole, self.wanted, self.outcome, self.stream = table, wanted, outcome, stream
        self.rows = np.flatnonzero(outcome.known)
        self.groups = Groups(groups.labels, groups.codes[self.rows])
        self.hit = outcome.hit[self.rows]
        forms = {column.name: column.format for column in schema}
        learned = [c.name for c in schema if c.learned and c.name != wanted.target]
        blind = [name for name in learned if name not in wanted.sensitive]
        known = table.take(self.rows)
        self.inputs = RowInputs.of(known, blind, forms).matrix(known)
        self.seeing = RowInputs.of(known, [*blind, *wanted.sensitive], forms).matrix(known)

    def table(self, record: dict[str, Any]) -> Table:
        """The table with its new target."""
        chance = crossfit_chances(self.inputs, self.hit.astype(np.int64), 2, self.stream.child("outcome"))[:, 1]
        belonging = self._belonging()
        uniform = self.stream.child("draw").generator().random(len(chance))
        goal = np.zeros(belonging.shape[1])
        best, kept = np.inf, self.hit
        measured = []
        for attempt in range(_ROUNDS):
            score = fair_scores(chance, belonging, goal, self.wanted.leeway)
            hit = uniform < score
            rates = self._rates(hit, attempt)
            apart = rates - np.average(rates, axis=1, weights=self._counted())[:, None]
            trust = self._counted() / (self._counted() + _TRUST)
            worst = float(np.abs(apart * trust).max())
            measured.append(round(worst, 5))
            if worst < best:
                best, kept = worst, hit
            goal = np.clip(goal - (apart.mean(axis=0) * trust), -_LARGEST_CORRECTION, _LARGEST_CORRECTION)
        record["difference_on_training_rows"] = measured
        record["changed_labels"] = int((kept != self.hit).sum())
        return self._relabelled(kept)

    def _counted(self) -> np.ndarray:
        """How many rows of each group its rate is taken over, float64 [groups]."""
        among = np.ones(len(self.hit)) if self.wanted.notion == "statistical_parity" else self.hit
        return np.maximum(np.bincount(self.groups.codes, among, len(self.groups.labels)), 1.0)

    def _belonging(self) -> np.ndarray:
        """How much likelier than on average a row belongs to each group (and counts there), [n, groups]."""
        size = len(self.groups.labels)
        if self.wanted.notion == "statistical_parity":
            share = crossfit_chances(self.inputs, self.groups.codes, size, self.stream.child("group"))
        else:
            count = np.bincount(self.groups.codes[self.hit], minlength=size)
            if (count < _SMALLEST_COUNTED).any():
                label = self.groups.labels[int(np.argmin(count))]
                raise OptionError(
                    f'only {count.min()} rows of the group "{label}" have the outcome',
                    accepted=f"{_SMALLEST_COUNTED} or more in every group",
                    hint="name fewer sensitive columns",
                )
            codes = np.where(self.hit, self.groups.codes, size)
            share = crossfit_chances(self.inputs, codes, size + 1, self.stream.child("group"))[:, :size]
        return np.asarray(share / share.mean(axis=0))

    def _rates(self, hit: np.ndarray, attempt: int) -> np.ndarray:
        """How often models trained on such labels select each group, blind and seeing, [2, groups]."""
        among = np.ones(len(hit), bool) if self.wanted.notion == "statistical_parity" else self.hit
        out = []
        for place, inputs in enumerate((self.inputs, self.seeing)):
            stream = self.stream.child("audit", attempt, place)
            chosen = crossfit_chances(inputs, hit.astype(np.int64), 2, stream)[:, 1] > 0.5
            selected = np.bincount(self.groups.codes[among], chosen[among], len(self.groups.labels))
            out.append(selected / self._counted())
        return np.array(out)

    def _relabelled(self, hit: np.ndarray) -> Table:
        """The target with rows that have the outcome where ``hit``; other classes stay or are drawn."""
        import pyarrow as pa

        outcome = self.outcome.classes.index(self.outcome.value)
        codes = self.outcome.codes.copy()
        mine = codes[self.rows]
        lost = ~hit & (mine == outcome)
        mine[hit] = outcome
        if lost.any():
            others = ~self.hit
            predict = fit_chances(
                self.inputs[others], self.outcome.codes[self.rows][others], len(self.outcome.classes),
                self.stream.child("others"),
            )  # fmt: skip
            total = np.cumsum(predict(self.inputs[lost]), axis=1)
            draw = self.stream.child("others", "draw").generator().random(len(total)) * total[:, -1]
            mine[lost] = np.minimum((draw[:, None] > total).sum(axis=1), len(self.outcome.classes) - 1)
        codes[self.rows] = mine
        kind = self.whole.column(self.wanted.target or "").type
        values = pa.array([None if c < 0 else self.outcome.classes[c] for c in codes.tolist()], kind)
        return self.whole.with_column(self.wanted.target or "", values)


class FairSynthesizer:
    """Learns a table made fair; samples, saves and tells densities as the synthesizer inside does.

    Args:
        base: the synthesizer that learns; BoostedChain if left out.
        sensitive, target, outcome, notion, method, representation, leeway: see :class:`Fairness`.

    Attributes:
        model_: the fitted synthesizer.
        record_: what was done, group by group; kept in the manifest of a saved model.
    """

    def __init__(
        self,
        base: Synthesizer | None = None,
        *,
        sensitive: str | Sequence[str],
        target: str | None = None,
        outcome: Any = None,
        notion: Notion = "statistical_parity",
        method: Method = "labels",
        representation: Literal["as_is", "equal"] | Mapping[str, float] = "as_is",
        leeway: float = 0.25,
    ) -> None:
        self.base = base
        columns = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
        self.wanted = Fairness(columns, target, outcome, notion, method, representation, leeway)

    def fit(
        self, data: Any, schema: TableSchema | None = None, *, seed: int | None = None, run: RunContext | None = None
    ) -> Self:
        """Learns from ``data``, made fair first.

        Raises:
            OptionError: as :func:`make_fair`; if weights are needed and the base takes none; or if the base
                keeps a privacy budget, which pays for no look at groups and outcomes.
            InputError, SchemaError: as the base's ``fit``.
        """
        if self.base is not None and self.base.capabilities.private:
            raise OptionError(
                f"{self.base.name} cannot learn rows made fair: groups and outcomes are read off the rows, and "
                "no budget pays for it",
                accepted="a synthesizer without a privacy budget",
            )
        seed = resolve_seed(seed)
        table = Table.from_frame(data)
        schema = schema or infer_schema(table)
        fair = make_fair(table, self.wanted, schema, seed=seed)
        model = BoostedChain() if self.base is None else type(self.base)(**self.base.get_params())
        even = bool(np.allclose(fair.weights, 1.0))
        model.fit(
            Table(fair.table.arrow, table.frame_kind),
            schema,
            weights=None if even else fair.weights,
            seed=seed,
            run=run,
        )
        model.choice_ = {"synthesizer": model.name, "fairness": fair.record}
        self.model_, self.record_ = model, fair.record
        return self

    @property
    def _fitted(self) -> Synthesizer:
        if not hasattr(self, "model_"):
            raise NotFittedError("this FairSynthesizer has not learned anything yet", hint="call fit(data) first")
        return self.model_

    def sample(self, size: int | None = None, **options: Any) -> Any:
        """New rows; takes what :meth:`Synthesizer.sample` takes."""
        return self._fitted.sample(size, **options)

    def draw(self, size: int | None = None, **options: Any) -> Drawn:
        """:meth:`sample`, with what it took."""
        return self._fitted.draw(size, **options)

    def sample_batches(self, size: int | None = None, **options: Any) -> Iterator[Table]:
        """The rows of :meth:`sample`, shard by shard."""
        return self._fitted.sample_batches(size, **options)

    def draw_batches(self, size: int | None = None, **options: Any) -> Iterator[GuidedRows]:
        """The rows of :meth:`draw`, shard by shard."""
        return self._fitted.draw_batches(size, **options)

    def log_density(self, data: Any) -> np.ndarray:
        """The log density float64 [n] of rows, where the synthesizer inside can tell it.

        Raises:
            OptionError: if it cannot.
        """
        density = getattr(self._fitted, "log_density", None)
        if density is None:
            raise OptionError(f"{type(self._fitted).__name__} tells no density", hint="use BoostedChain")
        return np.asarray(density(data))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the model; :func:`synthloom.load` gives the synthesizer inside."""
        return self._fitted.save(folder, overwrite=overwrite)

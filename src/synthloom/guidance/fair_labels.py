"""Labels that treat groups alike: the target drawn anew from a fair score of the other columns.

The score is that of :mod:`~synthloom.guidance.fair_scores`, of cross-fitted chances. What models of such
labels bring back is measured and corrected, and once more for models of a synthesizer's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import OptionError, did_you_mean
from synthloom.guidance.fair_scores import fair_scores
from synthloom.guidance.fair_wanted import Fairness, FairTable
from synthloom.guidance.groups import Groups
from synthloom.guidance.row_inputs import RowInputs, crossfit_chances, fit_chances
from synthloom.randomness import RandomStream
from synthloom.schema import TableSchema

_SMALLEST_COUNTED = 30
_ROUNDS = 2
_TRUST = 200.0  # rows of a group at which half of a measured difference is corrected
_LARGEST_CORRECTION = 0.1
_MOST_CLASSES = 20
_NOT_WORTH_A_FIT = 0.005


@dataclass(frozen=True)
class Outcome:
    """Which rows have the outcome (bool [n]), of those whose target is known; ``codes`` are places in ``classes``."""

    value: Any
    hit: np.ndarray
    known: np.ndarray
    classes: list[Any]
    codes: np.ndarray

    @classmethod
    def of(cls, table: Table, wanted: Fairness, value: Any = None) -> Outcome:
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


class Relabelling:
    """Draws the target anew from a fair score of the other columns."""

    def __init__(
        self,
        table: Table,
        wanted: Fairness,
        schema: TableSchema,
        groups: Groups,
        outcome: Outcome,
        stream: RandomStream,
    ) -> None:
        self.whole, self.wanted, self.outcome, self.stream = table, wanted, outcome, stream
        self.all_groups = groups
        self.rows = np.flatnonzero(outcome.known)
        self.groups = Groups(groups.labels, groups.codes[self.rows])
        self.hit = outcome.hit[self.rows]
        forms = {column.name: column.format for column in schema}
        learned = [c.name for c in schema if c.learned and c.name != wanted.target]
        blind = [name for name in learned if name not in wanted.sensitive]
        known = table.take(self.rows)
        self.readers = tuple(RowInputs.of(known, names, forms) for names in (blind, [*blind, *wanted.sensitive]))
        self.inputs, self.seeing = (reader.matrix(known) for reader in self.readers)
        self.chance = crossfit_chances(self.inputs, self.hit.astype(np.int64), 2, stream.child("outcome"))[:, 1]
        self.belonging = self._belonging()
        self.uniform = stream.child("draw").generator().random(len(self.chance))
        self.goal = np.zeros(self.belonging.shape[1])

    def first(self, weights: np.ndarray, record: dict[str, Any]) -> FairTable:
        """The table with its new target, corrected by models that learn its own rows."""
        best, kept, goal, measured = np.inf, self.hit, self.goal, []
        for attempt in range(_ROUNDS):
            hit = self._drawn(goal)
            rates = self._rates(hit, attempt)
            worst, shift = self._beyond(rates)
            measured.append(round(worst, 5))
            if worst < best:
                best, kept, self.goal = worst, hit, goal
            goal = np.clip(goal - shift, -_LARGEST_CORRECTION, _LARGEST_CORRECTION)
        return self._finished(kept, weights, record | {"difference_on_training_rows": measured})

    def again(self, made: Table, fair: FairTable) -> tuple[float, FairTable | None]:
        """How far apart models of made rows bring the groups, and labels that correct it unless it is little."""
        import pyarrow as pa
        import pyarrow.compute as pc

        made = made.take(made.column(self.wanted.target or "").is_valid().to_numpy())
        target = made.column(self.wanted.target or "")
        hit = pc.equal(target, pa.scalar(self.outcome.value, target.type)).to_numpy().astype(np.int64)
        chosen = []
        for place, (reader, inputs) in enumerate(zip(self.readers, (self.inputs, self.seeing), strict=True)):
            predict = fit_chances(reader.matrix(made), hit, 2, self.stream.child("made", place))
            chosen.append(predict(inputs)[:, 1] > 0.5)
        worst, shift = self._beyond(self._selected(chosen))
        if np.abs(shift).max() < _NOT_WORTH_A_FIT:
            return worst, None
        self.goal = np.clip(self.goal - shift, -_LARGEST_CORRECTION, _LARGEST_CORRECTION)
        return worst, self._finished(self._drawn(self.goal), fair.weights, fair.record)

    def _drawn(self, goal: np.ndarray) -> np.ndarray:
        aim = self.wanted.difference / 2
        return np.asarray(self.uniform < fair_scores(self.chance, self.belonging, goal, self.wanted.leeway, aim))

    def _beyond(self, rates: np.ndarray) -> tuple[float, np.ndarray]:
        """The largest difference from the common rate, and by how much each group's lies beyond what is allowed."""
        apart = rates - np.average(rates, axis=1, weights=self._counted())[:, None]
        trust = self._counted() / (self._counted() + _TRUST)
        allowed = self.wanted.difference / 4  # to each side, of the half that is aimed at
        beyond = (apart - np.clip(apart, -allowed, allowed)).mean(axis=0)
        return float(np.abs(apart * trust).max()), beyond * trust

    def _finished(self, hit: np.ndarray, weights: np.ndarray, record: dict[str, Any]) -> FairTable:
        """The table with these labels, and what is told of them."""
        table = self._relabelled(hit)
        groups = [dict(row) for row in record["groups"]]
        record = record | {"groups": groups, "changed_labels": int((hit != self.hit).sum())}
        after = Outcome.of(table, self.wanted, self.outcome.value)
        tell_rates(record, "rate_after", self.all_groups, after, weights)
        return FairTable(table, weights, record)

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
        chosen = []
        for place, inputs in enumerate((self.inputs, self.seeing)):
            stream = self.stream.child("audit", attempt, place)
            chosen.append(crossfit_chances(inputs, hit.astype(np.int64), 2, stream)[:, 1] > 0.5)
        return self._selected(chosen)

    def _selected(self, chosen: Sequence[np.ndarray]) -> np.ndarray:
        """The rates of each group by each model's choice of rows, [models, groups]."""
        among = np.ones(len(self.hit), bool) if self.wanted.notion == "statistical_parity" else self.hit
        size = len(self.groups.labels)
        hits = [np.bincount(self.groups.codes[among], each[among], size) for each in chosen]
        return np.array(hits) / self._counted()

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


def tell_rates(record: dict[str, Any], name: str, groups: Groups, outcome: Outcome, weights: np.ndarray) -> None:
    """Adds each group's rate of the outcome to what is told of it."""
    for g, row in enumerate(record["groups"]):
        rows = (groups.codes == g) & outcome.known
        row[name] = round(float(np.average(outcome.hit[rows], weights=weights[rows])), 5) if rows.any() else None

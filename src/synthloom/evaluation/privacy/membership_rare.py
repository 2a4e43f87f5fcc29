"""Membership inference on rare rows: do rare values and rare pairs of values give their holders away?

The worst case of a release are people whose values few share (Stadler, Oprisanu and Troncoso,
"Synthetic Data - Anonymisation Groundhog Day", USENIX Security 2022; Meeus et al., "Achilles' Heels",
ESORICS 2023). The attacker asks the synthetic rows how many of them hold each pair of the
candidate's values (the query attack of Houssiau et al., "TAPAS", 2022), takes away what the frequency
of the two single values explains, and holds the rest against the same among other real rows, over
the pairs that are rare there. The candidates are the tenth of the
rows, training and holdout alike, whose pairs are rarest among those other rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.privacy.accusation import accusation_of_areas
from synthloom.evaluation.privacy.candidates import TOO_FEW_TO_TRY, Trial, trials
from synthloom.evaluation.statistics import AreaUnderCurve, area_under_curve
from synthloom.finding import Direction, Family, Finding

MAXIMUM_CANDIDATES = 10_000
MAXIMUM_PAIRS = 120
_BINS = 40
_RARE_SHARE = 0.1
_FEW = 2
"""A pair that more reference rows hold says nothing about one person."""
_LEAST = 10


@dataclass
class _Scores:
    """What the attacker knows of each candidate: ``rarity`` from the reference, ``guess`` from the synthetic rows."""

    rarity: np.ndarray
    guess: np.ndarray
    released: np.ndarray


class MembershipRare(Metric):
    """How well training rows are told from rows not seen, among the tenth with the rarest values."""

    name: ClassVar[str] = "membership_rare"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.5
    meaning: ClassVar[str] = (
        "How well an attacker tells training from unseen rows among the tenth with the rarest values and pairs of "
        "values: 0.5 is a coin toss."
    )
    cost: ClassVar[float] = 0.2
    attacker: ClassVar[str | None] = (
        "holds the synthetic rows, other real rows of the same kind, and the whole row of a person with rare values"
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The area under the ROC curve among the rarest tenth."""
        if len(data.compared) < 2:
            return [self.unmeasured("it takes two columns whose values may be compared")]
        sides = trials(data, MAXIMUM_CANDIDATES)
        if sides is None:
            return [self.unmeasured(TOO_FEW_TO_TRY)]
        codes = {name: _codes(data, name) for name in data.compared}
        pairs = data.pairs(MAXIMUM_PAIRS)
        found = [_areas(_attack(data, codes, pairs, side), len(side.members)) for side in sides]
        measured = [areas for areas in found if areas is not None]
        if not measured:
            return [self.unmeasured("this attack proves nothing here: there are too few rare rows among the holdout")]
        return [
            accusation_of_areas(
                self,
                [areas for areas, _ in measured],
                [released.value for _, released in measured],
                note=data.thinned_note(),
                detail={"members": sum(len(areas.positives) for areas, _ in measured), "pairs": len(pairs)},
            )
        ]


def _codes(data: EvaluationData, name: str) -> dict[str, np.ndarray]:
    """A column's values as whole numbers from 0: every category its own, numbers in bins."""
    view = data.view(name)
    if view.kind == "category":
        return {part: codes.astype(np.int64) + 1 for part, codes in view.exact.items()}
    return {part: values.astype(np.int64) for part, values in data.bins(name, _BINS).codes.items()}


def _attack(
    data: EvaluationData, codes: dict[str, dict[str, np.ndarray]], pairs: list[tuple[str, str]], side: Trial
) -> _Scores:
    """Counts of every pair of values, for members and then others."""
    size = len(side.members) + len(side.others)
    rarity, guess, released, rare = (np.zeros(size) for _ in range(4))
    for pair in pairs:
        tables = _Tables(codes, pair, side)
        held, usual = tables.lift("reference")
        rarity -= np.log(held + 0.5)
        few = held <= _FEW
        rare += few
        for score, part in ((guess, "synthetic"), (released, "train")):
            score += np.where(few, tables.lift(part)[1] - usual, 0)
    scale = np.maximum(rare, 1)
    return _Scores(rarity, guess / scale, released / scale)


class _Tables:
    """The counts of one pair of columns' values in the rows that the attacker holds."""

    def __init__(self, codes: dict[str, dict[str, np.ndarray]], pair: tuple[str, str], side: Trial) -> None:
        self._held, self._asked = [], []
        width = 1 + max(int(values.max()) for values in codes[pair[1]].values())
        columns = [codes[name] for name in pair]
        columns.append({part: columns[0][part] * width + columns[1][part] for part in columns[0]})
        for column in columns:
            self._asked.append(np.concatenate([column["train"][side.members], column["holdout"][side.others]]))
            self._held.append({**column, "reference": column["holdout"][side.reference]})

    def lift(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """How many rows hold each candidate's pair, and the log of that over what its two values alone explain.

        Single values say whom a table describes, and any faithful table of the training rows says it.
        """
        first, second, both = (_count(held[part], asked) for held, asked in zip(self._held, self._asked, strict=True))
        explained = first * second / len(self._held[0][part])
        return both, np.asarray(np.log((both + 0.5) / (explained + 0.5)))


def _count(cells: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """How many of ``cells`` equal each of ``asked``."""
    top = int(max(cells.max(), asked.max())) + 1
    if top <= 8 * len(cells) + 1_000_000:
        return np.bincount(cells, minlength=top)[asked]
    known, counts = np.unique(cells, return_counts=True)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, counts[place], 0)


def _areas(scores: _Scores, members: int) -> tuple[AreaUnderCurve, AreaUnderCurve] | None:
    """The areas of the attack, and of the attack on released rows, among the rarest tenth."""
    rare = scores.rarity >= np.quantile(scores.rarity, 1 - _RARE_SHARE)
    inside, outside = rare[:members], rare[members:]
    if min(inside.sum(), outside.sum()) < _LEAST:
        return None
    guess, released = (
        area_under_curve(each[:members][inside], each[members:][outside]) for each in (scores.guess, scores.released)
    )
    return guess, released

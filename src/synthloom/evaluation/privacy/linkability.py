"""Linkability: do the synthetic rows show which two records, with no column in common, are one person's?

The second of the three risks of the Article 29 Working Party's opinion 05/2014. Two parties each know
half of the columns of the same people. The attacker looks up each person's first half and second half
among the synthetic rows and links the two where the same synthetic row is nearest to both (the attack
as Giomi et al. describe it, "A Unified Framework for Quantifying Privacy Risk in Synthetic Data",
PETS 2023). Equally near rows are told apart by lot, by another lot for each half.

The control does the same to holdout rows: columns that go together link those too, and that is
knowledge of the population. What training rows have beyond it is the leak.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import DistanceSpace, nearest_places
from synthloom.evaluation.privacy.accusation import accusation
from synthloom.evaluation.privacy.candidates import TOO_FEW_TO_ASK, targets
from synthloom.evaluation.statistics import rate_difference
from synthloom.finding import Direction, Family, Finding

MAXIMUM_TARGETS = 1_500
MAXIMUM_SYNTHETIC = 40_000
MINIMUM_COLUMNS = 4
SPLITS = 2
"""Ways of cutting the columns into halves that are tried; the success is the mean over them."""
_POWER_ROWS = 500
_FLOOR = 0.1


class Linkability(Metric):
    """The share of training rows whose two halves are linked through one synthetic row."""

    name: ClassVar[str] = "linkability"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The share of training rows whose two halves of columns an attacker links through the same synthetic row; "
        "holdout rows show how often that is chance."
    )
    cost: ClassVar[float] = 1.5
    attacker: ClassVar[str | None] = (
        "holds the synthetic rows and two lists of the same people, each with half of the columns"
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of training rows that are linked."""
        if len(data.compared) < MINIMUM_COLUMNS:
            return [self.unmeasured(f"it takes {MINIMUM_COLUMNS} columns whose values may be compared")]
        asked = targets(data, MAXIMUM_TARGETS, self.name)
        if asked is None:
            return [self.unmeasured(TOO_FEW_TO_ASK)]
        rows = data.draw("synthetic", MAXIMUM_SYNTHETIC, self.name)
        linked, powers = [], []
        for split in range(SPLITS):
            halves = [DistanceSpace(data, names) for names in _halves(data, split)]
            base = [space.points("synthetic", rows) for space in halves]
            query = [
                np.vstack(
                    [space.points(part, places) for part, places in zip(("train", "holdout"), asked, strict=True)]
                )
                for space in halves
            ]
            linked.append(_link(base, query, data, split))
            powers.append(_power(data, halves, asked[0][:_POWER_ROWS], len(rows), split))
        success = np.mean(linked, axis=0)
        cut = len(asked[0])
        found = rate_difference(success[:cut], success[cut:])
        power = float(np.mean(powers))
        few = f"{len(rows):,} synthetic rows" if len(rows) < data.size("synthetic") else ""
        return [
            accusation(
                self,
                found.value,
                reference=found.reference,
                error=found.error,
                interval=found.interval,
                baseline=1 / len(rows),
                power=power,
                floor=_FLOOR,
                words=f"be linked in {power:.1%} of the cases only",
                note=data.thinned_note(f"{cut:,} rows of each kind asked about", few),
                detail={"targets": cut, "splits": SPLITS},
            )
        ]


def _halves(data: EvaluationData, split: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The compared columns in two random halves, those that never vary left out where enough vary."""
    names = [name for name in data.compared if data.view(name).varies]
    names = names if len(names) >= 2 else list(data.compared)
    order = data.stream.child("linkability", "halves", split).generator().permutation(len(names))
    cut = len(names) // 2
    return tuple(names[place] for place in order[:cut]), tuple(names[place] for place in order[cut:])


def _link(base: list[np.ndarray], query: list[np.ndarray], data: EvaluationData, split: int) -> np.ndarray:
    """Whether both halves of each person have the same nearest base row, as 0.0 and 1.0 ``[people]``."""
    nearest = []
    for half in (0, 1):
        order = data.stream.child("linkability", "lot", split, half).generator().permutation(len(base[half]))
        nearest.append(order[nearest_places(base[half][order], query[half])])
    return (nearest[0] == nearest[1]).astype(np.float64)


def _power(data: EvaluationData, halves: list[DistanceSpace], members: np.ndarray, size: int, split: int) -> float:
    """The share that would be linked if the training rows had been released."""
    others = data.draw("train", size, "linkability", "released")
    released = np.concatenate([members, np.setdiff1d(others, members)])[:size]
    base = [space.points("train", released) for space in halves]
    return float(_link(base, [points[: len(members)] for points in base], data, split).mean())

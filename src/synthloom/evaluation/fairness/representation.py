"""Whether every group has in the synthetic data the share that it has in the real training rows.

``representation`` is the largest difference of a group's share; the reference is what a holdout shows
by chance. ``least_represented`` looks at small groups, whom a difference of shares would overlook: the
smallest ratio of a group's synthetic share to its real one, 1 at most.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.fairness.disparity import DRAWS, Disparity, FairnessMetric, reach_factor
from synthloom.evaluation.fairness.groups import MINIMUM_GROUP, Grouping, groupings, unusable
from synthloom.evaluation.fairness.outcomes import left_out
from synthloom.evaluation.statistics import interval_around, share_interval
from synthloom.finding import Finding

_JUDGED_ROWS = 200
"""Rows that a group must be expected to have for its share to be judged to a tenth."""
_RATIO: dict[str, Any] = {
    "name": "least_represented",
    "direction": "higher_is_better",
    "best": 1.0,
    "meaning": (
        "The share of the least represented group in the synthetic rows, relative to its share in the training rows; "
        "1 is all of it."
    ),
}


class Representation(FairnessMetric):
    """The largest difference between a group's share of the synthetic and of the training rows."""

    name: ClassVar[str] = "representation"
    meaning: ClassVar[str] = (
        "The largest difference between a group's share of the synthetic rows and its share of the training rows."
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The grouping that moved most clearly, each sensitive column, and the least represented group."""
        reason = unusable(data)
        if reason is not None:
            return [self.unmeasured(reason), self.unmeasured(reason, **_RATIO)]
        shares = [self._shares(data, grouping) for grouping in groupings(data)]
        return [*self.from_disparities(data, shares), self._least(data)]

    @staticmethod
    def _shares(data: EvaluationData, grouping: Grouping) -> Disparity:
        counts = {part: grouping.counts(part) for part in ("train", "holdout", "synthetic")}
        share = {part: count / max(1, count.sum()) for part, count in counts.items()}
        generator = data.stream.child("fairness", "representation", grouping.name).generator()
        drawn = {p: generator.multinomial(c.sum(), share[p], DRAWS) / max(1, c.sum()) for p, c in counts.items()}
        moved = np.abs(drawn["synthetic"] - drawn["train"]).max(axis=1)
        chance = np.abs(drawn["holdout"] - drawn["train"]).max(axis=1)
        enough = counts["train"] >= MINIMUM_GROUP
        rows: list[list[Any]] = []
        for g in np.flatnonzero(enough):
            cells: list[Any] = [grouping.labels[g], int(counts["holdout"][g])]
            for part in ("holdout", "synthetic"):
                low, high = share_interval(counts[part][g], max(1, int(counts[part].sum())))
                cells += [round(float(share[part][g]), 4), round(low, 4), round(high, 4)]
            rows.append(cells)
        return Disparity(
            "representation",
            grouping.name,
            grouping.crossed,
            "share of the rows",
            float(np.abs(share["synthetic"] - share["train"]).max()),
            float(np.abs(share["holdout"] - share["train"]).max()),
            float((moved - chance).std(ddof=1)),
            float(moved.std(ddof=1)),
            rows,
            left_out(grouping, enough, counts["holdout"]),
        )

    def _least(self, data: EvaluationData) -> Finding:
        """The group whose share fell most clearly."""
        found: list[tuple[float, float, float, float, str]] = []
        for grouping in groupings(data):
            train, synthetic, holdout = (grouping.counts(part) for part in ("train", "synthetic", "holdout"))
            size = {part: max(1, data.size(part)) for part in ("train", "synthetic", "holdout")}
            expected = train * min(1.0, size["synthetic"] / size["train"])
            for g in np.flatnonzero(expected >= _JUDGED_ROWS):
                share = train[g] / size["train"]
                ratio = min(1.0, synthetic[g] / size["synthetic"] / share)
                natural = min(1.0, holdout[g] / size["holdout"] / share)
                chance = 1 / train[g] + 1 / expected[g] - 2 * share / size["train"]
                error = float(np.sqrt(max(chance, 1e-12)))
                found.append((1 - ratio, error, ratio, natural, f'{grouping.labels[g]} of "{grouping.name}"'))
        if not found:
            return self.unmeasured(f"no group has {_JUDGED_ROWS} training rows", **_RATIO)
        factor = reach_factor(len(found))
        _, error, ratio, natural, words = max(found, key=lambda each: (each[0] / each[1], -each[2]))
        return self.finding(
            ratio,
            error=error * factor,
            reference=1.0,
            interval=interval_around(ratio, error, (0.0, 1.0)),
            note=f"least represented: {words}",
            detail={"group": words, "holdout_ratio": round(float(natural), 4), "compared": len(found)},
            **_RATIO,
        )

"""Distance to the closest record, as a diagnostic only.

The share of synthetic rows that lie nearer to a training row than to any of as many holdout rows. It
is widely quoted, so it is here; it is no evidence of privacy, because data sets that pass it leak to
membership inference (Yao et al., "The DCR Delusion", ESORICS 2025): a few copied rows, or the rows of
a few unusual people, do not move a share over all rows.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import nearest_distances, shared_space
from synthloom.evaluation.statistics import share_interval
from synthloom.finding import Direction, Family, Finding

MAXIMUM_BASE = 10_000
MAXIMUM_ASKED = 3_000
_TIE = 1e-6


class DistanceToClosestRecord(Metric):
    """The share of synthetic rows nearer to training than to holdout rows; 0.5 by chance."""

    name: ClassVar[str] = "distance_to_closest_record"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "information"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.5
    meaning: ClassVar[str] = (
        "The share of synthetic rows nearer to a training than to a holdout row (0.5 by chance). A diagnostic, no "
        "evidence: a few copied rows do not move it, and data that pass it have leaked."
    )
    cost: ClassVar[float] = 1.0
    attacker: ClassVar[str | None] = "none: this is no attack"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share, for information."""
        if not data.compared:
            return [self.unmeasured("there is no column whose values may be compared")]
        space = shared_space(data)
        size = min(data.size("train"), data.size("holdout"), MAXIMUM_BASE)
        asked = space.points("synthetic", data.draw("synthetic", MAXIMUM_ASKED, self.name))
        train, holdout = (
            nearest_distances(space.points(part, data.draw(part, size, self.name)), asked)
            for part in ("train", "holdout")
        )
        tied = np.abs(train - holdout) <= _TIE
        nearer = float(((train < holdout) & ~tied).sum() + tied.sum() / 2)
        return [
            self.finding(
                nearer / len(asked),
                reference=0.5,
                interval=share_interval(nearer, len(asked)),
                note=data.thinned_note(f"{len(asked):,} synthetic rows against {size:,} rows of each kind"),
                detail={"tied": round(float(tied.mean()), 4)},
            )
        ]

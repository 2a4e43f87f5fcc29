"""Exact copies: synthetic rows that equal a training row in every compared column."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.privacy.copy_control import control_copies, samples_like_holdout
from synthloom.evaluation.privacy.row_keys import compared_keys
from synthloom.evaluation.statistics import share_interval
from synthloom.finding import Direction, Family, Finding


class ExactCopies(Metric):
    """The share of synthetic rows that are training rows, beside the share of holdout rows that are."""

    name: ClassVar[str] = "exact_copies"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The share of synthetic rows that equal a training row; holdout rows show how often that is chance."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 0.3
    attacker: ClassVar[str | None] = "holds the synthetic rows and looks for a known row among them"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of exact copies with its controls."""
        if not data.compared:
            return [self.unmeasured("there is no column whose values may be compared")]
        keys = compared_keys(data).totals
        samples = samples_like_holdout(len(keys["train"]), len(keys["holdout"]), data.stream.child(self.name, "target"))
        ours, nothing = keys["synthetic"], np.uint64(0)
        repeated = np.where(np.isin(ours, keys["holdout"]), ours, nothing)
        guessed = float(np.isin(compared_keys(data).guessed("synthetic"), keys["train"]).mean())
        control = control_copies(
            self.name,
            synthetic=np.isin(ours, keys["train"]),
            holdout=np.isin(keys["holdout"], keys["train"]),
            found=[(np.where(np.isin(ours, keys["train"][some]), ours, nothing), repeated) for some in samples],
            scale=len(keys["train"]) / len(samples[0]),
        )
        return [
            self.finding(
                control.share,
                error=control.error,
                reference=control.natural,
                interval=share_interval(control.detail["copies"], len(keys["synthetic"])),
                verdict=control.verdict,
                detail={"baseline": round(guessed, 6), **control.detail},
            )
        ]

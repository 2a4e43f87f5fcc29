"""How far the outcome's rate differs between groups in the synthetic data, against real holdout rows.

The demographic parity difference of the labels themselves (Fairlearn's definition, Bird et al. 2020):
nothing is trained. Data that widen it teach every model a wider difference.
"""

from __future__ import annotations

from typing import ClassVar

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.fairness.disparity import FairnessMetric
from synthloom.evaluation.fairness.outcomes import data_disparities
from synthloom.finding import Finding


class OutcomeParity(FairnessMetric):
    """Largest less smallest rate of the outcome over the groups, in the synthetic rows."""

    name: ClassVar[str] = "outcome_parity"
    meaning: ClassVar[str] = (
        "How far the rate of the outcome differs between groups in the synthetic rows; the reference is how far it "
        "differs in real ones."
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The grouping whose difference grew most clearly, and each sensitive column."""
        return self.from_disparities(data, data_disparities(data))

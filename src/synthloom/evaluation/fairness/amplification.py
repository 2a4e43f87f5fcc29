"""Whether synthetic data widen the differences between groups: the figure for a gate.

Amplification is the disparity that synthetic rows bring less the one that real holdout rows have: of
the outcome's rate in the data (``amplification``), and of models trained on synthetic instead of real
rows, by demographic parity, equal opportunity, equalised odds and calibration
(``amplification_model``). Where there are several groupings and notions, the one that stands out most
clearly from its error is told, and its error is widened as for the worst of so many (Bonferroni).
"""

from __future__ import annotations

from typing import Any, ClassVar

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.fairness.disparity import Disparity, FairnessMetric, most_evident, reach_factor
from synthloom.evaluation.fairness.groups import unusable
from synthloom.evaluation.fairness.model_parity import model_disparities
from synthloom.evaluation.fairness.outcomes import data_disparities
from synthloom.evaluation.statistics import interval_around
from synthloom.finding import Finding

_MODEL: dict[str, Any] = {
    "name": "amplification_model",
    "meaning": (
        "By how much models trained on synthetic rows treat groups more differently than models trained on real "
        "rows, by the notion that stands out most."
    ),
}


class Amplification(FairnessMetric):
    """The disparity of the synthetic rows less that of real holdout rows; 0 or less is best."""

    name: ClassVar[str] = "amplification"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    meaning: ClassVar[str] = (
        "By how much the rate of the outcome differs more between groups in the synthetic rows than in real holdout "
        "rows; below 0 it differs less."
    )
    cost: ClassVar[float] = 0.5

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The amplification in the data and in models, and that of each sensitive column."""
        reason = unusable(data)
        if reason is not None:
            return [self.unmeasured(reason), self.unmeasured(reason, **_MODEL)]
        in_data, in_models = data_disparities(data), model_disparities(data)
        findings = [self._overall(in_data), self._overall(in_models, **_MODEL)]
        every = [each for found in (in_data, in_models) if not isinstance(found, str) for each in found]
        for name in dict.fromkeys(each.grouping for each in every if not each.crossed):
            findings.append(self._overall([each for each in every if each.grouping == name], column=name))
        return findings

    def _overall(self, found: list[Disparity] | str, **changes: Any) -> Finding:
        if isinstance(found, str) or not found:
            reason = found if isinstance(found, str) and found else "no two groups have enough rows to be compared"
            return self.unmeasured(reason, **changes)
        worst = most_evident(found)
        return self.finding(
            worst.amplification,
            error=worst.error * reach_factor(len(found)),
            reference=0.0,
            interval=interval_around(worst.amplification, worst.error, self.range),
            note=f'{worst.notion.replace("_", " ")} between groups of "{worst.grouping}"; counted: {worst.outcome}',
            detail={
                "notion": worst.notion,
                "grouping": worst.grouping,
                "disparity_synthetic": round(worst.value, 4),
                "disparity_real": round(worst.reference, 4),
                "compared": len(found),
                "amplifications": [
                    [each.notion.replace("_", " "), each.grouping, round(each.amplification, 4), round(each.error, 4)]
                    for each in sorted(found, key=lambda each: -each.amplification)
                ],
            },
            **changes,
        )

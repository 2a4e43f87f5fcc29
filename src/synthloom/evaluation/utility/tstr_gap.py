"""Train on synthetic, test on real: what a model loses when it learns from synthetic rows.

Esteban, Hyland and Rätsch, "Real-valued (Medical) Time Series Generation with Recurrent Conditional
GANs", 2017. The same learner is trained on training rows and on as many synthetic rows, and both are
scored on holdout rows: AUC (mean over classes) or R2. The gap is real less synthetic; fresh real rows
reach 0 on average, the reference. One metric for each learner: boosting, linear model, forest and
nearest neighbours see a table with different eyes.

Interval and equivalence test cover the draw of the holdout rows and of the training rows (see
:mod:`~synthloom.evaluation.utility.bench` and :mod:`~synthloom.evaluation.utility.equivalence`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.utility.bench import Bench, ScoreGap
from synthloom.evaluation.utility.equivalence import DEFAULT_MARGIN
from synthloom.evaluation.utility.learners import LEARNERS
from synthloom.finding import Direction, Family, Finding, Verdict


class TstrGap(Metric):
    """The score that gradient boosting loses when it is trained on synthetic rows; 0 or less is best."""

    name: ClassVar[str] = "tstr_gap"
    family: ClassVar[Family] = "utility"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (-float("inf"), float("inf"))
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "What gradient boosting loses on real holdout rows when it is trained on synthetic instead of real rows."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 8.0
    learner: ClassVar[str] = "boosting"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The gap of this metric's learner."""
        bench = Bench.of(data, self.learner)
        if isinstance(bench, str):
            return [self.unmeasured(bench)]
        return [gap_finding(self, bench, bench.gap("real", "synthetic"), ("real", "synthetic"))]


class TstrGapLinear(TstrGap):
    """The score that a linear model loses when it is trained on synthetic rows."""

    name: ClassVar[str] = "tstr_gap_linear"
    meaning: ClassVar[str] = (
        "What a linear model loses on real holdout rows when it is trained on synthetic instead of real rows."
    )
    cost: ClassVar[float] = 1.5
    learner: ClassVar[str] = "linear"


class TstrGapForest(TstrGap):
    """The score that a random forest loses when it is trained on synthetic rows."""

    name: ClassVar[str] = "tstr_gap_forest"
    meaning: ClassVar[str] = (
        "What a random forest loses on real holdout rows when it is trained on synthetic instead of real rows."
    )
    quick: ClassVar[bool] = False
    cost: ClassVar[float] = 3.0
    learner: ClassVar[str] = "forest"


class TstrGapNeighbours(TstrGap):
    """The score that nearest neighbours lose when they are synthetic rows."""

    name: ClassVar[str] = "tstr_gap_neighbours"
    meaning: ClassVar[str] = (
        "What a vote of the nearest rows loses on real holdout rows when those are synthetic instead of real rows."
    )
    quick: ClassVar[bool] = False
    cost: ClassVar[float] = 2.5
    learner: ClassVar[str] = "neighbours"


class TrstrGap(TstrGap):
    """The score that gradient boosting loses when synthetic rows are added to the real ones; 0 or less is best."""

    name: ClassVar[str] = "trstr_gap"
    meaning: ClassVar[str] = (
        "What gradient boosting loses on real holdout rows when synthetic rows are added to the real training rows."
    )
    quick: ClassVar[bool] = False
    cost: ClassVar[float] = 4.0

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The gap of boosting; at depth ``thorough`` of every learner, as rows of the detail."""
        bench = Bench.of(data, self.learner)
        if isinstance(bench, str):
            return [self.unmeasured(bench)]
        detail: dict[str, Any] = {}
        if data.depth == "thorough":
            others = [Bench.of(data, name) for name in LEARNERS]
            detail["learners"] = [_line(each) for each in others if not isinstance(each, str)]
        return [gap_finding(self, bench, bench.gap("real", "both"), ("real", "both"), **detail)]


def _line(bench: Bench) -> list[Any]:
    gap = bench.gap("real", "both")
    return [
        bench.learner.words,
        round(gap.first, 4),
        round(gap.second, 4),
        gap.difference.words(unit=bench.task.measure),
    ]


def gap_finding(
    metric: Metric, bench: Bench, gap: ScoreGap, names: tuple[str, str], note: str | None = None, **detail: Any
) -> Finding:
    """A finding of the difference of two scores, with its equivalence test; ``names`` are those of the scores."""
    task, difference = bench.task, gap.difference
    notes = [note, bench.note()]
    verdict: Verdict | None = None
    if gap.first - (0.0 if task.kind == "regression" else 0.5) < 2 * gap.first_error:
        verdict = "unknown"
        notes.insert(
            0, f"trained on real rows it scores no better than chance ({gap.first:.3f}): the gap tells nothing"
        )
    words = difference.words(unit=task.measure, lacking=gap.lacking)
    return metric.finding(
        difference.value,
        error=difference.error,
        reference=0.0,
        interval=difference.interval(),
        verdict=verdict,
        note="; ".join(filter(None, notes)) or None,
        detail={
            "model": bench.learner.model,
            "score": task.measure,
            "target": task.target,
            "task": task.kind,
            names[0]: round(gap.first, 4),
            names[1]: round(gap.second, 4),
            "margin": DEFAULT_MARGIN,
            "equivalence": words,
            "status": difference.status(),
            "p_equivalence": round(difference.p_equivalence(), 5),
            "p_difference": round(difference.p_difference, 5),
            "power": round(difference.power(), 4),
            "degrees": round(min(difference.degrees, 1e6), 2),
            "holdout_error": round(gap.holdout_error, 6),
            "draw_error": None if gap.draw_error is None else round(gap.draw_error, 6),
            "holdout_rows": len(bench.rows["holdout"]),
            "training_rows": len(bench.rows["train"]),
            **detail,
        },
    )

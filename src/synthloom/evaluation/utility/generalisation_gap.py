"""How models trained on synthetic rows fare where the world has moved: later years, another region.

Rows of a later time or of another region are kept from everything: no synthesizer and no model learns
from them. A model trained on real rows usually scores less there than on ordinary holdout rows; the
question is whether one trained on synthetic rows falls further. The gap on the shifted rows (train on
synthetic, test on real; Esteban et al. 2017) is judged as the gap on the holdout is; both falls are told.
"""

from __future__ import annotations

from typing import ClassVar

from synthloom.evaluation.agreement import SHIFTED
from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.utility.bench import MINIMUM_ROWS, Bench
from synthloom.evaluation.utility.tstr_gap import TstrGap, gap_finding
from synthloom.finding import Finding


class GeneralisationGap(TstrGap):
    """The score that a model loses on shifted rows when it is trained on synthetic rows; 0 or less is best."""

    name: ClassVar[str] = "generalisation_gap"
    meaning: ClassVar[str] = (
        "What gradient boosting loses on real rows from later or from elsewhere when it is trained on synthetic "
        "instead of real rows."
    )
    quick: ClassVar[bool] = False
    cost: ClassVar[float] = 1.0

    def applies(self, data: EvaluationData) -> bool:
        return data.shifted is not None

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The gap on shifted rows, with what both models lose there against the ordinary holdout."""
        if data.shifted is None:
            return [
                self.unmeasured("no shifted rows were given; name a column and a cutoff, or hand in a table of them")
            ]
        bench = Bench.of(data, self.learner)
        if isinstance(bench, str):
            return [self.unmeasured(bench)]
        truth = bench.truth(SHIFTED)
        if len(truth) < MINIMUM_ROWS:
            return [self.unmeasured(f"{len(truth)} shifted rows with a target are too few; it takes {MINIMUM_ROWS}")]
        if bench.task.kind == "classification" and not set(bench.task.scored) & set(truth.tolist()):
            return [self.unmeasured("no scored class of the target occurs among the shifted rows")]
        usual, moved = bench.gap("real", "synthetic"), bench.gap("real", "synthetic", SHIFTED)
        falls = {
            "fall_real": round(usual.first - moved.first, 4),
            "fall_synthetic": round(usual.second - moved.second, 4),
            "gap_holdout": round(usual.difference.value, 5),
            "shifted_rows": len(truth),
        }
        note = (
            f"from ordinary holdout rows to shifted ones the {bench.task.measure} goes from {usual.first:.3f} to "
            f"{moved.first:.3f} when trained on real rows, from {usual.second:.3f} to {moved.second:.3f} when trained "
            "on synthetic ones"
        )
        return [gap_finding(self, bench, moved, ("real", "synthetic"), note=note, **falls)]

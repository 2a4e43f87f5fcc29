"""Classifier two-sample test: can gradient boosting tell synthetic rows from real holdout rows?

Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017. The classifier is trained
on two thirds of the rows and scored on the rest, three times, so that every row is judged by a model
that has not seen it. The reference is the same test with training rows in the place of synthetic
ones. A linear classifier would not do: it hardly tells independent columns from real rows.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import boosting_settings, tree_inputs
from synthloom.evaluation.statistics import AreaUnderCurve, area_under_curve, interval_around
from synthloom.finding import Direction, Family, Finding
from synthloom.randomness import RandomStream

MAXIMUM_ROWS = 10_000
MAXIMUM_CELLS = 1_500_000
MINIMUM_ROWS = 20
_FOLDS = 3
_TREES = 100


class C2stAuc(Metric):
    """How well a classifier tells synthetic from real rows: 0.5 not at all, 1 always."""

    name: ClassVar[str] = "c2st_auc"
    family: ClassVar[Family] = "fidelity"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.5
    meaning: ClassVar[str] = (
        "How well a classifier tells synthetic rows from real rows it has not seen: 0.5 is a coin toss, 1 is always."
    )
    cost: ClassVar[float] = 4.0

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The area under the curve with the columns that gave the rows away."""
        names = data.compared
        if not names:
            return [self.unmeasured("there is no column whose values may be compared")]
        cap = min(MAXIMUM_ROWS, max(1_000, MAXIMUM_CELLS // len(names)))
        size = min(data.size("holdout"), data.size("synthetic"), data.size("train"), cap)
        if size < MINIMUM_ROWS:
            return [self.unmeasured(f"{size} rows of each kind are too few for the test; it takes {MINIMUM_ROWS}")]
        parts = ("holdout", "synthetic", "train")
        inputs = {part: tree_inputs(data, part, data.draw(part, size, self.name), names) for part in parts}
        stream = data.stream.child(self.name)
        real, columns = inputs["holdout"].values, inputs["holdout"].columns
        area, gains = _two_sample(real, inputs["synthetic"].values, stream, data.threads)
        control, _ = _two_sample(real, inputs["train"].values, stream, data.threads)
        return [
            self.finding(
                area.value,
                error=float(np.hypot(area.error, control.error)),
                reference=control.value,
                interval=interval_around(area.value, area.error, self.range),
                note=data.thinned_note(f"{size:,} rows of each kind" if size == cap else ""),
                detail={"importance": _importance(gains, columns), "rows": size},
            )
        ]


def _two_sample(
    real: np.ndarray, other: np.ndarray, stream: RandomStream, threads: int
) -> tuple[AreaUnderCurve, np.ndarray]:
    """The area under the curve of out-of-fold scores, and the gain of each input."""
    import lightgbm

    rows = np.vstack([real, other])
    label = np.repeat([0, 1], [len(real), len(other)])
    generator = stream.child("folds").generator()
    fold = np.concatenate([generator.permutation(len(part)) % _FOLDS for part in (real, other)])
    scores, gains = np.empty(len(rows)), np.zeros(rows.shape[1])
    for number in range(_FOLDS):
        kept, judged = fold != number, fold == number
        settings = boosting_settings(rows[kept].shape, stream, threads) | {"objective": "binary", "learning_rate": 0.1}
        model = lightgbm.train(settings, lightgbm.Dataset(rows[kept], label[kept]), _TREES)
        scores[judged] = model.predict(rows[judged])
        gains += model.feature_importance("gain")
    return area_under_curve(scores[label == 1], scores[label == 0]), gains


def _importance(gains: np.ndarray, columns: tuple[str, ...]) -> list[list[Any]]:
    """The ten columns that gave the classifier most, with their share of its gain."""
    total = dict.fromkeys(columns, 0.0)
    for gain, column in zip(gains, columns, strict=True):
        total[column] += float(gain)
    whole = sum(total.values())
    ranked = sorted(total.items(), key=lambda item: -item[1])[:10]
    return [[name, round(gain / whole, 4)] for name, gain in ranked] if whole > 0 else []

"""Scores of predictions against the truth, on the rows as they are and on re-drawn rows."""

from __future__ import annotations

import numpy as np

from synthloom.evaluation.statistics import WeightedAreas
from synthloom.evaluation.utility.task import Task
from synthloom.randomness import RandomStream

_DRAWS = 200


class Scorer:
    """AUC (mean over the scored classes, each against the rest) or R2 of predictions for fixed rows.

    The same re-drawn rows serve every prediction that it scores, so that differences of scores are paired.
    """

    def __init__(self, task: Task, truth: np.ndarray, stream: RandomStream, draws: int | None = None) -> None:
        self._task = task
        self._centre = float(truth.mean()) if task.kind == "regression" else 0.0
        self._truth = truth - self._centre if task.kind == "regression" else truth
        generator = stream.generator()
        if draws is None:
            draws = max(_DRAWS // 5, min(_DRAWS, 4 * _DRAWS // max(1, len(task.scored))))
        self._weights = np.ones((draws + 1, len(truth)), np.float32)
        for draw in self._weights[1:]:
            draw[:] = np.bincount(generator.integers(0, len(truth), len(truth)), minlength=len(truth))

    def __call__(self, scores: np.ndarray) -> float:
        """The score on the rows as they are."""
        return float(self._weighted(scores, self._weights[:1])[0])

    def drawn(self, scores: np.ndarray) -> np.ndarray:
        """The score on the rows as they are (place 0) and on re-drawn rows, ``[draws + 1]``."""
        return self._weighted(scores, self._weights)

    def _weighted(self, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        if self._task.kind == "regression":
            total = weights.sum(axis=1)
            mean = weights @ self._truth / total
            spread = weights @ self._truth**2 / total - mean**2
            missed = weights @ (self._truth - (scores - self._centre)) ** 2 / total
            return np.asarray(1 - missed / np.maximum(spread, 1e-12))
        areas = np.empty((len(self._task.scored), len(weights)))
        for place, code in enumerate(self._task.scored):
            area = WeightedAreas(scores[:, code], self._truth == code)
            areas[place] = [area(weight) for weight in weights]
        known = ~np.isnan(areas)  # a draw may miss a class
        count = known.sum(axis=0)
        return np.asarray(np.where(count > 0, np.where(known, areas, 0.0).sum(axis=0) / np.maximum(count, 1), 0.5))

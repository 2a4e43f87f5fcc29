"""Train on synthetic, test on real: what a model loses when it learns from synthetic rows.

Esteban, Hyland and Rätsch, "Real-valued (Medical) Time Series Generation with Recurrent Conditional
GANs", 2017. The same learner is trained on training rows and on as many synthetic rows, and both are
scored on holdout rows: AUC (mean over classes) or R2. The gap is real less synthetic.

Two kinds of chance blur the gap. The draw of the holdout rows: a paired bootstrap re-draws them for
both models together. The draw of the training rows: the learner is trained on four disjoint quarters
of the training rows, and the spread of their scores, scaled to the full size, tells how far two equally
good training sets differ. The interval covers both. Fresh real rows reach 0 on average: the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import linear_inputs, tree_inputs
from synthloom.evaluation.statistics import WeightedAreas, interval_around
from synthloom.evaluation.utility.learners import boosting_scores, linear_scores
from synthloom.evaluation.utility.task import Task, find_task
from synthloom.finding import Direction, Family, Finding, Verdict

MAXIMUM_ROWS = 60_000
MAXIMUM_WORK = 3_000_000
"""Training rows times inputs times class scores of one boosting model."""
FEWEST_KEPT = 5_000
"""Rows that the limits on work leave in any case."""
MAXIMUM_TESTED = 20_000
MAXIMUM_LINEAR_ROWS = 20_000
MAXIMUM_LINEAR_WORK = 600_000_000
"""Training rows times squared inputs times class scores of the linear model."""
MINIMUM_ROWS = 20
_DRAWS = 200
_QUARTERS = 4

Learner = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class _Scores:
    """A learner's score on holdout rows, as they are (place 0) and re-drawn (places 1 …), and its draw error."""

    real: np.ndarray
    synthetic: np.ndarray
    draw_error: float | None


class TstrGap(Metric):
    """The score a model loses when it is trained on synthetic rows; 0 or less is best."""

    name: ClassVar[str] = "tstr_gap"
    family: ClassVar[Family] = "utility"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (-float("inf"), float("inf"))
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "What gradient boosting loses on real holdout rows when it is trained on synthetic instead of real rows."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 5.0

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The gap of gradient boosting and of a linear model."""
        task = find_task(data)
        if isinstance(task, str):
            return [self.unmeasured(task), self.unmeasured(task, **_LINEAR)]
        rows = _rows(data, task)
        fewest = min(len(places) for places in rows.values())
        if fewest < MINIMUM_ROWS:
            reason = f"{fewest} rows with a target are too few to train and to score; it takes {MINIMUM_ROWS}"
            return [self.unmeasured(reason), self.unmeasured(reason, **_LINEAR)]
        trees = {part: tree_inputs(data, part, places, task.features).values for part, places in rows.items()}
        boosted = _train_and_score(data, task, rows, trees, _boosting(data, task))
        del trees
        fewer = _rows_for_lines(data, task, rows)
        lines = {part: linear_inputs(data, part, places, task.features) for part, places in fewer.items()}
        linear = _train_and_score(data, task, fewer, lines, lambda x, y, judged: linear_scores(task, x, y, judged))
        note = data.thinned_note(
            f"{len(rows['train']):,} training rows a model" if len(rows["train"]) < len(task.known("train")) else "",
            f"{len(rows['holdout']):,} holdout rows scored" if len(rows["holdout"]) == MAXIMUM_TESTED else "",
        )
        return [
            self._finding(task, boosted, "LightGBM", note),
            self._finding(task, linear, "linear model", note, **_LINEAR),
        ]

    def _finding(self, task: Task, scores: _Scores, model: str, note: str | None, **changes: Any) -> Finding:
        gaps = scores.real - scores.synthetic
        bootstrap = float(gaps[1:].std(ddof=1))
        error = float(np.hypot(bootstrap, np.sqrt(2) * (scores.draw_error or 0.0)))
        real, chance = float(scores.real[0]), 0.0 if task.kind == "regression" else 0.5
        verdict: Verdict | None = None
        if real - chance < 2 * float(scores.real[1:].std(ddof=1)):
            verdict = "unknown"
            blind = f"trained on real rows it scores no better than chance ({real:.3f}): the gap tells nothing"
            note = f"{blind}; {note}" if note else blind
        detail = {
            "model": model,
            "score": task.measure,
            "target": task.target,
            "task": task.kind,
            "real": round(real, 4),
            "synthetic": round(float(scores.synthetic[0]), 4),
            "bootstrap_interval": [round(float(q), 4) for q in np.quantile(gaps[1:], [0.025, 0.975])],
            "draw_error": None if scores.draw_error is None else round(scores.draw_error, 5),
        }
        value = float(gaps[0])
        return self.finding(
            value,
            error=error,
            reference=0.0,
            interval=interval_around(value, error),
            verdict=verdict,
            note=note,
            detail=detail,
            **changes,
        )


_LINEAR = {
    "name": "tstr_gap_linear",
    "meaning": "What a linear model loses on real holdout rows when it is trained on synthetic instead of real rows.",
}


def _rows(data: EvaluationData, task: Task) -> dict[str, np.ndarray]:
    """Places of equally many training and synthetic rows, and of the holdout rows that are scored."""
    known = {part: task.known(part) for part in ("train", "holdout", "synthetic")}
    outputs = task.classes if task.classes > 2 else 1
    cap = min(MAXIMUM_ROWS, max(FEWEST_KEPT, MAXIMUM_WORK // (len(task.features) * outputs)))
    size = min(len(known["train"]), len(known["synthetic"]), cap)
    sizes = {"train": size, "synthetic": size, "holdout": min(len(known["holdout"]), MAXIMUM_TESTED)}
    return {part: _thinned(data, part, places, sizes[part]) for part, places in known.items()}


def _rows_for_lines(data: EvaluationData, task: Task, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Fewer places for the linear model, whose work grows with the square of its inputs."""
    width = linear_inputs(data, "train", rows["train"][:1], task.features).shape[1]
    most = min(MAXIMUM_LINEAR_ROWS, max(FEWEST_KEPT, MAXIMUM_LINEAR_WORK // (width**2 * max(1, len(task.scored)))))
    return {part: places if part == "holdout" else _thinned(data, part, places, most) for part, places in rows.items()}


def _thinned(data: EvaluationData, part: str, places: np.ndarray, size: int) -> np.ndarray:
    """At most ``size`` of the places, at random."""
    if size >= len(places):
        return places
    return np.sort(data.stream.child("tstr_gap", "rows", part, size).generator().choice(places, size, replace=False))


def _boosting(data: EvaluationData, task: Task) -> Learner:
    stream = data.stream.child("tstr_gap", "boosting")
    return lambda x, y, judged: boosting_scores(
        task, x, y, judged, stream=stream, threads=data.threads, quick=data.quick
    )


def _train_and_score(
    data: EvaluationData, task: Task, rows: dict[str, np.ndarray], inputs: dict[str, np.ndarray], learn: Learner
) -> _Scores:
    target = {part: task.values[part][places] for part, places in rows.items()}
    scorer = _Scorer(task, target["holdout"], data)
    real = scorer.drawn(learn(inputs["train"], target["train"], inputs["holdout"]))
    synthetic = scorer.drawn(learn(inputs["synthetic"], target["synthetic"], inputs["holdout"]))
    if data.quick or len(target["train"]) < _QUARTERS * MINIMUM_ROWS:
        return _Scores(real, synthetic, None)
    quarter = data.stream.child("tstr_gap", "quarters").generator().permutation(len(target["train"])) % _QUARTERS
    scores = [
        scorer(learn(inputs["train"][quarter == place], target["train"][quarter == place], inputs["holdout"]))
        for place in range(_QUARTERS)
    ]
    # the error of a score falls with the root of the rows that it was learned from
    return _Scores(real, synthetic, float(np.std(scores, ddof=1) / np.sqrt(_QUARTERS)))


class _Scorer:
    """AUC (mean over the scored classes) or R2 of scores against the holdout's truth."""

    def __init__(self, task: Task, truth: np.ndarray, data: EvaluationData) -> None:
        self._task = task
        self._centre = float(truth.mean()) if task.kind == "regression" else 0.0
        self._truth = truth - self._centre if task.kind == "regression" else truth
        generator = data.stream.child("tstr_gap", "bootstrap").generator()
        count = max(_DRAWS // 5, min(_DRAWS, 4 * _DRAWS // max(1, len(task.scored))))
        self._weights = np.ones((count + 1, len(truth)), np.float32)
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

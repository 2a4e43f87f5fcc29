"""The two learners that judge usefulness: gradient boosting and a linear model.

Each takes training inputs and targets and hands back scores for other rows: ``[rows, classes]`` for
classes (higher: more likely), ``[rows]`` for a number.
"""

from __future__ import annotations

import numpy as np

from synthloom.evaluation.features import boosting_settings
from synthloom.evaluation.utility.task import Task
from synthloom.randomness import RandomStream

_TREES, _QUICK_TREES = 200, 60


def boosting_scores(
    task: Task,
    inputs: np.ndarray,
    target: np.ndarray,
    judged: np.ndarray,
    *,
    stream: RandomStream,
    threads: int,
    quick: bool,
) -> np.ndarray:
    """Scores of LightGBM (Ke et al. 2017): 200 trees of 31 leaves, fewer where there are many classes."""
    import lightgbm

    present = np.unique(target) if task.kind == "classification" else np.empty(0)
    if task.kind == "classification" and len(present) < 2:
        return np.zeros((len(judged), task.classes))
    trees = _QUICK_TREES if quick else _TREES
    parameters = boosting_settings(inputs.shape, stream, threads) | {"learning_rate": 0.05}
    if task.kind == "regression":
        parameters |= {"objective": "regression"}
        label = target
    else:
        label = np.searchsorted(present, target)
        if len(present) == 2:
            parameters |= {"objective": "binary"}
        else:
            parameters |= {"objective": "multiclass", "num_class": len(present)}
            trees = max(40, trees // max(1, len(present) // 3))
            parameters["learning_rate"] = min(0.1, 0.05 * _TREES / trees)
    model = lightgbm.train(parameters, lightgbm.Dataset(inputs, label), trees)
    predicted = np.asarray(model.predict(judged))
    if task.kind == "regression":
        return predicted
    if len(present) == 2:
        predicted = np.column_stack([1 - predicted, predicted])
    return _spread_over(predicted, present, task)


def linear_scores(task: Task, inputs: np.ndarray, target: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Scores of ridge regression, or of one logistic regression for each scored class."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if task.kind == "regression":
        return np.asarray(Ridge(alpha=1.0, solver="cholesky").fit(inputs, target).predict(judged))
    scores = np.zeros((len(judged), task.classes))
    for code in task.scored:
        hit = target == code
        if 0 < hit.sum() < len(hit):
            # Newton's method needs few steps on standardised inputs, and the penalty keeps it well posed
            model = LogisticRegression(solver="newton-cholesky", max_iter=100, tol=1e-3)
            scores[:, code] = model.fit(inputs, hit).decision_function(judged)
    return scores


def _spread_over(predicted: np.ndarray, present: np.ndarray, task: Task) -> np.ndarray:
    scores = np.zeros((len(predicted), task.classes))
    scores[:, present.astype(np.int64)] = predicted
    return scores

"""The learners that judge usefulness: gradient boosting, a linear model, a random forest, nearest neighbours.

Each is fitted to inputs and a target and hands back a function that scores other rows: ``[rows,
classes]`` for classes (higher: more likely), ``[rows]`` for a number. They are standard learners at
settings that suit most tables, not tuned ones: what counts is the difference between two fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from synthloom.errors import OptionError, did_you_mean
from synthloom.evaluation.features import boosting_settings
from synthloom.evaluation.utility.task import Task
from synthloom.randomness import RandomStream

Predictor = Callable[[np.ndarray], np.ndarray]
"""Scores of rows of inputs."""

_TREES, _QUICK_TREES = 200, 60
_FOREST_TREES, _FEWEST_TREES = 100, 30
_FOREST_LEAVES, _FOREST_LEAF_ROWS = 255, 5
_BOOTSTRAP_SHARE = 0.632
"""Share of distinct rows in a bootstrap sample."""
_NEIGHBOURS, _ROWS_A_NEIGHBOUR, _FEWEST_NEIGHBOURS = 50, 40, 5
_BLOCK = 256


@dataclass(frozen=True)
class Effort:
    """How a learner is to work: its random stream, threads, and whether a rough model will do."""

    stream: RandomStream
    threads: int = 1
    quick: bool = False


@dataclass(frozen=True)
class Learner:
    """A learner by name, what it wants to see, and how many rows it is given at most.

    Attributes:
        name: by which a study chooses it.
        words: what a sentence calls it.
        model: what does the work.
        inputs: ``trees`` (numbers as they are, codes) or ``lines`` (standardised, one input a category).
        rows: training rows at depth ``standard`` and ``thorough``.
        fit: gives the predictor.
    """

    name: str
    words: str
    model: str
    inputs: Literal["trees", "lines"]
    rows: tuple[int, int]
    fit: Callable[[Task, np.ndarray, np.ndarray, Effort], Predictor]


def fit_boosting(task: Task, inputs: np.ndarray, target: np.ndarray, effort: Effort) -> Predictor:
    """LightGBM (Ke et al. 2017): 200 trees of 31 leaves, fewer where there are many classes."""
    trees = _QUICK_TREES if effort.quick else _TREES
    settings = boosting_settings(inputs.shape, effort.stream, effort.threads) | {"learning_rate": 0.05}
    classes = len(np.unique(target)) if task.kind == "classification" else 1
    if classes > 2:
        trees = max(40, trees // max(1, classes // 3))
        settings["learning_rate"] = min(0.1, 0.05 * _TREES / trees)
    return _fit_trees(task, inputs, target, settings, trees)


def fit_forest(task: Task, inputs: np.ndarray, target: np.ndarray, effort: Effort) -> Predictor:
    """A random forest (Breiman 2001) of 100 trees, each on 63 % of the rows, √inputs tried at each node.

    Grown by LightGBM in its forest mode, which bins the inputs and takes missing values as they are.
    """
    width = inputs.shape[1]
    tried = width / 3 if task.kind == "regression" else np.sqrt(width)
    settings = boosting_settings(inputs.shape, effort.stream, effort.threads) | {
        "boosting": "rf",
        "bagging_fraction": _BOOTSTRAP_SHARE,
        "bagging_freq": 1,
        "feature_fraction": 1.0,
        "feature_fraction_bynode": float(min(1.0, max(1.0, tried) / width)),
        "num_leaves": _FOREST_LEAVES,
        "min_data_in_leaf": min(_FOREST_LEAF_ROWS, max(1, len(inputs) // 20)),
    }
    classes = len(np.unique(target)) if task.kind == "classification" else 1
    trees = max(_FEWEST_TREES, _FOREST_TREES // max(1, classes // 3))
    return _fit_trees(task, inputs, target, settings, _QUICK_TREES if effort.quick else trees)


def _fit_trees(task: Task, inputs: np.ndarray, target: np.ndarray, settings: dict[str, Any], trees: int) -> Predictor:
    import lightgbm

    if task.kind == "regression":
        model = lightgbm.train(settings | {"objective": "regression"}, lightgbm.Dataset(inputs, target), trees)
        return lambda judged: np.asarray(model.predict(judged))
    present = np.unique(target)
    if len(present) < 2:
        return lambda judged: np.zeros((len(judged), task.classes))
    several = {"objective": "multiclass", "num_class": len(present)}
    settings = settings | ({"objective": "binary"} if len(present) == 2 else several)
    model = lightgbm.train(settings, lightgbm.Dataset(inputs, np.searchsorted(present, target)), trees)

    def predict(judged: np.ndarray) -> np.ndarray:
        predicted = np.asarray(model.predict(judged))
        if len(present) == 2:
            predicted = np.column_stack([1 - predicted, predicted])
        scores = np.zeros((len(judged), task.classes))
        scores[:, present.astype(np.int64)] = predicted
        return scores

    return predict


def fit_linear(task: Task, inputs: np.ndarray, target: np.ndarray, effort: Effort) -> Predictor:
    """Ridge regression, or one logistic regression for each scored class."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if task.kind == "regression":
        ridge = Ridge(alpha=1.0, solver="cholesky").fit(inputs, target)
        return lambda judged: np.asarray(ridge.predict(judged))
    models = {}
    for code in task.scored:
        hit = target == code
        if 0 < hit.sum() < len(hit):
            # Newton's method needs few steps on standardised inputs, and the penalty keeps it well posed
            model = LogisticRegression(solver="newton-cholesky", max_iter=100, tol=1e-3)
            models[code] = model.fit(inputs, hit)

    def predict(judged: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(judged), task.classes))
        for code, model in models.items():
            scores[:, code] = model.decision_function(judged)
        return scores

    return predict


def fit_neighbours(task: Task, inputs: np.ndarray, target: np.ndarray, effort: Effort) -> Predictor:
    """The mean target of the nearest rows (Cover and Hart 1967): 50 of them, fewer where rows are few.

    Plain matrix products, block by block: with this many inputs no search tree is faster.
    """
    base = np.asarray(inputs, np.float32)
    centre = base.mean(axis=0)
    base = base - centre  # short vectors lose less in the products
    half_squares = (base**2).sum(axis=1) / 2
    count = min(len(base), max(_FEWEST_NEIGHBOURS, min(_NEIGHBOURS, len(base) // _ROWS_A_NEIGHBOUR)))
    values = target if task.kind == "regression" else np.eye(task.classes)[target.astype(np.int64)]

    def predict(judged: np.ndarray) -> np.ndarray:
        query = np.asarray(judged, np.float32) - centre
        out = np.empty((len(query), *values.shape[1:]))
        for start in range(0, len(query), _BLOCK):
            distance = half_squares - query[start : start + _BLOCK] @ base.T
            if count < len(base):
                nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
                out[start : start + _BLOCK] = values[nearest].mean(axis=1)
            else:
                out[start : start + _BLOCK] = values.mean(axis=0)
        return out

    return predict


LEARNERS: dict[str, Learner] = {
    "boosting": Learner("boosting", "gradient boosting", "LightGBM", "trees", (60_000, 200_000), fit_boosting),
    "linear": Learner("linear", "a linear model", "linear model", "lines", (20_000, 60_000), fit_linear),
    "forest": Learner("forest", "a random forest", "random forest", "trees", (20_000, 60_000), fit_forest),
    "neighbours": Learner(
        "neighbours", "nearest neighbours", "nearest neighbours", "lines", (8_000, 20_000), fit_neighbours
    ),
}
"""Every learner by name: a literal table."""


def learner_named(name: str) -> Learner:
    """The learner of this name.

    Raises:
        OptionError: if there is none; the message names the nearest.
    """
    if name not in LEARNERS:
        raise OptionError(f'there is no learner "{name}"', hint=did_you_mean(name, LEARNERS))
    return LEARNERS[name]

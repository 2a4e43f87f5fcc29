"""What there is to predict: classes or a number, read from the schema's target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthloom.evaluation.base import EvaluationData, is_compared
from synthloom.evaluation.views import NULL, ColumnView

MAXIMUM_CLASSES = 20
"""Classes that are told apart; rarer ones are pooled into one."""
_FEWEST_ROWS = 5
_DISTINCT_NUMBERS = 20
_POOLED = "any other"


@dataclass(frozen=True)
class Task:
    """A target as numbers or class codes, and the columns to predict it from.

    Attributes:
        kind: ``classification`` or ``regression``.
        target: the column to predict.
        features: the columns to predict it from.
        values: per table the class codes (int64) or numbers (float64); missing is -1 or NaN.
        classes: how many class codes there are.
        scored: the classes with enough holdout rows to be scored.
        labels: what the classes are called, ``[classes]``; of those pooled, "any other".
    """

    kind: Literal["classification", "regression"]
    target: str
    features: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    classes: int = 0
    scored: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    def known(self, part: str) -> np.ndarray:
        """The places of the rows whose target is not missing."""
        values = self.values[part]
        return np.flatnonzero(~np.isnan(values) if self.kind == "regression" else values >= 0)

    @property
    def measure(self) -> str:
        """The name of the score: ``AUC`` (mean over classes, each against the rest) or ``R2``."""
        return "R2" if self.kind == "regression" else "AUC"


def shared_task(data: EvaluationData) -> Task | str:
    """What :func:`find_task` finds, looked for once for all metrics."""
    return data.cached(("task",), lambda: find_task(data))


def find_task(data: EvaluationData, fewest: int = _FEWEST_ROWS) -> Task | str:
    """The task that the schema's target sets, or the reason why there is none.

    A class is scored where at least ``fewest`` holdout rows lie within it and as many outside it.
    """
    target = data.schema.target
    if target is None:
        return "no target was given, so nothing was trained; name one with target= or --target"
    column = data.schema.column(target)
    if not is_compared(column) or column.kind in ("constant", "empty"):
        return f'the target "{target}" is {column.personal or column.kind}: there is nothing to predict'
    features = tuple(name for name in data.compared if name != target)
    if not features:
        return f'there is no column to predict "{target}" from'
    view = data.view(target)
    if view.kind == "number" and len(np.unique(view.values["train"][~view.null("train")])) > _DISTINCT_NUMBERS:
        return Task("regression", target, features, view.values)
    values, labels = _class_codes(view)
    classes = len(labels)
    truth = values["holdout"][values["holdout"] >= 0]
    counts = np.bincount(truth, minlength=classes)
    enough = (counts >= fewest) & (len(truth) - counts >= fewest)
    scored = tuple(int(code) for code in np.flatnonzero(enough))
    trained = len(np.unique(values["train"][values["train"] >= 0]))
    if not scored or trained < 2:
        return f'no class of "{target}" has {fewest} holdout rows within it and outside it'
    if classes == 2 and len(scored) == 2:
        scored = scored[1:]  # of two classes one tells it all
    return Task("classification", target, features, values, classes, scored, labels)


def _class_codes(view: ColumnView) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Class codes by frequency with their labels, the rarest (and those unknown to the training rows) pooled."""
    if view.kind == "category":
        codes, labels = dict(view.values), view.labels
    else:
        train = view.values["train"][~view.null("train")]
        distinct, counts = np.unique(train, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        labels = tuple(f"{value:g}" for value in distinct[order])
        rank = np.empty(len(distinct) + 1, np.int64)
        rank[order] = np.arange(len(distinct))
        rank[-1] = len(distinct)
        codes = {}
        for part, values in view.values.items():
            place = np.minimum(np.searchsorted(distinct, np.nan_to_num(values)), len(distinct) - 1)
            place = np.where(distinct[place] == values, place, len(distinct))
            codes[part] = np.where(np.isnan(values), NULL, rank[place])
    pooled = min(len(labels), MAXIMUM_CLASSES)
    codes = {part: np.minimum(values, pooled).astype(np.int64) for part, values in codes.items()}
    if len(labels) <= MAXIMUM_CLASSES:  # a class unknown to the training rows is no class of the task
        codes = {part: np.where(values == pooled, NULL, values) for part, values in codes.items()}
        return codes, labels
    return codes, (*labels[:pooled], _POOLED)

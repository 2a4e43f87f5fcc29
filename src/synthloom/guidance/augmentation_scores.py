"""The scores by which added rows are judged, from a learner's predictions for real rows.

Balanced accuracy is taken where each class's chance is divided by its share of the rows that the model
learned from (threshold moving; Elkan, "The foundations of cost-sensitive learning", 2001), for models
of real and of added rows alike: else every change of the mix would seem to help, when moving the
threshold does the same without new rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthloom.errors import OptionError, did_you_mean
from synthloom.evaluation.statistics import area_under_curve
from synthloom.evaluation.utility.task import Task

RARE = 0.2
"""Share of the rarest class below which average precision decides, and not the area under the ROC curve."""
_LEAST = 1e-12


@dataclass(frozen=True)
class Measure:
    """A score: its name, what sentences call it, and for which kind of task."""

    name: str
    words: str
    kind: Literal["classification", "regression"]


MEASURES: dict[str, Measure] = {
    "average_precision": Measure("average_precision", "average precision", "classification"),
    "balanced_accuracy": Measure("balanced_accuracy", "balanced accuracy", "classification"),
    "auc": Measure("auc", "AUC", "classification"),
    "r2": Measure("r2", "R2", "regression"),
}
"""Every score by name: a literal table."""


def choose_measure(name: str, kind: str, rarest: float) -> str:
    """The score that decides: the one asked for, or by the task and the share of its rarest class.

    Raises:
        OptionError: if there is no such score, or not for this kind of task.
    """
    if name == "auto":
        return "r2" if kind == "regression" else "average_precision" if rarest < RARE else "auc"
    if name not in MEASURES:
        raise OptionError(f'there is no score "{name}"', hint=did_you_mean(name, ["auto", *MEASURES]))
    if MEASURES[name].kind != kind:
        fitting = [m.name for m in MEASURES.values() if m.kind == kind]
        raise OptionError(f'the target asks for {kind}, which has no "{name}"', accepted=", ".join(fitting))
    return name


def scores_of(task: Task, truth: np.ndarray, predicted: np.ndarray, learned: np.ndarray) -> dict[str, float]:
    """Every score of the task's kind.

    Args:
        task: what was predicted.
        truth: the target of the rows judged.
        predicted: what the learner says of them: numbers [rows], or class scores [rows, classes].
        learned: the target of the rows that it learned from.
    """
    if task.kind == "regression":
        spread = float(((truth - truth.mean()) ** 2).sum())
        return {"r2": 1.0 - float(((truth - predicted) ** 2).sum()) / max(spread, _LEAST)}
    chances = as_chances(predicted)
    present = [code for code in range(task.classes) if (truth == code).any()]
    frequent = np.bincount(truth, minlength=task.classes)
    told = [min(present, key=lambda code: frequent[code])] if len(present) == 2 else list(task.scored)
    shares = np.bincount(learned, minlength=task.classes) / len(learned)
    decided = (chances / np.maximum(shares, 1.0 / len(learned))).argmax(axis=1)
    return {
        "average_precision": float(np.mean([average_precision(truth == c, chances[:, c]) for c in told])),
        "balanced_accuracy": float(np.mean([(decided[truth == c] == c).mean() for c in present])),
        "auc": float(np.mean([area_under_curve(chances[truth == c, c], chances[truth != c, c]).value for c in told])),
    }


def as_chances(predicted: np.ndarray) -> np.ndarray:
    """Class scores as chances of sum 1: log odds (they go below 0 or above 1) by the logistic function."""
    from scipy.special import expit

    chances = predicted if predicted.min() >= 0.0 and predicted.max() <= 1.0 else expit(predicted)
    return np.asarray(chances / np.maximum(chances.sum(axis=1, keepdims=True), _LEAST))


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """The mean of the precision at each true row, by falling score; rows of equal score count together."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.diff(scores[order]) != 0, True)
    precision = hits[last] / (np.flatnonzero(last) + 1)
    gained = np.diff(hits[last] / max(1, int(truth.sum())), prepend=0.0)
    return float((precision * gained).sum())

"""Standard errors and intervals that several metrics share, all in closed form where there is one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

NORMAL_95 = 1.959964
"""Two-sided 95 % point of the standard normal."""
ONE_SIDED_95 = 1.644854
"""One-sided 95 % point of the standard normal."""


@dataclass(frozen=True)
class AreaUnderCurve:
    """The area under the ROC curve with its structural components.

    Attributes:
        value: the area, 0.5 for scores that tell nothing.
        positives: for each positive row, the share of negatives that score below it, ``[n]``.
        negatives: for each negative row, the share of positives that score above it, ``[m]``.
    """

    value: float
    positives: np.ndarray
    negatives: np.ndarray

    @property
    def error(self) -> float:
        """Standard error of the area (DeLong, DeLong and Clarke-Pearson 1988).

        Never below what one misplaced row would change, so that a perfect separation of few rows
        does not look certain.
        """
        least = 0.5 / max(1, min(len(self.positives), len(self.negatives)))
        return max(math.sqrt(_mean_variance(self.positives) + _mean_variance(self.negatives)), least)


def _mean_variance(values: np.ndarray) -> float:
    """The variance of the mean of ``values``."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.25


def area_under_curve(positives: np.ndarray, negatives: np.ndarray) -> AreaUnderCurve:
    """The area under the ROC curve of scores, ties counted half."""
    ordered_negatives, ordered_positives = np.sort(negatives), np.sort(positives)
    below = np.searchsorted(ordered_negatives, positives, side="left")
    up_to = np.searchsorted(ordered_negatives, positives, side="right")
    above = len(positives) - np.searchsorted(ordered_positives, negatives, side="right")
    from_on = len(positives) - np.searchsorted(ordered_positives, negatives, side="left")
    share_positive = (below + up_to) / (2 * len(negatives))
    share_negative = (above + from_on) / (2 * len(positives))
    return AreaUnderCurve(float(share_positive.mean()), share_positive, share_negative)


def difference_error(first: AreaUnderCurve, second: AreaUnderCurve) -> float:
    """Standard error of the difference of two areas over the same rows."""
    variance = _mean_variance(first.positives - second.positives) + _mean_variance(first.negatives - second.negatives)
    return max(math.sqrt(variance), 0.5 / max(1, min(len(first.positives), len(first.negatives))))


def share_error(count: float, total: int) -> float:
    """Standard error of a share, after adding two successes and two failures (Agresti and Coull 1998)."""
    share = (count + 2) / (total + 4)
    return math.sqrt(share * (1 - share) / (total + 4))


def share_interval(count: float, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    square = NORMAL_95**2
    share = count / total
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / total + square / (4 * total**2)) / (1 + square / total)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class RateDifference:
    """How much more often an attack succeeds on members than on others.

    Attributes:
        value: the mean success on members.
        reference: the mean success on others.
        error: standard error of their difference.
        interval: the 95 % interval of ``value``.
    """

    value: float
    reference: float
    error: float
    interval: tuple[float, float]


def rate_difference(members: np.ndarray, others: np.ndarray) -> RateDifference:
    """The difference of two mean successes, each between 0 and 1, ``[n]`` and ``[m]``.

    The error is that of the means after adding one success and one failure to each side (Agresti and
    Caffo 2000), so that rates of zero do not look certain.
    """
    padded = [np.concatenate([side, [0.0, 1.0]]) for side in (members, others)]
    error = math.sqrt(sum(float(side.var()) / len(side) for side in padded))
    value, reference = float(members.mean()), float(others.mean())
    return RateDifference(value, reference, error, share_interval(float(members.sum()), len(members)))


def interval_around(value: float, error: float, limits: tuple[float, float] | None = None) -> tuple[float, float]:
    """The 95 % interval of a figure with a normal error, cut at the figure's limits."""
    low, high = value - NORMAL_95 * error, value + NORMAL_95 * error
    return (max(low, limits[0]), min(high, limits[1])) if limits else (low, high)


def mean_error(influences: np.ndarray) -> float:
    """Standard error of a mean from the influence of each row on it, ``[rows]``."""
    return math.sqrt(_mean_variance(influences)) if len(influences) > 1 else 1.0


class WeightedAreas:
    """The areas under the ROC curve of fixed scores for many weightings of the rows (a fast bootstrap)."""

    def __init__(self, scores: np.ndarray, positive: np.ndarray) -> None:
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        self._positive = positive[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def __call__(self, weights: np.ndarray) -> float:
        """The area when row ``i`` counts ``weights[i]`` times; NaN where a class has no weight."""
        weights = weights[self._order]
        up = np.add.reduceat(np.where(self._positive, weights, 0.0), self._starts)
        down = np.add.reduceat(np.where(self._positive, 0.0, weights), self._starts)
        total = up.sum() * down.sum()
        return float((up * (np.cumsum(down) - down / 2)).sum() / total) if total > 0 else float("nan")

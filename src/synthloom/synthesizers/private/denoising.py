"""Noisy counts made plausible: none negative, and a sum that fits. Touches no rows."""

from __future__ import annotations

import numpy as np


def nonnegative(noisy: np.ndarray, variances: np.ndarray | float, total: float) -> np.ndarray:
    """The nearest counts float64 [k] to ``noisy`` that are not negative and sum to ``total``.

    Nearest in squares weighted by 1 / variance: each count is lowered (or raised) in proportion to
    its variance, and cut off at zero. Cutting alone would turn the noise of empty cells into rows.
    """
    noisy = np.asarray(noisy, dtype=np.float64)
    variances = np.broadcast_to(np.asarray(variances, dtype=np.float64), noisy.shape)
    if total <= 0 or len(noisy) == 0:
        return np.zeros(noisy.shape)
    # the sum as a function of the shift is piecewise linear with a knot where each count reaches zero
    knots = noisy / variances
    order = np.argsort(-knots, kind="stable")
    sums, weights = np.cumsum(noisy[order]), np.cumsum(variances[order])
    shifts = (sums - total) / weights
    active = int(np.flatnonzero(knots[order] > shifts)[-1])
    return np.maximum(noisy - shifts[active] * variances, 0.0)


def combined(first: np.ndarray, variance: float, second: np.ndarray, other: float) -> tuple[np.ndarray, float]:
    """Two noisy counts of the same cells, weighted by their certainty, and the variance of that."""
    total = variance + other
    return (first * other + second * variance) / total, variance * other / total

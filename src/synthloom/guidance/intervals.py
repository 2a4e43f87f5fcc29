"""Intervals from weighted draws: weights that hang on a few draws flattened, the shortest stretch of the share."""

from __future__ import annotations

import numpy as np

LEAST_EFFECTIVE = 20.0
"""Draws that an interval is read from are worth at least so many, where there are as many."""
_HALVINGS = 14
_LEAST_POWER = 0.01  # what is next to impossible stays so


def flattened(log_weight: np.ndarray, least: float = LEAST_EFFECTIVE) -> tuple[np.ndarray, np.ndarray]:
    """Weights float64 [k, m] that sum to 1 in each row and are worth at least ``least`` draws, and the powers [k].

    The weights of a row that is worth fewer are raised to the largest power that makes it worth as
    many, that of other rows is 1 (nonlinear importance sampling: Koblents and Míguez 2015, "A population Monte Carlo
    scheme with transformed weights"): an interval that two or three draws decide is off at random.
    """
    relative = log_weight - log_weight.max(axis=1, keepdims=True)
    power = np.ones(len(relative))
    wanted = min(least, 0.9 * relative.shape[1])
    few = np.flatnonzero(_effective(relative) < wanted)
    low, high = np.full(len(few), _LEAST_POWER), np.ones(len(few))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        enough = _effective(relative[few] * middle[:, None]) >= wanted
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    power[few] = low
    weight = np.exp(relative * power[:, None])
    return weight / weight.sum(axis=1, keepdims=True), power


def _effective(log_weight: np.ndarray) -> np.ndarray:
    weight = np.exp(log_weight)
    return np.asarray(weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1))


def shortest_intervals(
    values: np.ndarray, weight: np.ndarray, share: float, coins: np.ndarray, narrow: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The shortest interval of each row of ``values`` float64 [k, m] that holds a ``share`` of the weight.

    Unlike the stretch between two quantiles it does not grow beyond the share where a single value
    holds most of it. ``weight`` [k, m] sums to 1. A fresh value may lie outside all of n draws, so
    n / (n + 1) of the weight counts where ``narrow`` (bool [k]); weights that were flattened are wide
    enough. Where the value at an end is that of several draws, the interval holds more than the share
    with it and less without: a coin (``coins`` float64 [k], even in 0 … 1) leaves it out so often that
    the share is met on average (randomised intervals: Geyer and Meeden 2005, "Fuzzy and randomized
    confidence intervals and p-values").
    """
    order = np.argsort(values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    heavy = np.take_along_axis(weight, order, axis=1)
    reached = np.cumsum(heavy, axis=1)
    wanted = np.minimum(share * (1.0 + narrow * (heavy**2).sum(axis=1)), 1.0) - 1e-9
    rows = np.arange(len(values))
    best = np.full(len(values), np.inf)
    low, high = ranked[:, 0].copy(), ranked[:, -1].copy()
    for start in range(values.shape[1]):
        before = reached[:, start] - heavy[:, start]
        stop = (reached < (before + wanted)[:, None]).sum(axis=1)
        fits = stop < values.shape[1]
        end = ranked[rows, np.minimum(stop, values.shape[1] - 1)]
        better = fits & (end - ranked[:, start] < best)
        best = np.where(better, end - ranked[:, start], best)
        low, high = np.where(better, ranked[:, start], low), np.where(better, end, high)
    return _evened(values, weight, share, coins, low, high)


def _evened(
    values: np.ndarray, weight: np.ndarray, share: float, coins: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The intervals with the lighter end left out by a coin, where several draws share its value."""
    inside = (values >= low[:, None]) & (values <= high[:, None])
    ends = [values == low[:, None], values == high[:, None]]
    masses = [(weight * end).sum(axis=1) for end in ends]
    lower = masses[0] <= masses[1]
    mass = np.where(lower, masses[0], masses[1])
    many = np.where(lower, ends[0].sum(axis=1), ends[1].sum(axis=1)) > 1
    beyond = (weight * inside).sum(axis=1) - share
    out = many & (low < high) & (coins * mass < beyond)
    next_up = np.where(inside & ~ends[0], values, np.inf).min(axis=1)
    next_down = np.where(inside & ~ends[1], values, -np.inf).max(axis=1)
    return np.where(out & lower, next_up, low), np.where(out & ~lower, next_down, high)

"""Rows drawn in proportion to their weights, as evenly as can be (systematic resampling, Kitagawa 1996)."""

from __future__ import annotations

import numpy as np

_LARGEST_EXCESS = 0.2


def effective_size(log_weight: np.ndarray) -> float:
    """How many equally weighted rows are worth as much (Kong 1992)."""
    top = log_weight.max(initial=-np.inf)
    if not np.isfinite(top):
        return 0.0
    weight = np.exp(log_weight - top)
    return float(weight.sum() ** 2 / (weight**2).sum())


def _ceiling(weight: np.ndarray, n: int) -> float:
    """The weight above which a row is surely among ``n``, where chances are proportional below it."""
    ranked = np.sort(weight)[::-1]
    if len(ranked) <= n:
        return 0.0
    rest = ranked.sum() - np.concatenate([[0.0], np.cumsum(ranked[: n - 1])])
    ceiling = rest / (n - np.arange(n))
    sure = int(np.argmax(ranked[:n] <= ceiling))
    return float(ceiling[sure])


def excess_weight(log_weight: np.ndarray, n: int) -> float:
    """The share of all weight that is lost if ``n`` rows are drawn and none twice."""
    if not len(log_weight):
        return 1.0
    weight = np.exp(log_weight - log_weight.max())
    return float(np.maximum(weight - _ceiling(weight, n), 0.0).sum() / weight.sum()) if len(weight) > n else 1.0


def systematic(log_weight: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` places drawn in proportion to their weights, as evenly as can be, in random order; int64 [n].

    Weights are cut off where a row would come twice (truncated importance sampling, Ionides 2008), as
    long as what is cut off is little; equal rows would give synthetic data away.
    """
    weight = np.exp(log_weight - log_weight.max())
    if excess_weight(log_weight, n) <= _LARGEST_EXCESS:
        weight = np.minimum(weight, _ceiling(weight, n))
    return spread(weight, n, rng)


def spread(weight: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` places int64 drawn in proportion to ``weight``, evenly, in random order; heavy ones come again."""
    total = np.cumsum(weight)
    goals = (np.arange(n) + rng.random()) / max(n, 1) * total[-1]
    places = np.minimum(np.searchsorted(total, goals, side="right"), len(total) - 1)
    return np.asarray(rng.permutation(places), dtype=np.int64)

"""An order for categories that have none: neighbours go along with the other columns alike."""

from __future__ import annotations

import numpy as np

_PRIOR_ROWS = 10.0


def category_order(codes: np.ndarray, n_codes: int, profile: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Codes int64 [n_codes] along the leading direction of their mean profiles (optimal scaling, Gifi 1990).

    Args:
        codes: int [n].
        n_codes: how many codes there are.
        profile: float64 [n, k], what the other columns look like, centred.
        weights: float64 [n].
    """
    mass = np.bincount(codes, weights=weights, minlength=n_codes)
    if profile.shape[1] == 0 or n_codes < 3:
        return np.arange(n_codes)
    sums = np.column_stack([np.bincount(codes, weights=weights * p, minlength=n_codes) for p in profile.T])
    means = sums / (mass + _PRIOR_ROWS)[:, None]  # drawn to the mean, so that chance does not order rare ones
    means -= np.average(means, axis=0, weights=np.maximum(mass, 1e-12))
    direction = np.linalg.svd(means * np.sqrt(mass)[:, None], full_matrices=False)[2][0]
    direction *= 1.0 if direction[np.argmax(np.abs(direction))] >= 0 else -1.0  # a sign of its own for every library
    return np.argsort(means @ direction, kind="stable")

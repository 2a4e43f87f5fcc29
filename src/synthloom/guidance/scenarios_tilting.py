"""The weights nearest to a model under which given means hold (Csiszár 1975, "I-divergence geometry").

Of all distributions with these means the one with the least Kullback-Leibler divergence from the
model is an exponential tilt, w ∝ w0 · exp(θ · h). θ minimises a convex dual, here by Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 200
_EXACT = 1e-8
_LARGEST_TILT = 1e4


@dataclass(frozen=True)
class Tilted:
    """Weights that meet means.

    Attributes:
        weights: float64 [n], sum 1.
        divergence: how far from the base weights, in nats.
        missed: by how much each mean is missed, in standard deviations, float64 [means].
    """

    weights: np.ndarray
    divergence: float
    missed: np.ndarray

    @property
    def effective(self) -> float:
        """How many equally weighted rows they are worth (Kong 1992)."""
        return float(1.0 / (self.weights**2).sum())


def tilt(base: np.ndarray, moments: np.ndarray, goals: np.ndarray) -> Tilted:
    """The weights nearest to ``base`` with the wanted means.

    Args:
        base: float64 [n], not negative.
        moments: float64 [n, means], what is averaged.
        goals: float64 [means].
    """
    base = base / base.sum()
    if not moments.shape[1]:
        return Tilted(base, 0.0, np.zeros(0))
    centre = base @ moments
    spread = np.sqrt(base @ (moments - centre) ** 2)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (moments - goals) / spread
    at = np.zeros(len(goals))
    value, weights = _dual(base, scaled, at)
    for _ in range(_STEPS):
        slope = weights @ scaled
        if np.abs(slope).max() < _EXACT or np.abs(at).max() > _LARGEST_TILT:
            break
        bend = (scaled * weights[:, None]).T @ scaled - np.outer(slope, slope)
        step = np.linalg.solve(bend + 1e-10 * np.eye(len(goals)), slope)
        size = 1.0
        while size > 1e-8:
            found, tried = _dual(base, scaled, at - size * step)
            if found < value - 1e-4 * size * (slope @ step):
                break
            size /= 2
        else:
            break
        at, value, weights = at - size * step, found, tried
    divergence = float((weights * np.log(np.where(weights > 0, weights / base.clip(1e-300), 1.0))).sum())
    return Tilted(weights, divergence, weights @ scaled)


def _dual(base: np.ndarray, scaled: np.ndarray, at: np.ndarray) -> tuple[float, np.ndarray]:
    exponent = scaled @ at
    top = float(exponent.max())
    weights = base * np.exp(exponent - top)
    total = float(weights.sum())
    return top + float(np.log(total)), weights / total

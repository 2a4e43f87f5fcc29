"""A robust linear guess at a number from the numbers before it, shown to trees as one more input.

Trees need many rounds to follow a sum or a difference, and memorise rows on the way; a linear guess
gives it to them in one split. Least absolute deviations by reweighted least squares (Schlossmacher
1973), so that a few huge values do not rule it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_ROUNDS = 8
_RIDGE = 1e-3
_ROWS_A_COEFFICIENT = 20
_LEAST_GAIN = 0.5


@dataclass(frozen=True)
class LinearHint:
    """The guess ``intercept + (inputs - centre) @ slopes``.

    Attributes:
        names: the parts that it looks at.
        centre: float64 [k], which also stands in for missing inputs.
        slopes: float64 [k].
        intercept: the guess at the centre.
    """

    names: list[str]
    centre: np.ndarray
    slopes: np.ndarray
    intercept: float

    @classmethod
    def fit(
        cls, names: list[str], inputs: np.ndarray, values: np.ndarray, weights: np.ndarray, check: np.ndarray
    ) -> LinearHint | None:
        """Learns ``values`` float64 [n] (NaN where missing) from ``inputs`` float64 [n, k].

        Gives ``None`` where the guess does not halve the mean absolute error on the rows ``check``
        bool [n], which it does not learn from, or where rows are too few for its coefficients.
        """
        known = ~np.isnan(values)
        learn, check = np.flatnonzero(known & ~check), np.flatnonzero(known & check)
        if not names or len(learn) < _ROWS_A_COEFFICIENT * (len(names) + 1) or len(check) < _ROWS_A_COEFFICIENT:
            return None
        filled = np.where(np.isnan(inputs), np.nan, inputs)
        centre = np.array([np.nanmedian(column) if (~np.isnan(column)).any() else 0.0 for column in filled[learn].T])
        scale = np.nanmean(np.abs(np.where(np.isnan(filled[learn]), centre, filled[learn]) - centre), axis=0)
        if not (scale > 0).any():
            return None
        scale = np.where(scale > 0, scale, np.inf)
        design = np.where(np.isnan(filled), 0.0, filled - centre) / scale
        middle = float(np.median(values[learn]))
        spread = float(np.mean(np.abs(values[check] - middle)))
        if spread <= 0:
            return None
        slopes, shift = _least_absolute(design[learn], values[learn] - middle, weights[learn], spread)
        guess = middle + shift + design[check] @ slopes
        if float(np.mean(np.abs(values[check] - guess))) > _LEAST_GAIN * spread:
            return None
        return cls(names, centre, slopes / scale, middle + shift)

    def guess(self, inputs: np.ndarray) -> np.ndarray:
        """The guess float64 [n] for ``inputs`` float64 [n, k]."""
        out = np.full(len(inputs), self.intercept)
        for place, slope in enumerate(self.slopes):  # term by term: the same sum for every number of rows
            out += slope * np.where(np.isnan(inputs[:, place]), 0.0, inputs[:, place] - self.centre[place])
        return out

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "names": self.names,
            "centre": self.centre.tolist(),
            "slopes": self.slopes.tolist(),
            "intercept": self.intercept,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LinearHint:
        """The hint that :meth:`state` described.

        Raises:
            ValueError: if it is damaged.
        """
        centre, slopes = (np.asarray(state[key], dtype=np.float64) for key in ("centre", "slopes"))
        if not centre.shape == slopes.shape == (len(state["names"]),) or not np.isfinite([*centre, *slopes]).all():
            raise ValueError("a linear hint is damaged")
        return cls(list(state["names"]), centre, slopes, float(state["intercept"]))


def _least_absolute(
    design: np.ndarray, values: np.ndarray, weights: np.ndarray, spread: float
) -> tuple[np.ndarray, float]:
    """Slopes float64 [k] and shift of the least absolute deviations, with a slight ridge."""
    full = np.column_stack([design, np.ones(len(design))])
    ridge = _RIDGE * weights.sum() * np.eye(full.shape[1]) / spread
    ridge[-1, -1] = 0.0
    pull, beta = weights / spread, np.zeros(full.shape[1])
    for _ in range(_ROUNDS):
        beta = np.linalg.solve((full * pull[:, None]).T @ full + ridge, (full * pull[:, None]).T @ values)
        pull = weights / np.maximum(np.abs(values - full @ beta), 1e-2 * spread)
    return beta[:-1], float(beta[-1])

"""Rounded functions of numbers: ``b = round(m * a + c, d)``, of up to four columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from synthloom.encoding.derivation_kinds.base import Computed, Derivation, numbers_of
from synthloom.encoding.derivation_kinds.values import ColumnValues

Rounding = Literal["round", "half_up", "floor", "ceil", "none"]
_SLACK = 1e-9


def rounded(numbers: np.ndarray, rounding: Rounding, decimals: int, step: int = 1, base: int = 0) -> np.ndarray:
    """Ticks int64 [n] of ``numbers`` rounded to ``base + step * whole`` in ticks of ``10**-decimals``.

    ``round`` is NumPy's and Python's way (ties to even, judged on the float); the others allow for
    the float's own noise of about 1e-9.
    """
    if rounding == "round" and step == 1:
        places = np.round(numbers, decimals) * 10.0**decimals
        return np.round(places).astype(np.int64)
    places = (numbers * 10.0**decimals - base) / step
    noise = _SLACK * np.maximum(1.0, np.abs(places))
    if rounding == "floor":
        whole = np.floor(places + noise)
    elif rounding == "ceil":
        whole = np.ceil(places - noise)
    elif rounding == "half_up":
        whole = np.floor(places + 0.5 + noise)
    else:
        whole = np.round(places)
    return base + step * whole.astype(np.int64)


@dataclass(frozen=True)
class Rounded(Derivation):
    """``rounding(sum of coefficients * source + constant)``, or ``m * (a - pivot)`` of one source."""

    coefficients: tuple[float, ...] = ()
    constant: float = 0.0
    pivot: float = 0.0
    rounding: Rounding = "round"
    decimals: int = 0
    step: int = 1
    base: int = 0
    kind: ClassVar[str] = "rounded"

    @property
    def cost(self) -> float:
        return 20.0 + 12.0 * len(self.sources)

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        missing = self._missing(sources)
        total = np.zeros(len(missing))
        for name, coefficient in zip(self.sources, self.coefficients, strict=True):
            total = total + coefficient * (numbers_of(sources[name]) - self.pivot)
        total = np.where(missing, 0.0, total + self.constant)
        if self.rounding == "none":
            return Computed(total, missing)
        return Computed(rounded(total, self.rounding, self.decimals, self.step, self.base), missing)

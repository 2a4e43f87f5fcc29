"""Products and ratios of two columns: ``total = quantity * price``, ``share = part / whole``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthloom.encoding.derivation_kinds.base import Computed, Derivation, numbers_of
from synthloom.encoding.derivation_kinds.rounded import Rounding, rounded
from synthloom.encoding.derivation_kinds.values import ColumnValues


@dataclass(frozen=True)
class Product(Derivation):
    """``factor * a1 * a2`` or ``factor * a1 / a2``, rounded.

    Whether the factor is applied ``first``, before the second source, decides ties as the real rows do.

    Where the divisor is zero the value is ``at_zero``, or missing if that is ``None``.
    """

    divides: bool = False
    factor: float = 1.0
    rounding: Rounding = "round"
    decimals: int = 0
    at_zero: float | None = None
    factor_first: bool = True
    kind: ClassVar[str] = "product"

    @property
    def cost(self) -> float:
        return 30.0

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        missing = self._missing(sources)
        first, second = (numbers_of(sources[name]) for name in self.sources)
        zero = np.zeros(len(missing), dtype=bool)
        before, after = (self.factor, 1.0) if self.factor_first else (1.0, self.factor)
        first = first * before
        if self.divides:
            zero = (second == 0) & ~missing
            result = first / np.where(second == 0, 1.0, second)
        else:
            result = first * second
        result = np.where(missing, 0.0, result * after)
        if self.at_zero is None:
            missing = missing | zero
        result = np.where(zero, self.at_zero or 0.0, result)
        if self.rounding == "none":
            return Computed(result, missing)
        return Computed(rounded(result, self.rounding, self.decimals), missing)

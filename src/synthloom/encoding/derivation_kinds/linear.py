"""Copies, unit conversions, sums and differences that are exact on the columns' own decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthloom.encoding.derivation_kinds.base import Computed, Derivation, ticks_of
from synthloom.encoding.derivation_kinds.values import ColumnValues


@dataclass(frozen=True)
class Copy(Derivation):
    """The same text as in another column."""

    kind: ClassVar[str] = "copy"

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        values = sources[self.sources[0]]
        return Computed(values.texts, values.missing)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Linear(Derivation):
    """``(sum of numerators * source + constant) / denominator`` in whole ticks.

    Where the sum does not divide, the quotient is rounded half up; relations for which that can
    happen are only kept where it is what the real rows do.
    """

    numerators: tuple[int, ...] = ()
    denominator: int = 1
    constant: int = 0
    kind: ClassVar[str] = "linear"

    @property
    def cost(self) -> float:
        return 8.0 + 4.0 * len(self.sources)

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        missing = self._missing(sources, ticks=True)
        total = np.full(len(missing), self.constant, dtype=np.int64)
        for name, numerator in zip(self.sources, self.numerators, strict=True):
            total += numerator * ticks_of(sources[name])
        if self.denominator != 1:
            total = np.floor_divide(2 * total + self.denominator, 2 * self.denominator)
        return Computed(total, missing)

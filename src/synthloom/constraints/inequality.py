"""One column at most another: ``birth <= entry <= exit``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from pydantic import Field

from synthloom.conditions.comparing import comparable
from synthloom.constraints.base import Constraint


class Inequality(Constraint):
    """Values that do not fall from one column to the next (or, if ``strict``, rise).

    Attributes:
        columns: two or more columns of numbers, dates or texts, the lowest first.
        strict: whether equal values break it.
    """

    kind: Literal["inequality"] = "inequality"
    columns: tuple[str, ...] = Field(min_length=2)
    strict: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns

    @property
    def sentence(self) -> str:
        return (" < " if self.strict else " <= ").join(self.columns)

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        views = [comparable(columns[name]) for name in self.columns]
        good = np.ones(len(views[0][1]), dtype=bool)
        for a, b in pairwise(range(len(views))):
            good &= self._pair(views[a], views[b])
        for a in range(len(views) - 2):  # a gap in the middle does not let the ends change places
            for b in range(a + 2, len(views)):
                good &= self._pair(views[a], views[b])
        return good

    def _pair(self, low: tuple[Any, np.ndarray], high: tuple[Any, np.ndarray]) -> np.ndarray:
        missing = low[1] | high[1]
        if isinstance(low[0], np.ndarray) and isinstance(high[0], np.ndarray):
            with np.errstate(invalid="ignore"):
                fine = low[0] < high[0] if self.strict else low[0] <= high[0]
        else:
            import pyarrow.compute as pc

            compare = pc.less if self.strict else pc.less_equal
            fine = pc.fill_null(compare(low[0], high[0]), True).to_numpy(zero_copy_only=False)
        return np.asarray(fine | missing, dtype=bool)

"""Groups of flags of which exactly one is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field

from synthloom.constraints.base import Constraint, numbers


class OneHot(Constraint):
    """Exactly one of the columns is 1 or true, the others are 0 or false (with ``at_most``: one or none).

    Attributes:
        columns: two or more columns of flags.
        at_most: whether none may be set.
    """

    kind: Literal["one_hot"] = "one_hot"
    columns: tuple[str, ...] = Field(min_length=2)
    at_most: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns

    @property
    def sentence(self) -> str:
        return f"{'at most' if self.at_most else 'exactly'} one of {', '.join(self.columns)} is set"

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        views = [numbers(columns, name) for name in self.columns]
        missing = np.logical_or.reduce([m for _, m in views])
        flags = np.column_stack([v for v, _ in views])
        total = flags.sum(axis=1)
        proper = np.isin(flags, (0.0, 1.0)).all(axis=1)
        return missing | (proper & ((total == 1) | (self.at_most & (total == 0))))

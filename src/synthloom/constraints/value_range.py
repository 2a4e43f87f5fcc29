"""A column within bounds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import model_validator

from synthloom.conditions import Clause, Conditions, Range
from synthloom.conditions.comparing import comparable
from synthloom.constraints.base import Constraint

if TYPE_CHECKING:
    import pyarrow as pa

Bound = float | int | dt.datetime | dt.date | str


class ValueRange(Constraint):
    """Values from ``min`` to ``max``, both included unless said; either may be left out.

    Attributes:
        column: numbers, dates or texts.
        min, max: the bounds, written as values of the column.
        min_open, max_open: whether the bound itself is outside.
    """

    kind: Literal["range"] = "range"
    column: str
    min: Bound | None = None
    max: Bound | None = None
    min_open: bool = False
    max_open: bool = False

    @model_validator(mode="after")
    def _has_a_bound(self) -> ValueRange:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def sentence(self) -> str:
        return self._range.words(self.column)

    @property
    def _range(self) -> Range:
        return Range(self.min, self.max, self.min_open, self.max_open, or_missing=True)

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        column = columns[self.column]
        values, missing = comparable(column)
        return self._range.typed(column.type, self.column).meets(values, missing)

    def implied(self, kinds: Mapping[str, pa.DataType]) -> Conditions:
        return Conditions((Clause(self.column, self._range.typed(kinds[self.column], self.column), self.sentence),))

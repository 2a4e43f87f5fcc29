"""A column that follows from others: ``total = net + tax``; sums of parts; free comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from synthloom.constraints.base import Constraint, numbers
from synthloom.constraints.expressions import Expression


class Formula(Constraint):
    """``column`` equals ``equals``, rounded to ``decimals`` (to the column's own digits if left out).

    Attributes:
        column: the column that is computed.
        equals: an arithmetic expression over other columns.
        decimals: digits after the point; a value within half of the last digit fits.
    """

    kind: Literal["formula"] = "formula"
    column: str
    equals: str
    decimals: int | None = Field(default=None, ge=0, le=12)

    @field_validator("equals")
    @classmethod
    def _readable(cls, text: str) -> str:
        if Expression(text).logical or not Expression(text).columns:
            raise ValueError(f'"{text}" is no arithmetic expression over columns')
        return text

    @cached_property
    def expression(self) -> Expression:
        """What the column equals."""
        return Expression(self.equals)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.column, *self.expression.columns)))

    @property
    def sentence(self) -> str:
        return f"{self.column} = {self.equals}"

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        return _equals(columns, self.column, *self.expression.evaluate(columns), self.decimals)


class Sum(Constraint):
    """``total`` equals the sum of ``parts``.

    Attributes:
        total: the column that is computed.
        parts: the columns that are added.
        decimals: digits after the point; a value within half of the last digit fits.
    """

    kind: Literal["sum"] = "sum"
    total: str
    parts: tuple[str, ...] = Field(min_length=1)
    decimals: int | None = Field(default=None, ge=0, le=12)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.total, *self.parts)

    @property
    def sentence(self) -> str:
        return f"{self.total} = {' + '.join(self.parts)}"

    def value(self, columns: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """The sum float64 [n], and where a part is missing."""
        views = [numbers(columns, name) for name in self.parts]
        return np.sum([v for v, _ in views], axis=0), np.logical_or.reduce([m for _, m in views])

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        return _equals(columns, self.total, *self.value(columns), self.decimals)


class Comparison(Constraint):
    """A comparison of expressions, such as ``debt <= 0.5 * income`` or ``a > 0 or b > 0``.

    Attributes:
        expression: what is true in every row.
    """

    kind: Literal["expression"] = "expression"
    expression: str

    @field_validator("expression")
    @classmethod
    def _readable(cls, text: str) -> str:
        if not Expression(text).logical or not Expression(text).columns:
            raise ValueError(f'"{text}" is no comparison of columns')
        return text

    @cached_property
    def _parsed(self) -> Expression:
        return Expression(self.expression)

    @property
    def names(self) -> tuple[str, ...]:
        return self._parsed.columns

    @property
    def sentence(self) -> str:
        return self.expression

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        value, missing = self._parsed.evaluate(columns)
        return np.asarray(value, dtype=bool) | missing


def _equals(
    columns: Mapping[str, Any], name: str, value: np.ndarray, unknown: np.ndarray, decimals: int | None
) -> np.ndarray:
    """Where a column has this value, up to the rounding of its last digit; true where either is missing."""
    import pyarrow as pa

    target, missing = numbers(columns, name, days=True)
    slack = 1e-9 * np.maximum(1.0, np.abs(value))
    if pa.types.is_integer(columns[name].type):
        slack = slack + 0.5
    elif decimals is not None:
        slack = slack + 0.5 * 10.0**-decimals
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(target - value) <= slack) | missing | unknown)

"""Texts that match a regular expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import field_validator

from synthloom.constraints.base import Constraint
from synthloom.constraints.combinations import distinct_texts

if TYPE_CHECKING:
    import pyarrow as pa


class Pattern(Constraint):
    """Every value of ``column``, written as text, matches ``regex`` from end to end.

    Attributes:
        column: any column.
        regex: a regular expression as Python reads it.
    """

    kind: Literal["pattern"] = "pattern"
    column: str
    regex: str

    @field_validator("regex")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f'"{text}" is no regular expression: {error}') from error
        return text

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def sentence(self) -> str:
        return f"{self.column} matches {self.regex}"

    def matches(self, values: list[str | None]) -> np.ndarray:
        """Which texts match (missing ones do), bool [n]."""
        compiled = re.compile(self.regex)
        return np.array([value is None or compiled.fullmatch(value) is not None for value in values], dtype=bool)

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        codes, distinct = distinct_texts(columns[self.column])
        return self.matches(distinct)[codes]

    def allowed_values(self, values: pa.Array) -> np.ndarray:
        """Which of these values match, bool [n]."""
        return self.holds({self.column: values})

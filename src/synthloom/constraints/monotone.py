"""Time that does not run backwards from row to row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from synthloom.constraints.base import Constraint, numbers
from synthloom.constraints.combinations import distinct_texts


class Monotone(Constraint):
    """``column`` does not fall from a row to the next one, among the rows that share the value of ``by``.

    Rows in which it is missing stay where they are.

    Attributes:
        column: numbers or dates.
        by: the column that says which rows belong together; all rows if left out.
        falling: whether it must not rise instead.
    """

    kind: Literal["monotone"] = "monotone"
    column: str
    by: str | None = None
    falling: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column,) if self.by is None else (self.column, self.by)

    @property
    def sentence(self) -> str:
        within = f" within {self.by}" if self.by else ""
        return f"{self.column} never {'rises' if self.falling else 'falls'} from row to row{within}"

    @property
    def whole_table(self) -> bool:
        return True

    def groups(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Which rows belong together, int64 [n]."""
        return (
            np.zeros(len(columns[self.column]), dtype=np.int64)
            if self.by is None
            else distinct_texts(columns[self.by])[0]
        )

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        values, missing = numbers(columns, self.column)
        rows = np.flatnonzero(~missing)
        order = rows[np.argsort(self.groups(columns)[rows], kind="stable")]
        group = self.groups(columns)[order]
        step = np.diff(values[order]) * (-1 if self.falling else 1)
        good = np.ones(len(values), dtype=bool)
        good[order[1:]] = (step >= 0) | (np.diff(group) != 0)
        return good

"""What a constraint is: a statement about columns that holds in every row, as a plain value.

Constraints say what is wanted and can tell whether it holds; how rows are made to meet them is the
sampler's affair. They are pydantic models, so that a schema file can state them and a mistake is
named by its line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from synthloom.conditions import Conditions
from synthloom.conditions.comparing import comparable

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.data import Table


class Constraint(BaseModel, ABC):
    """A statement that holds in every row, or (see :attr:`whole_table`) of all rows together.

    Where a value that it speaks of is missing it says nothing, unless it is about missing values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The columns that it speaks of."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The constraint in words."""

    @abstractmethod
    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        """In which rows of these Arrow columns it holds, bool [n]."""

    @property
    def whole_table(self) -> bool:
        """Whether a row can break it because of other rows."""
        return False

    @property
    def reads_rows(self) -> bool:
        """Whether something of it is still to be read from the training rows.

        Such a constraint is no public knowledge: with a privacy budget it must be charged or refused.
        """
        return False

    def learned(self, table: Table, support: int) -> Self:
        """The constraint with what it reads from the training rows; values that ``support`` rows share."""
        return self

    def implied(self, kinds: Mapping[str, pa.DataType]) -> Conditions:
        """Conditions on single columns that it implies; ``kinds`` are the columns' Arrow types."""
        return Conditions()


def numbers(columns: Mapping[str, Any], name: str, *, days: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A column's numbers float64 [n] and where they are missing; dates in microseconds or in days.

    Texts count as missing: they are no numbers.
    """
    values, missing = comparable(columns[name])
    if not isinstance(values, np.ndarray):
        return np.zeros(len(missing)), np.ones(len(missing), dtype=bool)
    if values.dtype.kind == "i":
        return values / (86_400_000_000 if days else 1), missing
    return np.where(missing, 0.0, values), missing


def shown(values: tuple[Any, ...] | list[Any], limit: int = 4) -> str:
    """A few values, and how many more there are."""
    head = ", ".join(map(str, values[:limit]))
    return head + (f" and {len(values) - limit} more" if len(values) > limit else "")

"""Conditions on a column: one of some values, a range, missing, present; joined by "and"."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.conditions.comparing import comparable, typed_value
from synthloom.errors import ConditionError

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 6


@dataclass(frozen=True)
class Condition(ABC):
    """What the values of one column are to be like."""

    @abstractmethod
    def typed(self, kind: pa.DataType, name: str, form: str | None = None) -> Condition:
        """The condition with its values as columns of the Arrow type ``kind`` are compared.

        Raises:
            ConditionError: if a value is none of that type.
        """

    @abstractmethod
    def meets(self, values: Any, missing: np.ndarray) -> np.ndarray:
        """Which values (see :func:`comparable`) meet it, bool [n]; it must be typed."""

    @abstractmethod
    def words(self, name: str) -> str:
        """The condition in the words of the grammar."""

    @property
    def takes_missing(self) -> bool:
        """Whether a missing value meets it."""
        return False

    @property
    def takes_values(self) -> bool:
        """Whether any value that is there may meet it."""
        return True


@dataclass(frozen=True)
class Among(Condition):
    """One of ``values``, or with ``excluded`` none of them. ``None`` among them stands for missing."""

    values: tuple[Any, ...]
    excluded: bool = False

    def typed(self, kind: pa.DataType, name: str, form: str | None = None) -> Among:
        if not self.values:
            raise ConditionError(f'the condition on "{name}" names no value', accepted="at least one value")
        return replace(self, values=tuple(None if v is None else typed_value(v, kind, name, form) for v in self.values))

    def meets(self, values: Any, missing: np.ndarray) -> np.ndarray:
        wanted = [v for v in self.values if v is not None]
        if isinstance(values, np.ndarray):
            found = _found(values, wanted)
        else:
            import pyarrow as pa
            import pyarrow.compute as pc

            found = pc.is_in(values, value_set=pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False)
        found = np.where(missing, None in self.values, found.astype(bool))
        return ~found if self.excluded else found

    def words(self, name: str) -> str:
        if self.values == (None,):
            return f"{name} is {'not ' if self.excluded else ''}missing"
        shown = ", ".join(_shown(v) for v in self.values[:_SHOWN]) + (", …" if len(self.values) > _SHOWN else "")
        if len(self.values) == 1:
            return f"{name} {'!=' if self.excluded else '='} {shown}"
        return f"{name} {'not in' if self.excluded else 'in'} ({shown})"

    @property
    def takes_missing(self) -> bool:
        return (None in self.values) != self.excluded

    @property
    def takes_values(self) -> bool:
        return self.excluded or self.values != (None,)


@dataclass(frozen=True)
class Range(Condition):
    """From ``low`` to ``high``, either of which may be left open; the ends belong to it unless said.

    A missing value is in no range, and outside none: ``excluded`` means present and outside.
    ``or_missing`` takes it all the same.
    """

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False
    excluded: bool = False
    or_missing: bool = False

    def typed(self, kind: pa.DataType, name: str, form: str | None = None) -> Range:
        low, high = (None if v is None else typed_value(v, kind, name, form) for v in (self.low, self.high))
        if low is None and high is None:
            raise ConditionError(f'the range of "{name}" has no end', accepted="a lower or an upper end, or both")
        if low is not None and high is not None and (low > high or (low == high and (self.low_open or self.high_open))):
            raise ConditionError(
                f"no value meets {self.words(name)}", hint="write the smaller end first" if low > high else None
            )
        return replace(self, low=low, high=high)

    def meets(self, values: Any, missing: np.ndarray) -> np.ndarray:
        inside = np.ones(len(missing), dtype=bool)
        for end, is_open, wanted in ((self.low, self.low_open, 1), (self.high, self.high_open, -1)):
            if end is not None:
                order = _order(values, end) * wanted
                inside &= (order > 0) | ((order == 0) & (not is_open))
        return np.where(missing, self.or_missing, inside != self.excluded)

    def words(self, name: str) -> str:
        if self.low is not None and self.high is not None and not (self.low_open or self.high_open):
            return f"{name} {'not ' if self.excluded else ''}between {_shown(self.low)} and {_shown(self.high)}"
        parts = []
        if self.low is not None:
            parts.append(f"{name} {'>' if self.low_open else '>='} {_shown(self.low)}")
        if self.high is not None:
            parts.append(f"{name} {'<' if self.high_open else '<='} {_shown(self.high)}")
        text = " and ".join(parts)
        return f"not ({text})" if self.excluded else text

    @property
    def takes_missing(self) -> bool:
        return self.or_missing


@dataclass(frozen=True)
class Missing(Condition):
    """No value."""

    def typed(self, kind: pa.DataType, name: str, form: str | None = None) -> Missing:
        return self

    def meets(self, values: Any, missing: np.ndarray) -> np.ndarray:
        return missing.copy()

    def words(self, name: str) -> str:
        return f"{name} is missing"

    @property
    def takes_missing(self) -> bool:
        return True

    @property
    def takes_values(self) -> bool:
        return False


@dataclass(frozen=True)
class Present(Condition):
    """Any value."""

    def typed(self, kind: pa.DataType, name: str, form: str | None = None) -> Present:
        return self

    def meets(self, values: Any, missing: np.ndarray) -> np.ndarray:
        return ~missing

    def words(self, name: str) -> str:
        return f"{name} is not missing"


def between(low: Any, high: Any) -> Range:
    """From ``low`` to ``high``, both included."""
    return Range(low, high)


def at_least(low: Any) -> Range:
    """``low`` or more."""
    return Range(low=low)


def at_most(high: Any) -> Range:
    """``high`` or less."""
    return Range(high=high)


@dataclass(frozen=True)
class Clause:
    """A condition on a named column; ``text`` keeps the words in which it was given."""

    column: str
    condition: Condition
    text: str = ""

    def __str__(self) -> str:
        return self.text or self.condition.words(self.column)


@dataclass(frozen=True)
class Conditions:
    """Clauses that a row must meet all together; several may speak of one column."""

    clauses: tuple[Clause, ...] = ()

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.clauses)

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def __str__(self) -> str:
        return " and ".join(map(str, self.clauses))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns spoken of, each once."""
        return tuple(dict.fromkeys(clause.column for clause in self.clauses))

    def of(self, column: str) -> tuple[Condition, ...]:
        """The conditions on one column."""
        return tuple(clause.condition for clause in self.clauses if clause.column == column)

    def typed(self, kinds: Mapping[str, pa.DataType], forms: Mapping[str, str | None] | None = None) -> Conditions:
        """The conditions with their values as the columns' Arrow types compare.

        Raises:
            ConditionError: if a value does not fit its column.
        """
        forms = forms or {}
        return Conditions(
            tuple(
                replace(
                    clause,
                    condition=clause.condition.typed(kinds[clause.column], clause.column, forms.get(clause.column)),
                    text=str(clause),
                )
                for clause in self.clauses
            )
        )

    def meets(self, columns: Mapping[str, Any], forms: Mapping[str, str | None] | None = None) -> np.ndarray:
        """Which rows of these Arrow columns meet all clauses, bool [n]; they must be typed."""
        forms = forms or {}
        met: np.ndarray | None = None
        for name in self.columns:
            values, missing = comparable(columns[name], forms.get(name))
            for condition in self.of(name):
                part = condition.meets(values, missing)
                met = part if met is None else met & part
        if met is None:
            raise ConditionError("there are no conditions to check", accepted="at least one clause")
        return met


def _found(values: np.ndarray, wanted: list[Any]) -> np.ndarray:
    """Which numbers equal a wanted one; float64 within rounding of single precision's or decimals' digits."""
    if values.dtype.kind == "i":
        return np.isin(values, np.array(wanted, dtype=np.int64))
    found = np.zeros(len(values), dtype=bool)
    for number in wanted:
        found |= np.abs(values - number) <= 1e-9 * max(1.0, abs(number))
    return found


def _order(values: Any, end: Any) -> np.ndarray:
    """-1, 0 or 1 [n] as each value is below, at or above ``end``."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "i":
            return np.sign(values - np.int64(end))
        slack = 1e-9 * max(1.0, abs(end))
        gap = values - end
        return np.where(np.abs(gap) <= slack, 0, np.where(gap > 0, 1, -1))
    import pyarrow.compute as pc

    above = pc.fill_null(pc.greater(values, end), False).to_numpy(zero_copy_only=False)
    below = pc.fill_null(pc.less(values, end), False).to_numpy(zero_copy_only=False)
    return above.astype(int) - below.astype(int)


def _shown(value: Any) -> str:
    return "missing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

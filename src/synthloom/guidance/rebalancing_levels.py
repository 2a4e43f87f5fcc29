"""How a column is cut into the levels whose shares a mix names: values, ranges, quantile bands, relevance bands.

A level is a condition on its column. Values and ranges that a mix does not name are one more level,
"any other", which keeps the rows that are left. For a numeric target "balanced" means the bands of
Torgo and Ribeiro's relevance function ("Utility-based regression", 2007), as in SmoteR (Torgo and
others, "SMOTE for regression", 2013): by the box plot's fences the usual values lie in the middle,
and the rare low and the rare high ones at either side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.conditions import Among, Condition, Missing, Present, Range
from synthloom.conditions.comparing import comparable
from synthloom.conditions.grammar import parse_conditions
from synthloom.errors import OptionError, UserError

if TYPE_CHECKING:
    from synthloom.data import Table
    from synthloom.schema import ColumnSchema

MOST_LEVELS = 200
DISTINCT_NUMBERS = 20
"""Numbers with more different values than this are balanced by bands, not value by value."""
FEWEST_ROWS = 5
"""Rows of a level below which "balanced" does not raise it: rarer values are protected, so no model knows them."""
_FENCE = 1.5


@dataclass(frozen=True)
class Level:
    """A part of a column's values.

    Attributes:
        column: the column.
        words: what it is called in sentences and in tables of counts.
        conditions: what a value in it meets, all together; typed.
        rows: which rows of the table are in it, bool [n].
    """

    column: str
    words: str
    conditions: tuple[Condition, ...]
    rows: np.ndarray


class LevelReader:
    """Cuts the columns of one table.

    Args:
        table: the real rows.
        columns: what its columns are.
    """

    def __init__(self, table: Table, columns: Mapping[str, ColumnSchema]) -> None:
        self.table, self.columns = table, columns
        self._compared: dict[str, tuple[Any, np.ndarray]] = {}

    def named(self, name: str, keys: Sequence[Any]) -> list[Level]:
        """One level for each key, and one more for what no key names, if there are such rows.

        Raises:
            OptionError: if a key cannot be read, names no row's value, or two of them overlap.
        """
        conditions = [self._condition(name, key) for key in keys]
        levels = [self.level(name, (condition,)) for condition in conditions]
        taken = np.zeros(self.table.n_rows, dtype=np.int64)
        for level in levels:
            taken += level.rows
        if (taken > 1).any():
            both = [level.words for level in levels if level.rows[np.flatnonzero(taken > 1)[0]]]
            raise OptionError(f"{int((taken > 1).sum()):,} rows meet both {both[0]} and {both[1]}", hint=_APART)
        rest = self.level(name, tuple(_opposite(condition) for condition in conditions), f"any other {name}")
        return [*levels, rest] if rest.rows.any() else levels

    def values(self, name: str) -> list[Level]:
        """One level for each value, and one for missing ones, the most frequent first.

        Raises:
            OptionError: if there are too many.
        """
        import pyarrow.compute as pc

        counted = pc.value_counts(self.table.column(name))
        pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        ranked = [value for value, _ in sorted(pairs, key=lambda pair: (-pair[1], repr(pair[0])))]
        if len(ranked) > MOST_LEVELS:
            raise OptionError(
                f'"{name}" has {len(ranked):,} different values', accepted=f"{MOST_LEVELS} at most", hint=_RANGES
            )
        return [self.level(name, (self._condition(name, value),)) for value in ranked]

    def quantiles(self, name: str, count: int) -> list[Level]:
        """``count`` bands of about as many rows each, from low to high.

        Raises:
            OptionError: if the values are no numbers or dates, or one value is too frequent.
        """
        numbers = self._numbers(name)
        places = np.unique(np.quantile(numbers, np.arange(1, count) / count, method="higher"))
        if len(places) < count - 1 or (len(places) and places[0] <= numbers.min()):
            raise OptionError(f'"{name}" cannot be cut into {count} bands: one value has too many rows', hint=_RANGES)
        return self._bands(name, places.tolist())

    def relevance(self, name: str) -> list[Level]:
        """The usual values and the rare ones at either side, by the fences of the box plot.

        Raises:
            OptionError: if no value is rare.
        """
        numbers = self._numbers(name)
        low, high = np.quantile(numbers, [0.25, 0.75])
        reach = _FENCE * (high - low)
        edges = [
            edge
            for edge, outside in (
                (low - reach, (numbers < low - reach).sum()),
                (np.nextafter(high + reach, np.inf), (numbers > high + reach).sum()),
            )
            if outside >= FEWEST_ROWS
        ]
        if not edges:
            raise OptionError(
                f'no value of "{name}" is rare: fewer than {FEWEST_ROWS} lie beyond the fences of its box plot',
                hint="name ranges or quantile bands with their shares",
            )
        return self._bands(name, edges)

    def is_banded(self, name: str) -> bool:
        """Whether the column is balanced by bands: numbers or dates with many different values."""
        kind = self.columns[name].kind
        return kind in ("numeric", "datetime") and len(np.unique(self._numbers(name))) > DISTINCT_NUMBERS

    def level(self, name: str, conditions: tuple[Condition, ...], words: str | None = None) -> Level:
        """The level of the rows that meet these conditions."""
        values, missing = self._values(name)
        rows = np.ones(self.table.n_rows, dtype=bool)
        for condition in conditions:
            rows &= condition.meets(values, missing)
        return Level(name, words or " and ".join(c.words(name) for c in conditions), conditions, rows)

    def _values(self, name: str) -> tuple[Any, np.ndarray]:
        """A column as conditions compare it, and where it is missing; read once for all its levels."""
        if name not in self._compared:
            self._compared[name] = comparable(self.table.column(name), self.columns[name].format)
        return self._compared[name]

    def _numbers(self, name: str) -> np.ndarray:
        """The values of a column that are there, as numbers; dates in microseconds."""
        values, missing = self._values(name)
        if not isinstance(values, np.ndarray) or missing.all():
            raise OptionError(f'"{name}" holds no numbers', accepted="shares of its values")
        return np.asarray(values[~missing])

    def _bands(self, name: str, edges: list[float]) -> list[Level]:
        column = self.columns[name]
        ends = [self._written(column, edge) for edge in edges]
        ranges = [Range(low, high, high_open=True) for low, high in zip([None, *ends], [*ends, None], strict=True)]
        typed = [each.typed(column.arrow_type, name, column.format) for each in ranges]
        levels = [self.level(name, (band,)) for band in typed]
        empty = self.level(name, (Missing(),))
        return [*levels, empty] if empty.rows.any() else levels

    @staticmethod
    def _written(column: ColumnSchema, edge: float) -> Any:
        if column.kind != "datetime":
            return float(edge)
        from datetime import datetime, timedelta

        moment = datetime(1970, 1, 1) + timedelta(microseconds=int(edge))
        return moment if column.format is None else moment.strftime(column.format)

    def _condition(self, name: str, key: Any) -> Condition:
        """What a key of a mix stands for: a value, a pair of ends, a condition, or the grammar's words."""
        column = self.columns[name]
        try:
            if isinstance(key, Condition):
                return key.typed(column.arrow_type, name, column.format)
            if key is None:
                return Missing()
            if isinstance(key, tuple) and len(key) == 2 and column.kind in ("numeric", "datetime"):
                return Range(*key, high_open=True).typed(column.arrow_type, name, column.format)
            if column.kind in ("numeric", "datetime") and _is_range(key):
                return self._parsed(name, str(key))
            condition = Among((key,)).typed(column.arrow_type, name, column.format)
        except UserError as error:
            raise OptionError(f'"{name}": {error.problem}', accepted=error.accepted, hint=error.hint) from error
        if not self.level(name, (condition,)).rows.any():
            raise OptionError(f"no row has {condition.words(name)}", accepted=self._known(name))
        return condition

    def _parsed(self, name: str, text: str) -> Condition:
        column = self.columns[name]
        read = list(parse_conditions(f"`c` {text}", ["c"]))
        if len(read) != 1:
            raise OptionError(f'"{text}" states more than one thing of "{name}"', accepted="one range")
        return read[0].condition.typed(column.arrow_type, name, column.format)

    def _known(self, name: str) -> str:
        import pyarrow.compute as pc

        values = pc.unique(self.table.column(name)).to_pylist()[:8]
        return f"values that are there, such as {', '.join(map(str, values))}; ranges"


_APART = "name values and ranges that do not overlap; a pair (low, high) holds low and not high"
_RANGES = "name ranges such as (0, 100) with their shares"


def _is_range(key: Any) -> bool:
    """Whether a text is a range in the words of the grammar, such as "< 30" or "between 30 and 50"."""
    return isinstance(key, str) and (key.lstrip()[:1] in ("<", ">", "!", "=") or key.split()[:1] == ["between"])


def _opposite(condition: Condition) -> Condition:
    """What all values but those of ``condition`` meet, missing ones among them unless it takes those."""
    if isinstance(condition, Among):
        return Among(condition.values, excluded=not condition.excluded)
    if isinstance(condition, Range):
        return Range(
            condition.low,
            condition.high,
            condition.low_open,
            condition.high_open,
            excluded=not condition.excluded,
            or_missing=not condition.or_missing,
        )
    return Present() if isinstance(condition, Missing) else Missing()

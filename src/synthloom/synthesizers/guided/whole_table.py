"""Constraints that rows can only meet together: unique values, time that does not run backwards.

Shards may be drawn anywhere; here they pass in order. What an earlier row holds already is drawn
again for later ones, with 128-bit keys of what was seen; an order needs all rows and is made in the
end by moving rows, so that no value changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synthloom.constraints import Constraint, Monotone, Unique
from synthloom.constraints.base import numbers
from synthloom.data import Table
from synthloom.data.table import SHARD_ROWS
from synthloom.errors import ConstraintError
from synthloom.schema import TableSchema

_MOST_ATTEMPTS = 60
_PATIENCE = 8  # attempts that bring next to nothing new
_LITTLE = 0.01


class UniqueRows:
    """Lets through rows whose values were not there before, and replaces the others."""

    def __init__(self, constraints: tuple[Constraint, ...]) -> None:
        self.constraints = [c for c in constraints if isinstance(c, Unique)]
        self.seen: list[set[bytes]] = [set() for _ in self.constraints]

    def passed(self, table: Table, more: Callable[[int, int], Table]) -> Table:
        """As many rows as ``table`` has, none of which repeats what was seen.

        ``more(n, attempt)`` draws ``n`` rows to take the place of those that do.

        Raises:
            ConstraintError: if there are not enough different values.
        """
        if not self.constraints:
            return table
        fresh = self._fresh(table)
        idle = 0
        for attempt in range(_MOST_ATTEMPTS):
            open_places = np.flatnonzero(~fresh)
            if not len(open_places) or idle >= _PATIENCE:
                break
            spare = more(len(open_places) + 16, attempt)
            good = np.flatnonzero(self._fresh(spare, len(open_places)))
            idle = idle + 1 if len(good) <= _LITTLE * len(open_places) else 0
            table = _replaced(table, open_places[: len(good)], spare.take(good))
            fresh[open_places[: len(good)]] = True
        if not fresh.all():
            words = "; ".join(c.sentence for c in self.constraints)
            raise ConstraintError(
                f"only {min(len(seen) for seen in self.seen):,} rows were found for which {words}",
                accepted="fewer rows, or constraints on columns with more different values",
            )
        return table

    def _fresh(self, table: Table, most: int | None = None) -> np.ndarray:
        """Which rows repeat nothing, bool [n]; up to ``most`` of them, which then count as seen."""
        columns = {name: table.column(name) for name in table.names}
        keys = [constraint.keys(columns) for constraint in self.constraints]
        fresh = np.zeros(table.n_rows, dtype=bool)
        count = 0
        for row in range(table.n_rows):
            if most is not None and count >= most:
                break
            own = [None if missing[row] else key[row].tobytes() for key, missing in keys]
            if any(key is not None and key in seen for key, seen in zip(own, self.seen, strict=True)):
                continue
            for key, seen in zip(own, self.seen, strict=True):
                if key is not None:
                    seen.add(key)
            fresh[row] = True
            count += 1
        return fresh


def in_order(tables: Iterator[Table], constraints: tuple[Constraint, ...], schema: TableSchema) -> Iterator[Table]:
    """The rows moved so that every :class:`Monotone` constraint holds; needs them all at once.

    Keys stay at their places; all else of a row moves together.
    """
    orders = [c for c in constraints if isinstance(c, Monotone)]
    if not orders:
        yield from tables
        return
    table = Table.concatenate(tables)
    for constraint in orders:
        table = _moved(table, constraint, schema)
    columns = {name: table.column(name) for name in table.names}
    broken = [c for c in orders if not c.holds(columns).all()]
    if broken:
        raise ConstraintError(
            f"({broken[0].sentence}) cannot hold together with another order of the rows",
            accepted="orders that do not contradict each other",
        )
    yield from table.batches(SHARD_ROWS)


def _moved(table: Table, constraint: Monotone, schema: TableSchema) -> Table:
    """Rows of each group put in order on the places that the group has."""
    columns = {name: table.column(name) for name in table.names}
    values, missing = numbers(columns, constraint.column)
    groups = constraint.groups(columns)
    rows = np.flatnonzero(~missing)
    sign = -1.0 if constraint.falling else 1.0
    by_place = rows[np.argsort(groups[rows], kind="stable")]
    by_value = rows[np.lexsort((sign * values[rows], groups[rows]))]
    places = np.arange(table.n_rows)
    places[by_place] = by_value
    moved = table.take(places)
    for name in table.names:
        if schema.column(name).kind == "identifier" and name not in constraint.names:
            moved = moved.with_column(name, table.column(name))
    return moved


def _replaced(table: Table, places: np.ndarray, rows: Table) -> Table:
    """The table with other rows at these places."""
    if not len(places):
        return table
    order = np.arange(table.n_rows)
    order[places] = table.n_rows + np.arange(len(places))
    both: Any = Table.concatenate([table, rows])
    return Table(both.take(order).arrow.combine_chunks(), table.frame_kind)

"""What is decided before rows are made: numbers of rows, keys, and who keeps what unique; values only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from synthloom.mock.layout import ChildLayout
from synthloom.mock.specification import ForeignKey, TableSpec

PLENTY = 2**62
"""More values than anybody counts."""


@dataclass(frozen=True)
class KeyMember:
    """One digit of a composite key: a foreign key or a column with a countable set of values."""

    kind: Literal["key", "column", "line"]
    name: str
    size: int


@dataclass(frozen=True)
class KeyGroup:
    """Columns that no two rows share, made together from the digits of one permuted number.

    ``pair`` names two digits that must differ (its third part false) or of which the first must be the lower one.
    """

    members: tuple[KeyMember, ...]
    layout: ChildLayout | None = None
    pair: tuple[int, int, bool] | None = None

    @property
    def size(self) -> int:
        """How many different keys there are."""
        if self.layout is not None:
            return self.layout.rows
        return min(math.prod(self.radices), PLENTY)

    @property
    def radices(self) -> tuple[int, ...]:
        """The size of each digit; of a pair, both digits are counted at the first, and one at the second."""
        sizes = [member.size for member in self.members]
        if self.pair is not None:
            first, second, ordered = self.pair
            n = sizes[first]
            sizes[first], sizes[second] = n * (n - 1) // (2 if ordered else 1), 1
        return tuple(sizes)


@dataclass(frozen=True)
class TablePlan:
    """What was decided for one table.

    Attributes:
        spec: the table as it was asked for.
        rows: how many rows it gets.
        order: its columns, each after those it depends on.
        keys: its foreign keys.
        key_of: for each column of a foreign key, the number of the key that makes it and its place in that key.
        follows: keys some of whose columns another key makes, with those columns; their parents must agree in them.
        groups: composite keys.
        driven: for each column or foreign key (``#0`` …) in a group, group number and digit.
        alone: columns that are unique by themselves.
        layout: rows for each row of a parent, where asked for.
        fixed: columns whose values never change when a row is drawn again to meet a check.
    """

    spec: TableSpec
    rows: int
    order: tuple[str, ...]
    keys: tuple[ForeignKey, ...]
    key_of: dict[str, tuple[int, int]]
    follows: dict[int, tuple[str, ...]]
    groups: tuple[KeyGroup, ...] = ()
    driven: dict[str, tuple[int, int]] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    layout: ChildLayout | None = None
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """The plan of all tables.

    Attributes:
        tables: by name, as in the schema.
        load_order: table names, parents first.
        filled_afterwards: keys that close a circle, ``(table, columns)``: load them empty and update, or defer.
        notes: what the user should know.
    """

    tables: dict[str, TablePlan]
    load_order: tuple[str, ...]
    filled_afterwards: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]

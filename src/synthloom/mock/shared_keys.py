"""Foreign keys that share columns, as keys that carry a tenant do: their parents must agree in what is shared.

The key with most columns makes the shared ones; the others follow: their parent is drawn among the rows that have
the same values. For that the shared columns of the parent table are sorted once, which takes some bytes a row of
that table: the one place where memory grows with the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthloom.mock.specification import ForeignKey, MockSchema
from synthloom.values.position_noise import Integers

if TYPE_CHECKING:
    import pyarrow as pa

_GAP = "\x1f"


def owners(keys: tuple[ForeignKey, ...]) -> tuple[dict[str, tuple[int, int]], dict[int, tuple[str, ...]]]:
    """Which key makes each column (its number, the column's place in it), and which keys follow in which columns."""
    made: dict[str, tuple[int, int]] = {}
    follows: dict[int, tuple[str, ...]] = {}
    for number in sorted(range(len(keys)), key=lambda n: -len(keys[n].columns)):
        shared = tuple(column for column in keys[number].columns if column in made)
        if shared:
            follows[number] = shared
        for place, column in enumerate(keys[number].columns):
            made.setdefault(column, (number, place))
    return made, follows


def implied(schema: MockSchema, table: str, number: int) -> bool:
    """Whether a key holds of itself, because the columns it shares come from rows that keep it."""
    keys = schema.tables[table].keys
    made, _ = owners(keys)
    key = keys[number]
    for column, wanted in zip(key.columns, key.to, strict=True):
        maker, place = made[column]
        at, name = keys[maker].table, keys[maker].to[place]
        for _ in range(len(schema.tables) + 1):  # follow the column to the table it first stands in
            if (at, name) == (key.table, wanted):
                break
            onward = owners(schema.tables[at].keys)[0].get(name)
            if onward is None:
                return False
            next_key = schema.tables[at].keys[onward[0]]
            at, name = next_key.table, next_key.to[onward[1]]
        else:
            return False
    return True


@dataclass(frozen=True)
class SharedIndex:
    """The rows of a table in the order of some of its columns: ``rows[starts[i] : starts[i + 1]]`` have value ``i``."""

    values: pa.Array
    rows: Integers
    starts: Integers

    @classmethod
    def of(cls, columns: list[pa.Array]) -> SharedIndex:
        """The index of some columns of a whole table."""
        encoded = _joined(columns).dictionary_encode()
        codes = encoded.indices.to_numpy()
        counts = np.bincount(codes, minlength=len(encoded.dictionary))
        return cls(encoded.dictionary, np.argsort(codes, kind="stable"), np.concatenate([[0], np.cumsum(counts)]))

    def find(self, columns: list[pa.Array]) -> tuple[Integers, Integers]:
        """For each row of ``columns``: where in ``rows`` the rows with its values begin, and how many there are."""
        import pyarrow.compute as pc

        code = pc.index_in(_joined(columns), value_set=self.values)
        known = code.is_valid().to_numpy(zero_copy_only=False)
        at = pc.fill_null(code, 0).to_numpy(zero_copy_only=False).astype(np.int64)
        if not len(self.values):
            return np.zeros_like(at), np.zeros_like(at)
        return np.where(known, self.starts[at], 0), np.where(known, self.starts[at + 1] - self.starts[at], 0)


def _joined(columns: list[pa.Array]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*(column.cast(pa.string()) for column in columns), _GAP)

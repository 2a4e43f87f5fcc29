"""A column's values as whole ticks, numbers or texts: what relations between columns are computed on.

Numbers on a grid of decimals, dates (microseconds), booleans and texts of whole numbers become
int64 ticks, on which sums and copies are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.datetime import from_microseconds
from synthloom.encoding.numeric import from_floats, to_floats
from synthloom.schema import ColumnSchema
from synthloom.schema.datetimes import to_microseconds

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE_NUMBER = r"^(0|-?[1-9][0-9]{0,14})$"
EXACT = 2.0**53
"""Up to here float64 holds every whole number."""


@dataclass(frozen=True)
class ColumnValues:
    """The values of one column.

    Attributes:
        missing: bool [n].
        ticks: int64 [n], the value times ``10**decimals``; ``None`` where there is no grid.
        numbers: float64 [n], the value itself; for dates the ticks; 0 where missing.
        texts: the strings of a text column, else ``None``.
        decimals: digits after the point that a tick stands for.
        is_date: whether the ticks are microseconds since 1970.
    """

    missing: np.ndarray
    ticks: np.ndarray | None = None
    numbers: np.ndarray | None = None
    texts: pa.Array | None = None
    decimals: int = 0
    is_date: bool = False

    def take(self, rows: np.ndarray) -> ColumnValues:
        """The values of these rows (int64 [m])."""
        return ColumnValues(
            self.missing[rows],
            None if self.ticks is None else self.ticks[rows],
            None if self.numbers is None else self.numbers[rows],
            None if self.texts is None else self.texts.take(rows),
            self.decimals,
            self.is_date,
        )

    def codes(self) -> tuple[np.ndarray, Any] | None:
        """Codes int64 [n] (-1 where missing) into the distinct values; ``None`` where values are on no grid."""
        if self.texts is not None:
            encoded = self.texts.dictionary_encode()
            codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
            return np.where(self.missing, -1, codes), encoded.dictionary
        if self.ticks is None:
            return None
        distinct, place = np.unique(self.ticks, return_inverse=True)
        return np.where(self.missing, -1, place), distinct


def read_values(column: Any, schema: ColumnSchema) -> ColumnValues:
    """The values of an Arrow array of the column that ``schema`` describes."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    if schema.kind == "datetime":
        ticks = to_microseconds(pa.chunked_array([column]), schema.format)
        return ColumnValues(missing, ticks, ticks.astype(np.float64), None, 0, is_date=True)
    if pa.types.is_string(kind):
        return ColumnValues(missing, *_whole_numbers(column, missing), column)
    values = to_floats(column, schema.name) if not pa.types.is_boolean(kind) else _booleans(column)
    missing = missing | ~np.isfinite(values)
    values = np.where(missing, 0.0, values)
    decimals = 0 if pa.types.is_integer(kind) or pa.types.is_boolean(kind) else schema.decimals
    if decimals is None or (len(values) and np.abs(values).max() * 10.0**decimals >= EXACT):
        return ColumnValues(missing, None, values)
    return ColumnValues(missing, np.round(values * 10.0**decimals).astype(np.int64), values, None, decimals)


def _booleans(column: pa.Array) -> np.ndarray:
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _whole_numbers(column: pa.Array, missing: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Ticks and numbers of a text column that writes whole numbers, plainly, in every value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = column.dictionary_encode()
    distinct = encoded.dictionary
    if len(distinct) == 0 or not pc.all(pc.match_substring_regex(distinct, _WHOLE_NUMBER)).as_py():
        return None, None
    parsed = distinct.cast(pa.int64()).to_numpy(zero_copy_only=False)
    codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    ticks = np.where(missing, 0, parsed[codes])
    return ticks, ticks.astype(np.float64)


def write_values(values: Any, missing: np.ndarray, schema: ColumnSchema) -> pa.Array:
    """An Arrow array of the column's type from ticks (int64), numbers (float64) or texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = schema.arrow_type
    if isinstance(values, pa.Array):
        return pc.if_else(pa.array(missing), pa.scalar(None, values.type), values).cast(kind)
    if schema.kind == "datetime":
        return from_microseconds(np.where(missing, 0, values), missing, kind, schema.format)
    if pa.types.is_boolean(kind):
        return pa.array(values != 0, mask=missing)
    if pa.types.is_string(kind):
        return pa.array(values.astype(np.int64), mask=missing).cast(pa.string())
    if values.dtype.kind == "i" and schema.decimals:
        values = values / 10**schema.decimals
    return from_floats(np.asarray(values, dtype=np.float64), missing, kind)

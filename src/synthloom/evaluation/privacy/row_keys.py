"""Rows as 64-bit keys, so that equal rows, and rows equal in all columns but one, are found by sorting.

Each value becomes a pseudo-random 64-bit number that depends on its column; a row's key is their sum
(wrapping), and the sum less one column's number is the key of the row without that column. Two
different rows among ten million share a key by chance with probability below one in 10^5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.base import EvaluationData

if TYPE_CHECKING:
    import pyarrow as pa

_NULL = np.uint64(0x9E3779B97F4A7C15)
_SIGNIFICANT_BITS = 30


class RowKeys:
    """Keys of all rows of the three tables over some columns; nothing is thinned here."""

    def __init__(self, data: EvaluationData, columns: tuple[str, ...]) -> None:
        self._data, self.columns = data, columns
        sizes = {part: data.table(part).n_rows for part in PARTS}
        self.totals = {part: np.zeros(size, np.uint64) for part, size in sizes.items()}
        for name in columns:
            for part, keys in self.of_column(name).items():
                self.totals[part] += keys

    def of_column(self, name: str) -> dict[str, np.ndarray]:
        """One column's numbers, uint64 ``[rows]`` for each table; computed anew to spare memory."""
        import pyarrow as pa

        columns = [self._data.table(part).column(name) for part in PARTS]
        if len({column.type for column in columns}) > 1:  # an all-missing column beside a filled one
            held = next(column.type for column in columns if not pa.types.is_null(column.type))
            columns = [column.cast(held) for column in columns]
        together = pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type)
        keys = _mixed(_bits(together), salt=self._salt(name))
        ends = np.cumsum([len(column) for column in columns])[:-1]
        return dict(zip(PARTS, np.split(keys, ends), strict=True))

    def guessed(self, part: str) -> np.ndarray:
        """Keys of rows guessed from single columns alone: the part's rows, every column shuffled by itself."""

        def build() -> np.ndarray:
            keys = np.zeros(len(self.totals[part]), np.uint64)
            for name in self.columns:
                keys += self.guess_of(name, self.of_column(name)[part])
            return keys

        return self._data.cached(("guessed keys", self.columns, part), build)

    def guess_of(self, name: str, numbers: np.ndarray) -> np.ndarray:
        """One column's numbers in the order that guessed rows have them."""
        return numbers[self._data.stream.child("row keys", "guess", name).generator().permutation(len(numbers))]

    def _salt(self, name: str) -> np.uint64:
        return np.uint64(self._data.stream.child("row keys", name).integer(63))


def compared_keys(data: EvaluationData) -> RowKeys:
    """The keys over all compared columns, shared by the metrics that look for copies."""
    return data.cached("row keys", lambda: RowKeys(data, data.compared))


def _bits(values: pa.ChunkedArray) -> np.ndarray:
    """Equal values as equal uint64, different values as different ones; floats to nine digits."""
    import pyarrow as pa
    import pyarrow.types as kinds

    kind = values.type
    missing = np.asarray(values.is_null().to_numpy(), dtype=bool)
    if kinds.is_integer(kind) or kinds.is_boolean(kind):
        bits = values.cast(pa.int8() if kinds.is_boolean(kind) else kind).fill_null(0).to_numpy().astype(np.int64)
        bits = bits.view(np.uint64)
    elif kinds.is_floating(kind):
        numbers = values.cast(pa.float64()).fill_null(np.nan).to_numpy()
        missing = missing | np.isnan(numbers)
        fraction, exponent = np.frexp(np.where(missing, 0.0, numbers))
        # + 0.0 makes minus zero plain zero
        rounded = np.ldexp(np.round(fraction * 2**_SIGNIFICANT_BITS), exponent - _SIGNIFICANT_BITS) + 0.0
        bits = rounded.view(np.uint64)
    elif kinds.is_null(kind):
        bits = np.zeros(len(values), np.uint64)
    else:
        encoded = values.combine_chunks()
        encoded = encoded if kinds.is_dictionary(encoded.type) else _dictionary(encoded)
        bits = encoded.indices.fill_null(0).to_numpy().astype(np.uint64)
    return np.where(missing, _NULL, bits)


def _dictionary(values: pa.Array) -> pa.DictionaryArray:
    import pyarrow as pa

    try:
        return values.dictionary_encode()
    except pa.ArrowNotImplementedError:  # lists and structs
        return pa.array([None if v is None else repr(v) for v in values.to_pylist()], pa.string()).dictionary_encode()


def _mixed(bits: np.ndarray, salt: np.uint64) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014) over salted bits."""
    with np.errstate(over="ignore"):
        mixed = bits + salt
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))

"""The contract between columns and models: codes, residuals inside a code's bin, and a null mask.

An encoding learns from counts of values that can be gathered block by block and merged, protects
rare values once and for all synthesizers, and turns one source column into parts that can be
learned. A column that is regenerated (a key, personal data) has one part with a single code: only
its gaps are learned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, Protection

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class PartSpec:
    """One learnable part of a column.

    Attributes:
        name: unique in the table: the column's name, or the name and the part's.
        column: the source column.
        n_codes: how many codes there are, nulls not counted.
        ordered: whether neighbouring codes are near each other.
        has_nulls: whether any training value is missing.
        lower, upper: the number at the bottom and the top of each code, for ordered parts; float64
            [n_codes]. The top is open: on a grid it is one step above the last value.
        step: the grid on which the numbers lie, ``None`` if on none.
    """

    name: str
    column: str
    n_codes: int
    ordered: bool
    has_nulls: bool
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    step: float | None = None


@dataclass(frozen=True)
class EncodedColumn:
    """The values of one part.

    Attributes:
        codes: int32 [n], ``0 … n_codes-1``; 0 where null.
        residuals: float64 [n] in [0, 1), the place inside the code's range; 0 where there is none.
        nulls: bool [n].
    """

    codes: np.ndarray
    residuals: np.ndarray
    nulls: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def drawn(cls, codes: np.ndarray, nulls: np.ndarray, uniforms: np.ndarray, spec: PartSpec) -> EncodedColumn:
        """Codes with a place inside each drawn evenly, on the part's grid where it has one."""
        residuals = uniforms
        if spec.step is not None and spec.lower is not None and spec.upper is not None:
            cells = np.maximum(1.0, np.round((spec.upper - spec.lower)[codes] / spec.step))
            residuals = np.floor(uniforms * cells) / cells
        return cls(np.where(nulls, 0, codes).astype(np.int32), np.where(nulls, 0.0, residuals), nulls)

    def take(self, rows: np.ndarray) -> EncodedColumn:
        """The values at these positions or where this mask is true."""
        return EncodedColumn(self.codes[rows], self.residuals[rows], self.nulls[rows])

    def discrete(self, n_codes: int) -> np.ndarray:
        """Codes int32 [n] with null as the code ``n_codes``."""
        return np.where(self.nulls, np.int32(n_codes), self.codes).astype(np.int32)

    def continuous(self, spec: PartSpec) -> np.ndarray:
        """Numbers float64 [n], NaN where null: the value where the part is ordered, else the code."""
        if spec.lower is None or spec.upper is None:
            values = self.codes.astype(np.float64)
        else:
            low = spec.lower[self.codes]
            values = low + self.residuals * (spec.upper[self.codes] - low)
        values[self.nulls] = np.nan
        return values

    @classmethod
    def of(
        cls, codes: np.ndarray, residuals: np.ndarray | None = None, nulls: np.ndarray | None = None
    ) -> EncodedColumn:
        """An encoded column with zeros for what is left out."""
        n = len(codes)
        return cls(
            np.ascontiguousarray(codes, dtype=np.int32),
            np.zeros(n) if residuals is None else np.asarray(residuals, dtype=np.float64),
            np.zeros(n, dtype=bool) if nulls is None else np.asarray(nulls, dtype=bool),
        )


@dataclass(frozen=True)
class EncodedTable:
    """Encoded columns by part name, and the specifications they follow."""

    specs: tuple[PartSpec, ...]
    columns: dict[str, EncodedColumn]
    n_rows: int

    def __iter__(self) -> Iterator[tuple[PartSpec, EncodedColumn]]:
        return ((spec, self.columns[spec.name]) for spec in self.specs)

    def take(self, rows: np.ndarray) -> EncodedTable:
        """The rows at these positions or where this mask is true."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        n = int(rows.sum()) if rows.dtype == bool else len(rows)
        return EncodedTable(self.specs, columns, n)

    def select(self, names: list[str]) -> EncodedTable:
        """Only the parts of these names, in this order."""
        by_name = {spec.name: spec for spec in self.specs}
        return EncodedTable(tuple(by_name[n] for n in names), {n: self.columns[n] for n in names}, self.n_rows)


@dataclass(frozen=True)
class Suppression:
    """What the protection of rare values took out of one column: what, and in how many rows."""

    column: str
    what: str
    rows: int


@dataclass(frozen=True)
class ValueCounts:
    """Distinct values of a column with their counts: a statistic that merges exactly.

    ``values`` is sorted, so that the result does not depend on the order of blocks or rows.
    """

    values: pa.Array
    counts: np.ndarray
    nulls: int

    @classmethod
    def collect(cls, column: pa.ChunkedArray) -> ValueCounts:
        """The counts of one block."""
        import pyarrow.compute as pc

        present = column.drop_null()
        counted = pc.value_counts(present)
        return cls._sorted(counted.field("values"), counted.field("counts").to_numpy(), column.null_count)

    @classmethod
    def merge(cls, parts: list[ValueCounts]) -> ValueCounts:
        """The counts of several blocks together."""
        import pyarrow as pa

        values = pa.concat_arrays([part.values for part in parts])
        table = pa.table({"v": values, "c": np.concatenate([part.counts for part in parts])})
        summed = table.group_by("v", use_threads=False).aggregate([("c", "sum")])
        nulls = sum(part.nulls for part in parts)
        return cls._sorted(summed.column("v").combine_chunks(), summed.column("c_sum").to_numpy(), nulls)

    @classmethod
    def _sorted(cls, values: Any, counts: np.ndarray, nulls: int) -> ValueCounts:
        import pyarrow as pa
        import pyarrow.compute as pc

        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        order = pc.array_sort_indices(values)
        return cls(values.take(order), np.asarray(counts, dtype=np.int64)[order.to_numpy()], int(nulls))

    @property
    def rows(self) -> int:
        """All rows, nulls included."""
        return int(self.counts.sum()) + self.nulls


class Encoding(ABC):
    """Turns one source column into learnable parts and back.

    Authors write :meth:`learn`, :meth:`encode`, :meth:`decode`, :meth:`state` and :meth:`restore`.
    """

    kind: ClassVar[str]

    def __init__(self, schema: ColumnSchema, protection: Protection) -> None:
        self.schema = schema
        self.protection = protection
        self.suppressed: tuple[Suppression, ...] = ()

    def fit(self, column: pa.ChunkedArray) -> Encoding:
        """Learns from one block: :meth:`collect`, then :meth:`learn`."""
        self.learn(self.collect(column))
        return self

    def collect(self, column: pa.ChunkedArray) -> Any:
        """The statistic of one block of the column, to be merged with others."""
        return ValueCounts.collect(column)

    def merge(self, statistics: list[Any]) -> Any:
        """Statistics of several blocks, in block order, as one."""
        return ValueCounts.merge(statistics)

    @abstractmethod
    def learn(self, statistics: Any) -> None:
        """Learns the encoding from the merged statistic."""

    @property
    @abstractmethod
    def parts(self) -> tuple[PartSpec, ...]:
        """What can be learned of the column."""

    @abstractmethod
    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        """The parts of these values, one for each of :attr:`parts`."""

    @abstractmethod
    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        """Values for these parts.

        ``positions`` (int64 [n]) are the rows' places in the whole sample, from which unique
        values are made; ``stream`` draws what the parts leave open.
        """

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What was learned, as plain JSON values."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what :meth:`state` gave."""

"""Numbers: spikes and quantile bins with the place inside the bin, on the column's own decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, Encoding, PartSpec, Suppression, ValueCounts
from synthloom.encoding.binning import Bins, make_bins
from synthloom.errors import SchemaError
from synthloom.randomness import RandomStream

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BINS = 1_000
"""About how many bins a number gets at most; models that want fewer join neighbours."""


class NumericEncoding(Encoding):
    """Integers, floats, decimals and durations as codes and residuals."""

    kind = "numeric"

    def learn(self, statistics: ValueCounts) -> None:
        """Learns bins from the counts of values; not-a-number and infinities count as missing."""
        values, counts = to_floats(statistics.values, self.schema.name), statistics.counts
        finite = np.isfinite(values)
        self.has_nulls = statistics.nulls > 0 or not finite.all()
        values, counts = values[finite], counts[finite]
        if self.schema.decimals is not None:
            values, counts = _on_grid(values, counts, self.schema.decimals)
        protection = self.protection
        self.bins = make_bins(
            values,
            counts,
            max_bins=MAX_BINS,
            support=protection.minimum_support,
            step=None if self.schema.decimals is None else 10.0**-self.schema.decimals,
            clamp=protection.extremes == "clamp",
        )
        self.suppressed = _suppressions(self.schema.name, self.bins)

    @property
    def _step(self) -> float | None:
        return None if self.schema.decimals is None else 10.0**-self.schema.decimals

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        return (self.bins.spec(self.schema.name, self.schema.name, self.has_nulls),)

    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        values = to_floats(column, self.schema.name)
        return (self.bins.locate(values, ~np.isfinite(values)),)

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        return from_floats(self.bins.values(parts[0]), parts[0].nulls, self.schema.arrow_type)

    def state(self) -> dict[str, Any]:
        return {"bins": self.bins.state(), "has_nulls": self.has_nulls}

    def restore(self, state: dict[str, Any]) -> None:
        self.bins, self.has_nulls = Bins.from_state(state["bins"]), bool(state["has_nulls"])


def to_floats(column: Any, name: str) -> np.ndarray:
    """Numbers float64 [n] of an Arrow array, NaN where null.

    Raises:
        SchemaError: if the values are not numbers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_duration(kind) or pa.types.is_boolean(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_string(kind) or pa.types.is_temporal(kind):
        raise SchemaError(f'column "{name}" holds {kind}, its schema says numeric', hint="correct kind in the schema")
    values = pc.fill_null(pc.cast(column, pa.float64(), safe=False), float("nan"))
    return np.asarray(values, dtype=np.float64)


def from_floats(values: np.ndarray, nulls: np.ndarray, kind: pa.DataType) -> pa.Array:
    """An Arrow array of type ``kind`` from numbers, null where ``nulls``."""
    import pyarrow as pa

    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        whole = np.where(nulls, 0.0, np.round(values))
        if pa.types.is_integer(kind):
            limits = np.iinfo(kind.to_pandas_dtype())
            edge = float(limits.max) if limits.max < 2**53 else np.nextafter(float(limits.max), 0.0)
            whole = np.clip(whole, float(limits.min), edge)
        raw = pa.array(whole.astype(np.uint64 if str(kind) == "uint64" else np.int64), mask=nulls)
        return raw.cast(kind)
    array = pa.array(np.where(nulls, 0.0, values), mask=nulls)
    if pa.types.is_decimal(kind):
        scale = 10.0**kind.scale
        return pa.array(np.round(np.where(nulls, 0.0, values) * scale) / scale, mask=nulls).cast(kind, safe=False)
    return array.cast(kind, safe=False)


def _on_grid(values: np.ndarray, counts: np.ndarray, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Values rounded to their decimals, those that become equal counted together."""
    rounded = np.round(values, decimals)
    distinct, place = np.unique(rounded, return_inverse=True)
    return distinct, np.bincount(place, weights=counts, minlength=len(distinct)).astype(np.int64)


def _suppressions(name: str, bins: Bins) -> tuple[Suppression, ...]:
    out = []
    if bins.clamped_low + bins.clamped_high:
        what = "the smallest and largest values, pulled in to what enough rows reach"
        out.append(Suppression(name, what, bins.clamped_low + bins.clamped_high))
    if bins.moved:
        out.append(Suppression(name, "values too rare for a bin, counted with the nearest common value", bins.moved))
    return tuple(out)

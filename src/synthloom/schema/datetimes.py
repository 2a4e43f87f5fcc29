"""Points in time: how they are written, and the finest unit in which they vary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from synthloom.schema.column import Granularity

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %B %Y",
)
_CHECKED = 2_000
_MICROSECONDS = {"second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000, "day": 86_400_000_000}


def datetime_format(texts: Sequence[str]) -> str | None:
    """The one of :data:`FORMATS` in which every text is written, or ``None``.

    Where two formats fit (all days up to the 12th), none is taken: a wrong guess would swap days
    and months without a word.
    """
    texts = texts[:_CHECKED]
    fitting = [form for form in FORMATS if _parses(texts[0], form)] if texts else []
    fitting = [form for form in fitting if all(_parses(text, form) for text in texts)]
    return fitting[0] if len(fitting) == 1 else None


def _parses(text: str, form: str) -> bool:
    try:
        parsed = datetime.strptime(text, form)
    except ValueError:
        return False
    return parsed.strftime(form) == text  # so that text written back looks as it did


def to_microseconds(column: pa.ChunkedArray, form: str | None = None) -> np.ndarray:
    """Microseconds since 1970 (int64) of a temporal or text column; the place of a null holds 0.

    A zoned timestamp is taken in its own zone's wall time, so that midnight is midnight there.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        if form is None:
            raise ValueError("text needs a format")
        column = pc.strptime(column, format=form, unit="us")
    kind = column.type
    if pa.types.is_time(kind):
        unit = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}[kind.unit]
        raw = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64()).cast(pa.int64()).fill_null(0)
        ticks = raw.to_numpy() * unit
        return ticks // 1000 if kind.unit == "ns" else ticks
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = pc.local_timestamp(column)
    return column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).fill_null(0).to_numpy()


def datetime_granularity(column: pa.ChunkedArray, form: str | None = None) -> Granularity:
    """The coarsest unit that writes every value of the column."""
    valid = column.drop_null()
    if len(valid) == 0:
        return "day"
    ticks = np.unique(to_microseconds(valid, form))
    for unit in ("day", "hour", "minute", "second"):
        if (ticks % _MICROSECONDS[unit] == 0).all():
            return _coarser_than_day(ticks) if unit == "day" else unit  # type: ignore[return-value]
    return "millisecond" if (ticks % 1000 == 0).all() else "microsecond"


def _coarser_than_day(ticks: np.ndarray) -> Granularity:
    days = ticks.astype("datetime64[us]").astype("datetime64[D]")
    if len(days) < 3 or (days != days.astype("datetime64[M]")).any():
        return "day"
    return "month" if (days != days.astype("datetime64[Y]")).any() else "year"

"""Dates and times, split where rhythm hides: week and weekday, and the time of day.

A bin over days that spans more than a week forgets which weekday it was. Long stretches of dates
are therefore learned as the week and, given it, the weekday; what is finer than a day is a part of
its own. Months, years and short stretches are learned as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, Encoding, PartSpec, Suppression, ValueCounts
from synthloom.encoding.binning import Bins, make_bins
from synthloom.encoding.numeric import MAX_BINS
from synthloom.errors import SchemaError
from synthloom.randomness import RandomStream
from synthloom.schema.datetimes import to_microseconds

if TYPE_CHECKING:
    import pyarrow as pa

_DAY = 86_400_000_000
_UNIT = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000}
_MONDAY = 3  # days since 1970 modulo 7 that fall on a Monday minus one week: 1970-01-01 was a Thursday
_SHORT = 60  # distinct days up to which each day can have a bin of its own


class DatetimeEncoding(Encoding):
    """Dates, timestamps (with zones), times of day, and dates written as text."""

    kind = "datetime"

    def learn(self, statistics: ValueCounts) -> None:
        """Learns bins for the calendar part and, where there is one, for the time of day."""
        import pyarrow as pa

        if pa.types.is_string(statistics.values.type) and self.schema.format is None:
            raise SchemaError(
                f'column "{self.schema.name}" holds text, its schema says datetime',
                hint="add format, such as format: '%d.%m.%Y'",
            )
        ticks = to_microseconds(pa.chunked_array([statistics.values]), self.schema.format)
        counts = statistics.counts
        self.has_nulls = statistics.nulls > 0
        calendar, clock = self._split(ticks)
        self.weekly = self._calendar_unit == "day" and len(np.unique(calendar)) > _SHORT
        self.bins: list[Bins] = []
        suppressed = 0
        for values in self._numbers(calendar, clock):
            distinct, place = np.unique(values, return_inverse=True)
            weights = np.bincount(place, weights=counts, minlength=len(distinct)).astype(np.int64)
            bins = make_bins(
                distinct.astype(np.float64),
                weights,
                max_bins=MAX_BINS,
                support=self.protection.minimum_support,
                step=1.0,
                clamp=self.protection.extremes == "clamp",
            )
            suppressed += bins.clamped_low + bins.clamped_high
            self.bins.append(bins)
        if suppressed:
            what = "the earliest and latest times, pulled in to what enough rows reach"
            self.suppressed = (Suppression(self.schema.name, what, suppressed),)

    @property
    def _time_of_day_only(self) -> bool:
        import pyarrow as pa

        return bool(pa.types.is_time(self.schema.arrow_type))

    @property
    def _calendar_unit(self) -> str:
        return self.schema.granularity if self.schema.granularity in ("year", "month") else "day"  # type: ignore[return-value]

    @property
    def _clock_unit(self) -> int:
        """Microseconds in a tick of the time of day; 0 where there is none."""
        granularity = self.schema.granularity or "day"
        if granularity in ("year", "month", "day"):
            return 0
        return _UNIT.get(granularity, 1)

    def _split(self, ticks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Calendar numbers (years, months or days since 1970) and ticks of the time of day."""
        days = np.floor_divide(ticks, _DAY)
        clock = (ticks - days * _DAY) // (self._clock_unit or _DAY)
        if self._calendar_unit == "day":
            return days, clock
        dates = days.astype("datetime64[D]")
        unit = "datetime64[Y]" if self._calendar_unit == "year" else "datetime64[M]"
        return dates.astype(unit).astype(np.int64), clock

    def _numbers(self, calendar: np.ndarray, clock: np.ndarray) -> list[np.ndarray]:
        numbers: list[np.ndarray] = []
        if not self._time_of_day_only:
            if self.weekly:
                numbers += [np.floor_divide(calendar + _MONDAY, 7), (calendar + _MONDAY) % 7]
            else:
                numbers.append(calendar)
        if self._clock_unit:
            numbers.append(clock)
        return numbers

    def first_code(self, ticks: int) -> int:
        """The code of the first part (week, day, month or time of day) in which a microsecond since 1970 falls."""
        number = self._numbers(*self._split(np.array([ticks], dtype=np.int64)))[0].astype(np.float64)
        return int(self.bins[0].locate(number, np.zeros(1, dtype=bool)).codes[0])

    @property
    def _part_names(self) -> list[str]:
        names = [] if self._time_of_day_only else (["week", "weekday"] if self.weekly else ["date"])
        names += ["clock"] if self._clock_unit else []
        name = self.schema.name
        return [name if i == 0 else f"{name} · {part}" for i, part in enumerate(names)]

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        return tuple(
            bins.spec(name, self.schema.name, self.has_nulls and place == 0)
            for place, (name, bins) in enumerate(zip(self._part_names, self.bins, strict=True))
        )

    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        nulls = column.is_null().to_numpy()
        calendar, clock = self._split(to_microseconds(column, self.schema.format))
        numbers = self._numbers(calendar, clock)
        parts = [bins.locate(v.astype(np.float64), nulls) for v, bins in zip(numbers, self.bins, strict=True)]
        nowhere = np.zeros(len(nulls), dtype=bool)  # the first part alone says what is missing
        return (parts[0], *(EncodedColumn(p.codes, p.residuals, nowhere) for p in parts[1:]))

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        numbers = [bins.values(part).astype(np.int64) for part, bins in zip(parts, self.bins, strict=True)]
        ticks = np.zeros(len(parts[0]), dtype=np.int64)
        if self._clock_unit:
            ticks += numbers.pop() * self._clock_unit
        if self.weekly:
            ticks += (numbers[0] * 7 + numbers[1] - _MONDAY) * _DAY
        elif numbers and self._calendar_unit == "day":
            ticks += numbers[0] * _DAY
        elif numbers:
            unit = "datetime64[Y]" if self._calendar_unit == "year" else "datetime64[M]"
            ticks += numbers[0].astype(unit).astype("datetime64[D]").astype(np.int64) * _DAY
        return from_microseconds(ticks, parts[0].nulls, self.schema.arrow_type, self.schema.format)

    def state(self) -> dict[str, Any]:
        return {"bins": [b.state() for b in self.bins], "weekly": self.weekly, "has_nulls": self.has_nulls}

    def restore(self, state: dict[str, Any]) -> None:
        self.bins = [Bins.from_state(b) for b in state["bins"]]
        self.weekly, self.has_nulls = bool(state["weekly"]), bool(state["has_nulls"])


def from_microseconds(ticks: np.ndarray, nulls: np.ndarray, kind: pa.DataType, form: str | None) -> pa.Array:
    """An Arrow array of a temporal type, or of text in format ``form``, from microseconds since 1970."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_time(kind):
        factor = {"s": 1_000_000, "ms": 1_000, "us": 1}.get(kind.unit)
        raw = ticks // factor if factor else ticks * 1000
        integers = pa.array(raw.astype(np.int32 if kind.bit_width == 32 else np.int64), mask=nulls)
        return integers.cast(kind)
    stamps = pa.array(ticks, mask=nulls).cast(pa.timestamp("us"))
    if pa.types.is_string(kind):
        return pc.strftime(stamps.cast(pa.timestamp("s")), format=form)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        zoned = pc.assume_timezone(stamps, kind.tz, ambiguous="earliest", nonexistent="latest")
        return zoned.cast(kind)
    return stamps.cast(kind, safe=False)

"""Parts of a date (year, weekday, hour …) and the time between two dates in whole or rounded units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthloom.encoding.derivation_kinds.base import Computed, Derivation, ticks_of
from synthloom.encoding.derivation_kinds.mapping import Label, look_up, nearest
from synthloom.encoding.derivation_kinds.rounded import Rounding, rounded
from synthloom.encoding.derivation_kinds.values import ColumnValues

DAY = 86_400_000_000
UNITS = {"weeks": 7 * DAY, "days": DAY, "hours": DAY // 24, "minutes": DAY // 1440, "seconds": 1_000_000}
"""Microseconds in the units in which a time between two dates may be written."""

TRUNCATIONS = {"minute": DAY // 1440, "hour": DAY // 24, "day": DAY}
"""Microseconds in the units to whose start a time may be cut; months and years besides."""

PARTS = (
    "year",
    "quarter",
    "month",
    "week",
    "day of the year",
    "day",
    "weekday",
    "weekday from Sunday",
    "hour",
    "minute",
)
"""What can be read off a date; weekdays count from 0, weeks are those of ISO 8601."""


def date_part(ticks: np.ndarray, part: str) -> np.ndarray:
    """The part int64 [n] of microseconds since 1970."""
    days = np.floor_divide(ticks, DAY)
    if part in ("hour", "minute"):
        clock = ticks - days * DAY
        return clock // (DAY // 24) if part == "hour" else clock // (DAY // 1440) % 60
    if part.startswith("weekday"):
        return (days + (3 if part == "weekday" else 4)) % 7  # 1970-01-01 was a Thursday
    dates = days.astype("datetime64[D]")
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    if part == "year":
        return years.astype(np.int64) + 1970
    if part in ("month", "quarter"):
        month = months.astype(np.int64) % 12
        return month + 1 if part == "month" else month // 3 + 1
    if part in ("day", "day of the year"):
        first_day = (months if part == "day" else years).astype("datetime64[D]")
        return (dates - first_day).astype(np.int64) + 1
    return _iso_week(days)


def _iso_week(days: np.ndarray) -> np.ndarray:
    """The ISO 8601 week of days since 1970."""
    thursday = days - (days + 3) % 7 + 3  # the ISO week belongs to the year of its Thursday
    first = thursday.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return (thursday - first) // 7 + 1


@dataclass(frozen=True)
class DatePart(Derivation):
    """A part of a date plus ``offset``, or a value for each part (``Monday``, ``Q1``)."""

    part: str = "year"
    offset: int = 0
    keys: tuple[int, ...] = ()
    labels: tuple[Label, ...] = ()
    kind: ClassVar[str] = "date_part"

    @property
    def cost(self) -> float:
        return 8.0 + 3.0 * len(self.keys)

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        values = sources[self.sources[0]]
        parts = date_part(ticks_of(values), self.part)
        if not self.keys:
            return Computed(parts + self.offset, values.missing)
        return Computed(look_up(nearest(np.asarray(self.keys), parts), self.labels), values.missing)


@dataclass(frozen=True)
class Elapsed(Derivation):
    """The time from the first source to the second in a unit, rounded or not."""

    unit: str = "days"
    rounding: Rounding = "floor"
    decimals: int = 0
    kind: ClassVar[str] = "elapsed"

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        start, end = (ticks_of(sources[name]) for name in self.sources)
        missing = self._missing(sources)
        elapsed = np.where(missing, 0.0, (end - start) / UNITS[self.unit])
        if self.rounding == "none":
            return Computed(elapsed, missing)
        return Computed(rounded(elapsed, self.rounding, self.decimals), missing)


@dataclass(frozen=True)
class Truncated(Derivation):
    """The start of the day, hour, minute, month or year in which another date or time falls."""

    unit: str = "day"
    kind: ClassVar[str] = "truncated"

    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        values = sources[self.sources[0]]
        ticks = ticks_of(values)
        if self.unit in TRUNCATIONS:
            size = TRUNCATIONS[self.unit]
            return Computed(np.floor_divide(ticks, size) * size, values.missing)
        dates = np.floor_divide(ticks, DAY).astype("datetime64[D]")
        start = dates.astype("datetime64[M]" if self.unit == "month" else "datetime64[Y]").astype("datetime64[D]")
        return Computed(start.astype(np.int64) * DAY, values.missing)

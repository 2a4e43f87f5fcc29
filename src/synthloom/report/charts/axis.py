"""Ticks that people read easily, on linear, logarithmic and time axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from markupsafe import Markup

from synthloom.report.charts.svg import WIDTH, label, line
from synthloom.report.formatting import format_date, format_short, text_width

Tick = tuple[float, str]

_DAY = 86_400.0
_YEAR = 365.25 * _DAY
_CLOCK_STEPS = (1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 10_800.0, 21_600.0, 43_200.0)
_DAY_STEPS = (1.0, 2.0, 7.0, 14.0)
_MONTH_STEPS = (1, 2, 3, 6)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nice_step(span: float, count: int) -> float:
    """The step of 1, 2 or 5 times a power of ten that cuts ``span`` into about ``count`` parts."""
    rough = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    bounds = ((1.5, 1.0), (3.5, 2.0), (7.5, 5.0))
    return power * next((factor for bound, factor in bounds if rough / power < bound), 10.0)


def linear_ticks(low: float, high: float, count: int = 5) -> list[Tick]:
    """Ticks of ``low`` to ``high`` at round numbers."""
    span = high - low
    if not math.isfinite(span) or span <= max(1e-300, 1e-12 * max(abs(low), abs(high))):
        return [(low, format_short(low))]
    step = nice_step(span, count)
    first = math.ceil(low / step - 1e-9)
    values = [(first + place) * step for place in range(count * 3) if (first + place) * step <= high + 1e-9 * step]
    return [(value, format_short(round(value, 12))) for value in values]


def log_ticks(low: float, high: float) -> list[Tick]:
    """Ticks at powers of ten and, where these are few, at 2 and 5 of each: the powers stand first."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1.0,) if math.log10(high) - math.log10(low) > 4 else (1.0, 5.0, 2.0)
    values = [factor * 10.0**power for factor in factors for power in powers]
    return [(value, format_short(value)) for value in values if low * 0.999 <= value <= high * 1.001]


def time_ticks(low: float, high: float, count: int = 4) -> list[Tick]:
    """Ticks of two points in time (seconds since 1970) at years, months, days or clock times."""
    span = high - low
    if span <= 0:
        return [(low, format_date(low, "day"))]
    if span >= 4 * _YEAR:
        return _year_ticks(low, high, max(1, round(nice_step(span / _YEAR, count))))
    if span >= 90 * _DAY:
        return _month_ticks(low, high, count)
    days = span >= 3 * _DAY
    steps = [step * _DAY for step in _DAY_STEPS] if days else list(_CLOCK_STEPS)
    step = next((step for step in steps if span / step <= count + 1), steps[-1])
    unit = "day" if days else "second" if span <= 600 else "minute"
    first = math.ceil(low / step)
    values = [(first + place) * step for place in range(20) if (first + place) * step <= high]
    return [(value, format_date(value, unit)) for value in values]


def _year_ticks(low: float, high: float, step: int) -> list[Tick]:
    first, last = (_moment(value).year for value in (low, high))
    years = range(first - first % step, last + 1, step)
    starts = [(datetime(max(1, year), 1, 1, tzinfo=UTC) - _EPOCH).total_seconds() for year in years]
    return [(start, str(year)) for start, year in zip(starts, years, strict=True) if low <= start <= high]


def _month_ticks(low: float, high: float, count: int) -> list[Tick]:
    begin, end = _moment(low), _moment(high)
    months = (end.year - begin.year) * 12 + end.month - begin.month + 1
    step = next((step for step in _MONTH_STEPS if months / step <= count + 1), 12)
    first = begin.year * 12 + begin.month - 1
    ticks = []
    for month in range(first - first % step, first + months + 1, step):
        start = (datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()
        if low <= start <= high:
            ticks.append((start, format_date(start, "month")))
    return ticks


def _moment(seconds: float) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return datetime(9998 if seconds > 0 else 1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Span:
    """A tick at ``x`` and where its label lies."""

    x: float
    start: float
    width: float
    text: str

    def touches(self, other: _Span) -> bool:
        return self.start < other.start + other.width + 7 and other.start < self.start + self.width + 7


def horizontal_axis(
    ticks: Sequence[Tick], place: Callable[[float], float], *, left: float, right: float, y: float, even: bool = True
) -> list[Markup]:
    """A base line with labels below it that do not touch.

    Args:
        ticks: values and labels.
        place: turns a tick's value into its horizontal coordinate.
        left: where the line starts.
        right: where it ends.
        y: its height.
        even: whether every second, third, … tick is shown where there are too many; otherwise the
            ticks that stand first win.
    """
    spans = []
    for value, text in ticks:
        x, width = place(value), text_width(text)
        spans.append(_Span(x, min(max(x - width / 2, 1.0), WIDTH - 1 - width), width, text))
    parts = [line(left, y, right, y, "axis")]
    for span in _evenly(spans) if even else _greedily(spans):
        middle = span.start + span.width / 2
        parts += [line(span.x, y, span.x, y + 4, "axis"), label(span.text, middle, y + 17, anchor="middle")]
    return parts


def _evenly(spans: list[_Span]) -> list[_Span]:
    stride = 1
    while stride < len(spans) and any(a.touches(b) for a, b in pairwise(spans[::stride])):
        stride += 1
    return spans[::stride]


def _greedily(spans: list[_Span]) -> list[_Span]:
    kept: list[_Span] = []
    for span in spans:
        if not any(span.touches(other) for other in kept):
            kept.append(span)
    return kept

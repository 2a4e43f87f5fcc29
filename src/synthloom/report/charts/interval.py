"""A figure as a dot with its 95 % interval, against what real holdout rows reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from synthloom.finding import Finding
from synthloom.report.charts.svg import WIDTH, element, figure, label, line
from synthloom.report.formatting import format_number, is_number, text_width

_LEFT, _RIGHT, _MIDDLE, _HEIGHT = 8.0, WIDTH - 8.0, 22.0, 60.0
_LEAST_SPAN = 0.2
_LARGEST = 1e100
_ZOOM = 0.25
"""A picture shows at least this part of the figure's range, so that trifles do not look large."""


@dataclass(frozen=True)
class _Window:
    low: float
    high: float

    def place(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _LEFT + min(1.0, max(0.0, share)) * (_RIGHT - _LEFT)


def interval_chart(finding: Finding) -> Markup | None:
    """Dot, whisker and reference of one finding; ``None`` where it has no finite value."""
    value = finding.value
    if value is None or not _drawable(value):
        return None
    window = _window(finding)
    parts = [line(_LEFT, _MIDDLE, _RIGHT, _MIDDLE, "track")]
    said = [f"value {format_number(value)}"]
    if finding.reference is not None and _drawable(finding.reference):
        x = window.place(finding.reference)
        parts.append(line(x, _MIDDLE - 13, x, _MIDDLE + 13, "ref"))
        said.append(f"real holdout {format_number(finding.reference)}")
    if finding.interval is not None and all(map(_drawable, finding.interval)):
        low, high = (window.place(bound) for bound in finding.interval)
        whisker = f"M{low:.1f} {_MIDDLE - 5}v10M{low:.1f} {_MIDDLE}H{high:.1f}M{high:.1f} {_MIDDLE - 5}v10"
        parts.append(element("path", d=whisker, class_="whisker"))
        said.append(f"95 % interval {format_number(finding.interval[0])} to {format_number(finding.interval[1])}")
    parts.append(element("circle", cx=window.place(value), cy=_MIDDLE, r=6.0, class_=f"dot {finding.verdict}"))
    parts += _ends(finding, window)
    return figure(
        parts,
        width=WIDTH,
        height=_HEIGHT,
        title=finding.name.replace("_", " "),
        description=", ".join(said) + ".",
        class_="chart interval",
    )


def _ends(finding: Finding, window: _Window) -> list[Markup]:
    """The window's limits, and where the best is: inside, or by an arrow on its side."""
    left, right = format_number(window.low), format_number(window.high)
    y, parts = _MIDDLE + 31, []
    best = finding.best
    inside = best is not None and _drawable(best) and window.low < best < window.high
    if inside and best is not None:
        text, x = f"best {format_number(best)}", window.place(best)
        half = text_width(text) / 2
        inside = x - half > _LEFT + text_width(left) + 6 and x + half < _RIGHT - text_width(right) - 6
        if inside:
            parts += [label(text, x, y, anchor="middle", class_="quiet"), line(x, y - 14, x, y - 10, "axis")]
    if not inside and finding.direction == "higher_is_better":
        right = f"better → {right}"
    elif not inside and finding.direction == "lower_is_better":
        left = f"{left} ← better"
    return [*parts, label(left, _LEFT, y, class_="quiet"), label(right, _RIGHT, y, anchor="end", class_="quiet")]


def _window(finding: Finding) -> _Window:
    """The part of the figure's range to show: all marks with room around them."""
    points = [finding.value, finding.reference, finding.best, *(finding.interval or ())]
    marks = [float(point) for point in points if point is not None and _drawable(point)]
    low, high = min(marks), max(marks)
    limits = finding.range if finding.range is not None and all(map(_drawable, finding.range)) else None
    if limits is None or not limits[0] < limits[1]:
        least = _LEAST_SPAN if max(abs(low), abs(high)) <= 1 else 0.2 * max(abs(low), abs(high))
        room = max(high - low, least) * 0.15 + max(0.0, least - (high - low)) / 2
        return _opened(_rounded(low - room, least), _rounded(high + room, least))
    whole = limits[1] - limits[0]
    width = min(whole, max(_ZOOM * whole, (high - low) * 1.25))
    start = (low + high) / 2 - width / 2
    start = min(max(start, limits[0]), limits[1] - width)
    # marks outside the declared range widen the window: hiding them would be worse
    return _opened(min(_rounded(start, width), low), max(_rounded(start + width, width), high))


def _drawable(value: float) -> bool:
    """Whether a figure is finite and small enough to reckon with."""
    return is_number(value) and abs(value) < _LARGEST


def _opened(low: float, high: float) -> _Window:
    """The window, widened where rounding closed it."""
    room = 0.0 if low < high else 0.1 * max(1.0, abs(low))
    return _Window(low - room, high + room)


def _rounded(value: float, width: float) -> float:
    """``value`` to a hundredth of the window's width or coarser, so that the ends read well."""
    if width < 1 / _LARGEST:  # too narrow to reckon with
        return value
    digits = 1 - math.floor(math.log10(width))
    return round(value, digits)

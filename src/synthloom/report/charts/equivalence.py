"""Differences with their intervals, one a row, against a margin of equivalence."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from synthloom.report.charts.svg import element, figure, label, line, rectangle
from synthloom.report.formatting import fit_text, format_number

_FARTHEST = 6.0
"""Margins that the picture spans to either side; what lies beyond stands at its edge, with its figure."""
_WIDTH, _ROW, _LABELS, _EDGE, _FOOT = 700.0, 24.0, 200.0, 56.0, 26.0


def equivalence_chart(rows: Sequence[tuple[str, float, tuple[float, float], str]], margin: float) -> Markup | None:
    """One line for each ``(name, difference, interval, level)``; ``None`` if there are none.

    The band in the middle is the margin within which two scores count as equivalent.
    """
    if not rows:
        return None
    outermost = max(max(abs(low), abs(high)) for _, _, (low, high), _ in rows)
    reach = min(max(2 * margin, outermost * 1.05), _FARTHEST * margin)
    left, right = _LABELS + _EDGE, _WIDTH - _EDGE

    def place(value: float) -> float:
        return left + (min(1.0, max(-1.0, value / reach)) + 1) / 2 * (right - left)

    bottom = len(rows) * _ROW
    parts = [
        rectangle(place(-margin), 0.0, place(margin) - place(-margin), bottom, "none"),
        line(place(0.0), 0.0, place(0.0), bottom, "axis"),
    ]
    for number, (name, difference, (low, high), level) in enumerate(rows):
        y = number * _ROW + _ROW / 2
        start, end = place(low), place(high)
        whisker = f"M{start:.1f} {y - 4:.1f}v8M{start:.1f} {y:.1f}H{end:.1f}M{end:.1f} {y - 4:.1f}v8"
        parts += [
            label(fit_text(name, _LABELS), _LABELS, y + 4, anchor="end"),
            element("path", d=whisker, class_="whisker"),
            element("circle", cx=place(difference), cy=y, r=4.5, class_=f"dot {level}"),
        ]
        if abs(difference) > reach:
            side, anchor = (10.0, "start") if difference > 0 else (-10.0, "end")
            parts.append(label(format_number(difference), place(difference) + side, y + 4, anchor=anchor))
    y = bottom + 16
    parts += [
        label(format_number(-margin), place(-margin), y, anchor="middle", class_="quiet"),
        label("0", place(0.0), y, anchor="middle", class_="quiet"),
        label(format_number(margin), place(margin), y, anchor="middle", class_="quiet"),
    ]
    if place(margin) < right - 110:
        parts.append(label("synthetic worse →", right, y, anchor="end", class_="quiet"))
    said = "; ".join(f"{name}: {format_number(difference)}" for name, difference, _, _ in rows)
    return figure(
        parts,
        width=_WIDTH,
        height=bottom + _FOOT,
        title="Score of models trained on real rows less that of models trained on synthetic rows",
        description=f"{said}.",
        class_="chart wide",
    )

"""One column, real over synthetic: the synthetic data are the filled shape, the real data the outline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from synthloom.report.charts.axis import Tick, horizontal_axis, linear_ticks, log_ticks, time_ticks
from synthloom.report.charts.svg import WIDTH, element, figure, label, line, rectangle, step_path
from synthloom.report.formatting import fit_text, format_share, is_number, shorten

_HISTOGRAM_HEIGHT = 184.0
_TOP, _BASE = 18.0, 158.0
_LEFT, _RIGHT = 6.0, WIDTH - 6.0
_MAXIMUM_BARS = 6
_LABEL_WIDTH = 112.0
_DAY = 86_400.0
_SPIKE_SHARE, _SPIKE_RATIO = 0.3, 8.0

OTHER, UNSEEN = "(other)", "(not in the training rows)"
"""What the evaluation calls the categories that it gathers, and those that only synthetic rows hold."""


def distribution_chart(name: str, detail: Mapping[str, Any]) -> Markup | None:
    """The picture of one column, or ``None`` where ``detail`` holds no data for one.

    Args:
        name: the column's name.
        detail: ``{"kind": "histogram", "edges": n + 1 numbers, "real": n, "synthetic": n}``, with
            ``"scale": "log"`` or ``"datetime": true`` (edges in days since 1970) where they apply,
            or ``{"kind": "bars", "labels": n texts, "real": n, "synthetic": n}``. Heights may be
            counts or shares.
    """
    real, synthetic = _shares(detail.get("real")), _shares(detail.get("synthetic"))
    if real is None or synthetic is None or len(real) != len(synthetic):
        return None
    if detail.get("kind") == "bars":
        labels = detail.get("labels")
        if not isinstance(labels, Sequence) or isinstance(labels, str) or len(labels) != len(real):
            return None
        return _bars(name, [str(text) for text in labels], real, synthetic)
    scale = _scale(detail, len(real))
    return None if scale is None else _histogram(name, scale, real, synthetic)


def _shares(values: Any) -> list[float] | None:
    """Heights that sum to one; ``None`` if they are no list of heights."""
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        return None
    heights = [max(0.0, float(value)) if is_number(value) else 0.0 for value in values]
    largest = max(heights)
    if largest == 0:
        return heights
    parts = [height / largest for height in heights]  # divided first: a sum of huge heights would overflow
    total = math.fsum(parts)
    return [part / total for part in parts]


def _distance(real: Sequence[float], synthetic: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(real, synthetic, strict=True)) / 2


@dataclass(frozen=True)
class _Scale:
    """Bin edges and ticks, both as plain or as logarithmic numbers: what is drawn side by side."""

    edges: list[float]
    ticks: list[Tick]
    logarithmic: bool = False

    def place(self, edge: float) -> float:
        """The horizontal place of an edge or a tick."""
        low, high = self.edges[0], self.edges[-1]
        share = (edge - low) / (high - low) if high > low else 0.5
        return _LEFT + min(1.0, max(0.0, share)) * (_RIGHT - _LEFT)


def _edges(raw: Any, bins: int) -> list[float] | None:
    """``bins + 1`` finite edges that never fall, or ``None``."""
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != bins + 1:
        return None
    edges = [edge for edge in map(_number_of, raw) if edge is not None]
    falls = any(right < left for left, right in pairwise(edges))
    return None if len(edges) != bins + 1 or falls or not math.isfinite(edges[-1] - edges[0]) else edges


def _scale(detail: Mapping[str, Any], bins: int) -> _Scale | None:
    edges = _edges(detail.get("edges"), bins)
    if edges is None:
        return None
    if edges[0] == edges[-1] and bins == 1:
        edges = [edges[0] - 0.5, edges[0] + 0.5]
    low, high = edges[0], edges[-1]
    if detail.get("datetime"):
        return _Scale(edges, [(tick / _DAY, text) for tick, text in time_ticks(low * _DAY, high * _DAY)])
    if detail.get("scale") == "log" and (low > 0 or (low == 0 and bins > 1 and edges[1] > 0)):
        return _log_scale(edges)
    return _Scale(edges, linear_ticks(low, high))


def _log_scale(edges: list[float]) -> _Scale:
    """Logarithms of the edges; a first bin that starts at zero gets a place of its own on the left."""
    positive = edges if edges[0] > 0 else edges[1:]
    drawn = [math.log10(edge) for edge in positive]
    ticks = [(math.log10(value), text) for value, text in log_ticks(positive[0], positive[-1])]
    if len(positive) < len(edges):
        width = 1.5 * (drawn[-1] - drawn[0]) / (len(drawn) - 1)
        drawn.insert(0, drawn[0] - width)
        ticks.insert(0, (drawn[0] + width / 2, "0"))
    return _Scale(drawn, ticks, logarithmic=True)


def _number_of(edge: Any) -> float | None:
    """A bin edge as a number; dates and ISO texts as days since 1970 in UTC."""
    if is_number(edge):
        return float(edge)
    if isinstance(edge, str):
        try:
            edge = datetime.fromisoformat(edge)
        except ValueError:
            return None
    if isinstance(edge, date) and not isinstance(edge, datetime):
        edge = datetime(edge.year, edge.month, edge.day, tzinfo=UTC)
    if isinstance(edge, datetime):
        return edge.replace(tzinfo=edge.tzinfo or UTC).timestamp() / _DAY
    return None


def _histogram(name: str, scale: _Scale, real: list[float], synthetic: list[float]) -> Markup:
    places = [scale.place(edge) for edge in scale.edges]
    widths = [max(0.75, right - left) for left, right in pairwise(places)]
    # area shows the share, so that bins of unequal width compare
    densities = [[share / width for share, width in zip(shares, widths, strict=True)] for shares in (real, synthetic)]
    peak = max(max(heights) for heights in densities) or 1.0
    middle = sorted(height for heights in densities for height in heights if height > 0)
    # beside one tall spike the rest would be invisible: then heights follow the square root
    spike = max(*real, *synthetic) > _SPIKE_SHARE and len(real) > 3
    rooted = spike and peak > _SPIKE_RATIO * middle[len(middle) // 2]
    tops = [
        [_BASE - (_BASE - _TOP) * ((height / peak) ** (0.5 if rooted else 1.0)) for height in heights]
        for heights in densities
    ]
    parts = [
        element("path", d=step_path(places[:-1], places[-1], tops[1], _BASE) + "Z", class_="syn"),
        element("path", d=step_path(places[:-1], places[-1], tops[0], _BASE), class_="real"),
        *horizontal_axis(scale.ticks, scale.place, left=_LEFT, right=_RIGHT, y=_BASE, even=not scale.logarithmic),
    ]
    if rooted:
        parts.append(label("heights: square root", _RIGHT, 11.0, anchor="end", class_="quiet"))
    description = (
        f"Histogram of {len(real)} bins{', logarithmic axis' if scale.logarithmic else ''}"
        f"{', heights on a square-root scale' if rooted else ''}. "
        f"{format_share(_distance(real, synthetic))} of the rows would have to move for the two to be equal."
    )
    title = f"{shorten(name, 80)}: real (outline) and synthetic (filled)"
    return figure(parts, width=WIDTH, height=_HISTOGRAM_HEIGHT, title=title, description=description)


def _bar_rows(labels: list[str], real: list[float], synthetic: list[float]) -> list[tuple[str, float, float]]:
    """The most frequent categories, then all others in one row, then what only the synthetic rows hold."""
    everywhere = [place for place, label in enumerate(labels) if label not in (OTHER, UNSEEN)]
    order = sorted(everywhere, key=lambda place: (-max(real[place], synthetic[place]), place))
    others = [place for place, label in enumerate(labels) if label == OTHER]
    shown = order if len(order) + len(others) <= _MAXIMUM_BARS + 1 else order[:_MAXIMUM_BARS]
    rest = order[len(shown) :] + others
    rows = [(labels[place], real[place], synthetic[place]) for place in shown]
    if rest:
        text = "all others" if others else f"{len(rest):,} more"
        rows.append((text, sum(real[place] for place in rest), sum(synthetic[place] for place in rest)))
    unseen = [place for place, label in enumerate(labels) if label == UNSEEN]
    return rows + [("not in real", real[place], synthetic[place]) for place in unseen]


def _bars(name: str, labels: list[str], real: list[float], synthetic: list[float]) -> Markup:
    rows = _bar_rows(labels, real, synthetic)
    peak = max(max(a, b) for _, a, b in rows) or 1.0
    left = _LABEL_WIDTH + 8

    def place(share: float) -> float:
        return left + (_RIGHT - left) * share / peak

    height = min(38.0, max(22.0, 152.0 / len(rows)))
    parts: list[Markup] = []
    for row, (text, share_real, share_synthetic) in enumerate(rows):
        y = 4 + row * height
        parts += [
            label(fit_text(text or "(empty text)", _LABEL_WIDTH), _LABEL_WIDTH, y + height / 2 + 4, anchor="end"),
            rectangle(left, y + 3, place(share_synthetic) - left, height - 6, "syn"),
            rectangle(left, y + 3, place(share_real) - left, height - 6, "real"),
        ]
    base = 4 + len(rows) * height + 2
    ticks = [(value, format_share(value)) for value, _ in linear_ticks(0.0, peak, 3)]
    parts += [line(left, 4.0, left, base, "axis"), *horizontal_axis(ticks, place, left=left, right=_RIGHT, y=base)]
    listed = "; ".join(f"{shorten(t, 40)}: real {format_share(a)}, synthetic {format_share(b)}" for t, a, b in rows)
    title = f"{shorten(name, 80)}: real (outline) and synthetic (filled)"
    return figure(parts, width=WIDTH, height=base + 24, title=title, description=f"Shares of categories. {listed}.")

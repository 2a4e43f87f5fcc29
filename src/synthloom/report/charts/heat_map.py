"""A square matrix of figures between pairs of columns, as a heat map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from synthloom.report.charts.svg import element, figure, label, number, rectangle
from synthloom.report.formatting import fit_text, format_number, is_number, shorten

Colours = Literal["sequential", "diverging"]
Matrix = list[list[float | None]]

_LEVELS = 9
_LABELS = 104.0


@dataclass(frozen=True)
class ColourScale:
    """How figures become one of nine colours.

    ``sequential`` runs from 0 to ``limit``, ``diverging`` from ``-limit`` to ``limit``.
    """

    colours: Colours
    limit: float

    def level(self, value: float | None) -> str:
        """The CSS class of a figure's colour."""
        if value is None:
            return "none"
        low = 0.0 if self.colours == "sequential" else -self.limit
        share = min(1.0, max(0.0, (value - low) / (self.limit - low)))
        return f"{self.colours[0]}{min(_LEVELS - 1, int(share * _LEVELS))}"


def matrix_of(values: Any, size: int) -> Matrix | None:
    """``size`` by ``size`` figures, ``None`` where one is missing; ``None`` if the shape differs."""
    if not isinstance(values, Sequence) or len(values) != size:
        return None
    rows: Matrix = []
    for row in values:
        if not isinstance(row, Sequence) or len(row) != size:
            return None
        rows.append([float(value) if is_number(value) else None for value in row])
    return rows


def difference_scale(matrix: Matrix) -> ColourScale:
    """The scale for differences: symmetric, at least ±0.1 so that noise does not glow."""
    largest = max((abs(v) for row in matrix for v in row if v is not None), default=0.0)
    return ColourScale("diverging", max(0.1, math.ceil(largest * 10) / 10))


def association_scale(*matrices: Matrix) -> ColourScale:
    """The scale for associations, up to the strongest one off the diagonal; signed if any is below zero."""
    figures = [
        value
        for matrix in matrices
        for row, values in enumerate(matrix)
        for column, value in enumerate(values)
        if value is not None and row != column
    ]
    largest = max((abs(value) for value in figures), default=1.0)
    signed = any(value < -0.005 for value in figures)
    return ColourScale("diverging" if signed else "sequential", max(0.2, math.ceil(largest * 10) / 10))


def heat_map(names: Sequence[str], matrix: Matrix, scale: ColourScale, *, title: str) -> Markup:
    """The matrix with its names down the side and along the top."""
    cell, side = _cell(len(names)), number(_cell(len(names)) - 1)
    origin = _LABELS + 6
    cells: dict[str, list[str]] = {}
    for row, figures in enumerate(matrix):
        for column, value in enumerate(figures):
            place = f"M{number(origin + column * cell)} {number(origin + row * cell)}"
            # the diagonal compares a column with itself: it says nothing
            level = "none" if row == column else scale.level(value)
            cells.setdefault(level, []).append(f"{place}h{side}v{side}h-{side}z")
    parts = [element("path", d="".join(cells[level]), class_=level) for level in sorted(cells)]
    for order, name in enumerate(names):
        middle = origin + (order + 0.5) * cell
        text = fit_text(name, _LABELS - 4)
        parts.append(label(text, _LABELS, middle + 3, anchor="end"))
        turned = f"rotate(-90 {number(middle + 4)} {number(_LABELS)})"
        parts.append(label(text, middle + 4, _LABELS, transform=turned))
    width = map_width(len(names))
    description = _in_words(names, matrix)
    return figure(parts, width=width, height=width, title=title, description=description, class_="chart matrix")


def _cell(size: int) -> float:
    return 20.0 if size <= 12 else 16.0 if size <= 20 else 14.0


def map_width(size: int) -> float:
    """The width of a map of ``size`` columns in pixels; narrower, its text could not be read."""
    return _LABELS + 6 + size * _cell(size)


def _in_words(names: Sequence[str], matrix: Matrix) -> str:
    pairs = [
        (abs(value), shorten(names[row], 40), shorten(names[column], 40), value)
        for row, figures in enumerate(matrix)
        for column, value in enumerate(figures[:row])
        if value is not None
    ]
    pairs.sort(key=lambda pair: -pair[0])
    listed = "; ".join(f"{a} and {b}: {format_number(value)}" for _, a, b, value in pairs[:3])
    return f"{len(names)} columns. Largest: {listed}." if listed else f"{len(names)} columns, no figures."


def colour_legend(scale: ColourScale) -> Markup:
    """The nine colours from the lowest figure to the highest."""
    low = 0.0 if scale.colours == "sequential" else -scale.limit
    parts = [rectangle(60 + 18.0 * n, 4.0, 17.0, 12.0, f"{scale.colours[0]}{n}") for n in range(_LEVELS)]
    parts += [
        label(format_number(low), 54.0, 15.0, anchor="end"),
        label(format_number(scale.limit), 60 + 18.0 * _LEVELS + 6, 15.0),
    ]
    description = f"From {format_number(low)} to {format_number(scale.limit)}."
    return figure(parts, width=290.0, height=20.0, title="Colours", description=description, class_="chart legend")

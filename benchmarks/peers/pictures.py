"""Pictures of the benchmark as SVG files that look right on light and dark pages: one point a table and system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

from synthloom.report.charts.svg import element, label, line, number

WIDTH, LEFT, RIGHT, ROW, HEAD = 760.0, 170.0, 24.0, 34.0, 62.0
LEGEND_STEP = 20.0
_LIGHT = ("#0b6e4f", "#c8553d", "#33658a", "#8e5572", "#b8860b", "#5c6f2c", "#6d4c97", "#7a7a7a", "#00838f", "#a0522d")
_DARK = ("#58d3a5", "#ff9b85", "#8cc0e8", "#d9a0bf", "#f0c75e", "#b3c97a", "#c0a6ea", "#bdbdbd", "#6fd6e0", "#e0a37e")


@dataclass(frozen=True)
class Point:
    """A value of one system on one table; half the range over splits is drawn as a line."""

    table: str
    system: str
    value: float
    spread: float = 0.0


def dot_plot(points: Sequence[Point], *, title: str, axis: str, logarithmic: bool = False, best: float | None = None) -> str:
    """An SVG document with a row for each table and a colour for each system, both in the order of the points."""
    tables, systems = (list(dict.fromkeys(getattr(p, kind) for p in points)) for kind in ("table", "system"))
    columns = 3
    legend = LEGEND_STEP * -(-len(systems) // columns)
    top, bottom = HEAD + legend, HEAD + legend + ROW * len(tables)
    low, high, ticks = _axis([v for p in points for v in (p.value - p.spread, p.value + p.spread)], logarithmic, best)

    def x(value: float) -> float:
        share = (_scaled(value, logarithmic) - low) / (high - low or 1)
        return LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT)

    parts = [label(title, 12, 24, class_="title"), label(axis, 12, 44, class_="soft")]
    for i, system in enumerate(systems):
        at, height = LEFT + 190 * (i % columns), HEAD + LEGEND_STEP * (i // columns)
        parts += [element("circle", cx=at, cy=height - 4, r=5.0, class_=f"s{i}"), label(system, at + 10, height, class_="text")]
    for tick in ticks:
        parts.append(line(x(tick), top, x(tick), bottom, "best" if tick == best else "grid"))
        parts.append(label(f"{tick:g}", x(tick), bottom + 18, anchor="middle", class_="soft"))
    for j, table in enumerate(tables):
        middle = top + ROW * (j + 0.5)
        parts.append(label(table, LEFT - 14, middle + 4, anchor="end", class_="text"))
        parts.append(line(LEFT, top + ROW * (j + 1), WIDTH - RIGHT, top + ROW * (j + 1), "grid"))
        for p in (p for p in points if p.table == table):
            i = systems.index(p.system)
            height = middle + (i - (len(systems) - 1) / 2) * min(4.0, (ROW - 12) / max(1, len(systems)))
            if p.spread:
                parts.append(line(x(max(p.value - p.spread, 1e-9)), height, x(p.value + p.spread), height, f"r{i}"))
            parts.append(element("circle", cx=x(p.value), cy=height, r=5.0, class_=f"s{i}"))
    return _document(parts, bottom + 30, title, f"{axis}; a row for each table, a colour for each system", len(systems))


def _scaled(value: float, logarithmic: bool) -> float:
    return log10(max(value, 1e-9)) if logarithmic else value


def _axis(values: Sequence[float], logarithmic: bool, best: float | None) -> tuple[float, float, list[float]]:
    """Both ends in the scale of the axis, and the ticks in the scale of the values."""
    wanted = [*values, *([best] if best is not None else [])]
    if logarithmic:
        powers = [log10(v) for v in wanted if v > 0]
        lowest, highest = floor(min(powers)), floor(max(powers)) + 1
        return float(lowest), float(highest), [10.0**k for k in range(lowest, highest + 1)]
    low, high = min(wanted), max(wanted)
    step = 10.0 ** floor(log10((high - low) or 1.0))
    step = step / 5 if (high - low) / step < 2 else step / 2 if (high - low) / step < 5 else step
    first = floor(low / step + 1e-9)
    ticks = [round(k * step, 10) for k in range(first, first + 30) if (k - 1) * step < high - 1e-12]
    return ticks[0], ticks[-1], ticks


def _document(parts: Sequence[Markup], height: float, title: str, description: str, systems: int) -> str:
    def rules(colours: Sequence[str], ink: str, soft: str, grid: str, ground: str) -> str:
        named = "".join(f".s{i}{{fill:{c}}}.r{i}{{stroke:{c};stroke-width:2}}" for i, c in zip(range(systems), colours, strict=False))
        return (
            f".ground{{fill:{ground}}}.text{{fill:{ink}}}.title{{fill:{ink};font-size:16px;font-weight:600}}"
            f".soft{{fill:{soft}}}.grid{{stroke:{grid}}}.best{{stroke:{soft};stroke-dasharray:4 3}}{named}"
        )

    style = (
        "text{font:13px system-ui,sans-serif}" + rules(_LIGHT, "#1c1c1c", "#5a5a5a", "#d9d9d9", "#ffffff")
        + "@media (prefers-color-scheme:dark){" + rules(_DARK, "#ececec", "#b5b5b5", "#444444", "#161616") + "}"
    )  # fmt: skip
    drawing = element(
        "svg", element("title", title), element("desc", description), element("style", Markup(style)),
        element("rect", width=WIDTH, height=height, class_="ground"), *parts,
        xmlns="http://www.w3.org/2000/svg", role="img", viewBox=f"0 0 {number(WIDTH)} {number(height)}",
    )  # fmt: skip
    return f"{drawing}\n"

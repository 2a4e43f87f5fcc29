"""What stands on the page: the content sorted into figures, column cards and matrices, and capped in size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from synthloom.finding import Finding, Verdict
from synthloom.report.charts import (
    ColourScale,
    association_scale,
    colour_legend,
    difference_scale,
    distribution_chart,
    heat_map,
    interval_chart,
    map_width,
    matrix_of,
    ranked_bars,
)
from synthloom.report.content import ReportContent
from synthloom.report.formatting import format_number, format_share, is_number, shorten
from synthloom.report.wording import DETAIL_TABLES, FAMILIES, HEADLINES, LEVEL_ORDER, LEVEL_WORDS, humanise, title_of


@dataclass(frozen=True)
class PageLimits:
    """How much of the content is drawn; what is beyond is counted on the page and stands in the JSON.

    Attributes:
        pictures: column pictures.
        matrix: columns in a heat map.
        rows: rows in a table.
        characters: characters in a name or a sentence.
    """

    pictures: int = 120
    matrix: int = 30
    rows: int = 1000
    characters: int = 600

    def halved(self) -> PageLimits:
        """Half of everything."""
        return PageLimits(self.pictures // 2, self.matrix // 2, self.rows // 2, max(40, self.characters // 2))

    @property
    def exhausted(self) -> bool:
        """Whether halving again would save nothing."""
        return self.rows == 0 and self.pictures == 0


@dataclass(frozen=True)
class DetailTable:
    """Rows behind a figure."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """One figure of the whole table, ready to be shown."""

    finding: Finding
    title: str
    value: str
    interval: str
    reference: str
    chart: Markup | None
    importance: Markup | None
    attacker: str
    scores: str
    details: tuple[tuple[str, str], ...]
    tables: tuple[DetailTable, ...]


@dataclass(frozen=True)
class ColumnCard:
    """One column's picture and figures."""

    name: str
    kind: str
    level: str
    value: str
    chart: Markup
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ColumnRow:
    """One column's figure as a line of a table."""

    name: str
    kind: str
    level: str
    value: str
    reference: str
    more: str


@dataclass(frozen=True)
class PairMaps:
    """The heat maps of one finding and the pairs that differ most."""

    title: str
    maps: tuple[tuple[str, Markup, Markup], ...]
    width: float
    shown: int
    total: int
    changes: tuple[tuple[str, str, str, str, str], ...]


def figure_of(finding: Finding) -> Figure:
    """The figure with its texts and pictures."""
    interval = ""
    if finding.interval is not None:
        interval = f"{format_number(finding.interval[0])} to {format_number(finding.interval[1])}"
    return Figure(
        finding=finding,
        title=title_of(finding),
        value=format_number(finding.value),
        interval=interval,
        reference="" if finding.reference is None else format_number(finding.reference),
        chart=interval_chart(finding),
        importance=ranked_bars(finding.detail.get("importance"), title="What gives the synthetic rows away"),
        scores=_scores(finding.detail),
        attacker=str(finding.detail.get("attacker", "")),
        details=detail_lines(finding.detail),
        tables=detail_tables(finding.detail),
    )


def _scores(detail: dict[str, Any]) -> str:
    """What a model scores that was trained on real rows, and on synthetic ones."""
    score, real = (detail.get(key) for key in ("score", "real"))
    source = next((key for key in ("synthetic", "both") if is_number(detail.get(key))), None)
    if not (isinstance(score, str) and is_number(real) and source is not None):
        return ""
    rows = {"synthetic": "on synthetic rows", "both": "on real and synthetic rows"}[source]
    words = f"; {detail['equivalence']}" if isinstance(detail.get("equivalence"), str) else ""
    return (
        f"{humanise(score)} {format_number(real)} trained on real rows, {format_number(detail[source])} {rows}{words}"
    )


def headline_figures(findings: Sequence[Finding], limit: int = 6) -> list[Figure]:
    """The figures to open with: the well-known ones, then the next of each family in turn, and all poor ones."""
    whole = [f for f in findings if f.column is None and is_number(f.value) and f.direction != "information"]
    chosen = [f for name in HEADLINES for f in whole if f.name == name][:limit]
    rest = [f for f in whole if f not in chosen]
    while len(chosen) < limit and rest:
        counts = {family: sum(f.family == family for f in chosen) for family in FAMILIES}
        nearest = min(rest, key=lambda f: counts.get(f.family, 0))
        chosen.append(nearest)
        rest.remove(nearest)
    chosen += [f for f in rest if f.verdict == "poor"][:limit]
    order = list(FAMILIES)
    return [figure_of(f) for f in sorted(chosen, key=lambda f: order.index(f.family))]


def detail_lines(detail: dict[str, Any], limit: int = 12) -> tuple[tuple[str, str], ...]:
    """The plain numbers and short texts of a finding's detail, one level of nesting joined by a dot."""
    lines: list[tuple[str, str]] = []
    for key, value in detail.items():
        if key == "attacker":
            continue
        nested = value.items() if isinstance(value, dict) else ((None, value),)
        for inner, entry in nested:
            text = _detail_text(entry)
            if text is not None:
                term = humanise(str(key)) if inner is None else f"{humanise(str(key))}: {humanise(str(inner)).lower()}"
                lines.append((shorten(term, 60), text))
    return tuple(lines[:limit])


def detail_tables(detail: dict[str, Any], limit: int = 12) -> tuple[DetailTable, ...]:
    """The lists of lists of a finding's detail, where they are neither a matrix nor a chart's data."""
    tables = []
    for key, value in detail.items():
        if key == "importance" or ("names" in detail and key in ("real", "synthetic", "difference")):
            continue
        if not isinstance(value, (list, tuple)) or not value:
            continue
        if not all(isinstance(row, (list, tuple)) and len(row) == len(value[0]) for row in value):
            continue
        rows = tuple(tuple(_cell_text(cell) for cell in row) for row in value[:limit])
        title, head = DETAIL_TABLES.get(key, ("", ()))
        known = len(head) == len(rows[0])
        tables.append(DetailTable(title if known else humanise(key), head if known else (), rows))
    return tuple(tables)


def _cell_text(cell: Any) -> str:
    if isinstance(cell, (list, tuple)):
        return " · ".join(_cell_text(part) for part in cell[:8])
    return _detail_text(cell) or ""


def _detail_text(entry: Any) -> str | None:
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    if is_number(entry):
        return format_number(float(entry))
    if isinstance(entry, str) and entry:
        return shorten(entry, 80)
    if isinstance(entry, (list, tuple)) and len(entry) == 2 and all(is_number(part) for part in entry):
        return f"{format_number(entry[0])} to {format_number(entry[1])}"
    return None


def column_cards(content: ReportContent, limit: int) -> tuple[list[ColumnCard], int]:
    """The pictures of the columns that are least alike, at most ``limit``, and how many there are in all."""
    kinds = {note.name: note.kind for note in content.columns}
    by_column = _by_column(content)
    pictured = [
        (name, picture, findings)
        for name, findings in by_column.items()
        if (picture := next((f for f in findings if _has_picture(f)), None)) is not None
    ]
    pictured.sort(key=lambda entry: (LEVEL_ORDER[entry[1].verdict], _badness(entry[1])))
    cards = []
    for name, picture, findings in pictured[:limit]:
        chart = distribution_chart(name, picture.detail)
        if chart is not None:
            others = [(title_of(f), _beside_real(f)) for f in findings if f is not picture and f.value is not None]
            lines = (*_missing_line(picture.detail), *others)
            value = format_number(picture.value)
            cards.append(ColumnCard(name, kinds.get(name, ""), picture.verdict, value, chart, lines))
    return cards, len(pictured)


def column_rows(content: ReportContent) -> list[ColumnRow]:
    """Every column that was measured on its own, in the order of the findings."""
    kinds = {note.name: note.kind for note in content.columns}
    rows = []
    for name, findings in _by_column(content).items():
        shape = next((f for f in findings if f.name == "column_shape"), None)
        others = [(title_of(f), _beside_real(f)) for f in findings if f is not shape and f.value is not None]
        more = [*(_missing_line(shape.detail) if shape else ()), *others]
        rows.append(
            ColumnRow(
                name,
                kinds.get(name, ""),
                shape.verdict if shape else worst_level(findings),
                format_number(shape.value if shape else None),
                format_number(shape.reference if shape else None),
                "; ".join(f"{term}: {text}" for term, text in more),
            )
        )
    return rows


def _beside_real(finding: Finding) -> str:
    """A column's figure with what real holdout rows reach: an attack is often right about those, too."""
    text = format_number(finding.value)
    if finding.reference is not None:
        text += f" (real holdout rows {format_number(finding.reference)})"
    return text + (f", {LEVEL_WORDS[finding.verdict].lower()}" if finding.verdict in ("fair", "poor") else "")


def worst_level(findings: Sequence[Finding]) -> Verdict:
    """The worst verdict of several findings."""
    return min((f.verdict for f in findings), key=lambda level: LEVEL_ORDER[level])


def _by_column(content: ReportContent) -> dict[str, list[Finding]]:
    by_column: dict[str, list[Finding]] = {}
    for finding in content.findings:
        if finding.column is not None:
            by_column.setdefault(finding.column, []).append(finding)
    return by_column


def _has_picture(finding: Finding) -> bool:
    return finding.detail.get("kind") in ("histogram", "bars")


def _badness(finding: Finding) -> float:
    """Smaller is worse, so that the worst come first; a figure without a value goes last."""
    if not is_number(finding.value):
        return float("inf")
    value = float(finding.value or 0.0)
    return -value if finding.direction == "lower_is_better" else value


def _missing_line(detail: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    real, synthetic = detail.get("null_real"), detail.get("null_synthetic")
    if not (is_number(real) and is_number(synthetic)) or not (real or synthetic):
        return ()
    return (("Missing", f"real {format_share(real)}, synthetic {format_share(synthetic)}"),)


def pair_maps(findings: Iterable[Finding], limit: int) -> list[PairMaps]:
    """The heat maps of every finding that carries matrices, each of at most ``limit`` columns."""
    maps = (_pair_maps(finding, limit) for finding in findings)
    return [entry for entry in maps if entry is not None]


def _pair_maps(finding: Finding, limit: int) -> PairMaps | None:
    names = finding.detail.get("names")
    if not isinstance(names, (list, tuple)) or len(names) < 2 or limit < 2:
        return None
    real, synthetic = (matrix_of(finding.detail.get(key), len(names)) for key in ("real", "synthetic"))
    if real is None or synthetic is None:
        return None
    difference = matrix_of(finding.detail.get("difference"), len(names))
    if difference is None:
        difference = [
            [None if a is None or b is None else b - a for a, b in zip(row_real, row_synthetic, strict=True)]
            for row_real, row_synthetic in zip(real, synthetic, strict=True)
        ]
    # the columns whose pairs differ most, in the table's own order
    size = {place: sum(abs(v) for v in row if v is not None) for place, row in enumerate(difference)}
    kept = sorted(sorted(size, key=lambda place: (-size[place], place))[:limit])
    shown = [str(names[place]) for place in kept]
    scale = association_scale(real, synthetic)
    panels: list[tuple[str, Markup, Markup]] = []
    for title, matrix, colours in (
        ("Real", real, scale),
        ("Synthetic", synthetic, scale),
        ("Difference", difference, difference_scale(difference)),
    ):
        part = [[matrix[row][column] for column in kept] for row in kept]
        panels.append(_panel(title, shown, part, colours))
    changes = _largest_changes([str(name) for name in names], real, synthetic, difference)
    width = map_width(len(kept))
    return PairMaps(title_of(finding), tuple(panels), width, len(kept), len(names), changes)


def _panel(
    title: str, names: list[str], matrix: list[list[float | None]], scale: ColourScale
) -> tuple[str, Markup, Markup]:
    return title, heat_map(names, matrix, scale, title=f"{title}: pairs of columns"), colour_legend(scale)


def _largest_changes(
    names: list[str],
    real: list[list[float | None]],
    synthetic: list[list[float | None]],
    difference: list[list[float | None]],
    limit: int = 8,
) -> tuple[tuple[str, str, str, str, str], ...]:
    pairs = [
        (abs(value), row, column, value)
        for row, figures in enumerate(difference)
        for column, value in enumerate(figures[:row])
        if value is not None and round(abs(value), 3) > 0
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    return tuple(
        (
            names[column],
            names[row],
            format_number(real[row][column]),
            format_number(synthetic[row][column]),
            format_number(value),
        )
        for _, row, column, value in pairs[:limit]
    )

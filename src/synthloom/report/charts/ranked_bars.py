"""Named shares as bars, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from synthloom.report.charts.svg import WIDTH, figure, label, rectangle
from synthloom.report.formatting import fit_text, format_share, is_number, shorten

_ROW, _LABEL_WIDTH, _VALUE_WIDTH = 22.0, 120.0, 46.0


def ranked_bars(pairs: Any, *, title: str, limit: int = 10) -> Markup | None:
    """Bars of ``[[name, share], …]`` in falling order; ``None`` if there is nothing to show."""
    if not isinstance(pairs, Sequence) or isinstance(pairs, str):
        return None
    known = [
        (str(pair[0]), float(pair[1]))
        for pair in pairs
        if isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2 and is_number(pair[1])
    ]
    rows = sorted(known, key=lambda pair: -pair[1])[:limit]
    if not rows or rows[0][1] <= 0:
        return None
    left = _LABEL_WIDTH + 8
    room = WIDTH - left - _VALUE_WIDTH
    parts: list[Markup] = []
    for place, (name, share) in enumerate(rows):
        y, length = place * _ROW, max(0.0, share) / rows[0][1] * room
        parts += [
            label(fit_text(name, _LABEL_WIDTH), _LABEL_WIDTH, y + 15, anchor="end"),
            rectangle(left, y + 4, length, _ROW - 8, "bar"),
            label(format_share(share), left + length + 5, y + 15, class_="quiet"),
        ]
    said = "; ".join(f"{shorten(name, 40)}: {format_share(share)}" for name, share in rows)
    return figure(parts, width=WIDTH, height=len(rows) * _ROW + 2, title=title, description=f"{said}.")

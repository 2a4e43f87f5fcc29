"""The groups that a sensitive column divides people into, and those of two such columns crossed.

Categories are groups (the rarer ones together one); a number is cut at the quartiles of the training
rows, and the edges stand in the names of the groups. Missing values are a group of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import numpy as np

from synthloom.evaluation.base import EvaluationData, is_compared
from synthloom.evaluation.views import NULL, ColumnView

MINIMUM_GROUP = 30
"""Rows that a group needs in every table to be judged; smaller ones are named in a warning."""
MAXIMUM_GROUPS = 12
_FEW_NUMBERS = 6
_MOST_CROSSINGS = 6
MISSING, OTHER = "(missing)", "(other)"


@dataclass(frozen=True)
class Grouping:
    """Rows divided into groups by one sensitive column, or by two crossed.

    Attributes:
        name: the column, or ``sex × race`` for two.
        labels: the groups' names.
        codes: per table the group of each row of its view, int64.
        crossed: whether it is a crossing.
    """

    name: str
    labels: tuple[str, ...]
    codes: Mapping[str, np.ndarray]
    crossed: bool = False

    def counts(self, part: str, rows: np.ndarray | None = None) -> np.ndarray:
        """Rows of each group in a part's view (or among some of its rows), ``[groups]``."""
        codes = self.codes[part] if rows is None else self.codes[part][rows]
        return np.bincount(codes, minlength=len(self.labels))


def groupings(data: EvaluationData) -> list[Grouping]:
    """Every sensitive column, then every two of them crossed (six crossings at most)."""

    def build() -> list[Grouping]:
        single = [_grouping(data, name) for name in data.schema.sensitive if why_not(data, name) is None]
        crossed = [_cross(first, second) for first, second in combinations(single, 2)][:_MOST_CROSSINGS]
        return single + crossed

    return data.cached(("groupings",), build)


def why_not(data: EvaluationData, name: str) -> str | None:
    """Why a sensitive column cannot divide the rows into groups, ``None`` if it can."""
    column = data.schema.column(name)
    if not is_compared(column):
        return f'"{name}" is {column.personal or column.kind}: its values are replaced, so there are no groups'
    if column.kind in ("constant", "empty"):
        return f'"{name}" is {column.kind}: there is one group only'
    return None


def unusable(data: EvaluationData) -> str | None:
    """Why there is no group at all, ``None`` if there is one."""
    if not data.schema.sensitive:
        return "no sensitive column was named; name one with sensitive= or --sensitive"
    if groupings(data):
        return None
    return "; ".join(filter(None, (why_not(data, name) for name in data.schema.sensitive)))


def _grouping(data: EvaluationData, name: str) -> Grouping:
    view = data.view(name)
    if view.kind == "number":
        return _by_number(view, data.parts)
    top = min(len(view.labels), MAXIMUM_GROUPS)
    codes = {}
    for part in data.parts:
        values = view.values[part].astype(np.int64)
        codes[part] = np.where(values == NULL, top + 1, np.minimum(values, top))
    return _without_empty(Grouping(name, (*view.labels[:top], OTHER, MISSING), codes))


def _by_number(view: ColumnView, parts: tuple[str, ...]) -> Grouping:
    train = view.values["train"][~view.null("train")]
    distinct = np.unique(train)
    few = len(distinct) <= _FEW_NUMBERS
    edges = distinct if few else np.unique(np.quantile(train, [0.25, 0.5, 0.75], method="lower"))
    texts = [_written(edge, view.is_datetime) for edge in edges]
    if few:
        labels = [*texts, OTHER]
    else:
        between = [f"{low} to under {high}" for low, high in pairwise(texts)]
        labels = [f"under {texts[0]}", *between, f"{texts[-1]} or more"]
    codes = {}
    for part in parts:
        values = view.values[part]
        if few:
            place = np.minimum(np.searchsorted(edges, values), max(0, len(edges) - 1))
            hit = edges[place] == values if len(edges) else np.zeros(len(values), bool)
            code = np.where(hit, place, len(edges))
        else:
            code = np.searchsorted(edges, values, side="right")
        codes[part] = np.where(np.isnan(values), len(labels), code).astype(np.int64)
    return _without_empty(Grouping(view.name, (*labels, MISSING), codes))


def _written(edge: float, is_datetime: bool) -> str:
    if is_datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=float(edge))).date().isoformat()
    return f"{edge:g}"


def _cross(first: Grouping, second: Grouping) -> Grouping:
    labels = tuple(f"{one}, {other}" for one in first.labels for other in second.labels)
    codes = {part: first.codes[part] * len(second.labels) + second.codes[part] for part in first.codes}
    return _without_empty(Grouping(f"{first.name} × {second.name}", labels, codes, crossed=True))


def _without_empty(grouping: Grouping) -> Grouping:
    """The grouping without groups that no table has."""
    count = sum(grouping.counts(part) for part in grouping.codes)
    kept = np.flatnonzero(count)
    renumber = np.zeros(len(grouping.labels), np.int64)
    renumber[kept] = np.arange(len(kept))
    codes = {part: renumber[values] for part, values in grouping.codes.items()}
    return Grouping(grouping.name, tuple(grouping.labels[place] for place in kept), codes, grouping.crossed)

"""Predicates over a table's columns: "this value here, about that number there", and how many rows fit them.

A predicate is a box: for some columns the lowest and the highest value it allows. A category allows
itself; a frequent number itself; any other number a window of about one synthetic row in a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.views import ColumnView

_WINDOW = 0.01
_FREQUENT = 0.005


@dataclass(frozen=True)
class Axis:
    """One column of the rows that are asked about, sorted once, and what each claiming row says of it.

    Attributes:
        values: the column in the rows asked about; missing is minus infinity.
        order: their places by value.
        ordered: the values in that order.
        low: the lowest value that the claim of each claiming row allows.
        high: the highest.
    """

    values: np.ndarray
    order: np.ndarray
    ordered: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def first(self, claim: int) -> np.ndarray:
        """The places of the rows that fit a claim."""
        start = int(np.searchsorted(self.ordered, self.low[claim], side="left"))
        stop = int(np.searchsorted(self.ordered, self.high[claim], side="right"))
        return self.order[start:stop]

    def among(self, rows: np.ndarray, claim: int) -> np.ndarray:
        """Those of the given places that do."""
        values = self.values[rows]
        return rows[(values >= self.low[claim]) & (values <= self.high[claim])]


def axes_of(data: EvaluationData, source: str, claims: np.ndarray, own: np.ndarray | None = None) -> list[Axis]:
    """An axis for each compared column.

    Args:
        data: the evaluation.
        source: the part whose rows make the claims.
        claims: the places of those rows.
        own: places of the source's own rows to ask about; the real rows, training rows first, if left out.
    """
    axes = []
    for name in data.compared:
        view = data.view(name)
        claimed = coordinates(view, source)
        asked = np.concatenate([coordinates(view, p) for p in ("train", "holdout")]) if own is None else claimed[own]
        order = np.argsort(asked, kind="stable")
        low, high = _windows(claimed) if view.kind == "number" else (claimed, claimed)
        axes.append(Axis(asked, order, asked[order], low[claims], high[claims]))
    return axes


def coordinates(view: ColumnView, part: str) -> np.ndarray:
    """A column as float64 ``[rows]``: numbers (missing: minus infinity), or codes that tell all values apart."""
    if view.kind == "category":
        return view.exact[part].astype(np.float64)
    values = view.values[part]
    return np.where(np.isnan(values), -np.inf, values)


def _windows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each value the window around it that holds one value in a hundred, or the value itself if frequent."""
    ordered = np.sort(values)
    size, half = len(values), max(1, round(_WINDOW * len(values) / 2))
    start, stop = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    alone = ((stop - start) > _FREQUENT * size) | np.isneginf(values)
    middle = (start + stop - 1) // 2
    low, high = ordered[np.maximum(middle - half, 0)], ordered[np.minimum(middle + half, size - 1)]
    low = np.where(np.isneginf(low), values, low)  # a missing neighbour is no number
    return np.where(alone, values, low), np.where(alone, values, high)


def distinct_rows(data: EvaluationData, source: str, *names: object) -> np.ndarray:
    """The places of a part's views in random order, equal rows once: a row written twice is still one row."""

    def build() -> np.ndarray:
        generator = data.stream.child("predicates", source).generator()
        key = np.zeros(data.size(source), np.uint64)
        with np.errstate(over="ignore"):
            for name in data.compared:
                codes = np.unique(coordinates(data.view(name), source), return_inverse=True)[1].astype(np.uint64)
                key += generator.integers(0, 2**63, int(codes.max()) + 1, dtype=np.uint64)[codes]
        return np.sort(np.unique(key, return_index=True)[1])

    first = data.cached(("distinct rows", source), build)
    return np.asarray(data.stream.child("predicates", source, *names).generator().permutation(first))

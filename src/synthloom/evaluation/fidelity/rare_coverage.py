"""Rare things: do categories and two-way cells of 0.1 to 1 % appear, and as often as they should?

Averages over whole columns hide that a synthesizer drops what is rare. Rare are the categories of a
column, and the cells of two columns (about 10 bins or 25 categories a side), that hold 0.1 to 1 % of
the training rows. ``rare_coverage`` is the share of them that appear at all in the synthetic rows;
``rare_frequency`` how often they appear, relative to the training rows. As many holdout rows give
the reference: in a small sample not every rare thing appears, whoever draws it. What the schema's
protection must hide (fewer rows than its minimum support) is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.statistics import interval_around
from synthloom.evaluation.views import NULL
from synthloom.finding import Direction, Family, Finding

MAXIMUM_ROWS = 50_000
MAXIMUM_PAIRS = 500
RARE = (0.001, 0.01)
_BINS, _CATEGORIES = 10, 25
_DRAWS = 20

Codes = tuple[dict[str, np.ndarray], int]


class RareCoverage(Metric):
    """The share of rare categories and cells that the synthetic rows contain."""

    name: ClassVar[str] = "rare_coverage"
    family: ClassVar[Family] = "fidelity"
    direction: ClassVar[Direction] = "higher_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 1.0
    meaning: ClassVar[str] = (
        "The share of rare categories and combinations (0.1 to 1 % of real rows) that appear in the synthetic rows."
    )
    cost: ClassVar[float] = 1.5

    def measure(self, data: EvaluationData) -> list[Finding]:
        """Whether rare things appear, and how often."""
        size = min(data.size("holdout"), data.size("synthetic"), MAXIMUM_ROWS)
        rows = {part: data.draw(part, size, self.name) for part in ("holdout", "synthetic")}
        rows["train"] = data.draw("train", MAXIMUM_ROWS, self.name)
        pairs = data.pairs(MAXIMUM_PAIRS)
        tally = _Tally(data, {part: len(rows[part]) for part in PARTS})
        for codes in _one_way(data, rows):
            tally.add(*codes)
        one_way = tally.cells
        for codes in _two_way(data, rows, pairs):
            tally.add(*codes)
        every = len(data.compared) * (len(data.compared) - 1) // 2
        note = data.thinned_note(f"{len(pairs)} of {every:,} pairs" if len(pairs) < every else "")
        if tally.cells == 0:
            reason = "no category or cell of 0.1 to 1 % has enough training rows to be asked for"
            return [self.unmeasured(reason), self.unmeasured(reason, **_FREQUENCY)]
        detail = {"categories": one_way, "cells": tally.cells - one_way, "rows": size}
        return [self._coverage(tally, note, detail), self._frequency(tally, note)]

    def _coverage(self, tally: _Tally, note: str | None, detail: dict[str, Any]) -> Finding:
        present = {part: tally.present[part] / tally.cells for part in ("holdout", "synthetic")}
        errors = {part: float(present[part][1:].std(ddof=1)) for part in present}
        # the bootstrap sees no chance in a set of cells that is wholly covered or wholly missed
        least = float(np.sqrt(tally.chance_variance)) / tally.cells
        value, reference = float(present["synthetic"][0]), float(present["holdout"][0])
        return self.finding(
            value,
            error=float(np.hypot(max(errors["synthetic"], least), max(errors["holdout"], least))),
            reference=reference,
            interval=interval_around(value, max(errors["synthetic"], least), self.range),
            note=note,
            detail=detail,
        )

    def _frequency(self, tally: _Tally, note: str | None) -> Finding:
        share = {part: tally.rows[part] / tally.sizes[part] for part in ("holdout", "synthetic")}
        whole = float(tally.rows["train"][0]) / tally.sizes["train"]
        errors = {part: float(share[part][1:].std(ddof=1)) / whole for part in share}
        value, reference = float(share["synthetic"][0]) / whole, float(share["holdout"][0]) / whole
        return self.finding(
            value,
            error=float(np.hypot(errors["synthetic"], errors["holdout"])),
            reference=reference,
            interval=interval_around(value, errors["synthetic"], (0.0, float("inf"))),
            note=note,
            **_FREQUENCY,
        )


_FREQUENCY: dict[str, Any] = {
    "name": "rare_frequency",
    "direction": "nearer_to_reference",
    "best": 1.0,
    "range": None,
    "meaning": "How often rare categories and combinations appear, relative to the real rows: 1 is as often.",
}


class _Tally:
    """Counts over rare cells: the rows as they are (place 0) and re-drawn with replacement (places 1 …)."""

    def __init__(self, data: EvaluationData, sizes: dict[str, int]) -> None:
        self.sizes, self.cells, self.chance_variance = sizes, 0, 0.0
        self._support = data.schema.protection.minimum_support
        self.present = {part: np.zeros(_DRAWS + 1) for part in ("holdout", "synthetic")}
        self.rows = {part: np.zeros(_DRAWS + 1) for part in PARTS}
        generator = data.stream.child("rare_coverage", "bootstrap").generator()
        self._weights = {
            part: generator.multinomial(sizes[part], np.full(sizes[part], 1 / sizes[part]), _DRAWS).astype(np.float32)
            for part in ("holdout", "synthetic")
        }

    def add(self, codes: dict[str, np.ndarray], size: int) -> None:
        """Takes in one column's or one pair's codes, of which ``size`` and above are not cells."""
        counts = np.bincount(codes["train"], minlength=size)[:size]
        low, high = (bound * self.sizes["train"] for bound in RARE)
        rare = np.flatnonzero((counts >= low) & (counts <= high) & (counts >= self._support))
        if len(rare) == 0:
            return
        place = np.full(max(size, *(int(codes[part].max(initial=0)) + 1 for part in PARTS)), -1)
        place[rare] = np.arange(len(rare))
        self.cells += len(rare)
        self.rows["train"] += counts[rare].sum()
        missed = np.exp(-counts[rare] * self.sizes["synthetic"] / self.sizes["train"])
        self.chance_variance += float((missed * (1 - missed)).sum())
        for part in ("holdout", "synthetic"):
            places = place[codes[part]]
            inside = np.flatnonzero(places >= 0)
            weights = [None, *(weights[inside] for weights in self._weights[part])]
            for draw, weight in enumerate(weights):
                found = np.bincount(places[inside], weight, minlength=len(rare))
                self.present[part][draw] += np.count_nonzero(found)
                self.rows[part][draw] += found.sum()


def _one_way(data: EvaluationData, rows: dict[str, np.ndarray]) -> Iterator[Codes]:
    for name in data.compared:
        view = data.view(name)
        if view.kind == "category":
            size = len(view.labels)
            codes = {part: view.values[part][rows[part]] for part in PARTS}
            yield {part: np.where(values == NULL, size, values) for part, values in codes.items()}, size


def _two_way(data: EvaluationData, rows: dict[str, np.ndarray], pairs: list[tuple[str, str]]) -> Iterator[Codes]:
    """Cells of two columns' own bins and categories; what is pooled, unseen or missing is left out."""
    for pair in pairs:
        binned = [data.bins(name, _BINS if data.view(name).kind == "number" else _CATEGORIES) for name in pair]
        size = binned[0].top * binned[1].top
        codes = {}
        for part in PARTS:
            first, second = (column.codes[part][rows[part]] for column in binned)
            inside = (first < binned[0].top) & (second < binned[1].top)
            codes[part] = np.where(inside, first * binned[1].top + second, size)
        yield codes, size

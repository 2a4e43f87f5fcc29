"""Single columns: total variation distance between the training and the synthetic rows' distribution.

Numbers are compared on 20 bins of equal training mass (a value that many rows share has its own),
categories on the 50 most frequent; missing values, all other categories and categories unknown to
the training rows are bins too. Equal numbers of holdout and of synthetic rows are held against all
training rows, because the distance of a small sample is never zero.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.fidelity.distances import MeanVariation
from synthloom.evaluation.fidelity.pictures import column_picture
from synthloom.evaluation.statistics import interval_around
from synthloom.finding import Direction, Family, Finding

_BINS, _CATEGORIES = 20, 50


class ColumnShape(Metric):
    """How alike each column is on its own: 1 is equal, 0 has nothing in common."""

    name: ClassVar[str] = "column_shape"
    family: ClassVar[Family] = "fidelity"
    direction: ClassVar[Direction] = "higher_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 1.0
    meaning: ClassVar[str] = (
        "How far single columns are distributed as in the real rows: 1 is equal, 0 has nothing in common."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 0.6

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The mean over columns, one finding a column, and gaps of withheld columns."""
        size = min(data.size("holdout"), data.size("synthetic"))
        rows = {part: data.draw(part, size, self.name) for part in ("holdout", "synthetic")}
        note = data.thinned_note()
        overall = MeanVariation(data.size("train"), size, size)
        parts = [self._column(data, name, rows, overall) for name in data.compared]
        gaps = [self._gaps_only(data, name, rows) for name in data.withheld]
        if not parts:
            return [self.unmeasured("there is no column whose values may be compared"), *gaps]
        total = self.finding(
            1 - overall.synthetic,
            error=overall.difference_error,
            reference=1 - overall.holdout,
            interval=interval_around(1 - overall.synthetic, overall.error, self.range),
            note=note,
            detail={"columns": len(parts)},
        )
        return [total, *parts, *gaps]

    def _column(self, data: EvaluationData, name: str, rows: dict[str, np.ndarray], overall: MeanVariation) -> Finding:
        view = data.view(name)
        binned = data.bins(name, _BINS if view.kind == "number" else _CATEGORIES)
        codes = {part: binned.codes[part] if part == "train" else binned.codes[part][rows[part]] for part in PARTS}
        overall.add(codes, binned.size)
        alone = MeanVariation(*(len(codes[part]) for part in PARTS))
        distance, reference = alone.add(codes, binned.size)
        return self.finding(
            1 - distance,
            error=alone.difference_error,
            reference=1 - reference,
            interval=interval_around(1 - distance, alone.error, self.range),
            column=name,
            meaning=f'How far "{name}" is distributed as in the real rows: 1 is equal, 0 has nothing in common.',
            detail=column_picture(view, data.schema.protection.minimum_support),
        )

    def _gaps_only(self, data: EvaluationData, name: str, rows: dict[str, np.ndarray]) -> Finding:
        nulls = {}
        for part in PARTS:
            missing = np.asarray(data.table(part).column(name).is_null().to_numpy()).astype(np.int64)[data.rows(part)]
            nulls[part] = missing if part == "train" else missing[rows[part]]
        alone = MeanVariation(*(len(nulls[part]) for part in PARTS))
        distance, reference = alone.add(nulls, 2)
        return self.finding(
            1 - distance,
            error=alone.difference_error,
            reference=1 - reference,
            interval=interval_around(1 - distance, alone.error, self.range),
            column=name,
            meaning=f'How far "{name}" is missing as often as in the real rows.',
            note="keys, personal data and free text are made anew: only the share of missing values is compared",
            detail={
                "kind": "gaps",
                "null_real": round(float(nulls["train"].mean()), 6),
                "null_synthetic": round(float(nulls["synthetic"].mean()), 6),
            },
        )

"""Copied values: do keys, personal data or free text of the training rows come back?

These columns are made anew, so a value that few training rows hold has no business among synthetic
rows. Values that several rows share (common first names, stock phrases) are no sign of copying; the
share among holdout rows shows what chance alone brings back.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.statistics import share_error, share_interval
from synthloom.evaluation.views import as_text
from synthloom.finding import Direction, Family, Finding, Verdict

_DENSE = 0.2
_GRAVITY: dict[Verdict, int] = {"poor": 3, "fair": 2, "good": 1, "unknown": 0}


class CopiedValues(Metric):
    """For each withheld column, the share of synthetic values that are rare training values."""

    name: ClassVar[str] = "copied_values"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The largest share of rare training values that come back among keys, personal data or text."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 0.2
    attacker: ClassVar[str | None] = "holds the synthetic rows and searches them for known keys, names or texts"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The worst column, and one finding a column."""
        parts = [self._column(data, name) for name in data.withheld]
        parts = [part for part in parts if part is not None]
        found = [part for part in parts if part is not None and part.value is not None]
        if not found:
            return [self.unmeasured("there is no column of keys, personal data or free text")]
        top = max(found, key=lambda part: (_GRAVITY[part.verdict], (part.value or 0.0) - (part.reference or 0.0)))
        overall = self.finding(
            top.value,
            reference=top.reference,
            interval=top.interval,
            verdict=top.verdict,
            note=f'the column "{top.column}"' + (f": {top.note}" if top.note else ""),
            detail={"columns": len(found)},
        )
        return [overall, *found]

    def _column(self, data: EvaluationData, name: str) -> Finding | None:
        import pyarrow.compute as pc

        texts = {part: as_text(data.table(part).column(name)).drop_null() for part in PARTS}
        if any(len(values) == 0 for values in texts.values()):
            return None
        counted = pc.value_counts(texts["train"])
        few = pc.less(counted.field("counts"), max(2, data.schema.protection.minimum_support))
        rare = counted.field("values").filter(few)
        hits = {
            part: int(pc.sum(pc.is_in(texts[part], value_set=rare)).as_py() or 0) for part in ("holdout", "synthetic")
        }
        sizes = {part: len(texts[part]) for part in hits}
        value, reference = (hits[part] / sizes[part] for part in ("synthetic", "holdout"))
        error = math.hypot(*(share_error(hits[part], sizes[part]) for part in ("synthetic", "holdout")))
        verdict: Verdict | None = "good" if hits["synthetic"] == 0 else None
        note = None
        column = data.schema.column(name)
        counter = column.kind == "identifier" and column.personal is None
        if verdict is None and counter and _is_dense(rare.to_pylist()):
            verdict, note = "unknown", "the values are numbers in close order: one that comes back tells nothing"
        return self.finding(
            value,
            error=error,
            reference=reference,
            interval=share_interval(hits["synthetic"], sizes["synthetic"]),
            verdict=verdict,
            note=note,
            column=name,
            meaning=f'The share of synthetic values of "{name}" that are rare values of the training rows.',
        )


def _is_dense(values: list[str]) -> bool:
    """Whether the values' digits, read as numbers, fill a good part of their range: a counter."""
    digits = {"".join(filter(str.isdigit, value))[-18:] for value in values}
    if len(digits) < len(values) or "" in digits:
        return False
    numbers = np.array([int(text) for text in digits], dtype=np.int64)
    return len(numbers) / float(int(numbers.max()) - int(numbers.min()) + 1) > _DENSE

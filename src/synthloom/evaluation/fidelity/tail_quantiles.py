"""Tails: are extreme quantiles of numbers and dates where they are in the real rows?

For each column the 0.1, 1, 99 and 99.9 % quantiles (those that at least ten rows lie beyond) of
synthetic rows are compared with the training rows'; the miss is divided by the column's spread, the
range of its middle 90 %, and counts as 1 at most. The figure is the mean over columns and quantiles,
the reference what as many holdout rows reach.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.statistics import interval_around
from synthloom.finding import Direction, Family, Finding

LEVELS = (0.001, 0.01, 0.99, 0.999)
_ROWS_BEYOND = 10
_DRAWS = 100
_SHOWN = 30


class TailQuantiles(Metric):
    """The mean error of extreme quantiles, in units of each column's spread."""

    name: ClassVar[str] = "tail_quantiles"
    family: ClassVar[Family] = "fidelity"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "How far extreme values (0.1, 1, 99, 99.9 %) of numbers and dates are off, relative to the column's spread."
    )
    cost: ClassVar[float] = 0.3

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The mean error over columns and levels."""
        size = min(data.size("holdout"), data.size("synthetic"))
        levels = np.array([level for level in LEVELS if size * min(level, 1 - level) >= _ROWS_BEYOND])
        if len(levels) == 0:
            return [self.unmeasured(f"{size} rows are too few for extreme quantiles; 1,000 are needed")]
        generator = data.stream.child(self.name, "bootstrap").generator()
        columns = [name for name in data.compared if data.view(name).kind == "number"]
        measured = [found for name in columns if (found := self._column(data, name, size, levels, generator))]
        if not measured:
            return [self.unmeasured("there is no number or date that varies")]
        draws = {part: np.mean([column[part] for column in measured], axis=0) for part in ("holdout", "synthetic")}
        error = float((draws["synthetic"] - draws["holdout"])[1:].std(ddof=1))
        value, reference = float(draws["synthetic"][0]), float(draws["holdout"][0])
        worst = sorted(measured, key=lambda column: -float(column["synthetic"][0]))[:_SHOWN]
        return [
            self.finding(
                value,
                error=error,
                reference=reference,
                interval=interval_around(value, float(draws["synthetic"][1:].std(ddof=1)), self.range),
                note=data.thinned_note(),
                detail={"levels": levels.tolist(), "columns": [column["shown"] for column in worst]},
            )
        ]

    def _column(
        self, data: EvaluationData, name: str, size: int, levels: np.ndarray, generator: np.random.Generator
    ) -> dict[str, Any] | None:
        """One column's mean error, as it is (place 0) and re-drawn (places 1 …), for both kinds of rows."""
        view = data.view(name)
        train = view.values["train"]
        train = np.sort(train[~np.isnan(train)])
        spread = _spread(train)
        if spread is None:
            return None
        real = _redrawn_quantiles(train, levels, generator)
        result: dict[str, Any] = {}
        misses: dict[str, np.ndarray] = {}
        for part in ("holdout", "synthetic"):
            values = view.values[part][data.draw(part, size, self.name)]
            values = np.sort(values[~np.isnan(values)])
            if len(values) == 0:
                misses[part] = np.ones((_DRAWS + 1, len(levels)))
            else:
                quantiles = _redrawn_quantiles(values, levels, generator)
                misses[part] = np.minimum(1.0, np.abs(quantiles - real) / spread)
            result[part] = misses[part].mean(axis=1)
        result["shown"] = [name, *(np.round(misses[part][0], 4).tolist() for part in ("synthetic", "holdout"))]
        return result


def _redrawn_quantiles(ordered: np.ndarray, levels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Quantiles of sorted values (row 0) and of samples re-drawn from them, ``[draws + 1, levels]``.

    A re-drawn quantile is the value at a place whose level follows a beta distribution; the levels
    of one draw are dependent, as the steps of one Dirichlet draw.
    """
    steps = np.diff(np.concatenate([[0.0], levels, [1.0]]))
    redrawn = np.cumsum(generator.dirichlet(steps * len(ordered), _DRAWS), axis=1)[:, :-1]
    return np.asarray(np.quantile(ordered, np.clip(np.vstack([levels, redrawn]), 0.0, 1.0)))


def _spread(ordered: np.ndarray) -> float | None:
    """The range of the middle 90 %, of the middle 99 % where that is none, ``None`` for a constant."""
    if len(ordered) < 2 * _ROWS_BEYOND:
        return None
    for tail in (0.05, 0.005, 0.0):
        low, high = np.quantile(ordered, [tail, 1 - tail])
        if high > low:
            return float(high - low)
    return None

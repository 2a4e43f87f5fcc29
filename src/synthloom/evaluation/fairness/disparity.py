"""A disparity: how far apart groups are, in synthetic rows and in real ones, with the error of both.

By the definition that Fairlearn uses (Bird et al. 2020), the disparity of a rate is its largest value
over the groups less its smallest. *Amplification* is the disparity that synthetic rows bring less the
one that real holdout rows have. The largest of several noisy rates lies too high and the smallest too
low, the more so the smaller the groups; that is why groups of few rows are left out, why each
disparity carries an error from re-drawn rows, and why the verdict rests on the difference of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.fairness.groups import unusable
from synthloom.evaluation.statistics import interval_around
from synthloom.finding import Direction, Family, Finding

DRAWS = 400
_ONE_IN_FORTY = 0.0228
"""Chance that a normal error goes beyond two standard errors upwards."""


@dataclass(frozen=True)
class Disparity:
    """One disparity of one grouping.

    Attributes:
        notion: which disparity, such as ``demographic_parity``.
        grouping: between which groups.
        crossed: whether the groups are those of two columns.
        outcome: of which outcome.
        value: with synthetic rows.
        reference: with real rows in their place.
        error: standard error of value less reference.
        value_error: standard error of the value.
        rows: group by group: name, holdout rows, real rate and its 95 % interval, the same of synthetic rows.
        left_out: groups too small to be judged.
    """

    notion: str
    grouping: str
    crossed: bool
    outcome: str
    value: float
    reference: float
    error: float
    value_error: float
    rows: list[list[Any]] = field(default_factory=list)
    left_out: tuple[str, ...] = ()

    @property
    def amplification(self) -> float:
        """By how much synthetic rows widen the difference between groups."""
        return self.value - self.reference


def spread(rates: np.ndarray) -> np.ndarray:
    """Largest less smallest over the last axis."""
    return np.asarray(rates.max(axis=-1) - rates.min(axis=-1))


def binomial_draws(hits: np.ndarray, counts: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Rates of groups on re-drawn rows, ``[draws, groups]``; the bootstrap of a share in closed form."""
    return np.asarray(generator.binomial(counts, hits / counts, (DRAWS, len(counts))) / counts)


def reach_factor(count: int) -> float:
    """By how much an error widens where the worst of ``count`` disparities is picked (Bonferroni)."""
    return NormalDist().inv_cdf(1 - _ONE_IN_FORTY / max(1, count)) / NormalDist().inv_cdf(1 - _ONE_IN_FORTY)


def most_evident(found: Sequence[Disparity]) -> Disparity:
    """The disparity whose amplification stands out most clearly from its error."""
    factor = reach_factor(len(found))
    return max(found, key=lambda each: (each.amplification - 2 * factor * each.error, each.amplification))


class FairnessMetric(Metric):
    """A metric that compares groups; it applies where the schema names sensitive columns."""

    family: ClassVar[Family] = "fairness"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    cost: ClassVar[float] = 0.3

    def applies(self, data: EvaluationData) -> bool:
        return bool(data.schema.sensitive)

    def from_disparities(self, data: EvaluationData, found: list[Disparity] | str, **changes: Any) -> list[Finding]:
        """A finding for the whole table, the grouping that stands out most, and one for each single column.

        ``changes`` are fields of the findings that differ from the metric's declarations.
        """
        reason = unusable(data) or (found if isinstance(found, str) else None)
        if reason is None and not found:
            reason = "no two groups have enough rows to be compared"
        if reason is not None or isinstance(found, str):
            return [self.unmeasured(reason or "", **changes)]
        worst = most_evident(found)
        overall = self.disparity_finding(
            worst,
            count=len(found),
            groupings=[
                [d.grouping, d.outcome, round(d.reference, 4), round(d.value, 4), round(d.amplification, 4)]
                for d in found
            ],
            **changes,
        )
        by_column: dict[str, list[Disparity]] = {}
        for each in found:
            if not each.crossed:
                by_column.setdefault(each.grouping, []).append(each)
        columns = [
            self.disparity_finding(most_evident(several), count=len(several), column=name, **changes)
            for name, several in by_column.items()
        ]
        return [overall, *columns]

    def disparity_finding(
        self, found: Disparity, *, count: int, groupings: list[list[Any]] | None = None, **changes: Any
    ) -> Finding:
        """The finding of one disparity, picked from ``count``."""
        note = f'between groups of "{found.grouping}"; counted: {found.outcome}'
        if found.left_out:
            shown = "; ".join(found.left_out[:5]) + (" …" if len(found.left_out) > 5 else "")
            note += f"; too few rows to judge: {shown}"
        low, high = self.range
        return self.finding(
            found.value,
            error=found.error * reach_factor(count),
            reference=found.reference,
            interval=interval_around(found.value, found.value_error, (low, high)),
            note=note,
            detail={
                "notion": found.notion,
                "grouping": found.grouping,
                "outcome": found.outcome,
                "amplification": round(found.amplification, 5),
                "amplification_error": round(found.error, 5),
                "compared": count,
                "groups": found.rows,
                "left_out": "; ".join(found.left_out),
                **({"groupings": groupings} if groupings else {}),
            },
            **changes,
        )

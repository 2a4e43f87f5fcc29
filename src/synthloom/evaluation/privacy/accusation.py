"""How an attack's success becomes a finding, and when it proves nothing.

Every attack is read against three yardsticks: what it reaches on holdout rows, which no model has
seen (the *control*, from which the verdict follows); what guesses without the synthetic rows reach
(the *baseline*); and what it would reach if the training rows themselves had been released (its
*power*). An attack that would hardly do better than its control even then cannot clear anybody: it
is reported with "this attack proves nothing here" and no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from synthloom.evaluation.base import Metric
from synthloom.evaluation.statistics import AreaUnderCurve, interval_around
from synthloom.evaluation.verdicts import excess_of, judge, margins_for
from synthloom.finding import Finding

_AREA_FLOOR = 0.1


def accusation(
    metric: Metric,
    value: float,
    *,
    reference: float,
    error: float,
    interval: tuple[float, float],
    baseline: float | None,
    power: float,
    floor: float,
    words: str,
    note: str | None = None,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> Finding:
    """The finding of an attack.

    Args:
        metric: whose finding it is.
        value: how often the attack succeeds on training rows.
        reference: how often on holdout rows.
        error: standard error of the difference.
        interval: 95 % interval of ``value``.
        baseline: what guesses without the synthetic rows reach.
        power: what the attack would reach if the training rows had been released.
        floor: how far power must lie above the control and the baseline for a verdict.
        words: the power in words, put after "even released training rows would".
        note: a caveat.
        detail: other figures for the report.
        changes: other fields of the finding.
    """
    chance = max(reference, baseline if baseline is not None else reference)
    verdict = judge(
        excess_of(value, reference, metric.direction),
        error,
        margins_for(str(changes.get("name", metric.name)), changes.get("column")),
    )
    blind = power - chance < floor
    if blind and verdict not in ("fair", "poor"):
        verdict = "unknown"
        said = f"this attack proves nothing here: even released training rows would {words}"
        note = "; ".join(filter(None, (said, note)))
    elif verdict == "unknown":
        note = "; ".join(filter(None, ("there are too few rows to judge this difference", note)))
    figures = {"control": round(reference, 5), "power": round(power, 4)}
    if baseline is not None:
        figures = {"baseline": round(baseline, 5), **figures}
    return metric.finding(
        value,
        error=error,
        reference=reference,
        interval=(min(interval[0], value), max(interval[1], value)),
        verdict=verdict,
        note=note,
        detail={**figures, **(detail or {})},
        **changes,
    )


def accusation_of_areas(
    metric: Metric,
    areas: Sequence[AreaUnderCurve],
    powers: Sequence[float],
    *,
    note: str | None,
    detail: dict[str, Any],
) -> Finding:
    """The finding of an attack on membership whose guesses are held against a coin toss.

    Args:
        metric: whose finding it is.
        areas: the area under the ROC curve of each half of the attack.
        powers: the area of each half had the training rows been released.
        note: a caveat.
        detail: other figures for the report.
    """
    value, power = float(np.mean([area.value for area in areas])), float(np.mean(powers))
    # the halves hold each other's rows as reference, so that they err together
    error = float(np.mean([area.error for area in areas]))
    return accusation(
        metric,
        value,
        reference=0.5,
        error=error,
        interval=interval_around(value, error, metric.range),
        baseline=0.5,
        power=power,
        floor=_AREA_FLOOR,
        words=f"be told with AUC {power:.3f} only",
        note=note,
        detail=detail,
    )

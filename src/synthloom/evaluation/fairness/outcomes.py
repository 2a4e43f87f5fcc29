"""The outcomes whose rates groups are compared by, and how they differ in the data themselves.

The outcome comes from the target: of two classes the rarer one (a loan paid back late, an income
above the bound), of more classes each in turn, of a number whether it lies above the training median.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.fairness.disparity import Disparity, binomial_draws, spread
from synthloom.evaluation.fairness.groups import MINIMUM_GROUP, Grouping, groupings
from synthloom.evaluation.statistics import share_interval
from synthloom.evaluation.utility.task import Task, shared_task


@dataclass(frozen=True)
class Outcome:
    """An event whose rate is compared.

    Attributes:
        words: what it is, such as ``income = >50K``.
        code: the class, ``None`` for a number above its median.
        threshold: the median, where the target is a number.
        truth: per table whether it happened, for each row of the view; rows without a target are False.
        known: per table which rows have a target.
    """

    words: str
    code: int | None
    threshold: float
    truth: Mapping[str, np.ndarray]
    known: Mapping[str, np.ndarray]


def find_outcomes(data: EvaluationData) -> list[Outcome] | str:
    """The outcomes of the schema's target, or the reason why there are none."""
    task = shared_task(data)
    if isinstance(task, str):
        return task
    return data.cached(("outcomes",), lambda: _outcomes(data, task))


def _outcomes(data: EvaluationData, task: Task) -> list[Outcome]:
    known = {part: task.known(part) for part in data.parts}
    if task.kind == "regression":
        median = float(np.median(task.values["train"][known["train"]])) if len(known["train"]) else 0.0
        truth = {part: np.nan_to_num(task.values[part], nan=-np.inf) > median for part in data.parts}
        return [Outcome(f"{task.target} above {median:g}", None, median, truth, known)]
    return [
        Outcome(
            f"{task.target} = {task.labels[code]}",
            code,
            0.0,
            {part: task.values[part] == code for part in data.parts},
            known,
        )
        for code in task.scored
    ]


def data_disparities(data: EvaluationData) -> list[Disparity] | str:
    """How far the rate of each outcome differs between groups, in synthetic and in holdout rows."""
    outcomes = find_outcomes(data)
    if isinstance(outcomes, str):
        return outcomes

    def build() -> list[Disparity]:
        found = [
            _data_disparity(data, grouping, outcome)
            for grouping in groupings(data)
            if grouping.name != data.schema.target
            for outcome in outcomes
        ]
        return [each for each in found if each is not None]

    return data.cached(("data disparities",), build)


def _data_disparity(data: EvaluationData, grouping: Grouping, outcome: Outcome) -> Disparity | None:
    counts, hits = {}, {}
    for part in ("train", "holdout", "synthetic"):
        rows = outcome.known[part]
        codes = grouping.codes[part][rows]
        counts[part] = np.bincount(codes, minlength=len(grouping.labels))
        hits[part] = np.bincount(codes[outcome.truth[part][rows]], minlength=len(grouping.labels))
    enough = np.min([counts["holdout"], counts["synthetic"], counts["train"]], axis=0) >= MINIMUM_GROUP
    judged = np.flatnonzero(enough)
    if len(judged) < 2:
        return None
    generator = data.stream.child("fairness", "outcomes", grouping.name, outcome.words).generator()
    errors = {
        part: float(spread(binomial_draws(hits[part][judged], counts[part][judged], generator)).std(ddof=1))
        for part in counts
    }
    rates = {part: hits[part][judged] / counts[part][judged] for part in counts}
    by_group = [
        _row(grouping.labels[g], *((hits[part][g], counts[part][g]) for part in ("holdout", "synthetic")))
        for g in judged
    ]
    return Disparity(
        "outcome_parity",
        grouping.name,
        grouping.crossed,
        outcome.words,
        float(spread(rates["synthetic"])),
        float(spread(rates["holdout"])),
        # synthetic rows inherit the draw of the training rows
        float(np.sqrt(sum(error**2 for error in errors.values()))),
        float(np.hypot(errors["synthetic"], errors["train"])),
        by_group,
        left_out(grouping, enough, counts["holdout"]),
    )


def left_out(grouping: Grouping, enough: np.ndarray, counts: np.ndarray) -> tuple[str, ...]:
    """The groups that are too small, with their holdout rows."""
    return tuple(f"{grouping.labels[g]} ({counts[g]})" for g in np.flatnonzero(~enough))


def _row(label: str, real: tuple[int, int], synthetic: tuple[int, int]) -> list[Any]:
    cells: list[Any] = [label, int(real[1])]
    for hits, count in (real, synthetic):
        low, high = share_interval(hits, count)
        cells += [round(float(hits / count), 4), round(low, 4), round(high, 4)]
    return cells

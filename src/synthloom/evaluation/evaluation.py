"""All metrics over one train/holdout/synthetic triple, and the verdict in words."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import ArtifactError, OptionError
from synthloom.evaluation.base import DEPTHS, Depth, EvaluationData, Metric, Refit
from synthloom.evaluation.registry import METRICS, choose_metrics
from synthloom.evaluation.sentences import fair_sentence, private_sentence, useful_sentence
from synthloom.evaluation.utility.equivalence import Difference
from synthloom.evaluation.verdicts import MARGINS, excess_of, judge, margins_for, worst
from synthloom.execution.local import available_cores
from synthloom.finding import Family, Finding, Verdict
from synthloom.limits import slowdown
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema

FORMAT = 1
"""Version of the JSON that :meth:`Evaluation.to_json` writes."""
_SMALL_HOLDOUT = 100


@dataclass(frozen=True)
class Evaluation:
    """What was measured, frozen.

    Attributes:
        findings: in the order of the report.
        rows: how many ``train``, ``holdout`` and ``synthetic`` rows there were.
        warnings: what a reader must know before trusting the figures.
        quick: whether this is the first, rough verdict.
    """

    findings: tuple[Finding, ...]
    rows: dict[str, int]
    warnings: tuple[str, ...] = ()
    quick: bool = False

    def find(self, name: str, column: str | None = None) -> Finding | None:
        """The finding of this name (and column), ``None`` if it was not measured."""
        return next((f for f in self.findings if f.name == name and f.column == column), None)

    @property
    def useful(self) -> tuple[Verdict, str]:
        """Whether the synthetic rows can stand in for real ones, in one or two plain sentences.

        The worst of what a model loses and of how pairs of columns agree; a classifier that tells
        synthetic rows with ease turns good into fair. Without a target the model is left out.
        """
        return useful_sentence(self.find)

    @property
    def private(self) -> tuple[Verdict, str]:
        """Whether the attacks found anything, in plain sentences: evidence, not proof."""
        return private_sentence(self.find)

    @property
    def fair(self) -> tuple[Verdict, str] | None:
        """Whether groups fare worse than in the real rows, in plain sentences; ``None`` if it was not audited."""
        return fair_sentence(self.find)

    @property
    def answers(self) -> tuple[tuple[str, tuple[Verdict, str]], ...]:
        """The questions that a report opens with, each with its verdict and sentences."""
        asked = (("Useful?", self.useful), ("Private?", self.private), ("Fair?", self.fair))
        return tuple((question, answer) for question, answer in asked if answer is not None)

    def to_json(self) -> dict[str, Any]:
        """Plain values only, ready for ``json.dumps``."""
        verdicts = {
            question.rstrip("?").lower(): dict(zip(("verdict", "sentence"), answer, strict=True))
            for question, answer in self.answers
        }
        return {
            "format": FORMAT,
            "quick": self.quick,
            "rows": dict(self.rows),
            "warnings": list(self.warnings),
            **verdicts,
            "findings": [finding.to_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Evaluation:
        """The evaluation that :meth:`to_json` described.

        Raises:
            ArtifactError: if it was written by a newer version, or is something else.
        """
        if state.get("format") != FORMAT:
            raise ArtifactError(
                f"the evaluation has format {state.get('format')!r}", accepted=f"format {FORMAT}", hint="evaluate again"
            )
        findings = tuple(Finding.from_json(finding) for finding in state["findings"])
        return cls(findings, dict(state["rows"]), tuple(state["warnings"]), bool(state["quick"]))

    @classmethod
    def average(cls, evaluations: Sequence[Evaluation]) -> Evaluation:
        """The mean over folds, each with its own holdout.

        Intervals shrink with the number of folds, but never below what the folds' own spread
        shows; verdicts are given anew. Pictures and notes are those of the first fold.

        Raises:
            OptionError: if there are none.
        """
        if not evaluations:
            raise OptionError("there are no evaluations to average", accepted="one evaluation for each fold")
        first = evaluations[0]
        if len(evaluations) == 1:
            return first
        keys = {(f.name, f.column): None for evaluation in evaluations for f in evaluation.findings}
        findings = tuple(
            _mean_finding([found for e in evaluations if (found := e.find(*key)) is not None]) for key in keys
        )
        rows = {
            "train": round(sum(e.rows["train"] for e in evaluations) / len(evaluations)),
            "holdout": sum(e.rows["holdout"] for e in evaluations),
            "synthetic": round(sum(e.rows["synthetic"] for e in evaluations) / len(evaluations)),
        }
        rows |= {part: count for part, count in first.rows.items() if part not in rows}
        said = f"figures are means over {len(evaluations)} folds: each row was held out once"
        warnings = dict.fromkeys(
            [said, *(w for e in evaluations for w in e.warnings if not w.startswith("the holdout has"))]
        )
        return cls(findings, rows, tuple(warnings), any(e.quick for e in evaluations))


def combine(evaluations: Sequence[Evaluation]) -> Evaluation:
    """The mean over folds: :meth:`Evaluation.average`."""
    return Evaluation.average(evaluations)


def evaluate(
    train: Table,
    holdout: Table,
    synthetic: Table,
    schema: TableSchema,
    *,
    seed: int | None = None,
    run: RunContext | None = None,
    quick: bool = False,
    metrics: Sequence[str | Metric] | None = None,
    depth: Depth = "standard",
    shifted: Table | None = None,
    refit: Refit | None = None,
    unmeasurable: Mapping[Family, str] | None = None,
) -> Evaluation:
    """Measures synthetic rows against the training rows and against rows that no model has seen.

    Args:
        train: the rows that the synthesizer learned from.
        holdout: real rows kept from it.
        synthetic: what it sampled.
        schema: the columns, and the target if there is one.
        seed: makes every figure repeatable.
        run: executor, progress listener and cancellation.
        quick: only a first verdict, within seconds.
        metrics: names or objects; by default all that have something to measure in these tables.
        depth: ``standard``, or ``thorough`` for more seeds and rows in every fit and attack.
        shifted: real rows from later, or from elsewhere, on which models are tried as well.
        refit: fits the synthesizer anew to the rows it is given, with a seed, and returns synthetic rows:
            canaries are then planted and hunted for, at the cost of one more fit.
        unmeasurable: families of metrics that these tables cannot answer, and why: their findings have no
            figure. An audit without the training rows cannot try attacks on them.

    Raises:
        InputError: if a table has no rows.
        SchemaError: if the columns differ between the tables and the schema.
        OptionError: for an unknown metric or depth.
        Cancelled: if the run was stopped.
    """
    run = run or RunContext()
    if depth not in DEPTHS:
        raise OptionError(f"depth is {depth!r}", accepted=", ".join(DEPTHS))
    chosen = choose_metrics(metrics, quick=quick)
    stream = RandomStream(resolve_seed(seed)).child("evaluation")
    threads = max(1, available_cores() // max(1, run.executor.workers))
    data = EvaluationData.of(
        train,
        holdout,
        synthetic,
        schema,
        stream,
        quick=quick,
        threads=threads,
        depth=depth,
        shifted=shifted,
        refit=refit,
    )
    if metrics is None:
        chosen = [metric for metric in chosen if metric.applies(data)]
    mute = unmeasurable or {}
    measured = iter(_measure_all([metric for metric in chosen if metric.family not in mute], data, run))
    found = [
        finding
        for metric in chosen
        for finding in ([metric.unmeasured(mute[metric.family])] if metric.family in mute else next(measured))
    ]
    rows = {part: data.table(part).n_rows for part in data.parts}
    return Evaluation(tuple(found), rows, (*_left_out(found), *_warnings(data)), quick)


def known_findings() -> frozenset[str]:
    """The names of all findings there may be, for a policy to speak of."""
    return frozenset(METRICS) | frozenset(name.removesuffix("/column") for name in MARGINS)


def _left_out(found: Sequence[Finding]) -> Iterable[str]:
    names = [finding.name for finding in found if finding.note == TIME_WAS_UP]
    if names:
        yield f"the time limit left no time to measure {', '.join(names)}"


TIME_WAS_UP = "the time limit left no time for it"
_ADULT_CELLS = 1_100_000
_MOST_OF_ADULT = 2.5


def forecast_seconds(rows: int, columns: int, metrics: Sequence[str | Metric] | None = None) -> float:
    """About how long an evaluation of so many rows, real and synthetic together, takes on one core.

    The metrics' own costs are those on adult; in larger tables they look at a part of the rows.
    """
    return sum(metric.cost for metric in choose_metrics(metrics)) * _relative_size(rows, columns)


def _relative_size(rows: int, columns: int) -> float:
    return min(_MOST_OF_ADULT, max(0.1, rows * columns / _ADULT_CELLS))


_LIBRARIES = ("lightgbm", "sklearn.linear_model", "sklearn.neighbors")
"""What metrics import."""


def _measure_all(metrics: Sequence[Metric], data: EvaluationData, run: RunContext) -> list[list[Finding]]:
    """Runs the dearest metrics first, so that workers end together; each metric's findings in the metrics' order.

    Under a time limit those of the first verdict come first, then the cheapest; what there is no time for
    is left out, and its finding says so.
    """
    limited = run.seconds_left() is not None
    order = sorted(
        range(len(metrics)),
        key=lambda place: (not metrics[place].quick, metrics[place].cost) if limited else -metrics[place].cost,
    )
    reporter = run.reporter("evaluate")
    total, done = sum(metric.cost for metric in metrics) or 1.0, 0.0
    reporter.update(0.0, "comparing the three tables")
    found: dict[int, list[Finding]] = {}

    # loaded here once: threads that first import a large package at the same time see half of it
    for library in _LIBRARIES:
        import_module(library)
    pace = _Pace(data, slowdown() if limited else 1.0)

    def measure(place: int) -> list[Finding]:
        run.check()
        metric, left = metrics[place], run.seconds_left()
        if left is not None and left < pace.expected(metric):
            return [metric.unmeasured(TIME_WAS_UP)]
        start = time.perf_counter()
        measured = metric.measure(data)
        pace.learn(metric, time.perf_counter() - start)
        return measured

    for place, findings in zip(order, run.executor.map(measure, order), strict=True):
        run.check()
        found[place] = [_plain(finding) for finding in findings]
        done += metrics[place].cost
        reporter.update(done / total, metrics[place].name)
    return [found[place] for place in range(len(metrics))]


class _Pace:
    """How long metrics take here, from what they state and what those before them took."""

    def __init__(self, data: EvaluationData, factor: float) -> None:
        self.stated, self.taken = (
            4.0,
            4.0 * factor * _relative_size(sum(data.size(part) for part in data.parts), len(data.schema.columns)),
        )

    def expected(self, metric: Metric) -> float:
        return metric.cost * self.taken / self.stated

    def learn(self, metric: Metric, seconds: float) -> None:
        self.stated += metric.cost
        self.taken += seconds


def _plain(finding: Finding) -> Finding:
    """The finding without infinities and NaN, which JSON does not know."""
    if finding.value is not None and not math.isfinite(finding.value):
        return replace(
            finding, value=None, interval=None, verdict="unknown", note=finding.note or "the figure is not finite"
        )
    return finding


def _warnings(data: EvaluationData) -> Iterable[str]:
    size = data.holdout.n_rows
    if size < _SMALL_HOLDOUT:
        yield f"the holdout has only {size} rows: intervals are wide and some verdicts unknown"
    if data.synthetic.n_rows < size:
        yield f"there are fewer synthetic rows ({data.synthetic.n_rows:,}) than holdout rows ({size:,})"
    if data.schema.target is None:
        yield "no target was given: what a model loses on synthetic rows was not measured"
    if data.withheld:
        shown = ", ".join(data.withheld[:8]) + (f" and {len(data.withheld) - 8} more" if len(data.withheld) > 8 else "")
        yield f"keys, personal data and free text were checked for copied values only: {shown}"
    if data.schema.protection.minimum_support < 2:
        yield "the protection of rare values is switched off: pictures may show values of single rows"


def _mean_finding(parts: list[Finding]) -> Finding:
    """The mean of one finding over folds, judged anew."""
    measured = [part for part in parts if part.value is not None]
    if not measured:
        return parts[0]
    first, count = measured[0], len(measured)
    values = [part.value for part in measured if part.value is not None]
    value = float(np.mean(values))
    references = [part.reference for part in measured if part.reference is not None]
    reference = float(np.mean(references)) if references else None
    halves = [(part.interval[1] - part.interval[0]) / 2 for part in measured if part.interval is not None]
    spread = float(np.std(values, ddof=1)) if count > 1 else 0.0
    half = max(float(np.mean(halves)), 1.96 * spread) / math.sqrt(count) if halves else None
    errors = [part.detail["error"] for part in measured if "error" in part.detail]
    verdict = worst(part.verdict for part in measured)
    detail = dict(first.detail)
    if errors and reference is not None:
        error = max(float(np.sqrt(np.mean(np.square(errors)))), spread) / math.sqrt(count)
        detail["error"] = round(error, 6)
        verdict = judge(excess_of(value, reference, first.direction), error, margins_for(first.name, first.column))
        if "equivalence" in detail:
            mean = Difference(value, error, detail["degrees"] * count)
            detail |= {"equivalence": mean.words(unit=detail["score"]), "status": mean.status()}
            detail |= {"p_equivalence": round(mean.p_equivalence(), 5), "p_difference": round(mean.p_difference, 5)}
            detail["power"] = round(mean.power(), 4)
    for key in ("real", "synthetic", "both") if "equivalence" in detail else ("real", "synthetic", "power"):
        numbers = [part.detail.get(key) for part in measured]
        if all(isinstance(number, (int, float)) for number in numbers):
            detail[key] = round(float(np.mean(numbers)), 5)  # type: ignore[arg-type]
    low, high = first.range or (-math.inf, math.inf)
    interval = None if half is None else (max(low, value - half), min(high, value + half))
    return replace(first, value=value, reference=reference, interval=interval, verdict=verdict, detail=detail)

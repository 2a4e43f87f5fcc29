"""Before the fit: which synthesizer, from how many rows, and what is given up to keep a limit.

Without a limit nothing is given up. With one, the cost is forecast first; where it does not fit, fewer
rows are sampled (more can be drawn from the model later), then fewer are learned from, then a cheaper
synthesizer takes the place of the one that ``auto`` chose. Where even that does not fit, the run is
refused before it begins. All that was given up is said in the report.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synthloom.data import Table
from synthloom.errors import Cancelled, LimitError
from synthloom.limits import format_duration, format_size, resident_bytes, slowdown
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers import SYNTHESIZERS, Synthesizer, synthesizer_class
from synthloom.synthesizers.choice import AUTO, CHEAPER, LEAST_ROWS, Choice, TableTraits, choose
from synthloom.workflow.forecast import PROBE_ROWS, CostModel, RunForecast

_SURELY = 0.3
"""Share of the limit below which a stated forecast, which may be off by a factor of three, needs no trial."""
_TRIAL_SHARE = 0.3
"""Most of the time left that a trial may take by the stated forecast."""
_EVALUATION_SHARE = 0.45
"""Most of the time left that is kept for the evaluation; it leaves out what does not fit."""
_MARGIN = 0.9
_LEAST_SIZE = 1_000
_WHOLE = 1_000


@dataclass(frozen=True)
class Plan:
    """How a run goes about its work.

    Attributes:
        prototype: an unfitted synthesizer with the parameters to use.
        choice: which it is, who chose it, why, and what was given up.
        rows: rows to learn from.
        size: rows to sample.
        fit_seconds: the share of the time that the fit may take, ``None`` without a limit.
        writing: seconds to keep for writing.
        forecast: what the whole run will take.
        trial: the model of a trial fit and the rows it learned from, if there was one: the best answer so far.
    """

    prototype: Synthesizer
    choice: Choice
    rows: int
    size: int
    fit_seconds: float | None
    writing: float
    forecast: RunForecast
    trial: tuple[Synthesizer, Table] | None = None


@dataclass(frozen=True)
class Job:
    """What is to be planned.

    Attributes:
        table_rows: rows of the whole table.
        size: rows to sample.
        fixed_size: whether the user asked for just so many.
        folds: how many times a model is fitted.
        judged: whether the run samples, evaluates and writes; if not it is a fit alone.
    """

    table_rows: int
    size: int = 0
    fixed_size: bool = True
    folds: int = 1
    judged: bool = True


def make_plan(
    train: Table,
    schema: TableSchema,
    asked: str | Synthesizer | None,
    job: Job,
    seed: int,
    run: RunContext,
) -> Plan:
    """The plan for learning from ``train`` under the limits of ``run``.

    Raises:
        LimitError: if no synthesizer can keep the limits.
        OptionError: if there is no synthesizer of the name asked for.
    """
    prototype, choice = resolve(train, schema, asked)
    names = [choice.synthesizer]
    if choice.asked == AUTO:
        names += CHEAPER[CHEAPER.index(choice.synthesizer) + 1 :]
    limited = run.time_limit is not None or run.memory_limit is not None
    refusals: list[str] = []
    for name in names:
        instance = prototype if name == choice.synthesizer else SYNTHESIZERS[name]()
        planner = _Planner(instance, train, schema, job, seed, run)
        plan = planner.full() if not limited else planner.fitting()
        if plan is None:
            refusals.append(planner.refusal)
            continue
        final = replace(choice, synthesizer=name, given_up=plan.choice.given_up)
        if name != choice.synthesizer:
            instead = f"{name} learned the table in place of {choice.synthesizer}: {refusals[0]}"
            final = replace(
                final,
                reason=f"{choice.synthesizer} suits the table best, but does not fit the limits",
                given_up=(instead, *final.given_up),
            )
        return replace(plan, choice=final)
    raise LimitError(
        f"the run does not fit its limits: {'; '.join(refusals)}",
        hint="raise the limit, take fewer rows or columns"
        + ("" if choice.asked == AUTO else ", or leave the choice to --synthesizer auto"),
    )


def resolve(train: Table, schema: TableSchema, asked: str | Synthesizer | None) -> tuple[Synthesizer, Choice]:
    """The synthesizer asked for, or the one that the rules choose for the table; and the choice in words."""
    if isinstance(asked, Synthesizer):
        return asked, Choice(asked.name, asked.name, "it was handed in")
    if asked is None or asked == AUTO:
        choice = choose(TableTraits.of(train, schema))
        return SYNTHESIZERS[choice.synthesizer](), choice
    return synthesizer_class(asked)(), Choice(asked, asked, "it was asked for by name")


def thinned(learned: np.ndarray, rows: int, seed: int) -> np.ndarray:
    """The positions ``learned`` int [n], or ``rows`` of them drawn at random where the plan is to learn from fewer."""
    if rows >= len(learned):
        return learned
    return np.sort(RandomStream(seed).child("limit").generator().choice(learned, rows, replace=False))


def check_input_size(source: object, run: RunContext) -> None:
    """Refuses a file that is larger than the memory limit before it is read.

    Raises:
        LimitError: if the file alone is larger.
    """
    if run.memory_limit is None or not isinstance(source, (str, os.PathLike)):
        return
    path = Path(source)
    size = path.stat().st_size if path.is_file() else 0
    if size > run.memory_limit:
        raise LimitError(
            f'"{path.name}" has {format_size(size)}, the memory limit is {format_size(run.memory_limit)}',
            hint="raise --memory-limit, or take a part of the file",
        )


class _Planner:
    """One synthesizer's plan for one job; :attr:`refusal` says why there is none."""

    def __init__(
        self,
        prototype: Synthesizer,
        train: Table,
        schema: TableSchema,
        job: Job,
        seed: int,
        run: RunContext,
    ) -> None:
        self.prototype, self.train, self.schema, self.job = prototype, train, schema, job
        self.seed, self.run, self.workers = seed, run, run.executor.workers
        self.trial: tuple[Synthesizer, Table] | None = None
        self.cost = CostModel.stated(
            type(prototype), train, job.table_rows, self.workers, 1.0 if run.time_limit is None else slowdown()
        )
        self.refusal = ""

    def full(self) -> Plan:
        """Everything, as if there were no limit."""
        return self._plan(self.train.n_rows, self.job.size, None, ())

    def fitting(self) -> Plan | None:
        """What fits the limits, ``None`` if nothing does."""
        rows, size, said = self.train.n_rows, self.job.size, []
        least = min(rows, LEAST_ROWS.get(self.prototype.name, rows))
        memory = self._within_memory(rows, size, least)
        if memory is None:
            return None
        said += self._words(rows, size, *memory, "memory limit")
        rows, size = memory
        if self.run.seconds_left() is None:
            return self._plan(rows, size, None, tuple(said))
        timed = self._within_time(rows, size, least)
        if timed is None:
            return None
        said += self._words(rows, size, timed[0], timed[1], "time limit")
        plan = self._plan(*timed, tuple(said))
        left = max(0.0, self.run.seconds_left() or 0.0)  # the evaluation leaves out what does not fit
        return replace(plan, forecast=RunForecast(min(plan.forecast.seconds, left), plan.forecast.bytes))

    def _plan(self, rows: int, size: int, fit_seconds: float | None, given_up: tuple[str, ...]) -> Plan:
        if self.job.judged:
            forecast = self.cost.total(rows, size, self.job.folds, self.workers)
        else:
            forecast = RunForecast(self.cost.fit(rows), self.cost.bytes(rows, 0))
        name = self.prototype.name
        choice = Choice(name, name, "", given_up=given_up)
        return Plan(self.prototype, choice, rows, size, fit_seconds, self.cost.write(size), forecast, self.trial)

    def _within_memory(self, rows: int, size: int, least: int) -> tuple[int, int] | None:
        """Rows to learn from and to sample within the memory limit."""
        limit = self.run.memory_limit
        if limit is None:
            return rows, size

        def parts(thousandths: int) -> tuple[int, int]:
            made = size if self.job.fixed_size else max(min(size, _LEAST_SIZE), size * thousandths // _WHOLE)
            return max(least, rows * thousandths // _WHOLE), made

        share = _most(lambda n: self.cost.bytes(*parts(n)) <= limit, 0, _WHOLE)
        held = resident_bytes() or 0
        if share is None or held > limit:
            need = max(self.cost.bytes(*parts(0)), held)
            self.refusal = (
                f"{self.prototype.name} is forecast to need {format_size(need)} of memory, "
                f"the limit is {format_size(limit)}"
            )
            return None
        return parts(share)

    def _within_time(self, rows: int, size: int, least: int) -> tuple[int, int, float] | None:
        """Rows to learn from and to sample, and seconds for the fit, within the time limit."""
        if self.cost.fit(least) > self._budget(size):
            self._refuse(least, size)
            return None
        surely = self.cost.fit(rows) + self.cost.sample(rows, size) <= _SURELY * self._budget(size)
        if not surely and not self._try(rows):
            return None
        budget = self._budget(size)

        def fits(learned: int, made: int) -> bool:
            return self.cost.fit(learned) + self.cost.sample(learned, made) <= budget

        if size and not self.job.fixed_size and not fits(rows, size):
            third = budget / 3
            size = _most(lambda n: self.cost.sample(rows, n) <= third, min(size, _LEAST_SIZE), size) or _LEAST_SIZE
        most = _most(lambda n: fits(n, size), least, rows)
        if most is None:
            self._refuse(least, size)
            return None
        return most, size, budget - self.cost.sample(most, size)

    def _try(self, rows: int) -> bool:
        """Measures the costs by a trial on some rows; False if that alone takes too long."""
        if rows <= PROBE_ROWS or self.prototype.capabilities.private:
            return True  # under a budget a trial would cost some of it
        part = self.train.take(thinned(np.arange(self.train.n_rows), PROBE_ROWS, self.seed))
        share = _TRIAL_SHARE * max(0.0, self.run.seconds_left() or 0.0)
        try:
            with self.run.ending(share) as trial:
                self.cost, model = self.cost.probed(self.prototype, part, self.schema, self.seed, trial)
        except Cancelled:
            self.run.check()
            self.refusal = (
                f"{self.prototype.name} on {PROBE_ROWS:,} rows took more than {format_duration(share)}, "
                "too much of the time limit"
            )
            return False
        self.trial = (model, part)
        return True

    def _budget(self, size: int) -> float:
        """Seconds that one fit and its sample may take: what is left without evaluation and writing."""
        left = max(0.0, self.run.seconds_left() or 0.0)
        if not self.job.judged:
            return left * _MARGIN
        evaluation = min(self.cost.evaluate(size, self.workers) * self.job.folds, _EVALUATION_SHARE * left)
        return max(0.0, left * _MARGIN - evaluation - self.cost.write(size)) / self.job.folds

    def _refuse(self, least: int, size: int) -> None:
        made = size if self.job.fixed_size else min(size, _LEAST_SIZE)
        need = (self.cost.fit(least) + self.cost.sample(least, made)) * self.job.folds / _MARGIN
        if self.job.judged:
            need = (need * _MARGIN + self.cost.write(made)) / (_MARGIN - _EVALUATION_SHARE)
        self.refusal = (
            f"{self.prototype.name} on {least:,} rows is forecast to need {format_duration(need)}, "
            f"{format_duration(self.run.seconds_left() or 0.0)} of the time limit are left"
        )

    def _words(self, rows: int, size: int, learned: int, made: int, limit: str) -> list[str]:
        said = []
        if learned < rows:
            said.append(f"for the {limit}, {learned:,} of {rows:,} rows were learned from, drawn at random")
        if made < size:
            said.append(f"for the {limit}, {made:,} rows were sampled, not {size:,}; the model can sample more")
        return said


def _most(holds: Callable[[int], bool], least: int, most: int) -> int | None:
    """The largest number from ``least`` to ``most`` for which ``holds``, which is true below some number."""
    if not holds(least):
        return None
    low, high = least, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low

"""The main job: a table in, synthetic data with their evidence out."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synthloom.artifact import StagedFolder
from synthloom.data import Table
from synthloom.encoding import Suppression
from synthloom.errors import OptionError
from synthloom.evaluation import Depth, Evaluation, evaluate, known_findings
from synthloom.execution.local import available_cores
from synthloom.limits import MemoryWatch
from synthloom.policy import Policy, PolicyResult, read_policy
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.report import ReportView, Step, VerdictLine
from synthloom.run_context import RunContext
from synthloom.schema import PublicSchema, TableSchema
from synthloom.synthesizers import Synthesizer, synthesizer_class
from synthloom.synthesizers.choice import AUTO, Choice
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals
from synthloom.workflow.forecast import RunForecast
from synthloom.workflow.planning import Job, Plan, check_input_size, make_plan, thinned
from synthloom.workflow.privately import Privacy, budgeted, read_privacy
from synthloom.workflow.refitting import refit_like
from synthloom.workflow.step_fit import learn
from synthloom.workflow.step_gate import judged, require_met
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_report import RunFacts, build_content, hidden_line, limits_line, versions
from synthloom.workflow.step_schema import make_schema
from synthloom.workflow.step_shift import split_shifted
from synthloom.workflow.step_split import Split, split_by_coins, split_rows
from synthloom.workflow.step_write import write_run

_KEPT_TO_JUDGE = 0.2
"""Share of a time limit that sampling leaves to the evaluation."""


@dataclass(frozen=True)
class RunOptions:
    """What a run is asked for, apart from the data.

    Attributes:
        target: the column that a model is to predict; with it, utility is measured.
        entity: the column that says whose row it is; whole entities are held out.
        time: the column that orders the rows; the latest are held out.
        schema: a schema, or the path of a YAML file; inferred if left out.
        rows: how many synthetic rows; as many as the input has if left out.
        seed: makes the run repeatable; drawn and recorded if left out.
        synthesizer: its name, or a synthesizer; chosen by the table (``auto``) if left out.
        sensitive: columns by whose groups fairness is audited.
        shift: a column and a value from which on rows are kept apart, to see how models generalise.
        depth: how much work goes into the evidence, ``standard`` or ``thorough``.
        policy: what the evidence must show; ``default``, a policy, or the path of a YAML file.
        privacy: the budget under differential privacy, if there is one.
    """

    target: str | None = None
    entity: str | None = None
    time: str | None = None
    schema: TableSchema | str | Path | None = None
    rows: int | None = None
    seed: int | None = None
    synthesizer: str | Synthesizer | None = None
    sensitive: tuple[str, ...] = ()
    shift: tuple[str, Any] | None = None
    depth: Depth = "standard"
    policy: Policy | str | Path | None = None
    privacy: Privacy | None = None


@dataclass(frozen=True)
class RunResult:
    """What a run gives back.

    Attributes:
        data: the synthetic rows, as the kind of frame that was handed in (Arrow for a file).
        report: the report; shows itself in a notebook.
        evaluation: its figures.
        schema: what the columns were taken for.
        model: the fitted synthesizer, the very one that was evaluated.
        folder: where everything was written, if it was.
    """

    data: Any
    report: ReportView
    evaluation: Evaluation
    schema: TableSchema
    model: Synthesizer
    folder: Path | None = None

    def __repr__(self) -> str:
        return repr(self.report)

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


@dataclass
class _Watch:
    """Seconds of each step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, run: RunContext) -> Iterator[None]:
        run.check()
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def steps(self) -> list[Step]:
        return [Step(name, round(seconds, 3)) for name, seconds in self.seconds.items()]


def run(
    source: Any,
    *,
    target: str | None = None,
    entity: str | None = None,
    time: str | None = None,
    schema: TableSchema | str | Path | None = None,
    rows: int | None = None,
    seed: int | None = None,
    synthesizer: str | Synthesizer | None = None,
    sensitive: Sequence[str] = (),
    shift: tuple[str, Any] | None = None,
    depth: Depth = "standard",
    policy: Policy | str | Path | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    public_schema: PublicSchema | str | Path | None = None,
    ledger: str | Path | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    context: RunContext | None = None,
    on_choice: Callable[[Choice], None] | None = None,
    on_forecast: Callable[[RunForecast], None] | None = None,
    on_quick_verdict: Callable[[tuple[VerdictLine, ...]], None] | None = None,
) -> RunResult:
    """Reads, learns, samples and evaluates, and writes both folders if ``output`` is given.

    Args:
        source: a pandas or polars frame, an Arrow table, or the path of a file or folder.
        target: the column that a model is to predict; with it, utility is measured.
        entity: the column that says whose row it is; whole entities are held out.
        time: the column that orders the rows; the latest are held out.
        schema: a schema, or the path of a YAML file; inferred if left out.
        rows: how many synthetic rows; as many as the input has if left out.
        seed: makes the run repeatable; drawn and recorded if left out.
        synthesizer: its name, or a synthesizer; chosen by the table (``auto``) if left out.
        sensitive: columns by whose groups fairness is audited.
        shift: a column and a value: rows from that number or date on, or of that category, are kept from
            everything, and models are tried on them.
        depth: ``standard``, or ``thorough`` for more seeds and rows in every fit and attack.
        policy: what the evidence must show before data are given out: ``default``, a
            :class:`~synthloom.policy.Policy`, or the path of a YAML file.
        epsilon: learn under differential privacy, with this budget; see ``docs/differential-privacy.md``.
        delta: the δ that goes with it; 1e-5 if left out.
        public_schema: what is public of the table: categories, bounds, units; or the path of a YAML file.
        ledger: a file of what was spent on the same data before, to which this release is added.
        output: the folder to write; it must not exist, unless ``overwrite``.
        overwrite: replace an existing folder.
        context: executor, progress, cancellation, and limits of time and memory.
        on_choice: called with the synthesizer chosen, and why, before the fit.
        on_forecast: called with the forecast before the work begins.
        on_quick_verdict: called with a first verdict, before the full evaluation.

    Raises:
        UserError: for anything the user can mend; nothing is left half written.
        PolicyError: if the evidence falls short of the policy. No data are given out; the error carries the
            report, and with ``output`` the report and the model are in ``private/``.
    """
    groups = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
    privacy = read_privacy(
        epsilon,
        delta,
        public_schema,
        ledger,
        refused={"schema": schema, "policy": policy, "time": time},
        synthesizer=synthesizer,
        target=target,
        entity=entity,
    )
    synthesizer = privacy.prototype if privacy else synthesizer
    options = RunOptions(target, entity, time, schema, rows, seed, synthesizer, groups, shift, depth, policy, privacy)
    run = context or RunContext()
    with MemoryWatch(run) as memory:
        job = _Job(options, run, memory, on_choice, on_forecast, on_quick_verdict)
        if output is None:
            result = job.execute(source, None)
            require_met(result.report.content)
            return result
        with StagedFolder(output, overwrite=overwrite) as staging:
            result = job.execute(source, staging)
            run.check()
    require_met(result.report.content, output)
    return RunResult(result.data, result.report, result.evaluation, result.schema, result.model, Path(output))


@dataclass
class _Job:
    options: RunOptions
    run: RunContext
    memory: MemoryWatch
    on_choice: Callable[[Choice], None] | None
    on_forecast: Callable[[RunForecast], None] | None
    on_quick: Callable[[tuple[VerdictLine, ...]], None] | None
    watch: _Watch = field(default_factory=_Watch)
    forecast: RunForecast | None = None
    shifted: Table | None = None
    shift_words: str = ""
    spent: dict[str, Any] | None = None
    choice: Choice | None = None
    learned_rows: int = 0

    def execute(self, source: Any, folder: Path | None) -> RunResult:
        options, run, watch = self.options, self.run, self.watch
        started = datetime.now(UTC)
        seed = resolve_seed(options.seed)
        if options.rows is not None and options.rows < 1:
            raise OptionError(f"rows is {options.rows}", accepted="1 or more")
        if isinstance(options.synthesizer, str) and options.synthesizer != AUTO:
            synthesizer_class(options.synthesizer)  # a wrong name is told before anything is read
        policy = None if options.policy is None else read_policy(options.policy, known_findings())
        with watch.step("read", run):
            check_input_size(source, run)
            table, info, title = read_input(source)
        with watch.step("schema", run):
            schema = self._schema(table)
            original = table = table.select(schema.names)
            if options.shift is not None:
                table, self.shifted, self.shift_words = split_shifted(table, schema, *options.shift)
        splitter = split_rows if options.privacy is None else split_by_coins
        split = splitter(table, schema, RandomStream(seed))
        plan = self._plan(table, schema, split, seed)
        model, synthetic, evaluation = self._folds(table, schema, split, plan, seed)
        schema = schema.model_copy(update={"columns": model.schema_.columns})
        hidden = model.encoder_.suppressed
        facts = RunFacts(
            title=title,
            choice=self.choice or plan.choice,
            limits=limits_line(run),
            seed=seed,
            rows=table.n_rows,
            columns=len(table.names),
            synthetic_rows=synthetic.n_rows,
            split_method="; ".join(filter(None, (split.method, self.shift_words))),
            learned_rows=self.learned_rows,
            holdout_rows=len(split.folds[0][1]),
            relations=tuple(model.encoder_.derivations.sentences),
        )
        given_up = tuple(f"{text[0].upper()}{text[1:]}." for text in facts.choice.given_up)
        warnings = (*given_up, *(info.notes if info else ()), *split.warnings)
        content = build_content(facts, schema, evaluation, hidden, warnings, watch.steps())
        content = judged(content, policy)
        if self.spent is not None:
            content = budgeted(content, model, self.spent)
        result = RunResult(synthetic.to_frame(), ReportView(content), evaluation, schema, model)
        if folder is not None:
            with watch.step("write", run):
                write_run(
                    folder,
                    synthetic=synthetic,
                    source=info,
                    model=model,
                    schema=schema,
                    content=content,
                    original=original,
                    record=self._record(facts, started, content.policy),
                    policy=policy,
                )
        return result

    def _schema(self, table: Table) -> TableSchema:
        options = self.options
        if options.privacy is not None:
            return options.privacy.schema(table, sensitive=options.sensitive)
        return make_schema(
            table,
            options.schema,
            target=options.target,
            entity=options.entity,
            time=options.time,
            sensitive=options.sensitive,
        )

    def _fit(self, model: Synthesizer, train: Table, schema: TableSchema, seed: int, run: RunContext) -> None:
        if self.options.privacy is None:
            model.fit(train, schema, seed=seed, run=run)
            return
        self.options.privacy.fit(model, train, seed, run)
        if self.spent is None:  # of several folds only the first one's model is given out
            self.spent = self.options.privacy.record(model)

    def _size(self, model: Synthesizer, plan: Plan) -> int:
        """How many rows to sample: under a budget the number of rows is private too."""
        noisy = self.options.privacy is not None and self.options.rows is None
        return max(1, round(model.total_)) if noisy and isinstance(model, PrivateMarginals) else plan.size

    def _plan(self, table: Table, schema: TableSchema, split: Split, seed: int) -> Plan:
        size = table.n_rows if self.options.rows is None else self.options.rows
        # under a budget the size is the noisy count, whatever is planned; the model keeps no word on the real one
        fixed = self.options.rows is not None or self.options.privacy is not None
        job = Job(table.n_rows, size, fixed_size=fixed, folds=len(split.folds))
        train = table.take(split.folds[0][0])
        with self.watch.step("forecast", self.run):
            plan = make_plan(train, schema, self.options.synthesizer, job, seed, self.run)
        self.forecast = plan.forecast
        if self.on_choice is not None:
            self.on_choice(plan.choice)
        if self.on_forecast is not None:
            self.on_forecast(plan.forecast)
        return plan

    def _folds(
        self, table: Table, schema: TableSchema, split: Split, plan: Plan, seed: int
    ) -> tuple[Synthesizer, Table, Evaluation]:
        """The first fold's model and data, and the evaluation averaged over all folds."""
        first: tuple[Synthesizer, Table] | None = None
        evaluations = []
        for place, (learned, held) in enumerate(split.folds):
            train, holdout = table.take(thinned(learned, plan.rows, seed)), table.take(held)

            def fit(model: Synthesizer, rows: Table, share: RunContext, asked: TableSchema = schema) -> None:
                self._fit(model, rows, asked, seed, share)

            with self.watch.step("fit", self.run):
                done = learn(plan, train, self.run, fit)
                model, train = done.model, done.train
                schema = schema.model_copy(update={"columns": model.schema_.columns})
            if first is None:
                self.choice, self.learned_rows = done.choice, train.n_rows
            with self.watch.step("sample", self.run):
                size = self._size(model, plan)
                batches = model.sample_batches(size, seed=seed, run=self.run)
                in_time = self._in_time(batches, size, plan.writing)
                synthetic = Table(Table.concatenate(in_time).arrow, model.frame_kind_)
            if first is None and self.on_quick is not None and self.run.time_limit is None:
                with self.watch.step("quick verdict", self.run):
                    quick = evaluate(train, holdout, synthetic, schema, seed=seed, run=self.run, quick=True)
                self.on_quick(_quick_lines(quick, schema, model.encoder_.suppressed))
            with self.watch.step("evaluate", self.run):
                left = self.run.seconds_left()
                share = None if left is None else max(0.0, left - plan.writing) / (len(split.folds) - place)
                judge = self.run.within(share)
                depth, shifted = self.options.depth, self.shifted
                # canaries take one more fit, so they are planted only when asked for, and in one fold
                refit = refit_like(model, schema, judge) if depth == "thorough" and place == 0 else None
                found = evaluate(
                    train, holdout, synthetic, schema, seed=seed, run=judge, depth=depth, shifted=shifted, refit=refit
                )
                evaluations.append(found)
            first = first or (model, synthetic)
        evaluation = evaluations[0] if len(evaluations) == 1 else Evaluation.average(evaluations)
        assert first is not None
        return *first, evaluation

    def _in_time(self, batches: Iterator[Table], size: int, writing: float) -> Iterator[Table]:
        """The batches, or as many as there is time for where no number of rows was asked for."""
        made = 0
        for batch in batches:
            yield batch
            made += batch.n_rows
            left, limit = self.run.seconds_left(), self.run.time_limit
            late = left is not None and limit is not None and left < writing + _KEPT_TO_JUDGE * limit
            if late and self.options.rows is None and made < size and self.choice is not None:
                said = f"for the time limit, sampling was stopped after {made:,} of {size:,} rows"
                self.choice = replace(self.choice, given_up=(*self.choice.given_up, said))
                return

    def _record(self, facts: RunFacts, started: datetime, policy: PolicyResult | None) -> dict[str, Any]:
        """What happened and when; the only file of a run that differs from one time to the next."""
        return {
            "started": started.isoformat(timespec="seconds"),
            "seconds": {step.name: step.seconds for step in self.watch.steps()},
            "input": facts.title,
            "rows": facts.rows,
            "columns": facts.columns,
            "learned_rows": facts.learned_rows,
            "shift": None if self.options.shift is None else [str(part) for part in self.options.shift],
            "synthetic_rows": facts.synthetic_rows,
            "synthesizer": facts.choice.synthesizer,
            "choice": facts.choice.to_json(),
            "limits": {
                "time_seconds": self.run.time_limit,
                "memory_bytes": self.run.memory_limit,
                "forecast_seconds": round(self.forecast.seconds, 1) if self.forecast else None,
                "forecast_bytes": self.forecast.bytes if self.forecast else None,
                "peak_bytes": self.memory.peak,
            },
            "budget": self.spent,
            "policy": None if policy is None else {"name": policy.name, "met": policy.met},
            "seed": facts.seed,
            "workers": self.run.executor.workers,
            "cores": available_cores(),
            "platform": platform.platform(),
            "versions": dict(versions()),
        }


def _quick_lines(
    evaluation: Evaluation, schema: TableSchema, hidden: tuple[Suppression, ...]
) -> tuple[VerdictLine, ...]:
    return (
        VerdictLine("Useful?", *evaluation.useful),
        VerdictLine("Private?", *evaluation.private),
        hidden_line(schema, hidden),
    )

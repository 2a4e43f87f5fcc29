"""The protocol: random splits of each table, a synthesizer fitted to each, learners trained on either kind of rows.

After Patki, Wedge and Veeramachaneni ("The Synthetic Data Vault", 2016); see
:mod:`synthloom.evaluation.utility.study_tests` for the tests. For each table and split: a holdout is
drawn at random; the synthesizer learns from the other rows and gives as many; each learner is trained
on the real and on the synthetic rows, and both models are scored on the holdout.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import InputError, OptionError
from synthloom.evaluation import EvaluationData
from synthloom.evaluation.utility.bench import Bench
from synthloom.evaluation.utility.equivalence import DEFAULT_MARGIN
from synthloom.evaluation.utility.learners import LEARNERS, learner_named
from synthloom.evaluation.utility.study_tests import make_tests, summarise
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers import Synthesizer, synthesizer_class
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_schema import make_schema
from synthloom.workflow.study.result import StudyResult
from synthloom.workflow.study.store import StudyStore

DEFAULT_SYNTHESIZER = "boosted_chain"
DEFAULT_SPLITS = 10
DEFAULT_HOLDOUT = 0.25
_SMALLEST = 200
_MOST_SYNTHETIC = 100
_FEW_HELD_OUT = 2_500


@dataclass(frozen=True)
class StudyTable:
    """A table of a study.

    Attributes:
        source: a frame, an Arrow table or a path.
        target: the column that models predict.
        schema: what its columns are; inferred if left out.
        exclude: columns to leave out, such as one that gives the target away.
    """

    source: Any
    target: str
    schema: TableSchema | str | Path | None = None
    exclude: tuple[str, ...] = ()


def study(
    tables: Mapping[str, StudyTable | tuple[Any, str]],
    *,
    learners: Sequence[str] | None = None,
    synthesizer: str | Synthesizer = DEFAULT_SYNTHESIZER,
    splits: int = DEFAULT_SPLITS,
    holdout: float = DEFAULT_HOLDOUT,
    rows: int | None = None,
    multiple: float = 1.0,
    margin: float = DEFAULT_MARGIN,
    seed: int | None = None,
    output: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    context: RunContext | None = None,
) -> StudyResult:
    """Compares models trained on synthetic rows with models trained on real rows, over tables and learners.

    Args:
        tables: by name, a :class:`StudyTable` or a pair of source and target.
        learners: names of learners (boosting, linear, forest, neighbours); all by default.
        synthesizer: its name, or a synthesizer with its settings.
        splits: random splits of each table, at least 2.
        holdout: share of the rows held out in each split, above 0 and below 1.
        rows: larger tables are thinned to this many random rows, once.
        multiple: synthetic rows for each real training row. A synthesizer can give more rows than it learned
            from, which steadies what is learned from them; 1 compares like with like.
        margin: difference of scores that counts as none; the power is told for it too.
        seed: makes the study repeatable.
        output: a folder for ``study.json``, ``study.md`` and ``study.html``. What is done is kept there
            split by split: the same study goes on where it was stopped.
        overwrite: begin anew in a folder that holds another study.
        context: executor, progress, cancellation; with a time limit the study reports what it has by then.

    Raises:
        UserError: for tables, targets, learners or settings that cannot be used.
        Cancelled: if it was stopped; the splits that were done are kept.
    """
    run = context or RunContext()
    names = list(dict.fromkeys(learners or LEARNERS))
    for name in names:
        learner_named(name)
    _check(splits, holdout, rows, margin, tables)
    if not 0 < multiple <= _MOST_SYNTHETIC:
        raise OptionError(f"multiple is {multiple}", accepted=f"a number above 0, {_MOST_SYNTHETIC} at most")
    prototype = synthesizer if isinstance(synthesizer, Synthesizer) else synthesizer_class(synthesizer)()
    seed = resolve_seed(seed)
    stream = RandomStream(seed).child("study")
    ready = {name: _Ready.of(name, given, rows, stream) for name, given in tables.items()}
    plan = {
        "synthesizer": prototype.name,
        "parameters": {key: repr(value) for key, value in sorted(prototype.get_params().items())},
        "learners": names,
        "holdout": holdout,
        "rows": rows,
        "multiple": multiple,
        "seed": seed,
        "version": version("synthloom"),
        "tables": {name: {"target": r.schema.target, "rows": r.table.n_rows} for name, r in ready.items()},
    }
    store = StudyStore(None if output is None else Path(output))
    store.open(plan, {name: each.table for name, each in ready.items()}, overwrite=overwrite)
    protocol = _Protocol(prototype, names, holdout, multiple, stream, run, store)
    records = protocol.measure(ready, splits)
    result = _result(records, {**plan, "margin": margin, "splits": splits}, names, margin, protocol.warnings)
    for name, text in (("json", result.to_json()), ("md", result.to_markdown()), ("html", result.to_html())):
        store.write_text(f"study.{name}", text)
    return result


def _check(
    splits: int, holdout: float, rows: int | None, margin: float, tables: Mapping[str, StudyTable | tuple[Any, str]]
) -> None:
    if not tables:
        raise OptionError("no table was given", accepted="one table or more, each with its target")
    if splits < 2:
        raise OptionError(f"splits is {splits}", accepted="2 or more: one split tells nothing of chance")
    if not 0 < holdout < 1:
        raise OptionError(f"holdout is {holdout}", accepted="a share of the rows above 0 and below 1")
    if rows is not None and rows < _SMALLEST:
        raise OptionError(f"rows is {rows}", accepted=f"{_SMALLEST} or more")
    if not 0 < margin < 1:
        raise OptionError(f"margin is {margin}", accepted="a difference of scores above 0 and below 1, such as 0.01")


@dataclass(frozen=True)
class _Ready:
    """A table that was read, with its schema."""

    table: Table
    schema: TableSchema

    @classmethod
    def of(cls, name: str, given: StudyTable | tuple[Any, str], rows: int | None, stream: RandomStream) -> _Ready:
        entry = given if isinstance(given, StudyTable) else StudyTable(*given)
        table, _, _ = read_input(entry.source)
        unknown = [column for column in entry.exclude if column not in table.names]
        if unknown:
            raise OptionError(f'"{name}" has no column "{unknown[0]}" to leave out', accepted=", ".join(table.names))
        table = table.select([column for column in table.names if column not in entry.exclude])
        if rows is not None and table.n_rows > rows:
            chosen = stream.child("rows", name).generator().choice(table.n_rows, rows, replace=False)
            table = table.take(np.sort(chosen))
        if table.n_rows < _SMALLEST:
            raise InputError(f'the table "{name}" has {table.n_rows} rows', accepted=f"{_SMALLEST} or more")
        schema = make_schema(table, entry.schema, target=entry.target)
        return cls(table.select(schema.names), schema)


class _Protocol:
    """Carries out the splits of a study."""

    def __init__(
        self,
        prototype: Synthesizer,
        learners: list[str],
        holdout: float,
        multiple: float,
        stream: RandomStream,
        run: RunContext,
        store: StudyStore,
    ) -> None:
        self._prototype, self._learners, self._holdout, self._multiple = prototype, learners, holdout, multiple
        self._stream, self._run, self._store = stream, run, store
        self.warnings: list[str] = []

    def measure(self, tables: Mapping[str, _Ready], splits: int) -> list[dict[str, Any]]:
        """One record for each table and split; those that the store holds are not made again."""
        reporter = self._run.reporter("study")
        work = [(split, name) for split in range(splits) for name in tables]
        records = []
        for done, (split, name) in enumerate(work):
            self._run.check()
            reporter.update(done / len(work), f"{name}, split {split + 1} of {splits}")
            record = self._store.get(name, split)
            if record is None:
                left = self._run.seconds_left()
                if left is not None and left <= 0 and split > 1:
                    self.warnings.append(
                        f"the time was up after {done} of {len(work)} splits; the figures rest on those"
                    )
                    break
                record = self._split(name, tables[name], split)
                self._store.put(name, split, record)
            records.append(record)
        reporter.update(1.0)
        self.warnings += _small_holdouts(records)
        order = list(tables)
        return sorted(records, key=lambda record: (order.index(record["table"]), record["split"]))

    def _split(self, name: str, ready: _Ready, split: int) -> dict[str, Any]:
        start = time.monotonic()
        stream = self._stream.child("split", name, split)
        order = stream.child("order").generator().permutation(ready.table.n_rows)
        held = max(1, round(self._holdout * len(order)))
        train, holdout = ready.table.take(np.sort(order[held:])), ready.table.take(np.sort(order[:held]))
        # a limit ends the study after whole splits: a model cut short would speak of the limit, not of its kind
        run = replace(self._run, time_limit=None)
        model = type(self._prototype)(**self._prototype.get_params())
        model.fit(train, ready.schema, seed=stream.child("fit").integer(), run=run)
        batches = model.sample_batches(
            max(1, round(self._multiple * train.n_rows)), seed=stream.child("sample").integer(), run=run
        )
        synthetic = Table.concatenate(batches)
        seconds = {"synthesizer": time.monotonic() - start}
        threads = self._run.executor.workers
        data = EvaluationData.of(train, holdout, synthetic, ready.schema, stream.child("evaluation"), threads=threads)
        scores = {learner: self._score(name, data, learner) for learner in self._learners}
        seconds["learners"] = time.monotonic() - start - seconds["synthesizer"]
        return {
            "table": name,
            "split": split,
            "target": ready.schema.target,
            "scores": scores,
            "seconds": {key: round(value, 2) for key, value in seconds.items()},
        }

    def _score(self, name: str, data: EvaluationData, learner: str) -> dict[str, Any]:
        self._run.check()
        bench = Bench.of(data, learner, self._multiple)
        if isinstance(bench, str):
            raise InputError(f'the table "{name}" cannot be studied: {bench}', hint="name another target")
        return {
            "real": round(bench.score("real"), 6),
            "synthetic": round(bench.score("synthetic"), 6),
            "score": bench.task.measure,
            "training_rows": len(bench.rows["train"]),
            "synthetic_rows": len(bench.rows["synthetic"]),
            "holdout_rows": len(bench.rows["holdout"]),
        }


def _small_holdouts(records: Iterable[Mapping[str, Any]]) -> list[str]:
    held = {record["table"]: min(s["holdout_rows"] for s in record["scores"].values()) for record in records}
    return [
        f'"{name}" has only {rows:,} holdout rows in a split: its tests have little power'
        for name, rows in held.items()
        if rows < _FEW_HELD_OUT
    ]


def _result(
    records: list[dict[str, Any]], plan: dict[str, Any], learners: list[str], margin: float, warnings: list[str]
) -> StudyResult:
    scores: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name in dict.fromkeys(record["table"] for record in records):
        for learner in learners:
            scores[name, learner] = [
                {"target": record["target"], **record["scores"][learner]}
                for record in records
                if record["table"] == name
            ]
    tests = make_tests(scores, margin=margin, detectable=margin)
    summary = summarise(tests, margin=margin, detectable=margin)
    return StudyResult(tuple(tests), summary, plan, tuple(records), tuple(warnings))

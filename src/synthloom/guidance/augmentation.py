"""Whether synthetic rows help a task, which and how many: nested cross-validation on the real rows.

Outer splits tell what the advice gains, inner splits of each one's training rows choose the rows to
add: more of the same mix (``plain``) or the rarest first (``balanced``), in several amounts. Synthesizer,
encodings and learners see the training rows of their split alone. See
:mod:`synthloom.guidance.augmentation_advice` for what is made of the scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.data import Table
from synthloom.errors import ConditionError, InputError, OptionError, did_you_mean
from synthloom.evaluation import EvaluationData
from synthloom.evaluation.base import MAXIMUM_CELLS, MAXIMUM_ROWS
from synthloom.evaluation.features import linear_inputs, tree_inputs
from synthloom.evaluation.utility.learners import Effort, Learner, learner_named
from synthloom.evaluation.utility.task import Task, find_task
from synthloom.guidance.augmentation_advice import NONE, LearnerAdvice, advise, surest_way, way_name
from synthloom.guidance.augmentation_scores import choose_measure, scores_of
from synthloom.guidance.rebalancing import PROVENANCE, draw_cells, fit_for, joined_rows
from synthloom.guidance.rebalancing_levels import FEWEST_ROWS, LevelReader
from synthloom.guidance.rebalancing_mix import Cell, filled_up
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, infer_schema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.choice import AUTO

KINDS = ("plain", "balanced")
DEFAULT_MULTIPLES = (0.5, 1.0, 2.0)
DEFAULT_ROWS = 20_000
_REAL_SHARES = (0.25, 0.5)
_SMALLEST = 80
_FEWEST_TESTED = 2
_FEWEST_SPLITS = 3
_MOST_MULTIPLE = 20.0


@dataclass(frozen=True)
class Augmentation:
    """Advice, and the real rows with synthetic ones beside them where the advice or the caller wants them.

    Attributes:
        data: real rows first, with the column ``provenance``; ``None`` where no rows were added.
        advice: one for each learner; the first decides.
        added: kind and number of the synthetic rows in ``data``; ``None`` without.
        against_advice: whether rows were added though they were not found to help.
        plan: what was asked for.
        splits: what was measured on each outer split.
        warnings: what a reader must know.
    """

    data: Any
    advice: tuple[LearnerAdvice, ...]
    added: tuple[str, int] | None
    against_advice: bool
    plan: dict[str, Any]
    splits: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]

    @property
    def recommended(self) -> bool:
        """Whether rows should be added, by the first learner."""
        return self.advice[0].recommended

    def __repr__(self) -> str:
        return self.advice[0].sentence


def augment(
    data: Any,
    target: str,
    *,
    learners: str | Sequence[str] = "boosting",
    measure: str = "auto",
    kinds: Sequence[str] = KINDS,
    multiples: Sequence[float] = DEFAULT_MULTIPLES,
    splits: int = 8,
    inner: int = 3,
    holdout: float = 0.25,
    rows: int | None = DEFAULT_ROWS,
    add: str | None = None,
    exclude: Sequence[str] = (),
    synthesizer: str | Synthesizer = AUTO,
    schema: TableSchema | None = None,
    provenance: str = PROVENANCE,
    seed: int | None = None,
    run: RunContext | None = None,
) -> Augmentation:
    """Finds whether synthetic rows help to predict ``target``, and adds them where they do.

    Args:
        data: a pandas or polars frame, an Arrow table or a :class:`~synthloom.data.Table`.
        target: the column to predict.
        learners: boosting, linear, forest or neighbours; the first decides.
        measure: average_precision, balanced_accuracy, auc or r2; ``auto`` takes average precision where the
            rarest class has less than a fifth of the rows, AUC with other classes, R2 with numbers.
        kinds: ``plain`` (the real mix), ``balanced`` (the rarest classes or values first).
        multiples: synthetic rows for each real one that are tried.
        splits: outer splits, at least 3.
        inner: inner splits of each outer one's training rows, on which the rows to add are chosen.
        holdout: share of the rows tested in each split, above 0 and at most a half.
        rows: larger tables are judged on this many random rows.
        add: add rows whatever is found, such as ``plain:1``.
        exclude: columns that no model may see, such as one that gives the target away.
        synthesizer: which one: a name, a synthesizer with its settings, or ``auto``.
        schema: what the columns are; inferred if left out.
        provenance: name of the column that tells real from synthetic rows.
        seed: makes the result repeatable.
        run: executor, progress, cancellation; with a time limit it ends after the splits done by then.

    Raises:
        OptionError, InputError: for a target, an option or a table that cannot be used.
    """
    names = [learners] if isinstance(learners, str) else list(learners)
    table = Table.from_frame(data)
    _check_ways(table, target, kinds, multiples, exclude)
    forced = _checked(table, splits, inner, holdout, add, provenance)
    schema = (schema or infer_schema(table)).with_roles(target=target)
    table = table.select(schema.names)
    run, seed = run or RunContext(), resolve_seed(seed)
    stream = RandomStream(seed).child("augmentation")
    job = _Job(
        table,
        schema,
        [learner_named(name) for name in names],
        [(kind, float(multiple)) for kind in kinds for multiple in multiples],
        tuple(exclude),
        synthesizer,
        1 / round(1 / holdout),
        run,
    )
    judged, warnings = job.thinned(rows, stream)
    records = job.nested(judged, measure, splits, inner, stream)
    if len(records) < splits:
        warnings.append(f"the time was up after {len(records)} of {splits} splits; the advice rests on those")
    advice = tuple(advise(name, records[0]["measure"], records) for name in names)
    wanted = forced or ((advice[0].kind, advice[0].multiple) if advice[0].recommended else None)
    frame, added = None, None
    if wanted is not None:
        made = job.synthetic(table, *wanted, stream.child("final"))
        frame = joined_rows(table, [table, made], provenance, real_rows=table.n_rows).to_frame()
        added = (wanted[0], made.n_rows)
    plan = {
        "target": target,
        "learners": names,
        "measure": records[0]["measure"],
        "kinds": list(kinds),
        "multiples": [float(multiple) for multiple in multiples],
        "splits": splits,
        "inner_splits": inner,
        "holdout": round(job.holdout, 4),
        "rows": table.n_rows,
        "rows_judged": judged.n_rows,
        "synthesizer": synthesizer if isinstance(synthesizer, str) else synthesizer.name,
        "excluded": list(exclude),
        "provenance": provenance,
        "seed": seed,
    }
    against = wanted is not None and not (advice[0].recommended and wanted == (advice[0].kind, advice[0].multiple))
    return Augmentation(frame, advice, added, against, plan, tuple(records), tuple(warnings))


@dataclass(frozen=True)
class ComparedWays:
    """What models score on rows that were kept apart, without added rows and with each way of adding them.

    Attributes:
        measure: the score.
        scores: by learner and by way, such as ``none`` or ``balanced:0.5``.
    """

    measure: str
    scores: dict[str, dict[str, float]]


def compare_ways(
    data: Any,
    tested: Any,
    target: str,
    *,
    learners: str | Sequence[str] = "boosting",
    measure: str = "auto",
    kinds: Sequence[str] = KINDS,
    multiples: Sequence[float] = DEFAULT_MULTIPLES,
    exclude: Sequence[str] = (),
    synthesizer: str | Synthesizer = AUTO,
    schema: TableSchema | None = None,
    seed: int | None = None,
    run: RunContext | None = None,
) -> ComparedWays:
    """Scores every way of adding rows to ``data`` on other real rows; what :func:`augment` estimates without them.

    Args:
        data: the real rows that are learned from.
        tested: real rows of the same columns that nothing is learned from.
        target: the column to predict.
        learners: boosting, linear, forest or neighbours.
        measure: a score, or ``auto``, as in :func:`augment`.
        kinds: ``plain``, ``balanced``.
        multiples: synthetic rows for each real one.
        exclude: columns that no model may see.
        synthesizer: a name, a synthesizer with its settings, or ``auto``.
        schema: what the columns are; inferred if left out.
        seed: makes the result repeatable.
        run: executor, progress and cancellation.

    Raises:
        OptionError, InputError: for a target, an option or a table that cannot be used.
    """
    names = [learners] if isinstance(learners, str) else list(learners)
    table = Table.from_frame(data)
    _check_ways(table, target, kinds, multiples, exclude)
    schema = (schema or infer_schema(table)).with_roles(target=target)
    ways = [(kind, float(multiple)) for kind in kinds for multiple in multiples]
    known = [learner_named(name) for name in names]
    job = _Job(table, schema, known, ways, tuple(exclude), synthesizer, 0.25, run or RunContext())
    stream = RandomStream(resolve_seed(seed)).child("augmentation")
    others = Table.from_frame(tested).select(schema.names)
    found, measure = job.scores(table.select(schema.names), others, stream, measure, real_curve=False)
    return ComparedWays(measure, {name: {way: got[measure] for way, got in of.items()} for name, of in found.items()})


def _check_ways(
    table: Table, target: str, kinds: Sequence[str], multiples: Sequence[float], exclude: Sequence[str]
) -> None:
    """Errors for a target and for ways of adding rows that cannot be."""
    for option, names in (("the target", [target]), ("exclude", list(exclude))):
        for name in names:
            if name not in table.names:
                raise OptionError(f'there is no column "{name}" for {option}', hint=did_you_mean(name, table.names))
    if target in exclude:
        raise OptionError(f'"{target}" is the target and left out', accepted="other columns to leave out")
    if not kinds or set(kinds) - set(KINDS):
        raise OptionError(f"kinds are {', '.join(kinds) or 'none'}", accepted=", ".join(KINDS))
    if not multiples or any(not 0 < multiple <= _MOST_MULTIPLE for multiple in multiples):
        raise OptionError(f"multiples are {list(multiples)}", accepted=f"numbers above 0, {_MOST_MULTIPLE:g} at most")


def _checked(
    table: Table, splits: int, inner: int, holdout: float, add: str | None, provenance: str
) -> tuple[str, float] | None:
    """The rows that are to be added in any case; errors for what cannot be."""
    if provenance in table.names:
        raise OptionError(f'the table has a column "{provenance}" already', hint="name another with provenance=")
    if splits < _FEWEST_SPLITS:
        raise OptionError(f"splits is {splits}", accepted=f"{_FEWEST_SPLITS} or more: fewer tell nothing of chance")
    if inner < 2:
        raise OptionError(f"inner is {inner}", accepted="2 or more: one split tells nothing of chance")
    if not 0 < holdout <= 0.5:
        raise OptionError(f"holdout is {holdout}", accepted="a share of the rows above 0, at most 0.5")
    return None if add is None else _read_way(add)


def _read_way(add: str) -> tuple[str, float]:
    kind, colon, number = add.partition(":")
    try:
        multiple = float(number)
    except ValueError:
        multiple = 0.0
    if kind not in KINDS or not colon or not 0 < multiple <= _MOST_MULTIPLE:
        raise OptionError(f'add is "{add}"', accepted="plain:K or balanced:K with K rows for each real one, such as 1")
    return kind, multiple


@dataclass(frozen=True)
class _Job:
    """What stays the same over all splits."""

    table: Table
    schema: TableSchema
    learners: list[Learner]
    ways: list[tuple[str, float]]
    excluded: tuple[str, ...]
    synthesizer: str | Synthesizer
    holdout: float
    run: RunContext

    def thinned(self, rows: int | None, stream: RandomStream) -> tuple[Table, list[str]]:
        """The rows that are judged: those with a target, thinned where there are too many."""
        _, missing = comparable(self.table.column(self.schema.target or ""), None)
        known = np.flatnonzero(~missing)
        if len(known) < _SMALLEST:
            raise InputError(f"{len(known)} rows have a target", accepted=f"{_SMALLEST} or more")
        most = sum(max((m for k, m in self.ways if k == kind), default=0.0) for kind in KINDS)
        allowed = int(min(MAXIMUM_ROWS, MAXIMUM_CELLS // len(self.schema.columns)) / max(1.0, most))
        size = min(len(known), allowed, len(known) if rows is None else max(_SMALLEST, rows))
        if size == len(known):
            return self.table.take(known), []
        chosen = np.sort(stream.child("rows").generator().choice(known, size, replace=False))
        said = f"judged on {size:,} random rows of {len(known):,}: with more real rows, added ones gain less as a rule"
        return self.table.take(chosen), [said]

    def nested(
        self, judged: Table, measure: str, splits: int, inner: int, stream: RandomStream
    ) -> list[dict[str, Any]]:
        """One record for each outer split."""
        reporter = self.run.reporter("augment")
        records: list[dict[str, Any]] = []
        for number in range(splits):
            left = self.run.seconds_left()
            if left is not None and left <= 0 and number >= _FEWEST_SPLITS:
                break
            child = stream.child("split", number)
            train, test = self._split(judged, child)
            tried: list[dict[str, dict[str, float]]] = []
            for turn in range(inner):
                self.run.check()
                reporter.update((number + turn / (inner + 1)) / splits, f"split {number + 1} of {splits}")
                within = child.child("inner", turn)
                try:
                    found, measure = self.scores(*self._split(train, within), within, measure, real_curve=False)
                except InputError:  # too few rows of a class for inner splits: nothing is chosen by this one
                    continue
                tried.append({name: {w: got[measure] for w, got in ways.items()} for name, ways in found.items()})
            self.run.check()
            outer, measure = self.scores(train, test, child.child("outer"), measure, real_curve=True)
            ratio = self.holdout / (1 - self.holdout)
            chosen = {
                learner.name: surest_way([each[learner.name] for each in tried], ratio) for learner in self.learners
            }
            records.append(
                {
                    "split": number,
                    "measure": measure,
                    "training_rows": train.n_rows,
                    "tested_rows": test.n_rows,
                    "chosen": chosen,
                    "inner": tried,
                    "outer": outer,
                }
            )
        reporter.update(1.0)
        return records

    def _split(self, rows: Table, stream: RandomStream) -> tuple[Table, Table]:
        """Training and tested rows: of each few rows of like target one at random is tested."""
        import pyarrow.compute as pc

        generator = stream.child("order").generator()
        column = rows.column(self.schema.target or "").combine_chunks()
        ranks = pc.rank(column, tiebreaker="dense").to_numpy()
        order = np.lexsort((generator.random(len(ranks)), ranks))
        block = round(1 / self.holdout)
        starts = np.arange(0, len(order) - block + 1, block)
        tested = order[starts + generator.integers(0, block, len(starts))]
        mask = np.zeros(len(order), dtype=bool)
        mask[tested] = True
        return rows.take(~mask), rows.take(mask)

    def scores(
        self, train: Table, test: Table, stream: RandomStream, measure: str, *, real_curve: bool
    ) -> tuple[dict[str, dict[str, dict[str, float]]], str]:
        """Scores by learner, way and measure on one split, and the measure that decides."""
        pool, chosen = self._pool(train, stream)
        data = EvaluationData.of(train, test, pool, self.schema, stream, threads=self.run.executor.workers)
        task = find_task(data, _FEWEST_TESTED)
        if isinstance(task, str):
            raise InputError(f"the task cannot be learned: {task}", hint="name another target, or bring more rows")
        features = tuple(name for name in task.features if name not in self.excluded)
        if not features:
            raise OptionError("every column but the target is left out", accepted="at least one column to learn from")
        task = replace(task, features=features)
        rarest = _rarest(task)
        measure = choose_measure(measure, task.kind, rarest)
        out = {}
        for learner in self.learners:
            self.run.check()
            models = _Models(data, task, learner, stream.child("learner", learner.name))
            scores = {NONE: models.scores(models.real, [])}
            for name, places in chosen.items():
                scores[name] = models.scores(models.real, places)
            if real_curve:
                order = stream.child("real rows").generator().permutation(models.real)
                for share in _REAL_SHARES:
                    scores[f"real:{share:g}"] = models.scores(order[: round(share * len(order))], [])
            out[learner.name] = scores
        return out, measure

    def _pool(self, train: Table, stream: RandomStream) -> tuple[Table, dict[str, np.ndarray]]:
        """All synthetic rows of a split, and for each way which of them it adds."""
        draw = self._drawer(train, stream)
        parts: list[Table] = []
        chosen: dict[str, np.ndarray] = {}
        start = 0
        for kind in KINDS:
            multiples = [multiple for k, multiple in self.ways if k == kind]
            if not multiples:
                continue
            made, places = draw(kind, multiples)
            for multiple, own in zip(multiples, places, strict=True):
                chosen[way_name(kind, multiple)] = own + start
            parts.append(made)
            start += made.n_rows
        return Table.concatenate(parts), chosen

    def _drawer(
        self, train: Table, stream: RandomStream
    ) -> Callable[[str, Sequence[float]], tuple[Table, list[np.ndarray]]]:
        """Draws rows of a kind, with the places among them of each multiple's rows."""
        target = self.schema.target or ""
        seed = stream.child("fit").integer()
        quiet = replace(self.run, listener=None)
        model = fit_for(train, self.schema, self.synthesizer, seed, quiet, last=[target], fine=True)

        def plain(multiples: Sequence[float]) -> tuple[Table, list[np.ndarray]]:
            sizes = [max(1, round(multiple * train.n_rows)) for multiple in multiples]
            made = Table.concatenate(model.sample_batches(max(sizes), seed=stream.child("plain").integer(), run=quiet))
            return Table(made.arrow.select(train.names)), [np.arange(size) for size in sizes]

        def draw(kind: str, multiples: Sequence[float]) -> tuple[Table, list[np.ndarray]]:
            cells = _open_cells(train, self.schema) if kind == "balanced" else []
            cells = [cell for cell in cells if _is_known(model, cell, stream, quiet)]
            if len(cells) < 2:  # nothing to balance: more of the same
                return plain(multiples)
            counts = np.array([cell.count for cell in cells])
            sizes = [filled_up(counts, max(1, round(multiple * train.n_rows))) for multiple in multiples]
            most = np.max(sizes, axis=0)
            made = draw_cells(model, cells, most.tolist(), stream.child("balanced"), quiet)
            starts = np.cumsum([0, *most[:-1]])
            places = [np.concatenate([s + np.arange(n) for s, n in zip(starts, size, strict=True)]) for size in sizes]
            return Table.concatenate([Table(part.arrow.select(train.names)) for part in made]), places

        return draw

    def synthetic(self, table: Table, kind: str, multiple: float, stream: RandomStream) -> Table:
        """The rows to add to all real ones."""
        return self._drawer(table, stream)(kind, [multiple])[0]


def _open_cells(train: Table, schema: TableSchema) -> list[Cell]:
    """The classes or relevance bands of the target that have enough rows to be learned; none if all is usual."""
    target = schema.target or ""
    reader = LevelReader(train, {target: schema.column(target)})
    try:
        levels = reader.relevance(target) if reader.is_banded(target) else reader.values(target)
    except OptionError:  # no value is rare, or every one is
        return []
    cells = [Cell((level,), level.rows) for level in levels]
    return [cell for cell in cells if cell.count >= FEWEST_ROWS]


def _is_known(model: Synthesizer, cell: Cell, stream: RandomStream, run: RunContext) -> bool:
    """Whether the model can draw a row of the cell."""
    try:
        draw_cells(model, [cell], [1], stream.child("trial"), run)
    except ConditionError:
        return False
    return True


def _rarest(task: Task) -> float:
    """The share of the rarest scored class."""
    if task.kind == "regression":
        return 1.0
    counts = np.bincount(task.values["train"][task.known("train")], minlength=task.classes)
    present = counts[counts > 0]
    return float(present.min() / present.sum())


class _Models:
    """One learner on the rows of one split."""

    def __init__(self, data: EvaluationData, task: Task, learner: Learner, stream: RandomStream) -> None:
        self._task, self._learner, self._stream, self._threads = task, learner, stream, data.threads
        self.real = task.known("train")
        self._tested = task.known("holdout")
        self._inputs = {part: self._of(data, part) for part in ("train", "holdout", "synthetic")}
        # every class gets a model, also one with too few tested rows to be scored alone
        self._learned = replace(task, scored=tuple(range(task.classes)))

    def _of(self, data: EvaluationData, part: str) -> np.ndarray:
        places = np.arange(data.size(part))
        if self._learner.inputs == "trees":
            return tree_inputs(data, part, places, self._task.features).values
        return linear_inputs(data, part, places, self._task.features)

    def scores(self, real: np.ndarray, synthetic: Sequence[int] | np.ndarray) -> dict[str, float]:
        """Every score of a model of these real and synthetic rows, on the tested rows."""
        values = self._task.values
        added = np.asarray(synthetic, dtype=np.int64)
        target = values["synthetic"][added]
        known = ~np.isnan(target) if self._task.kind == "regression" else target >= 0
        added, target = added[known], np.concatenate([values["train"][real], target[known]])
        inputs = np.concatenate([self._inputs["train"][real], self._inputs["synthetic"][added]])
        # with and without added rows the learner meets the same seed
        model = self._learner.fit(self._learned, inputs, target, Effort(self._stream, self._threads))
        predicted = model(self._inputs["holdout"][self._tested])
        found = scores_of(self._task, values["holdout"][self._tested], predicted, target)
        return {name: round(score, 6) for name, score in found.items()}

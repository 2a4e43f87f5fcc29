"""The contract of a metric as an executable check, for ours and for yours.

    from synthloom.testing.check_metric import check_metric
    check_metric(MyMetric())

Each rule is a function that yields a sentence for each fault; :func:`check_metric` raises with all of them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import SynthloomError
from synthloom.evaluation import EvaluationData, Metric
from synthloom.finding import Finding
from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, TableSchema

_STREAM = RandomStream(20_250_701, ("check_metric",))
_DIRECTIONS = ("higher_is_better", "lower_is_better", "nearer_to_reference", "information")
_FAMILIES = ("fidelity", "utility", "privacy", "fairness")
_ORDER_TOLERANCE = 0.05
_FAILURES = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, SynthloomError, TypeError, ValueError, Warning
)  # fmt: skip

SCHEMA = TableSchema(
    columns=(
        ColumnSchema(name="key", kind="identifier", type="string"),
        ColumnSchema(name="size", kind="numeric", type="double"),
        ColumnSchema(name="amount", kind="numeric", type="double"),
        ColumnSchema(name="count", kind="numeric", type="int64"),
        ColumnSchema(name="colour", kind="categorical", type="string"),
        ColumnSchema(name="member", kind="boolean", type="bool"),
        ColumnSchema(name="day", kind="datetime", type="date32[day]"),
        ColumnSchema(name="fixed", kind="constant", type="string"),
        ColumnSchema(name="nothing", kind="empty", type="null"),
        ColumnSchema(name="answer", kind="categorical", type="string"),
    ),
    target="answer",
    sensitive=("colour", "member", "size"),
)
"""A column of every kind, a target, and columns whose groups are compared."""


def check_metric(metric: Metric) -> None:
    """Raises ``AssertionError`` with every rule of the contract that the metric breaks.

    Args:
        metric: an object of your class.
    """
    faults = metric_faults(metric)
    if faults:
        raise AssertionError(f"{type(metric).__name__} breaks the contract of a metric:\n- " + "\n- ".join(faults))


def metric_faults(metric: Metric) -> list[str]:
    """Every rule of the contract that the metric breaks, as sentences; empty if there is none."""
    if missing := _undeclared(metric):
        return missing  # the other rules read the declarations
    rules: tuple[Callable[[Metric], Iterator[str]], ...] = (
        _declares_sense,
        _finds_within_range,
        _repeats_itself,
        _leaves_the_world_alone,
        _ignores_row_order,
        _moves_in_its_direction,
        _survives_odd_tables,
    )
    return [fault for rule in rules for fault in rule(metric)]


# ---------------------------------------------------------------------------- tables to try it on


def make_rows(n: int, name: str) -> Table:
    """``n`` rows of :data:`SCHEMA` in which columns hang together, with gaps; equal names, equal rows."""
    import pyarrow as pa

    draw = _STREAM.child("rows", name).generator()
    size = draw.normal(10, 3, n)
    amount = np.exp(size / 4 + draw.normal(0, 0.3, n))
    count = draw.poisson(np.clip(size / 3, 0.1, None))
    colour = np.array(["red", "green", "blue", "grey"])[np.clip((size + draw.normal(0, 1, n)) // 4, 0, 3).astype(int)]
    member = draw.random(n) < 1 / (1 + np.exp(10 - size))
    answer = np.where(size + 2 * member + draw.normal(0, 1, n) > 11, "yes", "no")
    missing = draw.random(n) < 0.1
    return Table(
        pa.table(
            {
                "key": [f"{name}-{place:06d}" for place in range(n)],
                "size": size,
                "amount": pa.array(amount, mask=missing),
                "count": count.astype(np.int64),
                "colour": pa.array(colour.tolist(), mask=draw.random(n) < 0.05),
                "member": member,
                "day": pa.array((18_000 + count * 30 + draw.integers(0, 30, n)).astype(np.int32)).cast(pa.date32()),
                "fixed": ["always"] * n,
                "nothing": pa.nulls(n),
                "answer": answer.tolist(),
            }
        )
    )


def shuffle_columns(table: Table, name: str = "shuffle") -> Table:
    """The table with each column's values in a random order of its own: no column knows another."""
    import pyarrow as pa

    columns = {}
    for column in table.names:
        order = _STREAM.child(name, column).generator().permutation(table.n_rows)
        columns[column] = table.column(column).take(order)
    return Table(pa.table(columns))


def _data(
    train: Table, holdout: Table, synthetic: Table, schema: TableSchema = SCHEMA, seed: int = 0
) -> EvaluationData:
    return EvaluationData.of(train, holdout, synthetic, schema, RandomStream(seed, ("evaluation",)))


def _usual(synthetic: Table | None = None, seed: int = 0) -> EvaluationData:
    train, holdout = make_rows(600, "train"), make_rows(400, "holdout")
    return _data(train, holdout, synthetic if synthetic is not None else make_rows(600, "fresh"), seed=seed)


# ------------------------------------------------------------------------------------- the rules


def _undeclared(metric: Metric) -> list[str]:
    needed = ("name", "family", "direction", "range", "best", "meaning")
    return [f"it does not declare {field}" for field in needed if not hasattr(metric, field)]


def _declares_sense(metric: Metric) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", metric.name):
        yield f"its name {metric.name!r} is not snake_case"
    if metric.direction not in _DIRECTIONS:
        yield f"its direction is {metric.direction!r}; accepted: {', '.join(_DIRECTIONS)}"
    if metric.family not in _FAMILIES:
        yield f"its family is {metric.family!r}; accepted: {', '.join(_FAMILIES)}"
    low, high = metric.range
    if not low < high:
        yield f"its range ({low}, {high}) is empty"
    if metric.best is not None and not low <= metric.best <= high:
        yield f"its best value {metric.best} lies outside its range"
    if len(metric.meaning.split()) < 5 or not metric.meaning.rstrip().endswith("."):
        yield "its meaning is not a sentence"
    if metric.family == "privacy" and not metric.attacker:
        yield "it does not say what the attacker knows"


def _finds_within_range(metric: Metric) -> Iterator[str]:
    findings = metric.measure(_usual())
    if not findings:
        yield "it returned no finding"
        return
    if findings[0].name != metric.name:
        yield f"its first finding is called {findings[0].name!r}"
    yield from _faults_of(metric, findings)
    if findings[0].value is not None and metric.direction != "information" and findings[0].reference is None:
        yield "its finding has no reference of real rows"


def _faults_of(metric: Metric, findings: list[Finding]) -> Iterator[str]:
    """What is wrong with findings whatever the tables were."""
    for finding in findings:
        who = f"its finding {finding.name!r}" + (f" of column {finding.column!r}" if finding.column else "")
        if finding.family != metric.family:
            yield f"{who} belongs to {finding.family}"
        if finding.value is None:
            if not finding.note:
                yield f"{who} has no value and no note that says why"
            continue
        numbers = [
            finding.value,
            *(finding.interval or ()),
            *([finding.reference] if finding.reference is not None else []),
        ]
        if not all(math.isfinite(number) for number in numbers):
            yield f"{who} holds a number that is not finite"
        elif finding.range is not None and not all(_within(number, finding.range) for number in numbers):
            yield f"{who} leaves its range {finding.range}"
        if (
            finding.interval is not None
            and not finding.interval[0] - 1e-9 <= finding.value <= finding.interval[1] + 1e-9
        ):
            yield f"{who} has a value outside its own interval"
        try:
            json.dumps(finding.to_json(), allow_nan=False)
        except (TypeError, ValueError) as error:
            yield f"{who} is not plain JSON: {error}"


def _within(number: float, limits: tuple[float, float]) -> bool:
    return limits[0] - 1e-9 <= number <= limits[1] + 1e-9


def _repeats_itself(metric: Metric) -> Iterator[str]:
    first, second = ([f.to_json() for f in metric.measure(_usual())] for _ in range(2))
    if repr(first) != repr(second):
        yield "the same tables and the same seed gave other findings"


def _leaves_the_world_alone(metric: Metric) -> Iterator[str]:
    data = _usual()
    before = [table.arrow for table in (data.train, data.holdout, data.synthetic)]
    own = np.random.get_state()
    np.random.set_state(np.random.RandomState(_STREAM.integer()).get_state())  # a state that no seed of theirs gives
    state = np.random.get_state()
    metric.measure(data)
    moved = np.random.get_state()
    np.random.set_state(own)
    if not all(np.array_equal(a, b) for a, b in zip(state, moved, strict=True)):
        yield "it moved NumPy's global random state"
    after = (data.train, data.holdout, data.synthetic)
    if not all(table.arrow.equals(old) for table, old in zip(after, before, strict=True)):
        yield "it changed a table"


def _ignores_row_order(metric: Metric) -> Iterator[str]:
    usual = _usual()
    train, holdout, synthetic = (
        table.take(_STREAM.child("order", place).generator().permutation(table.n_rows))
        for place, table in enumerate((usual.train, usual.holdout, usual.synthetic))
    )
    first, second = metric.measure(usual)[0], metric.measure(_data(train, holdout, synthetic))[0]
    if (first.value is None) != (second.value is None):
        yield "the order of the rows decides whether it can be measured"
    elif first.value is not None and second.value is not None:
        allowed = max(_ORDER_TOLERANCE, 3 * float(first.detail.get("error", 0.0)))
        if abs(first.value - second.value) > allowed:
            yield f"the order of the rows moves it from {first.value:.4f} to {second.value:.4f}"


def _moves_in_its_direction(metric: Metric) -> Iterator[str]:
    if metric.direction == "information":
        return
    train = make_rows(600, "train")
    copied, shuffled = (metric.measure(_usual(table))[0] for table in (train, shuffle_columns(train)))
    if copied.value is None or shuffled.value is None:
        return
    # copies of the training rows are faithful and useful, and not private
    loss = _loss(copied) - _loss(shuffled)
    if metric.family == "privacy":
        loss = -loss
    if metric.family != "fairness" and loss > max(0.02, float(copied.detail.get("error", 0.0))):
        kind = "less private" if metric.family == "privacy" else "better"
        yield f"copied rows ({copied.value:.4f}) are not {kind} by it than shuffled ones ({shuffled.value:.4f})"


def _loss(finding: Finding) -> float:
    """The finding as a figure of which less is better."""
    value = float(finding.value or 0.0)
    if finding.direction == "higher_is_better":
        return -value
    return abs(value - float(finding.reference or 0.0)) if finding.direction == "nearer_to_reference" else value


def _survives_odd_tables(metric: Metric) -> Iterator[str]:
    for what, data in odd_tables():
        try:
            findings = metric.measure(data)
        except _FAILURES as error:
            yield f"it fails on {what}: {type(error).__name__}: {error}"
            continue
        yield from (f"on {what} {fault}" for fault in _faults_of(metric, findings))


def odd_tables() -> Iterator[tuple[str, EvaluationData]]:
    """Tables that have broken metrics before, each with its name."""
    train, holdout, fresh = (make_rows(n, name) for n, name in ((120, "train"), (60, "holdout"), (120, "fresh")))
    for rows in (1, 2, 10):
        yield f"tables of {rows} rows", _data(train.slice(0, rows), holdout.slice(0, rows), fresh.slice(0, rows))
    yield "one holdout row", _data(train, holdout.slice(0, 1), fresh)
    yield "one synthetic row", _data(train, holdout, fresh.slice(0, 1))
    yield "synthetic rows that are all missing", _data(train, holdout, _all_missing(fresh))
    yield "training rows that are all missing", _data(_all_missing(train), holdout, fresh)
    yield "one row repeated", _data(_one_row(train), _one_row(holdout), _one_row(fresh))
    yield "a target of one class", _data(_one_class(train), holdout, _one_class(fresh))
    yield "categories that are not in the training rows", _data(train, holdout, _with_new_values(fresh))
    yield "infinite and huge numbers", _data(_with_huge(train), _with_huge(holdout), _with_huge(fresh))
    keys = ["key"]
    yield "nothing but keys", _data(train.select(keys), holdout.select(keys), fresh.select(keys), SCHEMA.select(keys))
    yield "no target", _data(train, holdout, fresh, SCHEMA.model_copy(update={"target": None}))
    yield "a numeric target", _data(train, holdout, fresh, SCHEMA.with_roles(target="size"))


def _one_row(table: Table) -> Table:
    return table.take(np.zeros(table.n_rows, np.int64))


def _all_missing(table: Table) -> Table:
    import pyarrow as pa

    return Table(pa.table({name: pa.nulls(table.n_rows, table.column(name).type) for name in table.names}))


def _one_class(table: Table) -> Table:
    return table.with_column("answer", _text(["yes"] * table.n_rows))


def _with_new_values(table: Table) -> Table:
    return table.with_column("colour", _text(["violet"] * table.n_rows))


def _with_huge(table: Table) -> Table:
    import pyarrow as pa

    values: Any = np.array(table.column("size").to_numpy(), dtype=np.float64)
    values[::7], values[1::7] = np.inf, 1e300
    return table.with_column("size", pa.array(values))


def _text(values: list[str]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string())

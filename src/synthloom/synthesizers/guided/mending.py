"""Rows made to meet constraints: by construction where the columns follow, else mended to the nearest.

Construction comes first and always: a formula's column is computed, values that must be missing are
taken out. Mending comes last, where drawing again finds no row that fits: values are put in order,
pulled into their range, replaced by the nearest combination. Mended rows are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.constraints import (
    Combinations,
    Constraint,
    Formula,
    Inequality,
    OneHot,
    Pattern,
    Presence,
    Sum,
    ValueRange,
)
from synthloom.constraints.base import numbers
from synthloom.encoding.derivation_kinds.values import write_values
from synthloom.randomness import RandomStream
from synthloom.schema import TableSchema
from synthloom.schema.templates import alphabets

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, Any]
_DAY = 86_400_000_000


def construct(constraints: Sequence[Constraint], columns: Columns, schema: TableSchema) -> Columns:
    """The columns with what follows from others computed; formulas that use one another come out right."""
    out = dict(columns)
    for _ in range(1 + sum(isinstance(c, (Formula, Sum)) for c in constraints)):
        before = {name: out[name] for name in out}
        for constraint in constraints:
            if isinstance(constraint, (Formula, Sum)):
                _compute(constraint, out, schema)
            elif isinstance(constraint, Presence) and constraint.otherwise == "missing":
                wanted = constraint.met(out)
                for name in constraint.columns:
                    out[name] = _only_where(out[name], wanted)
        if all(out[name].equals(before[name]) for name in out):
            break
    return out


def computed_columns(constraints: Sequence[Constraint]) -> frozenset[str]:
    """Columns that :func:`construct` computes."""
    return frozenset(
        constraint.column if isinstance(constraint, Formula) else constraint.total
        for constraint in constraints
        if isinstance(constraint, (Formula, Sum))
    )


def _compute(constraint: Formula | Sum, columns: Columns, schema: TableSchema) -> None:
    """Writes a formula's column where it and all that it needs are present."""
    if isinstance(constraint, Sum):
        name, (value, unknown) = constraint.total, constraint.value(columns)
    else:
        name, (value, unknown) = constraint.column, constraint.expression.evaluate(columns)
    column = schema.column(name)
    missing = np.asarray(columns[name].is_null().to_numpy(zero_copy_only=False), dtype=bool)
    digits = constraint.decimals
    value = np.where(unknown, 0.0, value)
    if digits is None and column.decimals is not None:
        near = np.round(value, column.decimals)
        value = np.where(np.abs(near - value) <= 1e-9 * np.maximum(1.0, np.abs(value)), near, value)
    elif digits is not None:
        value = np.round(value, digits)
    made = _written(
        value * _DAY if column.kind == "datetime" and isinstance(constraint, Formula) else value,
        missing | unknown,
        schema,
        name,
    )
    columns[name] = _chosen(~unknown & ~missing, made, columns[name])


def mend(
    constraint: Constraint, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """The columns with the rows where ``constraint`` is ``broken`` (bool [n]) brought to the nearest that fits.

    What has no nearest value (an implication, a comparison, a function) stays as it is.
    """
    mender = _MENDERS.get(type(constraint))
    return columns if mender is None else mender(constraint, dict(columns), schema, broken, stream)


def _mend_order(
    constraint: Inequality, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """Puts the values of the columns in ascending order; missing ones stay where they are."""
    views = [comparable(columns[name]) for name in constraint.columns]
    if not all(isinstance(values, np.ndarray) for values, _ in views):
        return columns
    matrix = np.column_stack([np.where(missing, np.inf, values.astype(np.float64)) for values, missing in views])
    missing = np.column_stack([m for _, m in views])
    ranked = np.sort(matrix, axis=1)
    place = np.cumsum(~missing, axis=1) - 1
    ordered = np.take_along_axis(ranked, np.maximum(place, 0), axis=1)
    for at, name in enumerate(constraint.columns):
        made = _written(np.where(missing[:, at], 0.0, ordered[:, at]), missing[:, at], schema, name)
        columns[name] = _chosen(broken, made, columns[name])
    return columns


def _mend_range(
    constraint: ValueRange, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """Pulls values to the bound that they overstep."""
    name = constraint.column
    values, missing = comparable(columns[name])
    if not isinstance(values, np.ndarray):
        return columns
    condition = constraint.implied({name: columns[name].type}).of(name)[0]
    step = 10.0 ** -(schema.column(name).decimals or 0)
    low, high = getattr(condition, "low", None), getattr(condition, "high", None)
    pulled = values.astype(np.float64)
    if low is not None:
        pulled = np.maximum(pulled, low + step * constraint.min_open)
    if high is not None:
        pulled = np.minimum(pulled, high - step * constraint.max_open)
    columns[name] = _chosen(broken, _written(np.where(missing, 0.0, pulled), missing, schema, name), columns[name])
    return columns


def _mend_combination(
    constraint: Combinations, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """The allowed combination that shares most values, the first columns counting most."""
    codes, vocabularies = constraint.codes(columns)
    table = constraint.table_of_codes()
    rows = np.flatnonzero(broken)
    rng = stream.child("combination").generator()
    # the later columns are the first to give way; a tie is decided at random
    weights = 2.0 ** -np.arange(codes.shape[1]) + 1.0
    distinct, place = np.unique(codes[rows], axis=0, return_inverse=True)
    score = ((distinct[:, None, :] == table[None, :, :]) * weights).sum(axis=2)
    best = score >= score.max(axis=1, keepdims=True) - 1e-9
    chosen = np.array([rng.choice(np.flatnonzero(best[kind])) for kind in place.reshape(-1)], dtype=np.int64)
    for at, name in enumerate(constraint.columns):
        import pyarrow as pa

        kind = columns[name].type
        values = pa.array(vocabularies[at], pa.string()).cast(kind)
        places = np.zeros(len(broken), dtype=np.int64)
        places[rows] = table[chosen, at]
        columns[name] = _chosen(broken, values.take(pa.array(places)), columns[name])
    return columns


def _mend_flags(
    constraint: OneHot, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """Keeps one of the flags that are set; sets one, by its frequency, where none is."""
    views = [numbers(columns, name) for name in constraint.columns]
    flags = np.column_stack([v == 1 for v, _ in views])
    share = flags[~broken].mean(axis=0) if (~broken).any() else np.ones(flags.shape[1])
    weight = np.where(flags.any(axis=1, keepdims=True), flags, share + 1e-9)
    total = np.cumsum(weight, axis=1)
    goal = stream.child("flags").generator().random(len(flags)) * total[:, -1]
    chosen = np.minimum((total <= goal[:, None]).sum(axis=1), flags.shape[1] - 1)
    for at, name in enumerate(constraint.columns):
        made = _written((chosen == at).astype(np.float64), views[at][1], schema, name)
        columns[name] = _chosen(broken, made, columns[name])
    return columns


def _mend_text(
    constraint: Pattern, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """Writes a text of the pattern, if it is made of literals, classes and counts; else takes one that fits."""
    import pyarrow as pa

    name = constraint.column
    kind = columns[name].type
    rng = stream.child("text").generator()
    fitting = np.flatnonzero(~broken & ~columns[name].is_null().to_numpy(zero_copy_only=False))
    try:
        members = alphabets(constraint.regex)
    except ValueError:
        if not len(fitting):
            return columns
        places = np.arange(len(broken))
        places[broken] = fitting[rng.integers(0, len(fitting), int(broken.sum()))]
        columns[name] = columns[name].take(pa.array(places))
        return columns
    letters = [np.array(list(member))[rng.integers(0, len(member), len(broken))] for member in members]
    columns[name] = _chosen(
        broken, pa.array(["".join(row) for row in zip(*letters, strict=True)]).cast(kind), columns[name]
    )
    return columns


def _mend_presence(
    constraint: Presence, columns: Columns, schema: TableSchema, broken: np.ndarray, stream: RandomStream
) -> Columns:
    """Values that must be there are taken from rows that have them; others are taken out."""
    import pyarrow as pa

    wanted = constraint.met(columns)
    for name in constraint.columns:
        present = columns[name].is_valid().to_numpy(zero_copy_only=False)
        donors = np.flatnonzero(present & wanted)
        donors = donors if len(donors) else np.flatnonzero(present)
        places = np.arange(len(broken))
        fill = broken & wanted & ~present
        if len(donors):
            rng = stream.child("presence", name).generator()
            places[fill] = donors[rng.integers(0, len(donors), int(fill.sum()))]
        columns[name] = columns[name].take(pa.array(places))
        if constraint.otherwise == "missing":
            columns[name] = _only_where(columns[name], wanted | ~broken)
    return columns


_MENDERS: dict[type[Constraint], Callable[[Any, Columns, TableSchema, np.ndarray, RandomStream], Columns]] = {
    Inequality: _mend_order,
    ValueRange: _mend_range,
    Combinations: _mend_combination,
    OneHot: _mend_flags,
    Pattern: _mend_text,
    Presence: _mend_presence,
}


def _written(values: np.ndarray, missing: np.ndarray, schema: TableSchema, name: str) -> pa.Array:
    """An Arrow array of the column's type from numbers float64 [n] (dates: microseconds)."""
    import pyarrow as pa

    column = schema.column(name)
    if column.kind == "datetime":
        return write_values(np.round(values).astype(np.int64), missing, column)
    if pa.types.is_string(column.arrow_type):
        return pa.array([f"{v:g}" for v in values], mask=missing)
    return write_values(values, missing, column)


def _chosen(mask: np.ndarray, yes: Any, no: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(mask), yes, no)


def _only_where(column: Any, wanted: np.ndarray) -> Any:
    import pyarrow as pa

    return _chosen(wanted, column, pa.scalar(None, column.type))

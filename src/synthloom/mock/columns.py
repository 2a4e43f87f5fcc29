"""Makes one column of some rows, by the maker that its specification names, or else by its type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.errors import SchemaError
from synthloom.mock.conditions import meets
from synthloom.mock.context import RowContext
from synthloom.mock.domains import decimals_of
from synthloom.mock.faker_pool import faker_pool
from synthloom.mock.numbers import (
    arrow_type,
    as_type,
    drawn_values,
    sequence_values,
    series_values,
    typed_values,
    unique_typed,
    values_after,
)
from synthloom.mock.paths import template_fields
from synthloom.mock.patterns import Node, parse_pattern
from synthloom.mock.specification import ColumnSpec
from synthloom.mock.sql_expressions import Unsupported, evaluate, refuse
from synthloom.mock.sql_text import parse_condition
from synthloom.randomness import KeyedPermutation
from synthloom.values import LOCALES, People, ValueStyle, make_values
from synthloom.values.position_noise import Integers, weight_guide

if TYPE_CHECKING:
    import pyarrow as pa


def make_column(name: str, context: RowContext) -> pa.Array:
    """One column of the rows of a context; the columns it needs are there already."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plan = context.plan
    spec = plan.spec.columns[name]
    if name in plan.key_of:
        return context.parent_values(name)
    if name in plan.driven:
        return _driven(name, spec, context)
    values = _made(name, spec, context, unique=name in plan.alone)
    if spec.missing:
        missing = context.noise(name).uniform("null") < spec.missing
        values = pc.if_else(pa.array(missing), pa.scalar(None, values.type), values)
    return values


def _driven(name: str, spec: ColumnSpec, context: RowContext) -> pa.Array:
    """A column that is a digit of a composite key."""
    import pyarrow as pa

    group, place = context.plan.driven[name]
    digit = context.digits(group)[place]
    if context.plan.groups[group].members[place].kind == "line":
        start = 1 if spec.min is None else int(spec.min)
        return as_type(pa.array(digit + start), spec)
    if spec.values is not None:
        return as_type(_choices(list(spec.values)).take(pa.array(digit)), spec)
    if spec.pattern is not None:
        return _cut(_tree(spec.pattern).texts(digit), spec)
    return typed_values(spec, digit)


def _made(name: str, spec: ColumnSpec, context: RowContext, *, unique: bool) -> pa.Array:
    import pyarrow as pa

    if spec.cases:
        return _conditional(name, spec, context)
    if spec.constant is not None:
        return as_type(pa.repeat(pa.scalar(spec.constant), len(context.positions)), spec)
    from_others = _from_others(name, spec, context, unique=unique)
    if from_others is not None:
        return from_others
    if spec.values is not None:
        return _chosen(name, spec, context, unique=unique)
    if spec.pattern is not None:
        made = _patterned(name, spec.pattern, context, unique=unique)
    elif spec.kind is not None or spec.faker is not None:
        made = as_type(_of_kind(name, spec, context, unique=unique), spec)
    else:
        made = _by_type(name, spec, context, unique=unique)
    return _cut(made, spec)


def _from_others(name: str, spec: ColumnSpec, context: RowContext, *, unique: bool) -> pa.Array | None:
    """A column that follows from the row's place or from its other columns; ``None`` if it does not."""
    made: pa.Array | None = None
    if spec.sequence is not None:
        made = sequence_values(spec, context.line_in_parent() if not unique else context.positions)
    elif spec.series is not None:
        made = series_values(spec, context, name)
    elif spec.lookup is not None:
        made = as_type(context.column(spec.lookup), spec)
    elif spec.template is not None:
        made = _cut(_filled(spec.template, context), spec)
    elif spec.formula is not None:
        made = _computed(name, spec.formula, spec, context)
    elif spec.after is not None:
        made = values_after(spec, context.column(spec.after), context.noise(name))
    return made


def _computed(name: str, formula: str, spec: ColumnSpec, context: RowContext) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        value = evaluate(parse_condition(context.table, formula), context.made)
    except Unsupported as error:
        raise refuse(context.table, formula, error) from error
    if isinstance(value, pa.Scalar):
        value = pa.repeat(value, len(context.positions))
    if spec.type in ("integer", "float", "decimal"):
        if spec.type == "decimal" and pa.types.is_decimal(value.type):
            return value.cast(arrow_type(spec), safe=False)
        digits = 0 if spec.type == "integer" else decimals_of(spec)
        return as_type(pc.round(value.cast(pa.float64()), digits), spec)
    return as_type(value, spec)


@cache
def _tree(pattern: str) -> Node:
    return parse_pattern(pattern)


def _choices(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if v is None else str(v) for v in values])


def _chosen(name: str, spec: ColumnSpec, context: RowContext, *, unique: bool) -> pa.Array:
    import pyarrow as pa

    values = spec.values or []
    choices = _choices(list(values))
    noise = context.noise(name)
    if unique:
        return as_type(choices.take(pa.array(noise.permuted("choice", len(choices)))), spec)
    if isinstance(values, dict):
        picked = noise.picks("choice", weight_guide(list(values.values())))
    else:
        picked = noise.below("choice", len(choices))
    return as_type(choices.take(pa.array(picked)), spec)


def _patterned(name: str, pattern: str, context: RowContext, *, unique: bool) -> pa.Array:
    tree = _tree(pattern)
    noise = context.noise(name)
    if not unique:
        bits = noise.bits("pattern") >> np.uint64(2)
        return tree.texts((bits % np.uint64(tree.count())).astype(np.int64))
    if tree.ambiguous():
        raise SchemaError(
            f"unique texts of the pattern {pattern!r} cannot be had: it can be read in two ways",
            accepted="at most one part of varying length",
            hint="write counts as {n}",
        )
    return tree.texts(noise.permuted("pattern", tree.count()))


def _filled(template: str, context: RowContext) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    pieces: list[Any] = []
    rest = template
    for field in template_fields(template):
        before, _, rest = rest.partition("{" + field + "}")
        pieces += [before, context.column(field).cast(pa.string())]
    if not pieces:
        return pa.repeat(template, len(context.positions))
    return pc.binary_join_element_wise(*pieces, rest, "", null_handling="replace", null_replacement="")


def _conditional(name: str, spec: ColumnSpec, context: RowContext) -> pa.Array:
    """Each row by the first of its cases that it meets; by the column's own maker if it meets none."""
    import pyarrow as pa

    n = len(context.positions)
    open_rows = np.ones(n, dtype=bool)
    parts: list[pa.Array] = []
    places: list[Integers] = []
    branches = [(case.when, case.then) for case in spec.cases]
    own = spec.model_copy(update={"cases": ()})
    for when, then in [*branches, ({}, own)]:
        here = np.flatnonzero(open_rows & meets(when, context))
        open_rows[here] = False
        if not len(here):
            continue
        part = None if then is None else then.model_copy(update={"type": then.type or spec.type})
        parts.append(pa.nulls(len(here)) if part is None else _branch(name, part, context.subset(here)))
        places.append(here)
    if not parts:
        return pa.nulls(0, pa.string())
    kind = next((p.type for p in parts if not pa.types.is_null(p.type)), pa.null())
    order = np.concatenate(places)
    back = np.empty_like(order)
    back[order] = np.arange(n)
    return pa.concat_arrays([p.cast(kind) for p in parts]).take(pa.array(back))


def _branch(name: str, spec: ColumnSpec, context: RowContext) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _made(name, spec, context, unique=False)
    if spec.missing:
        missing = context.noise(name).uniform("null") < spec.missing
        values = pc.if_else(pa.array(missing), pa.scalar(None, values.type), values)
    return values


def _of_kind(name: str, spec: ColumnSpec, context: RowContext, *, unique: bool) -> pa.Array:
    """Values of people: the locale is drawn once a person, so that all its values agree."""
    import pyarrow as pa

    people = context.stream.child("person", spec.person)
    locales = {spec.locale: 1.0} if spec.locale else context.source.locales
    noise = context.noise(f"locale of {spec.person}", fixed=True)
    chosen = noise.picks("locale", weight_guide(list(locales.values())))
    parts, places = [], []
    for number, locale in enumerate(locales):
        here = np.flatnonzero(chosen == number)
        if not len(here):
            continue
        places.append(here)
        parts.append(_of_locale(name, spec, locale, context.positions[here], context, people, unique=unique))
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return pa.array([], pa.string())
    order = np.concatenate(places)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(parts).take(pa.array(back))


def _of_locale(
    name: str, spec: ColumnSpec, locale: str, positions: Integers, context: RowContext, people: Any, *, unique: bool
) -> pa.Array:
    from synthloom.values.position_noise import PositionNoise

    if spec.faker is not None or not any(locale.replace("-", "_").lower() in (k.lower(), k[:2]) for k in LOCALES):
        provider = spec.faker or str(spec.kind)
        pool = faker_pool(provider, locale, spec.pool, context.stream.child("faker", name).integer(31))
        if unique:
            raise SchemaError(
                f'"{name}" draws from a pool of Faker values, which repeat', hint="use a pattern for unique values"
            )
        import pyarrow as pa

        return pool.take(
            pa.array(PositionNoise(context.stream.child("column", name), positions).below("pool", len(pool)))
        )
    length, whole = 16 if spec.kind == "free_text" else 0, spec.type == "integer"
    style = ValueStyle(spec.kind, locale, length=length, number=whole)  # type: ignore[arg-type]
    known = None
    if len(positions) == len(context.positions):  # the people of all rows serve all their columns
        known = context.people.get((spec.person, locale))
    if known is None:
        known = People(positions, people, locale, **_uniqueness_of(spec.person, context))
        if len(positions) == len(context.positions):
            context.people[spec.person, locale] = known
    return make_values(spec.kind, positions, people, style=style, unique=unique, people=known)  # type: ignore[arg-type]


def _uniqueness_of(person: str, context: RowContext) -> dict[str, bool]:
    """Whether the people have unique names or addresses: then all their columns are made from these."""
    unique = {
        spec.kind
        for name in context.plan.alone
        if (spec := context.plan.spec.columns[name]).person == person and spec.kind is not None
    }
    return {"unique_names": "name" in unique, "unique_addresses": bool(unique & {"address", "street"})}


def _by_type(name: str, spec: ColumnSpec, context: RowContext, *, unique: bool) -> pa.Array:
    """Values by the column's type alone."""
    import pyarrow as pa

    noise = context.noise(name)
    kind = spec.type or "string"
    if kind == "uuid":
        return make_values("uuid", context.positions, noise.stream)
    if kind == "json":
        return pa.repeat("{}", len(context.positions))
    if kind == "string":
        if unique:
            return _codes(spec, context, noise.stream)
        return _cut(make_values("word", context.positions, noise.stream), spec)
    return unique_typed(spec, noise) if unique else drawn_values(spec, noise)


def _codes(spec: ColumnSpec, context: RowContext, stream: Any) -> pa.Array:
    """Unique codes of capitals and digits, as short as the column asks for."""
    length = min(spec.max_length or 10, 10)
    tree = _tree(f"[A-Z0-9]{{{length}}}")
    return tree.texts(KeyedPermutation(tree.count(), stream.child("code"))(context.positions))


def _cut(texts: pa.Array, spec: ColumnSpec) -> pa.Array:
    """Texts no longer than the column allows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if spec.max_length is None or not pa.types.is_string(texts.type):
        return texts
    return pc.utf8_rtrim_whitespace(pc.utf8_slice_codeunits(texts, 0, spec.max_length))

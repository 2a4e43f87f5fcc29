"""Evaluates conditions written in SQL on Arrow columns, with SQL's logic of missing values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from synthloom.errors import SchemaError

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

TODAY = dt.date(2025, 1, 1)
"""What CURRENT_DATE is taken for: equal seeds give equal rows on any day, and the real today is later."""


class Unsupported(Exception):
    """A part of SQL that cannot be evaluated."""


def evaluate(node: exp.Expression, columns: Mapping[str, pa.Array]) -> pa.Array | pa.Scalar:
    """The value of an expression for each row.

    Raises:
        Unsupported: if a part of it is not understood.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    handler = _handlers().get(type(node).__name__)
    if handler is None:
        raise Unsupported(node.sql())
    try:
        value = handler(node, columns)
        return pc.invert(value) if node.args.get("negate") else value
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise Unsupported(f"{node.sql()} ({str(error).splitlines()[0]})") from error


def columns_of(node: exp.Expression) -> list[str]:
    """The columns that an expression names, each once."""
    from sqlglot import exp

    return list(dict.fromkeys(column.name for column in node.find_all(exp.Column)))


def _column(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    name = node.name
    if name in columns:
        return columns[name]
    folded = {known.lower(): known for known in columns}
    if name.lower() not in folded:
        raise Unsupported(f'the column "{name}", which the table does not have')
    return columns[folded[name.lower()]]


def _literal(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa

    if node.is_string:
        return pa.scalar(node.this)
    return pa.scalar(int(node.this)) if re.fullmatch(r"\d+", node.this) else pa.scalar(float(node.this))


def _aligned(left: Any, right: Any) -> tuple[Any, Any]:
    """Two operands of one type: text beside a date becomes a date, whole numbers beside floats floats."""
    import pyarrow as pa

    def is_text(value: Any) -> bool:
        return bool(pa.types.is_string(value.type))

    if left.type == right.type or pa.types.is_null(left.type) or pa.types.is_null(right.type):
        return left, right
    if is_text(left) != is_text(right):
        return (left.cast(right.type), right) if is_text(left) else (left, right.cast(left.type))
    if pa.types.is_boolean(left.type) != pa.types.is_boolean(right.type):
        return left.cast(pa.int64()), right.cast(pa.int64())
    if pa.types.is_temporal(left.type) and pa.types.is_temporal(right.type):
        return left.cast(pa.timestamp("s")), right.cast(pa.timestamp("s"))
    if any(pa.types.is_floating(v.type) for v in (left, right)):
        return left.cast(pa.float64()), right.cast(pa.float64())
    return left, right  # whole numbers and decimals stay exact


def _binary(function: str) -> Callable[..., Any]:
    def handler(node: Any, columns: Mapping[str, pa.Array]) -> Any:
        import pyarrow.compute as pc

        left, right = _aligned(evaluate(node.this, columns), evaluate(node.expression, columns))
        return getattr(pc, function)(left, right)

    return handler


def _arithmetic(function: str) -> Callable[..., Any]:
    def handler(node: Any, columns: Mapping[str, pa.Array]) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        left, right = evaluate(node.this, columns), evaluate(node.expression, columns)
        if (
            pa.types.is_temporal(left.type)
            and pa.types.is_temporal(right.type)
            and not pa.types.is_duration(right.type)
        ):
            seconds = pc.subtract(*_aligned(left, right)).cast(pa.duration("s")).cast(pa.int64())
            both_dates = pa.types.is_date(left.type) and pa.types.is_date(right.type)
            return pc.divide(seconds, 86_400) if both_dates else seconds.cast(pa.duration("s"))
        if pa.types.is_date(left.type):
            left = left.cast(pa.timestamp("s"))
            right = right if pa.types.is_duration(right.type) else pc.multiply(right, 86_400).cast(pa.duration("s"))
            return getattr(pc, function)(left, right)
        if pa.types.is_temporal(left.type):
            return getattr(pc, function)(left, right)
        return getattr(pc, function)(*_aligned(left, right))

    return handler


def _modulo(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow.compute as pc

    left, right = _aligned(evaluate(node.this, columns), evaluate(node.expression, columns))
    return pc.subtract(left, pc.multiply(pc.divide(left, right), right))


def _between(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow.compute as pc

    value = evaluate(node.this, columns)
    low = pc.greater_equal(*_aligned(value, evaluate(node.args["low"], columns)))
    high = pc.less_equal(*_aligned(value, evaluate(node.args["high"], columns)))
    return pc.and_kleene(low, high)


def _in(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow.compute as pc

    value = evaluate(node.this, columns)
    options = [evaluate(option, columns) for option in node.expressions]
    if not options:
        raise Unsupported(node.sql())
    passed = pc.equal(*_aligned(value, options[0]))
    for option in options[1:]:
        passed = pc.or_kleene(passed, pc.equal(*_aligned(value, option)))
    return passed


def _equals(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    """``=``, and ``= ANY (ARRAY[…])``, which is IN."""
    from sqlglot import exp

    other = node.expression.unnest()
    if isinstance(other, exp.Any):
        listed = other.find(exp.Array)
        if listed is None:
            raise Unsupported(node.sql())
        return _in(exp.In(this=node.this, expressions=listed.expressions), columns)
    return _binary("equal")(node, columns)


def _like(*, ignore_case: bool) -> Callable[..., Any]:
    def handler(node: Any, columns: Mapping[str, pa.Array]) -> Any:
        import pyarrow.compute as pc

        value, pattern = evaluate(node.this, columns), evaluate(node.expression, columns)
        return pc.match_like(value, pattern.as_py(), ignore_case=ignore_case)

    return handler


def _matches(*, ignore_case: bool) -> Callable[..., Any]:
    def handler(node: Any, columns: Mapping[str, pa.Array]) -> Any:
        import pyarrow.compute as pc

        value, pattern = evaluate(node.this, columns), evaluate(node.expression, columns)
        return pc.match_substring_regex(value, pattern.as_py(), ignore_case=ignore_case)

    return handler


def _is(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow.compute as pc
    from sqlglot import exp

    value = evaluate(node.this, columns)
    if isinstance(node.expression, exp.Null):
        return pc.is_null(value)
    if isinstance(node.expression, exp.Boolean):
        wanted = node.expression.this
        return pc.fill_null(pc.equal(value, wanted), False)
    raise Unsupported(node.sql())


def _unary(function: str) -> Callable[..., Any]:
    def handler(node: Any, columns: Mapping[str, pa.Array]) -> Any:
        import pyarrow.compute as pc

        return getattr(pc, function)(evaluate(node.this, columns))

    return handler


def _inner(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    return evaluate(node.this, columns)


def _cast(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa

    value = evaluate(node.this, columns)
    wanted = node.args["to"].this.name.lower()
    kinds: dict[str, pa.DataType] = {
        **dict.fromkeys(("timestamp", "timestamptz", "datetime"), pa.timestamp("s")),
        **dict.fromkeys(("text", "varchar"), pa.string()),
        **dict.fromkeys(("int", "bigint", "smallint"), pa.int64()),
        **dict.fromkeys(("decimal", "double", "float"), pa.float64()),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "time": pa.time32("s"),
    }
    if wanted not in kinds:
        return value
    return value if value.type == kinds[wanted] else value.cast(kinds[wanted])


def _coalesce(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow.compute as pc

    value = evaluate(node.this, columns)
    for other in node.expressions:
        value = pc.coalesce(*_aligned(value, evaluate(other, columns)))
    return value


def _case(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if node.this is not None:
        raise Unsupported(node.sql())
    default = node.args.get("default")
    result = evaluate(default, columns) if default is not None else pa.scalar(None)
    for branch in reversed(node.args["ifs"]):
        met = pc.fill_null(evaluate(branch.this, columns), False)
        result = pc.if_else(met, *_aligned(evaluate(branch.args["true"], columns), result))
    return result


def _part_of_date(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow.compute as pc

    part = node.this.name.lower()
    value = evaluate(node.expression, columns)
    names = {"dow": "day_of_week", "isodow": "day_of_week", "doy": "day_of_year"}
    if part not in ("year", "month", "day", "hour", "minute", "second", "quarter", *names):
        raise Unsupported(node.sql())
    found = getattr(pc, names.get(part, part))(value)
    # Arrow counts from Monday = 0; SQL's dow from Sunday = 0, isodow from Monday = 1
    if part == "isodow":
        return pc.add(found, 1)
    return pc.subtract(pc.add(found, 1), pc.multiply(pc.divide(pc.add(found, 1), 7), 7)) if part == "dow" else found


def _interval(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa

    from synthloom.mock.specification import parse_duration

    unit = node.args.get("unit")
    try:
        seconds = parse_duration(f"{node.this.name} {unit.name.lower()}" if unit is not None else node.this.name)
    except ValueError as error:
        raise Unsupported(node.sql()) from error
    return pa.scalar(int(seconds), pa.int64()).cast(pa.duration("s"))


def _today(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa

    return pa.scalar(TODAY)


def _now(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa

    return pa.scalar(dt.datetime(TODAY.year, TODAY.month, TODAY.day), pa.timestamp("s"))


def _constant(value: Any) -> Callable[..., Any]:
    def handler(node: Any, columns: Mapping[str, pa.Array]) -> Any:
        import pyarrow as pa

        return pa.scalar(value)

    return handler


def _boolean(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa

    return pa.scalar(bool(node.this))


def _joined(node: Any, columns: Mapping[str, pa.Array]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    left, right = (evaluate(part, columns).cast(pa.string()) for part in (node.this, node.expression))
    return pc.binary_join_element_wise(left, right, "")


def _handlers() -> dict[str, Callable[..., Any]]:
    return {
        "Column": _column, "Literal": _literal, "Null": _constant(None), "Boolean": _boolean, "Paren": _inner,
        "And": _binary("and_kleene"), "Or": _binary("or_kleene"), "Not": _unary("invert"), "EQ": _equals,
        "NEQ": _binary("not_equal"), "GT": _binary("greater"), "GTE": _binary("greater_equal"), "LT": _binary("less"),
        "LTE": _binary("less_equal"), "Between": _between, "In": _in, "Like": _like(ignore_case=False),
        "ILike": _like(ignore_case=True), "RegexpLike": _matches(ignore_case=False),
        "RegexpILike": _matches(ignore_case=True), "Is": _is, "Add": _arithmetic("add"), "Sub": _arithmetic("subtract"),
        "Mul": _arithmetic("multiply"), "Div": _arithmetic("divide"), "Mod": _modulo, "Neg": _unary("negate"),
        "Length": _unary("utf8_length"), "Upper": _unary("utf8_upper"), "Lower": _unary("utf8_lower"),
        "Trim": _unary("utf8_trim_whitespace"), "Abs": _unary("abs"), "Cast": _cast, "TryCast": _cast,
        "Coalesce": _coalesce, "Case": _case, "Extract": _part_of_date, "Interval": _interval, "CurrentDate": _today,
        "CurrentTimestamp": _now, "DPipe": _joined, "Year": _unary("year"), "Month": _unary("month"),
        "Day": _unary("day"),
    }  # fmt: skip


def refuse(table: str, text: str, error: Unsupported) -> SchemaError:
    """The user's words for a check that cannot be evaluated."""
    return SchemaError(
        f'the check {text} of "{table}" holds what cannot be evaluated: {error}',
        accepted="comparisons, BETWEEN, IN, LIKE, IS NULL, arithmetic, LENGTH, UPPER, LOWER, COALESCE, CASE, EXTRACT",
        hint="write it in these words, or leave it out of the schema for the mock",
    )

"""How many different values a column can have, and the bounds of numbers and dates where none are given."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from synthloom.errors import SchemaError
from synthloom.mock.patterns import parse_pattern
from synthloom.mock.specification import ColumnSpec, MockSchema
from synthloom.values import ValueStyle
from synthloom.values.provider import unique_capacity

FIRST_DAY, LAST_DAY = dt.date(2020, 1, 1), dt.date(2024, 12, 31)
_EPOCH = dt.date(1970, 1, 1)
_DAY = 86_400


def domain_size(spec: ColumnSpec, schema: MockSchema) -> int | None:
    """How many different values a column can have; ``None`` for plenty."""
    if spec.values is not None:
        return len(spec.values)
    if spec.constant is not None:
        return 1
    if spec.sequence is not None:
        return None
    if spec.pattern is not None:
        return parse_pattern(spec.pattern).count()
    if spec.kind is not None:
        locale = spec.locale or next(iter(schema.locales))
        capacity = unique_capacity(spec.kind, ValueStyle(spec.kind, locale))  # type: ignore[arg-type]
        return None if capacity is None else max(1, capacity)
    return _typed_size(spec)


def _typed_size(spec: ColumnSpec) -> int | None:
    if spec.type == "boolean":
        return 2
    if spec.type in ("integer", "date", "datetime", "time"):
        if spec.type == "integer" and (spec.min is None or spec.max is None):
            return None
        low, high = bounds(spec)
        return int(high) - int(low) + 1
    if spec.type in ("float", "decimal"):
        low, high = bounds(spec)
        return math.floor((high - low) * 10 ** decimals_of(spec)) + 1
    if spec.type == "string" and spec.max_length is not None:
        return 36 ** min(spec.max_length, 10)
    return None


def decimals_of(spec: ColumnSpec) -> int:
    """Digits after the point: those asked for, else two for decimals and three for floats."""
    if spec.decimals is not None:
        return spec.decimals
    return 2 if spec.type == "decimal" else 3


def bounds(spec: ColumnSpec) -> tuple[float, float]:
    """Lowest and highest value as numbers: days since 1970 of dates, seconds since 1970 of datetimes.

    Raises:
        SchemaError: if a bound is no value of the type, or they are the wrong way round.
    """
    low = None if spec.min is None else as_number(spec, spec.min)
    high = None if spec.max is None else as_number(spec, spec.max)
    if low is None:
        low = _default_low(spec, high)
    if high is None:
        high = _default_high(spec, low)
    if high < low:
        raise SchemaError(f"min is {spec.min}, more than max, {spec.max}", hint="exchange them")
    return low, high


def _default_low(spec: ColumnSpec, high: float | None) -> float:
    base = {"date": float((FIRST_DAY - _EPOCH).days), "datetime": float((FIRST_DAY - _EPOCH).days * _DAY)}.get(
        spec.type or "", 0.0
    )
    span = {"date": 1826.0, "datetime": 1826.0 * _DAY}.get(spec.type or "", 1000.0)
    return base if high is None or high >= base else high - span


def _default_high(spec: ColumnSpec, low: float) -> float:
    if spec.type == "time":
        return _DAY - 1.0
    last = {"date": float((LAST_DAY - _EPOCH).days), "datetime": float((LAST_DAY - _EPOCH).days * _DAY + _DAY - 1)}.get(
        spec.type or "", 1000.0
    )
    span = {"date": 1826.0, "datetime": 1826.0 * _DAY}.get(spec.type or "", 1000.0)
    return last if low < last else low + span


def as_number(spec: ColumnSpec, value: Any) -> float:
    """A bound as the number it is counted with.

    Raises:
        SchemaError: if it is no value of the column's type.
    """
    try:
        if spec.type == "date":
            return float((_date(value) - _EPOCH).days)
        if spec.type == "datetime":
            return _moment(value)
        if spec.type == "time":
            moment = value if isinstance(value, dt.time) else dt.time.fromisoformat(str(value))
            return float(moment.hour * 3600 + moment.minute * 60 + moment.second)
        return float(value)
    except (TypeError, ValueError) as error:
        raise SchemaError(
            f"{value!r} is no {spec.type or 'number'}", accepted="a value of the column's type"
        ) from error


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])


def _moment(value: Any) -> float:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.timestamp()

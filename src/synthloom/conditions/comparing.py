"""Columns and values brought to a form in which they can be compared: numbers, microseconds, texts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.errors import ConditionError

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS_OF_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def comparable(column: Any, form: str | None = None) -> tuple[Any, np.ndarray]:
    """The values of an Arrow column as they are compared, and where they are missing (bool [n]).

    Numbers and booleans become float64, dates and times int64 microseconds since 1970 (or midnight),
    texts of dates with the strptime format ``form`` too; other texts stay an Arrow array. What is no
    number counts as missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column)), missing
    if form is not None and pa.types.is_string(kind):
        column = pc.strptime(column, format=form, unit="us", error_is_null=True)
        missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
        kind = column.type
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return microseconds(column), missing
    if pa.types.is_string(kind):
        return column, missing
    if pa.types.is_boolean(kind) or pa.types.is_duration(kind):
        column = column.cast(pa.int64())
    values = pc.fill_null(pc.cast(column, pa.float64(), safe=False), float("nan"))
    numbers = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    return numbers, missing | np.isnan(numbers)


def microseconds(column: pa.Array) -> np.ndarray:
    """Dates and times as int64 microseconds, 0 where missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_time(column.type):
        ticks = column.cast(pa.time64("us"), safe=False).cast(pa.int64())
    else:
        ticks = column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None)), safe=False).cast(pa.int64())
    return np.asarray(pc.fill_null(ticks, 0).to_numpy(zero_copy_only=False), dtype=np.int64)


def typed_value(value: Any, kind: pa.DataType, name: str, form: str | None = None) -> Any:
    """A value as columns of the Arrow type ``kind`` are compared: a number, microseconds or a text.

    Texts are read as the column's type, so that conditions from a command line mean the same.

    Raises:
        ConditionError: if the value is none of that type.
    """
    import pyarrow as pa

    if hasattr(value, "as_py"):
        value = value.as_py()
    if isinstance(value, np.generic):
        value = value.item()
    try:
        if form is not None and pa.types.is_string(kind):
            return _instant(value, form)
        if pa.types.is_boolean(kind):
            return _truth(value)
        if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
            return int(microseconds(_scalar_array(value, kind))[0])
        if pa.types.is_string(kind):
            if not isinstance(value, str):
                raise TypeError(f"{value!r} is no text")
            return value
        if pa.types.is_duration(kind):
            return float(_scalar_array(value, kind).cast(pa.int64())[0].as_py())
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ConditionError(f'{value!r} is no value for "{name}"', accepted=f"values of type {kind}") from error
    if not np.isfinite(number):
        raise ConditionError(f'{value!r} is no value for "{name}"', accepted=f"values of type {kind}")
    return number


def _scalar_array(value: Any, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if isinstance(value, str) and pa.types.is_timestamp(kind) and kind.tz is not None:
        naive = dt.datetime.fromisoformat(value)
        value = naive if naive.tzinfo is not None else naive.replace(tzinfo=dt.UTC)
    if isinstance(value, str):
        return pa.array([value.strip()]).cast(kind)
    return pa.array([value], type=kind)


def _truth(value: Any) -> float:
    if isinstance(value, str):
        value = _WORDS_OF_TRUTH.get(value.strip().lower())
    if value not in (True, False):
        raise ValueError("neither true nor false")
    return float(value)


def _instant(value: Any, form: str) -> int:
    """Microseconds of a date that may be written as the column writes it, or by ISO 8601."""
    if isinstance(value, str):
        try:
            value = dt.datetime.strptime(value.strip(), form)
        except ValueError:
            value = dt.datetime.fromisoformat(value.strip())
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{value!r} is no date")
    return round((value.replace(tzinfo=None) - dt.datetime(1970, 1, 1)) / dt.timedelta(microseconds=1))

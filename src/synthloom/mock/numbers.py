"""Numbers, dates and times of a column: drawn, unique, in sequence, later than another, moving in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import SchemaError
from synthloom.mock.distributions import draw
from synthloom.mock.domains import as_number, bounds, decimals_of
from synthloom.mock.specification import ColumnSpec, Distribution, parse_duration
from synthloom.values.position_noise import Integers, PositionNoise

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.mock.context import RowContext

_DAY = 86_400
_ENDLESS = {"date": 30.0, "datetime": 30.0 * _DAY, "time": 3_600.0}
_UNIQUE_SPAN = 10**12


def as_type(values: pa.Array, spec: ColumnSpec) -> pa.Array:
    """Values in the Arrow type that the column's type stands for; unchanged if it has none.

    Raises:
        SchemaError: if a value cannot be of that type.
    """
    import pyarrow as pa

    wanted = arrow_type(spec)
    if wanted is None or values.type == wanted:
        return values
    try:
        if pa.types.is_string(values.type) and spec.type == "boolean":
            values = values.cast(pa.string())
        return values.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SchemaError(
            f"values are no {spec.type}: {str(error).splitlines()[0]}", hint="mend the values or the type"
        ) from error


def arrow_type(spec: ColumnSpec) -> pa.DataType | None:
    """The Arrow type of a column's type, ``None`` if it has none."""
    import pyarrow as pa

    if spec.type is None:
        return None
    if spec.type == "decimal":
        return pa.decimal128(18, decimals_of(spec))
    return {
        "integer": pa.int64(), "float": pa.float64(), "string": pa.string(), "boolean": pa.bool_(), "date": pa.date32(),
        "datetime": pa.timestamp("s"), "time": pa.time32("s"), "uuid": pa.string(), "json": pa.string(),
    }[spec.type]  # fmt: skip


def from_numbers(spec: ColumnSpec, numbers: NDArray[Any]) -> pa.Array:
    """Counted numbers (days, seconds, the number itself) as values of the column's type."""
    import pyarrow as pa

    kind = spec.type or "integer"
    if kind in ("date", "time"):
        counted = numbers % _DAY if kind == "time" else numbers
        return pa.array(counted.astype(np.int32)).cast(pa.date32() if kind == "date" else pa.time32("s"))
    if kind == "datetime":
        return pa.array(numbers.astype(np.int64)).cast(pa.timestamp("s"))
    if kind in ("integer", "boolean"):
        whole = numbers.astype(np.int64)
        return pa.array(whole if kind == "integer" else whole % 2 == 1)
    digits = decimals_of(spec)
    if kind == "decimal":
        return _decimals(np.round(numbers * 10.0**digits).astype(np.int64), spec)
    return pa.array(np.round(numbers.astype(np.float64), digits))


def _decimals(scaled: Integers, spec: ColumnSpec) -> pa.Array:
    """Whole numbers as exact decimals with the point moved, without a detour over floats."""
    import pyarrow as pa

    words = np.empty((len(scaled), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = scaled, scaled >> 63
    return pa.Array.from_buffers(arrow_type(spec), len(scaled), [None, pa.py_buffer(np.ascontiguousarray(words))])


def _unit(spec: ColumnSpec) -> float:
    """The smallest step between two values."""
    return 10.0 ** -decimals_of(spec) if spec.type in ("float", "decimal") else 1.0


def drawn_values(spec: ColumnSpec, noise: PositionNoise) -> pa.Array:
    """Values drawn between the bounds, by the distribution if there is one."""
    if spec.type == "boolean":
        import pyarrow as pa

        mean = 0.5 if spec.distribution is None or spec.distribution.mean is None else spec.distribution.mean
        return pa.array(noise.uniform("value") < mean)
    low, high = bounds(spec)
    unit = _unit(spec)
    if spec.distribution is None or spec.distribution.name == "uniform":
        steps = round((high - low) / unit) + 1
        return from_numbers(spec, low + unit * _below(noise, steps))
    given_low = None if spec.min is None else low
    given_high = None if spec.max is None else high
    drawn = draw(spec.distribution, noise.uniform("value"), given_low, given_high)
    if unit == 1.0:
        drawn = np.round(drawn)
    if given_low is not None or given_high is not None:
        drawn = np.clip(drawn, given_low, given_high)
    return from_numbers(spec, drawn)


def _below(noise: PositionNoise, limit: int) -> Integers:
    if limit <= 2**32:
        return noise.below("value", limit)
    return ((noise.bits("value") >> np.uint64(1)) % np.uint64(min(limit, 2**62))).astype(np.int64)


def unique_typed(spec: ColumnSpec, noise: PositionNoise) -> pa.Array:
    """Values that do not repeat, between the bounds."""
    if spec.type == "boolean":
        return from_numbers(spec, noise.permuted("value", 2))
    low, high = bounds(spec)
    if spec.type == "integer" and spec.max is None:
        high = low + _UNIQUE_SPAN
    unit = _unit(spec)
    return from_numbers(spec, low + unit * noise.permuted("value", int(np.floor((high - low) / unit + 1e-9)) + 1))


def typed_values(spec: ColumnSpec, index: Integers) -> pa.Array:
    """The ``index``-th value of a column with countable values."""
    low = 0.0 if spec.type == "boolean" else bounds(spec)[0]
    return from_numbers(spec, low + _unit(spec) * index)


def sequence_values(spec: ColumnSpec, places: Integers) -> pa.Array:
    """Values in equal steps, the first at place 0."""
    assert spec.sequence is not None
    start, step = spec.sequence.start, spec.sequence.step
    if spec.type in ("date", "datetime", "time"):
        seconds = parse_duration(step) if not isinstance(step, int) or spec.type != "date" else float(step) * _DAY
        unit = seconds / _DAY if spec.type == "date" else seconds
        return from_numbers(spec, as_number(spec, start) + unit * places)
    return from_numbers(spec, as_number(spec, start) + places * _plain(step))


def _plain(step: Any) -> float:
    try:
        return int(step) if float(step).is_integer() else float(step)
    except (TypeError, ValueError) as error:
        raise SchemaError(f"the step {step!r} is no number", accepted="a number, or a duration for dates") from error


def values_after(spec: ColumnSpec, base: pa.Array, noise: PositionNoise) -> pa.Array:
    """Values not less than those of another column of the row; drawn by themselves where that one is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unit = _unit(spec)
    start = _counted(base, spec)
    scale = {"date": 1 / _DAY}.get(spec.type or "", 1.0)
    least = (spec.least or 0.0) * scale
    if spec.least and spec.type == "date":
        least = np.ceil(least)
    low = start + least
    high = _latest(spec, low, scale)
    steps = np.floor((high - low) / unit + 1e-9)
    drawn = low + unit * np.floor(noise.uniform("after") * (steps + 1))
    values = from_numbers(spec, np.nan_to_num(drawn))
    missing = base.is_null()
    if not pc.any(missing).as_py():
        return values
    own = drawn_values(spec.model_copy(update={"after": None}), noise)
    return pc.if_else(missing, own.cast(values.type), values) if not pa.types.is_null(base.type) else own


def _latest(spec: ColumnSpec, low: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    limit = None if spec.max is None else as_number(spec, spec.max)
    if spec.within is not None:
        high = low - (spec.least or 0.0) * scale + spec.within * scale
        high = high if limit is None else np.minimum(high, limit)
    elif limit is not None:
        high = np.full_like(low, limit)
    else:
        high = low + _ENDLESS.get(spec.type or "", 0.0)
        if spec.type not in _ENDLESS:
            high = low + np.maximum(np.abs(low), 10.0)
    if spec.type == "time":
        high = np.minimum(high, _DAY - 1.0)
    return np.maximum(np.floor(high / _unit(spec) + 1e-9) * _unit(spec) if spec.type == "date" else high, low)


def _counted(values: pa.Array, spec: ColumnSpec) -> NDArray[np.float64]:
    """The values of another column in the unit that ``spec`` is counted in."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_date(kind):
        days = values.cast(pa.date32()).cast(pa.int32()).cast(pa.float64())
        numbers = days.to_numpy(zero_copy_only=False)
        return numbers * _DAY if spec.type == "datetime" else numbers
    if pa.types.is_timestamp(kind):
        seconds = values.cast(pa.timestamp("s")).cast(pa.int64()).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.floor(seconds / _DAY) if spec.type == "date" else seconds
    if pa.types.is_time(kind):
        return values.cast(pa.time32("s")).cast(pa.int32()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise SchemaError(f"after names a column of {kind}", accepted="a number, a date or a time")
    return np.asarray(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def series_values(spec: ColumnSpec, context: RowContext, name: str) -> pa.Array:
    """A number that moves in time, along the rows of each parent (or along the table).

    The noise is a moving average of as many past steps as still matter (1 %), so that any row can be made alone.
    """
    series = spec.series
    assert series is not None
    steps = context.line_in_parent().astype(np.float64)
    numbers = np.full(len(steps), series.level) + series.trend * steps
    if series.period:
        numbers += series.season * np.sin(2 * np.pi * steps / series.period)
    if series.level_sd and context.plan.layout is not None:
        parents = PositionNoise(
            context.stream.child("column", name, "level"), context.plan.layout.locate(context.positions)[0]
        )
        numbers += series.level_sd * _white(parents)
    if series.noise:
        lags = 1 if not series.memory else int(np.ceil(np.log(0.01) / np.log(series.memory)))
        total = np.zeros(len(steps))
        stream = context.noise(name).stream
        for lag in range(lags):
            past = PositionNoise(stream, context.positions - lag + lags)
            total += series.memory**lag * _white(past)
        weights = series.memory ** (2 * np.arange(lags)) if series.memory else np.ones(1)
        numbers += series.noise * total / np.sqrt(weights.sum())
    if spec.min is not None or spec.max is not None:
        low, high = (None if b is None else as_number(spec, b) for b in (spec.min, spec.max))
        numbers = np.clip(numbers, low, high)
    return from_numbers(spec if spec.type else spec.model_copy(update={"type": "float"}), numbers)


def _white(noise: PositionNoise) -> NDArray[np.float64]:
    return draw(Distribution(name="normal", mean=0.0, sd=1.0), noise.uniform("noise"), None, None)

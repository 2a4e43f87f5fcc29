"""Columns under a budget: what of each column must be read, and its encoding made of noisy answers.

The encodings are those that every synthesizer uses; only where their bins, categories and units come
from differs. Nothing here stores a value that was neither declared public nor told by a mechanism.
Per row and column each look counts one cell, so each is one noisy count of sensitivity one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.data import Table
from synthloom.differential_privacy import Account, noisy_counts, noisy_known_counts
from synthloom.differential_privacy.mechanisms import threshold_for
from synthloom.encoding import TableEncoder
from synthloom.encoding.binning import Bins
from synthloom.encoding.datetime import DatetimeEncoding
from synthloom.encoding.numeric import to_floats
from synthloom.errors import SchemaError
from synthloom.schema import ColumnSchema, PublicColumn, TableSchema
from synthloom.schema.datetimes import to_microseconds
from synthloom.synthesizers.private.histograms import Atoms, learn_atoms, looks_needed

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_DECIMALS = 6
_UNITS = ("day", "hour", "minute", "second", "millisecond", "microsecond")
_TICKS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1)
_FINER_SHARE = 0.01  # share of values finer than the unit that are rounded to it
_DAYS_IN_WEEK = (0.0, 6.0)


@dataclass(frozen=True)
class LearnedPart:
    """What is known so far of the codes of one part.

    Attributes:
        ordered: whether neighbouring codes are near each other.
        counts: float64 [n_codes], noisy counts made plausible, ``None`` where nothing was counted.
        variance: the variance of ``counts`` where they are raw noisy counts of listed categories.
        per_code: whether the codes are few and known enough to be counted one by one.
    """

    ordered: bool
    counts: np.ndarray | None
    per_code: bool
    variance: float | None = None


def needs_of(schema: TableSchema, facts: Mapping[str, PublicColumn]) -> Counter[str]:
    """How often each purpose of the budget is needed for the columns; read off public facts alone."""
    needs: Counter[str] = Counter()
    for column in schema:
        needs.update(_needs_of_column(column, facts[column.name]))
    return needs


def _needs_of_column(column: ColumnSchema, fact: PublicColumn) -> list[str]:
    import pyarrow as pa

    if column.kind == "empty":
        return []
    if column.personal or column.kind in ("identifier", "text"):
        return ["single columns"]
    if column.kind in ("categorical", "boolean", "constant"):
        known = fact.categories is not None or pa.types.is_boolean(column.arrow_type)
        return ["single columns"] if known else ["categories", "single columns"]
    if column.kind == "numeric":
        unknown = ["units"] if _decimals_unknown(column) else []
        # a step that is yet to be found cannot make the points few
        return [*unknown, *looks_needed(_step(column), _number_bounds(fact)), "single columns"]
    needs = ["units"] if column.granularity is None else []
    encoding = DatetimeEncoding(column, _no_protection())
    if not pa.types.is_time(column.arrow_type):
        bounds = _calendar_bounds(fact, encoding, column)
        needs += [*looks_needed(1.0, bounds), "single columns"]
        needs += ["single columns"] if _is_weekly(encoding, column) else []
    if column.granularity not in ("year", "month", "day"):
        needs += [*looks_needed(None, (0.0, 1.0)), "single columns"]
    return needs


def learn_columns(
    table: Table, schema: TableSchema, facts: Mapping[str, PublicColumn], account: Account
) -> tuple[TableEncoder, list[LearnedPart]]:
    """The encoder of all columns, and what is known of each of its parts, in order."""
    columns, states, parts = [], {}, []
    for column in schema:
        fact, values = facts[column.name], table.column(column.name)
        column, state, found = _learn_column(column, fact, values, account)
        columns.append(column)
        states[column.name] = state
        parts += found
    learned = schema.model_copy(update={"columns": tuple(columns)})
    encoder = TableEncoder.from_state(learned, {"columns": states, "derivations": {"relations": [], "gaps": []}})
    return encoder, parts


def _learn_column(
    column: ColumnSchema, fact: PublicColumn, values: pa.ChunkedArray, account: Account
) -> tuple[ColumnSchema, dict[str, Any], list[LearnedPart]]:
    if column.kind == "empty":
        return column, {}, []
    if column.personal or column.kind in ("identifier", "text"):
        return column, _made_anew(column, fact), [LearnedPart(False, None, per_code=True)]
    if column.kind in ("categorical", "boolean", "constant"):
        column = column.model_copy(update={"kind": "categorical"}) if column.kind == "constant" else column
        state, part = _learn_categories(column, fact, values, account)
        return column, state, [part]
    if column.kind == "numeric":
        return _learn_numbers(column, fact, values, account)
    return _learn_times(column, fact, values, account)


def _learn_categories(
    column: ColumnSchema, fact: PublicColumn, values: pa.ChunkedArray, account: Account
) -> tuple[dict[str, Any], LearnedPart]:
    """The categories that are public, or that enough rows share; the others are one code, drawn anew."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(column.arrow_type):
        listed: list[Any] | None = [False, True]
    else:
        listed = None if fact.categories is None else _listed(fact, column.arrow_type)
    counts: np.ndarray | None = None
    variance = None
    if listed is None:
        event, threshold = account.gaussian("categories"), account.threshold("categories")
        found = pc.value_counts(values.drop_null())
        limit = threshold_for(event.variance, float(threshold.delta))
        told, noisy = noisy_known_counts(found.field("counts").to_numpy(), event.variance, limit)
        order = np.argsort(-noisy, kind="stable")
        chosen = found.field("values").filter(pa.array(told)).take(pa.array(order))
        listed = pc.cast(chosen, pa.string()).to_pylist()
        counts, variance = noisy[order].astype(np.float64), float(event.variance)
    state = {
        "categories": listed,
        "counts": [1] * len(listed) if counts is None else [max(1, int(c)) for c in counts],
        "rare_rows": int(counts is not None),
        "has_nulls": fact.nullable,
    }
    return state, LearnedPart(False, counts, per_code=True, variance=variance)


def _listed(fact: PublicColumn, kind: pa.DataType) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    assert fact.categories is not None
    try:
        if pa.types.is_string(kind):
            return [str(value) for value in fact.categories]
        return pc.cast(pa.array(list(fact.categories), type=kind), pa.string()).to_pylist()  # type: ignore[no-any-return]
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SchemaError(
            f'the public categories of "{fact.name}" are no values of type {kind}: {error}',
            hint="correct them in the public schema",
        ) from error


def _learn_numbers(
    column: ColumnSchema, fact: PublicColumn, values: pa.ChunkedArray, account: Account
) -> tuple[ColumnSchema, dict[str, Any], list[LearnedPart]]:
    numbers = to_floats(values, column.name)
    numbers = numbers[np.isfinite(numbers)]
    if _decimals_unknown(column):
        column = column.model_copy(update={"decimals": _find_decimals(numbers, account)})
    if column.decimals is not None:
        numbers = np.round(numbers, column.decimals)
    step = _step(column)
    # where a step that was just found leaves few points, looks that were charged are not taken
    atoms = learn_atoms(numbers, step, _number_bounds(fact), account)
    state = {"bins": _bins(atoms, step).state(), "has_nulls": fact.nullable}
    return column, state, [_ordered_part(atoms)]


def _learn_times(
    column: ColumnSchema, fact: PublicColumn, values: pa.ChunkedArray, account: Account
) -> tuple[ColumnSchema, dict[str, Any], list[LearnedPart]]:
    """Weeks and weekdays (or months, or years), and the time of day, each as numbers of its own."""
    import pyarrow as pa

    ticks = to_microseconds(values.drop_null(), column.format)
    if column.granularity is None:
        column = column.model_copy(update={"granularity": _find_unit(ticks, account)})
    encoding = DatetimeEncoding(column, _no_protection())
    encoding.weekly = _is_weekly(encoding, column)
    numbers = [part.astype(np.float64) for part in encoding._numbers(*encoding._split(ticks))]
    bounds: list[tuple[float, float] | None] = []
    if not pa.types.is_time(column.arrow_type):
        bounds.append(_calendar_bounds(fact, encoding, column))
        bounds += [_DAYS_IN_WEEK] if encoding.weekly else []
    if len(numbers) > len(bounds):
        bounds.append((0.0, float(_TICKS[0] // encoding._clock_unit - 1)))
    atoms = [learn_atoms(part, 1.0, bound, account) for part, bound in zip(numbers, bounds, strict=True)]
    state = {
        "bins": [_bins(found, 1.0).state() for found in atoms],
        "weekly": encoding.weekly,
        "has_nulls": fact.nullable,
    }
    return column, state, [_ordered_part(found) for found in atoms]


def _ordered_part(atoms: Atoms) -> LearnedPart:
    return LearnedPart(True, atoms.counts if atoms.measured else None, per_code=not atoms.measured)


def _bins(atoms: Atoms, step: float | None) -> Bins:
    """The encoding's bins for the cells of a line."""
    lower = atoms.starts[:-1]
    upper = np.where(atoms.spikes, lower, np.maximum(lower, atoms.starts[1:] - (step or 0.0)))
    mass = atoms.counts + 1.0
    return Bins(atoms.starts[1:-1], lower, upper, mass / mass.sum(), step)


def _find_decimals(values: np.ndarray, account: Account) -> int | None:
    """Digits after the point that write nearly all values, by a noisy count of each value's own digits."""
    need = np.full(len(values), _MAX_DECIMALS + 1)
    for digits in range(_MAX_DECIMALS, -1, -1):
        scaled = values * 10.0**digits
        need[np.abs(scaled - np.round(scaled)) <= np.maximum(np.abs(scaled) * 1e-12, 1e-9)] = digits
    found = _coarsest(need, _MAX_DECIMALS + 2, account)
    return None if found > _MAX_DECIMALS else found


def _find_unit(ticks: np.ndarray, account: Account) -> Any:
    """The unit of time that writes nearly all values, by a noisy count of each value's own."""
    need = np.full(len(ticks), len(_TICKS) - 1)
    for place in range(len(_TICKS) - 1, -1, -1):
        need[ticks % _TICKS[place] == 0] = place
    return _UNITS[_coarsest(need, len(_TICKS), account)]


def _coarsest(need: np.ndarray, classes: int, account: Account) -> int:
    """The first class beyond which hardly a value lies; ``need`` int64 [n] in ``0 … classes - 1``."""
    event = account.gaussian("units")
    noisy = noisy_counts(np.bincount(need, minlength=classes), event.variance).astype(np.float64)
    beyond = noisy[::-1].cumsum()[::-1]
    left = np.arange(classes, 0, -1)
    allowed = np.maximum(3.0 * np.sqrt(left * float(event.variance)), _FINER_SHARE * max(0.0, beyond[0]))
    fits = np.append(beyond[1:] <= allowed[1:], True)
    return int(np.argmax(fits))


def _decimals_unknown(column: ColumnSchema) -> bool:
    return column.decimals is None and column.type in ("double", "float")


def _step(column: ColumnSchema) -> float | None:
    return None if column.decimals is None else 10.0**-column.decimals


def _number_bounds(fact: PublicColumn) -> tuple[float, float] | None:
    if fact.minimum is None or fact.maximum is None:
        return None
    if not isinstance(fact.minimum, (int, float)) or not isinstance(fact.maximum, (int, float)):
        raise SchemaError(f'the bounds of "{fact.name}" are no numbers', hint="correct them in the public schema")
    return float(fact.minimum), float(fact.maximum)


def _calendar_bounds(
    fact: PublicColumn, encoding: DatetimeEncoding, column: ColumnSchema
) -> tuple[float, float] | None:
    """The declared bounds in the numbers of the encoding's first part."""
    if fact.minimum is None or fact.maximum is None:
        return None
    try:
        ticks = np.array([fact.minimum, fact.maximum], dtype="datetime64[us]").astype(np.int64)
    except (TypeError, ValueError) as error:
        raise SchemaError(f'the bounds of "{fact.name}" are no dates', hint="write them as 2020-01-31") from error
    encoding.weekly = _is_weekly(encoding, column)
    first = encoding._numbers(*encoding._split(ticks))[0]
    return float(first[0]), float(first[1])


def _is_weekly(encoding: DatetimeEncoding, column: ColumnSchema) -> bool:
    """Days are learned as week and weekday: a bin of several days would forget the weekday."""
    import pyarrow as pa

    return encoding._calendar_unit == "day" and not pa.types.is_time(column.arrow_type)


def _no_protection() -> Any:
    from synthloom.schema import Protection

    return Protection(minimum_support=1)


def _made_anew(column: ColumnSchema, fact: PublicColumn) -> dict[str, Any]:
    """The encoding of a column of which only the gaps are learned."""
    if column.personal:
        return _personal_state(column, fact)
    if column.kind == "identifier":
        return _identifier_state(column, fact)
    one = Bins(np.zeros(0), np.ones(1), np.ones(1), np.ones(1), 1.0)
    return {"words": ["…"], "word_rows": [1.0], "pairs": [], "bins": one.state(), "has_nulls": fact.nullable}


def _personal_state(column: ColumnSchema, fact: PublicColumn) -> dict[str, Any]:
    """The usual style of this kind of personal value; the column's own style is not looked at."""
    import pyarrow as pa

    from synthloom.values import find_style

    assert column.personal is not None
    style = find_style(column.personal, pa.chunked_array([pa.array([], type=column.arrow_type)]))
    return {"style": style.to_json(), "unique": False, "has_nulls": fact.nullable}


def _identifier_state(column: ColumnSchema, fact: PublicColumn) -> dict[str, Any]:
    """Keys of the declared pattern, drawn from all of it; numbers count up from one."""
    import pyarrow as pa

    from synthloom.schema.templates import alphabets

    text = pa.types.is_string(column.arrow_type)
    pattern = (column.pattern or "[0-9a-f]{12}") if text else None
    space = math.prod(len(members) for members in alphabets(pattern)) if pattern else 10**12
    return {
        "prefix": "",
        "pattern": pattern,
        "length": len(alphabets(pattern)) if pattern else 12,
        "serial_start": None if text else 1,
        "gaps": [[0, min(space, 2**62)]],
        "sizes": [1],
        "size_weights": [1.0],
        "has_nulls": fact.nullable,
    }

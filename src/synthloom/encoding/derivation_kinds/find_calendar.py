"""What follows from dates: their parts, and the time between two of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from synthloom.encoding.derivation_kinds.base import Derivation
from synthloom.encoding.derivation_kinds.calendar import PARTS, UNITS, DatePart, Elapsed, Truncated, date_part
from synthloom.encoding.derivation_kinds.search import Search

_MAX_DATES = 20
_MAX_LABELS = 60


def find_calendar(search: Search, taken: Collection[str]) -> Iterator[tuple[Derivation, ...]]:
    """Proven parts of dates and times between dates; only the first twenty date columns are looked at."""
    dates = [name for name in search.names if search.sample[name].is_date][:_MAX_DATES]
    others = [name for name in search.names if name not in dates and name not in taken]
    for date in dates:
        values = search.sample[date]
        assert values.ticks is not None
        parts = {part: date_part(values.ticks, part) for part in PARTS}
        for target in others:
            for look in (_plus_offset, _labelled):
                found = (look(search, date, target, part, numbers) for part, numbers in parts.items())
                if relation := next((r for r in found if r is not None), None):
                    yield (relation,)
                    break
    for start in dates:
        for end in dates:
            if start != end:
                if start not in taken and (cut := _truncated(search, end, start)):
                    yield (cut,)
                for target in others:
                    if relation := _elapsed(search, start, end, target):
                        yield (relation,)


def _rows(search: Search, date: str, target: str) -> np.ndarray:
    """The rows of the sample where both are present, bool [m]."""
    return ~(search.sample[target].missing | search.sample[date].missing)


def _plus_offset(search: Search, date: str, target: str, part: str, numbers: np.ndarray) -> Derivation | None:
    """The part plus a whole number, if the sample and then all rows agree."""
    values, rows = search.sample[target], _rows(search, date, target)
    if values.ticks is None or values.decimals or len(np.unique(numbers[rows])) < 2:
        return None
    offset = values.ticks[rows] - numbers[rows]
    if (offset != offset[0]).any():
        return None
    shift = int(offset[0])
    text = f"{target} = {part} of {date}" + (f" {'+-'[shift < 0]} {abs(shift)}" if shift else "")
    return search.proven(DatePart(target, (date,), text, "sources", part, shift))


def _labelled(search: Search, date: str, target: str, part: str, numbers: np.ndarray) -> Derivation | None:
    """A value for each part, if the sample and then all rows agree."""
    found, rows = search.sample[target].codes(), _rows(search, date, target)
    if found is None or len(found[1]) > _MAX_LABELS or not 2 <= len(np.unique(numbers[rows])) <= _MAX_LABELS:
        return None
    if not _one_each(numbers[rows], found[0][rows]):
        return None
    whole, dates = search.values(target), search.values(date)
    coded = search.codes(target)
    assert coded is not None
    assert dates.ticks is not None
    full = date_part(dates.ticks, part)
    shown = ~(whole.missing | dates.missing)
    if not _one_each(full[shown], coded[0][shown]):
        return None
    keys, place, counts = np.unique(full[shown], return_inverse=True, return_counts=True)
    first = np.full(len(keys), -1)
    first[place] = coded[0][shown]
    if len(keys) < 2 or counts.min() < search.support:
        return None
    labels = tuple(_plain(coded[1][int(code)]) for code in first)
    text = f"{target} is determined by the {part} of {date}"
    fields = (part, 0, tuple(int(key) for key in keys), labels)
    return search.proven(DatePart(target, (date,), text, "sources", *fields))


def _plain(value: Any) -> int | str:
    return value.as_py() if hasattr(value, "as_py") else int(value)


def _one_each(source: np.ndarray, target: np.ndarray) -> bool:
    """Whether each value of ``source`` goes with one of ``target``."""
    pairs = np.unique(np.column_stack([source, target]), axis=0)
    return len(pairs) == len(np.unique(source))


def _truncated(search: Search, source: str, target: str) -> Derivation | None:
    """The target as the start of the source's minute, hour, day, month or year."""
    for unit in ("minute", "hour", "day", "month", "year"):
        text = f"{target} is the start of the {unit} of {source}"
        if proven := search.proven(Truncated(target, (source,), text, "sources", unit)):
            return proven
    return None


def _elapsed(search: Search, start: str, end: str, target: str) -> Derivation | None:
    values, a, b = (search.sample[name] for name in (target, start, end))
    rows = ~(values.missing | a.missing | b.missing)
    if values.numbers is None or not rows.any():
        return None
    assert a.ticks is not None
    assert b.ticks is not None
    difference = (b.ticks - a.ticks)[rows]
    for unit, size in UNITS.items():
        apart = np.abs(difference / size - values.numbers[rows])
        if apart.max() > 1.0 + 1e-9:
            continue
        for rounding in ("floor", "round", "half_up", "ceil") if values.ticks is not None else ("none",):
            how = {"floor": ", rounded down", "ceil": ", rounded up", "none": ""}.get(rounding, ", rounded")
            text = f"{target} = {unit} from {start} to {end}{how}"
            fields = (unit, rounding, values.decimals)
            if proven := search.proven(Elapsed(target, (start, end), text, "sources", *fields)):  # type: ignore[arg-type]
                return proven
    return None

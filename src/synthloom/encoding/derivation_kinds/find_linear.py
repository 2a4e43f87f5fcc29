"""Linear relations: copies, unit conversions, sums, differences and their rounded kin.

The columns are taken in table order. Each is projected on those before it that no relation gives
yet (Gram-Schmidt on the sample, O(rows * columns^2) at a thousand rows or four a column): a
residual of zero is an exact relation with unique coefficients, one no larger than the column's
own rounding a rounded relation. Columns with gaps are taken again, by pattern of gaps, over the
rows where they are present.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product
from math import gcd, lcm

import numpy as np

from synthloom.encoding.derivation_kinds.base import Derivation, in_words
from synthloom.encoding.derivation_kinds.calendar import UNITS
from synthloom.encoding.derivation_kinds.constants import constants
from synthloom.encoding.derivation_kinds.linear import Linear
from synthloom.encoding.derivation_kinds.rounded import Rounded
from synthloom.encoding.derivation_kinds.search import Search
from synthloom.encoding.derivation_kinds.values import ColumnValues

_MAX_TERMS = 12
_MAX_ROUNDED_TERMS = 4
_EXACT = 1e-7
_PATTERNS = 20
_PATTERN_SOURCES = 64
_MIN_DISTINCT = 10
_LINEAR_PROGRAM_ROWS = 1_500
_MAX_SWAPS = 8
_NEAR_COPY = 0.995


def find_linear(search: Search) -> Iterator[tuple[Derivation, ...]]:
    """Proven relations, each as the ways it can be solved, the preferred first."""
    numeric = [name for name in search.names if search.sample[name].numbers is not None]
    clocks = ("time32", "time64")  # a sum of times of day may pass midnight
    numeric = [name for name in numeric if not search.schema.column(name).type.startswith(clocks)]
    whole = [name for name in numeric if not search.sample[name].missing.any()]
    yield from _pass(search, whole, set(whole), np.ones(len(search.rows), dtype=bool))
    patterns: dict[bytes, list[str]] = {}
    for name in numeric:
        missing = search.sample[name].missing
        if missing.any() and not missing.all():
            patterns.setdefault(missing.tobytes(), []).append(name)
    for group in sorted(patterns.values(), key=len, reverse=True)[:_PATTERNS]:
        rows = ~search.sample[group[0]].missing
        others = [n for n in numeric if n not in group and not (search.sample[n].missing & rows).any()]
        yield from _pass(search, [*_nearest(search, others, group, rows), *group], set(group), rows)


def _nearest(search: Search, others: list[str], group: list[str], rows: np.ndarray) -> list[str]:
    """Of the possible sources at most a few, those most correlated with a column of the group."""
    if len(others) <= _PATTERN_SOURCES:
        return others
    targets = _standard(np.column_stack([_numbers(search.sample[n], rows) for n in group]))
    sources = _standard(np.column_stack([_numbers(search.sample[n], rows) for n in others]))
    strength = np.abs(sources.T @ targets).max(axis=1)
    kept = set(np.argsort(-strength, kind="stable")[:_PATTERN_SOURCES].tolist())
    return [name for place, name in enumerate(others) if place in kept]


def _standard(matrix: np.ndarray) -> np.ndarray:
    centred = matrix - matrix.mean(axis=0)
    return centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-300)


def _numbers(values: ColumnValues, rows: np.ndarray) -> np.ndarray:
    assert values.numbers is not None
    return values.numbers[rows]


def _pass(search: Search, names: list[str], targets: set[str], rows: np.ndarray) -> Iterator[tuple[Derivation, ...]]:
    """Relations among columns that are all present in these rows of the sample."""
    basis = np.empty((int(rows.sum()), len(names)))
    kept: list[str] = []
    seen: list[str] = []
    standard: list[np.ndarray] = []
    if len(basis) < 3 * min(len(names), 10):
        return
    for name in names:
        numbers = _numbers(search.sample[name], rows)
        norm = float(np.linalg.norm(numbers - numbers.mean()))
        if not np.isfinite(norm) or norm == 0.0:
            continue
        column = (numbers - numbers.mean()) / norm
        residual = column.copy()
        for _ in range(2):  # twice is enough (Kahan)
            residual = residual - basis[:, : len(kept)] @ (basis[:, : len(kept)].T @ residual)
        left = float(np.linalg.norm(residual))
        if kept and name in targets and left < 0.2:
            if left < _EXACT:
                coefficients = np.linalg.lstsq(np.column_stack(standard), column, rcond=None)[0]
                yield from _exact(search, name, kept, coefficients, rows)
            elif relation := _rounded(search, name, seen, left, rows):
                yield (relation,)
        seen.append(name)
        if left >= _EXACT and len(kept) < len(basis) // 3:
            basis[:, len(kept)] = residual / left
            kept.append(name)
            standard.append(column)


def _exact(
    search: Search, target: str, kept: list[str], coefficients: np.ndarray, rows: np.ndarray
) -> Iterator[tuple[Derivation, ...]]:
    """The relation with whole coefficients on ticks, solved for each column that it can be solved for."""
    used = np.flatnonzero(np.abs(coefficients) > 1e-6)
    names = [kept[place] for place in used]
    if not 1 <= len(names) <= _MAX_TERMS:
        return
    if any(search.sample[name].ticks is None for name in [*names, target]):
        if relation := _unrounded(search, target, names, rows):
            yield (relation,)
        return
    whole = _whole_coefficients(search, target, names, rows)
    if whole is None:
        return
    columns = [*names, target]
    if len(names) > 1 and all(_is_flag(search, name) for name in columns):
        return  # a flag less other flags could fall below zero
    ways = []
    for name in sorted(columns, key=lambda n: _preference(search, columns, whole, n)):
        relation = search.proven(_solved(search, columns, whole, name))
        if relation is not None:
            ways.append(relation)
    if ways:
        yield tuple(ways)


def _whole_coefficients(search: Search, target: str, names: list[str], rows: np.ndarray) -> list[int] | None:
    """Whole numbers k with sum(k * ticks) constant over sources and, last, the target."""
    matrix = np.column_stack([search.sample[n].ticks[rows] for n in [*names, target]]).astype(np.float64)  # type: ignore[index]
    centred = matrix - matrix.mean(axis=0)
    scale = np.linalg.norm(centred, axis=0)
    solution = np.linalg.lstsq(centred[:, :-1] / scale[:-1], centred[:, -1] / scale[-1], rcond=None)[0]
    ratios = solution * scale[-1] / scale[:-1]
    fractions = [_fraction(float(ratio)) for ratio in ratios]
    if any(f is None or f == 0 for f in fractions):
        return None
    denominator = lcm(*(f.denominator for f in fractions if f is not None))
    whole = [int(f * denominator) for f in fractions if f is not None] + [-denominator]
    reach = sum(abs(k) * float(np.abs(matrix[:, place]).max()) for place, k in enumerate(whole))
    return whole if reach < 2.0**60 else None


def _fraction(number: float) -> Fraction | None:
    """The plain fraction that a coefficient stands for: p / q with q up to 1,000, its inverse, or a decimal."""
    for candidate in (Fraction(number).limit_denominator(1000), _inverse(number), Fraction(f"{number:.6g}")):
        if candidate is not None and candidate != 0 and abs(float(candidate) - number) <= 1e-7 * abs(number):
            return candidate
    return None


def _inverse(number: float) -> Fraction | None:
    """Small coefficients as one over a plain number: days in microseconds."""
    if abs(number) > 0.1 or number == 0.0:
        return None
    other = Fraction(1.0 / number).limit_denominator(1000)
    return 1 / other if other else None


def _preference(search: Search, columns: list[str], whole: list[int], name: str) -> tuple[bool, bool, int]:
    """Solve for a column that always divides, then for the total of its parts, then for the last.

    A part is not derived as the total less the other parts where all are zero or more: it could
    fall below zero. The same holds for the time between two dates: the later date is derived.
    """
    own = whole[columns.index(name)]
    divides = all(k.denominator == 1 for _, k in _terms(columns, whole, own, name))
    positive = all(bool((_ticks(search, c) >= 0).all()) for c in columns)
    subtracts = any(k < 0 for _, k in _terms(columns, whole, own, name))
    return not divides, len(columns) > 2 and positive and subtracts, -search.order[name]


def _is_flag(search: Search, name: str) -> bool:
    ticks = _ticks(search, name)
    return bool(((ticks == 0) | (ticks == 1)).all())


def _terms(columns: list[str], whole: list[int], own: int, name: str) -> list[tuple[str, Fraction]]:
    return [(c, Fraction(-k, own)) for c, k in zip(columns, whole, strict=True) if c != name]


def _ticks(search: Search, name: str) -> np.ndarray:
    values = search.sample[name]
    assert values.ticks is not None
    return values.ticks[~values.missing]


def _solved(search: Search, columns: list[str], whole: list[int], target: str) -> Linear:
    """The relation solved for one of its columns; the constant is read off the first full row."""
    own = whole[columns.index(target)]
    sign = -1 if own > 0 else 1
    sources = [(c, sign * k) for c, k in zip(columns, whole, strict=True) if c != target]
    together = ~np.logical_or.reduce([search.sample[c].missing for c in columns])
    row = int(np.argmax(together))
    ticks = {c: int(search.sample[c].ticks[row]) for c in columns}  # type: ignore[index]
    constant = abs(own) * ticks[target] - sum(k * ticks[c] for c, k in sources)
    common = gcd(abs(own), constant, *(k for _, k in sources))
    names, numerators = tuple(c for c, _ in sources), tuple(k // common for _, k in sources)
    sentence = _linear_sentence(search, target, names, numerators, abs(own) // common, constant // common)
    return Linear(target, names, sentence, "sources", numerators, abs(own) // common, constant // common)


def _linear_sentence(
    search: Search, target: str, names: tuple[str, ...], numerators: tuple[int, ...], denominator: int, constant: int
) -> str:
    """The relation in the columns' own units."""
    unit = Fraction(1, 10 ** search.sample[target].decimals) / denominator
    dates = [name for name in (*names, target) if search.sample[name].is_date]
    if len(names) == 2 and len(dates) == 2 and constant == 0:
        return f"{target} follows from {names[0]} and {names[1]} (time between two dates)"
    if len(dates) == 2 and len(names) == 1 and numerators == (denominator,):
        days = in_words(abs(constant) / denominator / UNITS["days"])
        return f"{target} = {names[0]}" if not constant else f"{target} = {names[0]} {'+-'[constant < 0]} {days} days"
    terms = []
    for name, numerator in zip(names, numerators, strict=True):
        factor = numerator * unit * 10 ** search.sample[name].decimals
        terms.append(_term(factor, name))
    if constant:
        terms.append(_term(constant * unit, ""))
    text = " ".join(terms)
    return f"{target} = {text[2:] if text.startswith('+ ') else '-' + text[2:]}"


def _term(factor: Fraction, name: str) -> str:
    sign, size = ("-" if factor < 0 else "+"), abs(factor)
    short = size.denominator == 1 or 10**9 % size.denominator == 0
    number = in_words(float(size)) if short else str(size)
    if not name:
        return f"{sign} {number}"
    return f"{sign} {name}" if size == 1 else f"{sign} {number} * {name}"


def _unrounded(search: Search, target: str, names: list[str], rows: np.ndarray) -> Derivation | None:
    """A relation of numbers on no grid, to their own precision."""
    columns = [search.sample[name] for name in names]
    if len(names) > _MAX_ROUNDED_TERMS or any(c.is_date for c in [*columns, search.sample[target]]):
        return None
    matrix = np.column_stack([*(_numbers(c, rows) for c in columns), np.ones(int(rows.sum()))])
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    solution = np.linalg.lstsq(matrix / scale, _numbers(search.sample[target], rows), rcond=None)[0] / scale
    spread = float(np.abs(_numbers(search.sample[target], rows)).max())
    for digits in (3, 6, 9, 12):
        plain = [float(f"{c:.{digits}g}") if abs(c) * s > 1e-9 * spread else 0.0 for c, s in zip(solution, scale)]
        relation = _rounded_relation(search, target, names, tuple(plain[:-1]), plain[-1], 0.0, "none", 1, 0)
        if proven := search.proven(relation):
            return proven
    return None


def _plain(number: float) -> Fraction:
    """A coefficient as people write it: a small fraction, or the decimal."""
    small = Fraction(number).limit_denominator(1000)
    return small if abs(float(small) - number) <= 1e-12 * abs(number) else Fraction(str(number))


def _rounded_relation(
    search: Search,
    target: str,
    names: list[str],
    coefficients: tuple[float, ...],
    constant: float,
    pivot: float,
    rounding: str,
    step: int,
    base: int,
) -> Rounded:
    decimals = search.sample[target].decimals
    inner = " ".join(
        _term(_plain(c), f"({n} {'-+'[pivot < 0]} {in_words(abs(pivot))})" if pivot else n)
        for n, c in zip(names, coefficients, strict=True)
    )
    inner += f" {'-+'[constant > 0]} {in_words(abs(constant))}" if constant else ""
    inner = inner[2:] if inner.startswith("+ ") else "-" + inner[2:]
    how = {"floor": "rounded down", "ceil": "rounded up"}.get(rounding, "rounded")
    grid = f"steps of {in_words(step / 10**decimals)}" if step > 1 else f"{decimals} decimals"
    sentence = f"{target} = {inner}" + ("" if rounding == "none" else f", {how} to {grid}")
    fields = (coefficients, constant, pivot, rounding, decimals, step, base)
    return Rounded(target, tuple(names), sentence, "sources", *fields)  # type: ignore[arg-type]


def _rounded(search: Search, target: str, seen: list[str], left: float, rows: np.ndarray) -> Derivation | None:
    """The rounded relation, if the residual is no larger than the target's own rounding."""
    values = search.sample[target]
    if values.ticks is None or values.is_date or all(search.sample[n].is_date for n in seen):
        return None
    ticks = values.ticks[rows]
    distinct = np.unique(ticks)
    step = int(np.gcd.reduce(np.diff(distinct))) if len(distinct) >= _MIN_DISTINCT else 0
    spread = float(np.linalg.norm(ticks - ticks.mean()))
    if step == 0 or left * spread / np.sqrt(len(ticks)) > 0.35 * step:
        return None
    for names in _significant(search, target, seen, step, rows):
        if relation := _with_constants(search, target, names, step, int(distinct[0]) % step):
            return relation
    return None


def _with_constants(search: Search, target: str, names: list[str], step: int, base: int) -> Derivation | None:
    """The rounded relation of these sources, with the plainest constants that are proved on all rows."""
    values = search.sample[target]
    assert values.ticks is not None
    chosen = np.flatnonzero(~np.logical_or.reduce([search.sample[n].missing for n in [*names, target]]))
    chosen = _telling(np.column_stack([_numbers(search.sample[n], chosen) for n in names]), chosen)
    sources = np.column_stack([_numbers(search.sample[n], chosen) for n in names])
    unit = 10.0**values.decimals
    for guess in constants(sources, values.ticks[chosen] / unit, step / unit):
        fields = (guess.coefficients, guess.constant, guess.pivot, guess.rounding, step, base)
        if relation := search.proven(_rounded_relation(search, target, names, *fields)):
            return relation
    return None


def _telling(sources: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """At most so many rows that a linear program stays quick, the outermost among them."""
    if len(rows) <= _LINEAR_PROGRAM_ROWS:
        return rows
    order = np.argsort(sources[:, 0], kind="stable")
    return rows[np.unique(order[np.linspace(0, len(rows) - 1, _LINEAR_PROGRAM_ROWS).astype(np.int64)])]


def _significant(search: Search, target: str, seen: list[str], step: int, rows: np.ndarray) -> Iterator[list[str]]:
    """The few sources that may carry the relation, by orthogonal matching pursuit (Pati et al. 1993).

    The source most correlated with what is left is added until only rounding is left. Where a
    source has near copies (kilograms and rounded pounds) those are tried in its place too.
    """
    assert search.sample[target].ticks is not None
    ticks = search.sample[target].ticks[rows].astype(np.float64)  # type: ignore[index]
    centred = ticks - ticks.mean()
    usable = [name for name in seen if not search.sample[name].is_date]
    matrix = _standard(np.column_stack([_numbers(search.sample[n], rows) for n in usable]))
    chosen: list[int] = []
    residual = centred
    for _ in range(min(_MAX_ROUNDED_TERMS, len(usable))):
        strength = np.abs(matrix.T @ residual)
        strength[chosen] = -1.0
        chosen.append(int(np.argmax(strength >= (1.0 - 1e-9) * strength.max())))  # of equals the first
        part = matrix[:, chosen]
        residual = centred - part @ np.linalg.lstsq(part, centred, rcond=None)[0]
        if np.abs(residual).max() <= 1.05 * step and np.sqrt(np.mean(residual**2)) <= 0.35 * step:
            break
    else:
        return
    alike = [[place, *_near_copies(matrix, place)] for place in chosen]
    for places in islice(product(*alike), _MAX_SWAPS):
        if len(set(places)) == len(places):
            yield [usable[place] for place in sorted(places)]


def _near_copies(matrix: np.ndarray, place: int) -> list[int]:
    """The columns that go almost perfectly along with this one, the nearest first."""
    strength = np.abs(matrix.T @ matrix[:, place])
    strength[place] = 0.0
    order = np.argsort(-strength, kind="stable")[:2]
    return [int(other) for other in order if strength[other] > _NEAR_COPY]

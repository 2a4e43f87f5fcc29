"""Products and ratios: ``b = k * a1 * a2`` or ``b = k * a1 / a2``, rounded to the column's decimals.

Taken apart by logarithms: log|b| -+ log|a1| must equal +-log|a2| plus a constant, up to b's own
rounding. For each b, a1 is one of the few columns most correlated with it in logarithms and a2 any
column, looked at on the rows where b's rounding matters least; so the search grows with the square
of the columns, not the cube. What survives is proved on all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from synthloom.encoding.derivation_kinds.base import Derivation, in_words
from synthloom.encoding.derivation_kinds.constants import shortest
from synthloom.encoding.derivation_kinds.product import Product
from synthloom.encoding.derivation_kinds.search import Search

_FIRST_SOURCES = 32
_FIRST_SOURCES_WIDE = 12
_WIDE = 100
_ROUNDINGS = ("round", "half_up", "floor", "ceil")
_LOOKED_AT = 64
_LEAST_ROWS = 24
_MIN_DISTINCT = 5
_MAX_PROOFS = 12


def find_products(search: Search, taken: Mapping[str, Derivation]) -> Iterator[tuple[Derivation, ...]]:
    """Proven products and ratios, at most one for each column that is not yet ``taken`` (derived).

    Columns of more values come first: a total is derived from quantity and price, not the quantity
    from the total, which would leave the total off by the rounding.
    """
    copies = {name for name, relation in taken.items() if len(relation.sources) == 1 and relation.kind == "linear"}
    names = [n for n in search.names if (v := search.sample[n]).numbers is not None and not v.is_date]
    names = [n for n in names if n not in copies]  # their source stands for them
    names = [n for n in names if len(np.unique(search.sample[n].numbers)) > 2]  # type: ignore[arg-type]
    if len(names) < 3:
        return
    sizes = np.column_stack([np.abs(search.sample[n].numbers) for n in names])  # type: ignore[arg-type]
    gone = np.column_stack([search.sample[n].missing for n in names]) | (sizes == 0)
    logs = np.where(gone, np.nan, np.log(np.where(gone, 1.0, sizes)))
    strength = _correlations(logs)
    found: list[tuple[int, int, Derivation]] = []
    for place, name in enumerate(names):
        distinct = len(np.unique(sizes[:, place]))
        if name in taken or distinct < _MIN_DISTINCT:
            continue
        options = islice(_candidates(search, names, logs, sizes, place, strength[place]), _MAX_PROOFS)
        proofs = (_prove(search, name, *option) for option in options)
        if relation := next((r for r in proofs if r is not None), None):
            found.append((-distinct, -place, relation))
    found.sort(key=lambda item: item[:2])
    yield from ((relation,) for _, _, relation in found)


def _candidates(
    search: Search, names: list[str], logs: np.ndarray, sizes: np.ndarray, place: int, strength: np.ndarray
) -> Iterator[tuple[str, str, bool, tuple[float, float]]]:
    """First and second source, whether it divides, and the range of the factor."""
    target = search.sample[names[place]]
    present = np.flatnonzero(np.isfinite(logs[:, place]))
    half = 0.5 * 10.0**-target.decimals if target.ticks is not None else 0.0
    most = _FIRST_SOURCES if len(names) <= _WIDE else _FIRST_SOURCES_WIDE
    for first in np.argsort(-strength, kind="stable")[:most].tolist():
        if strength[first] == 0.0:
            break
        rows = present[np.isfinite(logs[present, first])]
        if len(rows) < _LEAST_ROWS:
            continue
        rows = rows[np.argsort(-sizes[rows, place], kind="stable")[:_LOOKED_AT]]
        # how far rounding may have moved a logarithm: up to log(size / (size - half)) when it was up
        noise = -np.log1p(-np.minimum(half / sizes[rows, place], 0.999)) + 1e-9
        own, other = logs[rows, place], logs[rows, first]
        for divides, swapped, goal, sign in (
            (False, False, own - other, 1.0),
            (True, False, own - other, -1.0),
            (True, True, own + other, 1.0),
        ):
            left = goal[:, None] - sign * logs[rows]  # b a1 / a2 = k when a2 is divided by a1
            for second in _constant(left, noise, {place, first}):
                gap = left[:, second]
                seen = np.isfinite(gap)
                low = float(np.exp(np.max((gap - 1.05 * noise)[seen])))
                high = float(np.exp(np.min((gap + 1.05 * noise)[seen])))
                pair = (names[second], names[first]) if swapped else (names[first], names[second])
                if not divides and first > second and not swapped:
                    pair = pair[::-1]
                yield *pair, divides, (low, high)


def _correlations(logs: np.ndarray) -> np.ndarray:
    """|correlation| of every two columns over the rows both have, 0 where they share too few; float64 [k, k]."""
    seen = np.isfinite(logs)
    shown = seen.astype(np.float64)
    centre = np.where(seen, logs, 0.0).sum(axis=0) / np.maximum(1.0, shown.sum(axis=0))
    values = np.where(seen, logs - centre, 0.0)
    rows = shown.T @ shown
    n = np.maximum(rows, 1.0)
    sums, squares = values.T @ shown, (values**2).T @ shown  # [i, j]: of column i over the rows that j has too
    covariance = values.T @ values / n - sums * sums.T / n**2
    variance = np.maximum(squares / n - (sums / n) ** 2, 0.0)
    spread = np.sqrt(variance * variance.T)
    usable = (rows >= _LEAST_ROWS) & (spread > 1e-12)
    strength = np.where(usable, np.abs(covariance) / np.where(usable, spread, 1.0), 0.0)
    np.fill_diagonal(strength, 0.0)
    return strength


def _constant(left: np.ndarray, noise: np.ndarray, without: set[int]) -> list[int]:
    """Columns of ``left`` that stay at one value within the noise of each row."""
    seen = np.isfinite(left)
    lowest = np.where(seen, left + 1.05 * noise[:, None], np.inf).min(axis=0)
    highest = np.where(seen, left - 1.05 * noise[:, None], -np.inf).max(axis=0)
    fits = (highest <= lowest) & (seen.sum(axis=0) >= _LEAST_ROWS)
    return [int(place) for place in np.flatnonzero(fits) if int(place) not in without]


def _prove(
    search: Search, target: str, first: str, second: str, divides: bool, factors: tuple[float, float]
) -> Derivation | None:
    middle = (factors[0] * factors[1]) ** 0.5
    factor = shortest(factors[0] * (1 - 1e-9), factors[1] * (1 + 1e-9)) if factors[0] < factors[1] else middle
    if factors[0] <= 1.0 <= factors[1]:
        factor = 1.0
    if factor is None or not np.isfinite(factor) or factor <= 0.0:
        return None
    signed = factor * _sign(search, target, first, second)
    values = search.sample[target]
    allowed, at_zero = _at_zero(search, target, second) if divides else (True, None)
    if not allowed:
        return None
    for rounding in _ROUNDINGS if values.ticks is not None else ("none",):
        sign = "/" if divides else "*"
        scale = "" if signed == 1.0 else f"{in_words(signed)} * "
        how = {"none": "", "floor": f", rounded down to {values.decimals} decimals"}.get(
            rounding, f", rounded to {values.decimals} decimals" if divides or rounding != "round" else ""
        )
        sentence = f"{target} = {scale}{first} {sign} {second}{how}"
        for factor_first in (True, False) if signed != 1.0 else (True,):
            fields = (divides, signed, rounding, values.decimals, at_zero, factor_first)
            relation = Product(target, (first, second), sentence, "sources", *fields)  # type: ignore[arg-type]
            if proven := search.proven(relation):
                return proven
    return None


def _sign(search: Search, target: str, first: str, second: str) -> float:
    """-1 where the relation needs a negative factor, told by the sample."""
    a, b, c = (search.sample[name] for name in (target, first, second))
    together = ~(a.missing | b.missing | c.missing)
    product = np.sign(a.numbers) * np.sign(b.numbers) * np.sign(c.numbers)  # type: ignore[arg-type]
    return -1.0 if float(product[together].sum()) < 0.0 else 1.0


def _at_zero(search: Search, target: str, divisor: str) -> tuple[bool, float | None]:
    """Whether rows with a zero divisor follow one rule, and the value that they then hold, if any.

    A value other than zero is only taken from enough rows. Where no row has a zero divisor, one
    that is sampled all the same gives zero if the column has no gaps.
    """
    truth, under = search.values(target), search.values(divisor)
    assert under.numbers is not None
    assert truth.numbers is not None
    rows = (under.numbers == 0) & ~under.missing
    shown = rows & ~truth.missing
    if not shown.any():
        return True, None if rows.any() or truth.missing.any() else 0.0
    values = np.unique(truth.numbers[shown])
    if len(values) > 1 or (values[0] != 0.0 and int(shown.sum()) < search.support):
        return False, None
    return True, float(values[0])

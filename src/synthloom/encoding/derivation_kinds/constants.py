"""The shortest constants with which a rounded function still holds.

That ``b = round(m1 * a1 + … + c)`` holds in a row means ``b - 1/2 <= m1 * a1 + … + c <= b + 1/2``: a
slab. The slabs of all rows meet in a small polytope of (m, c); each coefficient in turn is set to
the plainest number in its range (a linear program), then the constant. No constant says more of
the rows than its shortest decimals do.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

KNOWN_FACTORS = (
    2.54, 0.3937, 0.3048, 3.28084, 0.9144, 1.609344, 1.60934, 0.621371, 0.45359237, 0.453592, 2.20462, 2.2046226,
    28.3495, 0.035274, 3.78541, 0.264172, 1.8, 3.6, 4.184, 4.1868, 0.239006, 1.852, 0.539957, 0.0174533, 57.2958,
    7.50062, 0.133322, 0.00750062, 18.0182, 0.0555, 365.25, 30.4375,
)  # fmt: skip
"""Factors between units of length, mass, volume, temperature, energy, angle, pressure and time."""


@dataclass(frozen=True)
class Constants:
    """Coefficients, and the constant either added or, for one source, subtracted from it before."""

    coefficients: tuple[float, ...]
    constant: float = 0.0
    pivot: float = 0.0
    rounding: str = "round"


def shortest(low: float, high: float) -> float | None:
    """The decimal with the fewest digits in ``[low, high]``; ``None`` if the range is empty."""
    if not low <= high:
        return None
    if low <= 0.0 <= high:
        return 0.0
    middle = (low + high) / 2.0
    first = -int(np.floor(np.log10(max(abs(low), abs(high))))) - 1
    for digits in range(first, first + 18):
        candidate = round(middle, digits)
        if low <= candidate <= high:
            return float(candidate)
    return middle


def plainest(low: float, high: float) -> list[float]:
    """Plain numbers in ``[low, high]``, the most likely first: known factors, short decimals, small fractions."""
    known = [sign * f for f in sorted(KNOWN_FACTORS, key=_digits) for sign in (1.0, -1.0) if low <= sign * f <= high]
    found = shortest(low, high)
    if found is None:
        return []
    plain = [(_digits(found), 0, found)]
    for denominator in (3, 6, 7, 9, 11, 12, 13, 14, 15, 17, 18, 19, 21, 24, 30, 36, 45, 52, 60, 90, 360, 365):
        numerator = round((low + high) / 2.0 * denominator)
        if numerator and low <= numerator / denominator <= high:
            fraction = Fraction(numerator, denominator)
            size = len(f"{abs(fraction.numerator)}{fraction.denominator}") - (abs(fraction.numerator) == 1)
            plain.append((size, 1, numerator / denominator))
            break
    plain.sort()
    trivial = plain[0][0] <= 2  # 1, 2, 0.5: plainer than any known factor
    ordered = [p[2] for p in plain]
    return list(dict.fromkeys(ordered + known if trivial else known + ordered))


def _digits(number: float) -> int:
    """How many significant digits a decimal has."""
    return len(f"{abs(number):.15g}".replace(".", "").split("e")[0].strip("0")) or 1


def constants(sources: np.ndarray, target: np.ndarray, step: float) -> list[Constants]:
    """Constants with which ``target`` (float64 [n]) is ``sources`` (float64 [n, k]) combined and rounded to ``step``.

    Several guesses, the plainest first; to be proved on all rows.
    """
    guesses: list[Constants] = []
    centre, scale = sources.mean(axis=0), sources.std(axis=0)
    if (scale == 0).any():
        return []
    moved = (sources - centre) / scale
    for choice in (0, 1):
        fixed: list[float] = []
        for place in range(sources.shape[1]):
            bounds = _range(moved, target, step, np.array(fixed) * scale[: len(fixed)])
            if bounds is None:
                return guesses
            options = plainest(bounds[0] / scale[place], bounds[1] / scale[place])
            if not options or 0.0 in options:
                return guesses
            fixed.append(options[min(choice, len(options) - 1)])
        guesses += _with_constant(sources, target, step, tuple(fixed))
        if choice == 0 and sources.shape[1] > 1:
            break
    return list(dict.fromkeys(guesses))


def _range(sources: np.ndarray, target: np.ndarray, step: float, fixed: np.ndarray) -> tuple[float, float] | None:
    """The least and the greatest next coefficient, given those that are fixed."""
    from scipy.optimize import linprog

    done = len(fixed)
    rest = (target - sources[:, :done] @ fixed) / step
    matrix = np.column_stack([sources[:, done:], np.ones(len(target))])
    both = np.vstack([matrix, -matrix])
    limits = np.concatenate([rest + 0.5 + 1e-7, -rest + 0.5 + 1e-7])
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(matrix.shape[1])
        goal[0] = sign
        result = linprog(goal, A_ub=both, b_ub=limits, bounds=(None, None), method="highs")
        if not result.success:
            return None
        ends.append(float(result.x[0]) * step)
    return (ends[0], ends[1]) if ends[0] <= ends[1] else (ends[1], ends[0])


def _with_constant(sources: np.ndarray, target: np.ndarray, step: float, fixed: tuple[float, ...]) -> list[Constants]:
    """The fixed coefficients with the plainest constant, for each way of rounding."""
    rest = target - sources @ np.array(fixed)
    low, high = float(rest.max()) - step / 2.0, float(rest.min()) + step / 2.0
    slack = 1e-9 * max(1.0, float(np.abs(target).max()))
    found: list[tuple[int, int, Constants]] = []
    for rank, (rounding, shift) in enumerate(
        (("round", 0.0), ("half_up", 0.0), ("floor", step / 2.0), ("ceil", -step / 2.0))
    ):
        constant = shortest(low + shift - slack, high + shift + slack)
        if constant is None:
            continue
        found.append((_size(constant), rank, Constants(fixed, constant, 0.0, rounding)))
        if len(fixed) == 1 and constant != 0.0:
            ends = sorted((-(low + shift) / fixed[0], -(high + shift) / fixed[0]))
            pivot = shortest(ends[0], ends[1])
            if pivot is not None and _size(pivot) < _size(constant):
                found.append((_size(pivot), rank, Constants(fixed, 0.0, pivot, rounding)))
    return [item[2] for item in sorted(found, key=lambda item: item[:2])]


def _size(constant: float) -> int:
    return 0 if constant == 0.0 else _digits(constant)

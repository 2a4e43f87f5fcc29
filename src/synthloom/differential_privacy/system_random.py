"""Whole numbers from the system's randomness, and events of exact probability made of them.

No floating-point number is drawn or compared here: an event of probability ``a / b`` happens if a
whole number drawn evenly below ``b`` is below ``a``. The source is ``os.urandom`` and cannot be
seeded: noise that can be repeated can be taken off again.
"""

from __future__ import annotations

import os

import numpy as np

LARGEST_BOUND = 2**62
"""Bounds of even draws must lie below this, so that every product stays within 64 bits."""


def words(n: int) -> np.ndarray:
    """``n`` words of 64 random bits, uint64 [n]."""
    return np.frombuffer(os.urandom(8 * n), dtype=np.uint64)


def below(bounds: np.ndarray) -> np.ndarray:
    """A whole number drawn evenly from ``0 … bound-1`` for each of ``bounds``; int64 [n] in and out.

    Words above the largest multiple of the bound are drawn again, so that the remainder is even.
    """
    bounds = np.asarray(bounds, dtype=np.uint64)
    out = np.empty(len(bounds), dtype=np.uint64)
    waiting = np.arange(len(bounds))
    top = np.uint64(2**64 - 1)
    while len(waiting):
        drawn, bound = words(len(waiting)), bounds[waiting]
        surplus = (top % bound + np.uint64(1)) % bound  # 2**64 modulo the bound
        fits = drawn <= top - surplus
        out[waiting[fits]] = drawn[fits] % bound[fits]
        waiting = waiting[~fits]
    return out.astype(np.int64)


def happens(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    """Whether each of ``n`` events of probability ``numerator / denominator`` happens; bool [n]."""
    return below(denominators) < numerators


def happens_exp(numerators: np.ndarray, denominator: int) -> np.ndarray:
    """Whether events of probability exp(-numerator / denominator) happen; int64 [n] in, bool [n] out.

    Canonne, Kamath and Steinke 2020, Algorithm 1: for a rate in [0, 1] the first ``k`` at which an
    event of probability rate / k fails is odd with probability exp(-rate); a larger rate is its
    whole part, as many events of rate 1, and the rest.
    """
    numerators = np.asarray(numerators, dtype=np.int64)
    whole, rest = np.divmod(numerators, denominator)
    out = _happens_exp_fraction(rest, denominator)
    alive = np.flatnonzero(out & (whole > 0))
    left = whole[alive]
    while len(alive):
        ok = _happens_exp_fraction(np.ones(len(alive), dtype=np.int64), 1)
        out[alive[~ok]] = False
        alive, left = alive[ok], left[ok] - 1
        alive, left = alive[left > 0], left[left > 0]
    return out


def _happens_exp_fraction(numerators: np.ndarray, denominator: int) -> np.ndarray:
    """:func:`happens_exp` for rates in [0, 1]."""
    out = np.empty(len(numerators), dtype=bool)
    active, k = np.arange(len(numerators)), 1
    while len(active):
        on = happens(numerators[active], np.full(len(active), denominator * k, dtype=np.int64))
        out[active[~on]] = k % 2 == 1
        active, k = active[on], k + 1
    return out

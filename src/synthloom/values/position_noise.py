"""Random numbers that depend only on a stream and a position, so that shards and workers agree.

SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): the state of
position ``i`` is ``key + i * golden``, finalised by two multiply-xorshift rounds. For one key the map from
position to number is a bijection on 64 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import OptionError
from synthloom.randomness import KeyedPermutation, RandomStream

Integers = NDArray[np.int64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_GUIDE_BITS = 16
_TIERS = (10_000, 1_000_000, 1_000_000_000)


def checked_positions(positions: Any) -> Integers:
    """The positions as int64.

    Raises:
        OptionError: if they are not whole numbers from 0 on.
    """
    array = np.asarray(positions)
    if array.dtype.kind not in "iu" or array.ndim != 1 or (array.size and int(array.min()) < 0):
        raise OptionError("positions are not a row of whole numbers", accepted="a one-dimensional integer array, ≥ 0")
    return array.astype(np.int64, copy=False)


class PositionNoise:
    """Random numbers for an array of positions; each ``name`` gives numbers of its own."""

    def __init__(self, stream: RandomStream, positions: Any) -> None:
        self.stream, self.positions = stream, checked_positions(positions)
        self._steps = self.positions.astype(np.uint64) * _GOLDEN

    def bits(self, name: str) -> NDArray[np.uint64]:
        """64 random bits a position, different at different positions."""
        mixed = self._steps + np.uint64(self.stream.child(name).integer(63))
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        return mixed

    def below(self, name: str, limit: int) -> Integers:
        """Whole numbers in ``0 … limit-1`` (``limit`` up to 2**32)."""
        return (((self.bits(name) >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32)).astype(np.int64)

    def uniform(self, name: str) -> NDArray[np.float64]:
        """Numbers in [0, 1)."""
        return (self.bits(name) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def picks(self, name: str, guide: NDArray[np.int32]) -> Integers:
        """Indices drawn by the weights behind a :func:`weight_guide`."""
        return guide[(self.bits(name) >> np.uint64(64 - _GUIDE_BITS)).astype(np.int64)].astype(np.int64)

    def permuted(self, name: str, size: int) -> Integers:
        """The positions (modulo ``size``) under a random permutation of ``0 … size-1``: unique up to ``size``."""
        inside = (
            self.positions if not self.positions.size or int(self.positions.max()) < size else self.positions % size
        )
        return KeyedPermutation(size, self.stream.child(name))(inside)

    def unique_numbers(self, name: str) -> tuple[Integers, Integers]:
        """A unique number a position, short for early positions: ``(number, digits to write it with)``.

        The first 10,000 positions get four digits, those below a million six, the others nine; numbers of
        different length never coincide, so that a table of any size up to 10**9 rows has no repeats and
        the value at a position does not depend on how many rows there are.
        """
        number, width = np.zeros_like(self.positions), np.zeros_like(self.positions)
        low = 0
        for digits, size in zip((4, 6, 9), _TIERS, strict=True):
            here = (self.positions >= low) & (self.positions < size)
            if here.any():
                number[here] = KeyedPermutation(size, self.stream.child(name, digits))(self.positions[here])
                width[here] = digits
            low = size
        if self.positions.size and int(self.positions.max()) >= _TIERS[-1]:
            raise OptionError("more than 10**9 unique values were asked for", accepted="positions below 10**9")
        return number, width


def weight_guide(weights: Any) -> NDArray[np.int32]:
    """A table of 65,536 entries from which an index is drawn by weight with one look-up."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    points = (np.arange(1 << _GUIDE_BITS) + 0.5) * (cumulative[-1] / (1 << _GUIDE_BITS))
    guide: NDArray[np.int32] = np.searchsorted(cumulative, points, side="right").astype(np.int32)
    return np.minimum(guide, np.int32(len(cumulative) - 1))

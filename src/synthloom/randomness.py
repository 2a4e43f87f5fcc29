"""The one door through which randomness enters.

A seed is split into child streams by name, so that adding a column, a shard or a worker never
moves the numbers that another one draws. The global NumPy state is neither read nor touched.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

import numpy as np

from synthloom.errors import OptionError

MAXIMUM_SEED = 2**63 - 1


def resolve_seed(seed: int | None) -> int:
    """The given seed, checked, or a fresh one from the system's randomness."""
    if seed is None:
        return secrets.randbelow(2**31)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= MAXIMUM_SEED:
        raise OptionError(
            f"seed is {seed!r}", accepted=f"a whole number from 0 to {MAXIMUM_SEED}", hint="give one, or leave it out"
        )
    return int(seed)


@dataclass(frozen=True)
class RandomStream:
    """A node in the tree of random streams: a seed and the path of names that led here."""

    seed: int
    path: tuple[str, ...] = field(default=())

    def child(self, *names: object) -> RandomStream:
        """The stream below this one with the given names; equal names, equal stream."""
        return RandomStream(self.seed, (*self.path, *(str(name) for name in names)))

    def _digest(self) -> bytes:
        text = "\x1f".join([str(self.seed), *(p.replace("\\", "\\\\").replace("\x1f", "\\u") for p in self.path)])
        return hashlib.sha256(text.encode()).digest()

    def generator(self) -> np.random.Generator:
        """A fresh NumPy generator at the start of this stream."""
        return np.random.Generator(np.random.PCG64(int.from_bytes(self._digest()[:16], "big")))

    def integer(self, bits: int = 31) -> int:
        """One whole number that this stream stands for, to seed a library that takes only that."""
        return int.from_bytes(self._digest()[16:24], "big") >> (64 - bits)


class KeyedPermutation:
    """A random permutation of ``0 … size-1``, computed point by point.

    A four-round Feistel network over the next even power of two, walked in cycles until the image
    falls inside (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"). It gives unique
    keys and ordered draws without replacement with no memory of what was drawn, so that shards can
    be made in any order.
    """

    _ROUNDS = 4

    def __init__(self, size: int, stream: RandomStream) -> None:
        if not 1 <= size <= 2**62:
            raise OptionError(f"a permutation of {size} items was asked for", accepted="1 to 2**62 items")
        self.size = size
        self._half = max(1, -(-(size - 1).bit_length() // 2))
        self._mask = np.uint64((1 << self._half) - 1)
        self._keys = stream.child("feistel").generator().integers(0, 2**63, self._ROUNDS, dtype=np.uint64)

    def _encrypt(self, block: np.ndarray) -> np.ndarray:
        left, right = block >> np.uint64(self._half), block & self._mask
        for key in self._keys:
            mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> np.uint64(32)
            left, right = right, (left ^ mixed) & self._mask
        return (left << np.uint64(self._half)) | right

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """The images (int64) of ``positions`` (whole numbers in ``0 … size-1``)."""
        result = self._encrypt(np.asarray(positions, dtype=np.uint64))
        outside = result >= self.size
        while outside.any():
            result[outside] = self._encrypt(result[outside])
            outside = result >= self.size
        return result.astype(np.int64)

"""Which rows belong to which parent, when each parent has between ``least`` and ``most`` of them.

Parents are taken in blocks of 64. Every block holds the same numbers of children, evenly spread from least to
most, in an order of its own; so a block has a fixed total, and the parent of any row is found without counting
from the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthloom.randomness import RandomStream
from synthloom.values.position_noise import Integers, PositionNoise

BLOCK = 64


@dataclass(frozen=True)
class ChildLayout:
    """The children of ``parents`` parent rows."""

    parents: int
    least: int
    most: int
    stream: RandomStream

    @property
    def _counts(self) -> NDArray[np.int64]:
        steps = (np.arange(BLOCK) + 0.5) / BLOCK * (self.most - self.least + 1)
        return self.least + steps.astype(np.int64)

    @property
    def block_rows(self) -> int:
        """Children in a block of 64 parents."""
        return int(self._counts.sum())

    @property
    def rows(self) -> int:
        """Children of all parents together."""
        whole, rest = divmod(self.parents, BLOCK)
        return whole * self.block_rows + (int(self._block(np.array([whole]))[0, :rest].sum()) if rest else 0)

    def _block(self, blocks: Integers) -> NDArray[np.int64]:
        """The numbers of children of the 64 parents of each block, shape (blocks, 64)."""
        slots = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        keys = PositionNoise(self.stream, slots).bits("layout").reshape(-1, BLOCK)
        return self._counts[np.argsort(keys, axis=1, kind="stable")]

    def locate(self, rows: Integers) -> tuple[Integers, Integers]:
        """The parent of each row, and the row's place among that parent's children (from 0)."""
        if not len(rows):
            return rows, rows
        block, within = np.divmod(rows, self.block_rows)
        known, place = np.unique(block, return_inverse=True)
        ends = np.cumsum(self._block(known), axis=1)
        # one sorted axis for all blocks: each block's ends are shifted by its own offset
        shift = np.arange(len(known), dtype=np.int64) * (self.block_rows + 1)
        slot = np.searchsorted((ends + shift[:, None]).ravel(), within + shift[place], side="right") - place * BLOCK
        starts = np.concatenate([np.zeros((len(known), 1), dtype=np.int64), ends[:, :-1]], axis=1)
        return block * BLOCK + slot, within - starts[place, slot]

"""Functional dependencies: a table of values, and steps over sorted numbers."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from synthloom.encoding.derivation_kinds.base import Computed, Derivation, numbers_of, ticks_of
from synthloom.encoding.derivation_kinds.values import ColumnValues

if TYPE_CHECKING:
    import pyarrow as pa

Label = int | str


def look_up(codes: np.ndarray, labels: tuple[Label, ...]) -> np.ndarray | pa.Array:
    """The labels of codes int64 [n], as ticks int64 or as texts."""
    import pyarrow as pa

    if labels and isinstance(labels[0], str):
        return pa.array(labels, pa.string()).take(pa.array(codes))
    return np.asarray(labels, dtype=np.int64)[codes]


@dataclass(frozen=True)
class Lookup(Derivation):
    """One value of the target for each value of the source.

    Every entry is shared by enough rows. A source value without an entry takes the entry of the
    nearest number or date, or for texts the commonest value: always the same, so that equal
    sources keep equal values.
    """

    keys: tuple[Label, ...] = ()
    labels: tuple[Label, ...] = ()
    commonest: int = 0
    kind: ClassVar[str] = "lookup"

    @property
    def cost(self) -> float:
        return 8.0 + len(self.keys) * float(np.log(max(2, len(set(self.labels)))))

    def compute(self, sources: Dictionary[str, ColumnValues]) -> Computed:
        values = sources[self.sources[0]]
        if isinstance(self.keys[0], str):
            codes = self._texts(values)
            missing = values.missing
        else:
            codes = nearest(np.asarray(self.keys, dtype=np.int64), ticks_of(values))
            missing = self._missing(sources, ticks=True)
        return Computed(look_up(codes, self.labels), missing)

    def _texts(self, values: ColumnValues) -> np.ndarray:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.index_in(values.texts, value_set=pa.array(self.keys, pa.string())).fill_null(-1).to_numpy()
        return np.where(found < 0, self.commonest, found)


def nearest(keys: np.ndarray, ticks: np.ndarray) -> np.ndarray:
    """The place of the nearest of ascending ``keys`` for each of ``ticks``, the lower on a tie."""
    right = np.clip(np.searchsorted(keys, ticks), 0, len(keys) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(keys[right] - ticks) < np.abs(ticks - keys[left]), right, left)


@dataclass(frozen=True)
class Steps(Derivation):
    """A value for each stretch of a number or date: bins, bands, ``b = [a >= t]``."""

    cuts: tuple[float, ...] = ()
    labels: tuple[Label, ...] = ()
    kind: ClassVar[str] = "steps"

    @property
    def cost(self) -> float:
        return 8.0 + len(self.cuts) * (np.log(max(2, len(set(self.labels)))) + 10.0)

    def compute(self, sources: Dictionary[str, ColumnValues]) -> Computed:
        numbers = numbers_of(sources[self.sources[0]])
        codes = np.searchsorted(np.asarray(self.cuts), numbers, side="right")
        return Computed(look_up(codes, self.labels), self._missing(sources))

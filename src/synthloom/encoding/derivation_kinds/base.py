"""What a relation between columns is: a derived column, its sources, and how to compute it from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np

from synthloom.encoding.derivation_kinds.values import ColumnValues

if TYPE_CHECKING:
    import pyarrow as pa

Gaps = Literal["sources", "own"]


class Computed(NamedTuple):
    """What a relation says: ticks int64, numbers float64 or texts [n], and where it says nothing."""

    values: np.ndarray | pa.Array
    missing: np.ndarray


@dataclass(frozen=True)
class Derivation(ABC):
    """A column that is computed from others. Fields are plain JSON values.

    Attributes:
        target: the derived column.
        sources: the columns it is computed from.
        sentence: the relation in words, for people.
        gaps: ``sources``: the derived value is missing exactly where the relation says nothing (a
            source is missing, a divisor is zero); ``own``: its gaps are learned as any column's,
            and where the relation says nothing the learned value stays.
    """

    target: str
    sources: tuple[str, ...]
    sentence: str = ""
    gaps: Gaps = "sources"
    kind: ClassVar[str]

    @abstractmethod
    def compute(self, sources: Mapping[str, ColumnValues]) -> Computed:
        """The derived values from the sources' values."""

    @property
    def cost(self) -> float:
        """The nats that it takes to write the relation down, beside naming its columns."""
        return 8.0

    def with_gaps(self, gaps: Gaps) -> Self:
        """The relation with this rule for gaps."""
        return replace(self, gaps=gaps)

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The relation that :meth:`state` described."""
        return cls(**{k: _frozen(v) for k, v in state.items() if k != "kind"})

    def _missing(self, sources: Mapping[str, ColumnValues], *, ticks: bool = False) -> np.ndarray:
        """Where a source is missing or no number (with ``ticks``: on no grid), bool [n]."""
        masks = []
        for name in self.sources:
            values = sources[name]
            unusable = (values.ticks if ticks else values.numbers) is None
            masks.append(np.ones(len(values.missing), dtype=bool) if unusable else values.missing)
        return np.logical_or.reduce(masks)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def ticks_of(values: ColumnValues) -> np.ndarray:
    """The ticks of values that must be on a grid."""
    if values.ticks is None:
        return np.zeros(len(values.missing), dtype=np.int64)  # counted as missing by Derivation._missing
    return values.ticks


def numbers_of(values: ColumnValues) -> np.ndarray:
    """The numbers of values that must be numbers."""
    return np.zeros(len(values.missing)) if values.numbers is None else values.numbers


def agrees(computed: Computed, target: ColumnValues, tolerance: float) -> np.ndarray:
    """Whether computed and true values are the same, bool [n]; true where either is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    apart = computed.missing | target.missing
    values = computed.values
    if isinstance(values, pa.Array):
        same = pc.equal(values, target.texts).fill_null(False).to_numpy(zero_copy_only=False)
    elif target.ticks is not None and values.dtype.kind == "i":
        same = values == target.ticks
    else:
        numbers = numbers_of(target)
        with np.errstate(invalid="ignore", over="ignore"):
            same = np.abs(values - numbers) <= tolerance * np.maximum(np.abs(values), np.abs(numbers))
    return np.asarray(same | apart, dtype=bool)


def entropy(values: ColumnValues, rows: np.ndarray) -> float:
    """The nats a value of these rows (bool [n]) takes when told by its frequency alone."""
    found = values.codes()
    if found is None:
        found = (np.unique(numbers_of(values), return_inverse=True)[1], None)
    counts = np.bincount(found[0][rows]) if rows.any() else np.zeros(1)
    shares = counts[counts > 0] / max(1, counts.sum())
    return float(-(shares * np.log(shares)).sum())


def in_words(number: float) -> str:
    """A number as people write it."""
    return f"{number:.12g}" if number != round(number) else f"{round(number)}"

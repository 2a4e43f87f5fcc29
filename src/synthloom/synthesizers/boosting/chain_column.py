"""A part of a column as a link of a chain: ordered codes to be drawn, a number to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from synthloom.encoding import EncodedColumn, PartSpec

MAX_CODES = 800
"""About how many codes of a part a chain tells apart; the bins inside one are drawn by their frequency."""
ROWS_A_CODE = 20
INPUT_BINS = 255
"""Most bins that later models see of a part, besides the missing one."""
_HALVINGS = 20


class Seen(NamedTuple):
    """What later models see of a part.

    Attributes:
        numbers: float64 [n], its values, or the places of its categories; NaN where missing.
        bins: uint8 [n], 1 to 255 in ascending order, 0 where missing.
    """

    numbers: np.ndarray
    bins: np.ndarray

    def take(self, rows: np.ndarray) -> Seen:
        """Some of the rows."""
        return Seen(self.numbers[rows], self.bins[rows])


@dataclass(frozen=True)
class ChainColumn:
    """How a part's bins or categories become ordered codes.

    Attributes:
        spec: the part.
        order: int64 [bins], the bin or category at each place from low to high.
        first: int64 [codes + 1], the first place of each code.
        mass: float64 [bins], training weight of the bin at each place.
        null_mass: training weight of missing values.
    """

    spec: PartSpec
    order: np.ndarray
    first: np.ndarray
    mass: np.ndarray
    null_mass: float

    @classmethod
    def learn(cls, spec: PartSpec, column: EncodedColumn, order: np.ndarray, weights: np.ndarray) -> ChainColumn:
        """Joins neighbouring bins of an ordered part until each code holds enough rows."""
        present = ~column.nulls
        mass = np.bincount(column.codes[present], weights=weights[present], minlength=spec.n_codes)[order]
        null_mass = float(weights[column.nulls].sum())
        if spec.ordered:
            target = max(ROWS_A_CODE * weights.mean(), mass.sum() / MAX_CODES)
            first = _join(mass, target)
        else:
            first = np.arange(spec.n_codes + 1)
        return cls(spec, order, first, mass, null_mass)

    @property
    def nulls(self) -> int:
        """1 if the code 0 stands for a missing value."""
        return int(self.null_mass > 0)

    @property
    def code_mass(self) -> np.ndarray:
        """Training weight float64 [codes] of each code, the missing values' first."""
        mass = np.add.reduceat(self.mass, self.first[:-1])
        return np.concatenate([[self.null_mass], mass]) if self.nulls else mass

    def codes(self, column: EncodedColumn) -> np.ndarray:
        """The code int32 [n] of each value."""
        code = np.searchsorted(self.first, self._place, side="right") - 1 + self.nulls
        return np.where(column.nulls & bool(self.nulls), 0, code[column.codes]).astype(np.int32)

    def seen(self, column: EncodedColumn) -> Seen:
        """What later models see of these values."""
        bins = np.where(column.nulls, np.uint8(0), self._input_bin[column.codes])
        if self.spec.ordered:
            return Seen(column.continuous(self.spec), bins)
        return Seen(np.where(column.nulls, np.nan, self._place[column.codes]), bins)

    @cached_property
    def _place(self) -> np.ndarray:
        """The place int64 [bins] of each bin or category from low to high."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        return place

    @cached_property
    def _input_bin(self) -> np.ndarray:
        """The bin uint8 [bins] that later models see of each bin or category: as fine as bytes allow."""
        target, least = 0.0, 0.0
        first = _join(self.mass, target)
        if len(first) - 1 > INPUT_BINS:  # neighbours are joined by weight; a heavy one still stands alone
            target = float(self.mass.sum())
            for _ in range(_HALVINGS):
                middle = (least + target) / 2.0
                if len(_join(self.mass, middle)) - 1 > INPUT_BINS:
                    least = middle
                else:
                    target = middle
            first = _join(self.mass, target)
        bins = np.empty(len(self.order), dtype=np.uint8)
        bins[self.order] = np.repeat(np.arange(1, len(first)), np.diff(first))
        return bins

    def input_of(self, values: np.ndarray) -> np.ndarray:
        """The bin uint8 [n] of numbers float64 [n] on this part's scale; 0 where NaN."""
        assert self.spec.lower is not None
        code = np.clip(np.searchsorted(self.spec.lower, values, side="right") - 1, 0, self.spec.n_codes - 1)
        return np.where(np.isnan(values), np.uint8(0), self._input_bin[code])

    def positions(self, values: np.ndarray) -> np.ndarray:
        """Where numbers float64 [n] of another column lie on this one's scale of codes."""
        assert self.spec.lower is not None
        bottoms = self.spec.lower[self.order[self.first[:-1]]]
        place = np.searchsorted(bottoms, values, side="right") - 1 + self.nulls
        return np.where(np.isnan(values), 0.0, place)

    def decode(self, codes: np.ndarray, rng: np.random.Generator) -> EncodedColumn:
        """A bin of each code by its frequency, and a place inside it."""
        missing = codes < self.nulls
        code = np.maximum(codes - self.nulls, 0)
        bins = self.bins_within(code, self.mass, rng.random(len(codes)))
        return EncodedColumn.drawn(bins, missing, rng.random(len(codes)), self.spec)

    def bins_within(self, code: np.ndarray, mass: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """A bin int64 [n] of each code, in proportion to ``mass`` float64 [bins] (by place)."""
        total = np.cumsum(mass)
        start, stop = self.first[code], self.first[code + 1]
        low = total[start] - mass[start]
        goal = low + uniforms * (total[stop - 1] - low)
        place = np.clip(np.searchsorted(total, goal, side="right"), start, stop - 1)
        return np.asarray(self.order[place])

    def log_width(self, column: EncodedColumn) -> np.ndarray:
        """Minus the log density float64 [n] of each value inside its code.

        Counted per value on a grid and for categories, per unit of length for other numbers.
        """
        mine = self._place[column.codes]
        code = np.searchsorted(self.first, mine, side="right") - 1
        within = np.add.reduceat(self.mass, self.first[:-1])[code]
        out = np.log(np.maximum(within, 1e-300)) - np.log(np.maximum(self.mass[mine], 1e-300))
        if self.spec.lower is not None and self.spec.upper is not None:
            width = (self.spec.upper - self.spec.lower)[column.codes]
            if self.spec.step is not None:
                width = np.round(width / self.spec.step)
            out += np.log(np.where(width > 0, width, 1.0))
        return np.where(column.nulls, 0.0, out)

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "order": self.order.tolist(),
            "first": self.first.tolist(),
            "mass": self.mass.tolist(),
            "null_mass": self.null_mass,
        }

    @classmethod
    def from_state(cls, spec: PartSpec, state: dict[str, Any]) -> ChainColumn:
        """The column that :meth:`state` described.

        Raises:
            ValueError: if it does not fit the part.
        """
        order, first = (np.asarray(state[key], dtype=np.int64) for key in ("order", "first"))
        mass = np.asarray(state["mass"], dtype=np.float64)
        sound = sorted(order.tolist()) == list(range(spec.n_codes)) and mass.shape == (spec.n_codes,)
        if not sound or first[0] != 0 or first[-1] != spec.n_codes or (np.diff(first) <= 0).any() or (mass < 0).any():
            raise ValueError(f"the codes of {spec.name} are damaged")
        return cls(spec, order, first, mass, float(state["null_mass"]))


def _join(mass: np.ndarray, target: float) -> np.ndarray:
    """First bins int64 [codes + 1] of runs of about ``target`` weight; a heavy bin stands alone."""
    first, held = [0], 0.0
    for place, weight in enumerate(mass.tolist()):
        if held > 0 and (held + weight / 2 >= target or weight >= target):
            first.append(place)
            held = 0.0
        held += weight
    return np.array([*first, len(mass)], dtype=np.int64)

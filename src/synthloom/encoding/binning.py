"""Bins over sorted values in which every bin, edge and bound is shared by enough rows.

Values that many rows share get a bin of their own (a spike); the others fall into bins of nearly
equal mass between the spikes, finer in both tails, where a wide bin would hide the shape. Edges
are the shortest decimals between two neighbouring values, so that no value of a single row can be
read off them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, PartSpec


@dataclass(frozen=True)
class Bins:
    """Bins in ascending order.

    Attributes:
        cuts: float64 [n_bins - 1]; a value belongs to bin ``searchsorted(cuts, value, "right")``.
        lower, upper: float64 [n_bins]; the range that a bin decodes to; equal for a spike.
        mass: float64 [n_bins]; share of training values.
        step: the grid on which values lie (1 for whole numbers), ``None`` if on none.
        clamped_low, clamped_high: training rows outside the protected bounds.
        moved: training rows whose value was too rare for a bin and joined a neighbouring spike.
    """

    cuts: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    mass: np.ndarray
    step: float | None = None
    clamped_low: int = 0
    clamped_high: int = 0
    moved: int = 0

    def __len__(self) -> int:
        return len(self.lower)

    @property
    def top(self) -> np.ndarray:
        """The open upper end of each bin: on a grid, one step above its last value; float64 [n_bins]."""
        return self.upper + np.where(self.upper > self.lower, self.step or 0.0, 0.0)

    def locate(self, values: np.ndarray, nulls: np.ndarray) -> EncodedColumn:
        """The bin and the place in it of numbers float64 [n]; what is outside the bounds is clamped."""
        codes = np.searchsorted(self.cuts, np.where(nulls, 0.0, values), side="right").astype(np.int32)
        codes[nulls] = 0
        low, width = self.lower[codes], (self.top - self.lower)[codes]
        with np.errstate(invalid="ignore", divide="ignore"):
            residuals = np.where((width > 0) & ~nulls, (values - low) / width, 0.0)
        return EncodedColumn(codes, np.clip(residuals, 0.0, np.nextafter(1.0, 0.0)), nulls)

    def values(self, column: EncodedColumn) -> np.ndarray:
        """Numbers float64 [n] of an encoded column, on the grid where there is one."""
        low, high = self.lower[column.codes], self.upper[column.codes]
        values = low + column.residuals * (self.top[column.codes] - low)
        if self.step is None:
            return values
        # 1e-6 of a step: what was encoded on the grid must not fall off it by rounding
        ticks = np.where(high > low, np.floor(values / self.step + 1e-6), np.round(values / self.step))
        ticks = np.clip(ticks, np.round(low / self.step), np.round(high / self.step))
        return ticks / round(1.0 / self.step) if self.step < 1.0 else ticks * self.step

    def spec(self, name: str, column: str, has_nulls: bool) -> PartSpec:
        """The specification of a part with these bins."""
        return PartSpec(name, column, len(self), True, has_nulls, self.lower, self.top, self.step)

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        arrays = {key: getattr(self, key).tolist() for key in ("cuts", "lower", "upper", "mass")}
        return {**arrays, "step": self.step}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Bins:
        """The bins that :meth:`state` described."""
        cuts, lower, upper, mass = (
            np.asarray(state[key], dtype=np.float64) for key in ("cuts", "lower", "upper", "mass")
        )
        return cls(cuts, lower, upper, mass, state["step"])


def make_bins(
    values: np.ndarray, counts: np.ndarray, *, max_bins: int, support: int, step: float | None, clamp: bool = True
) -> Bins:
    """Bins for sorted distinct ``values`` (float64 [m]) with ``counts`` (int64 [m]).

    Args:
        values: distinct values, ascending.
        counts: training rows with each value.
        max_bins: about how many bins to make at most.
        support: rows that a bin must hold.
        step: the grid on which the values lie (1 for whole numbers), ``None`` if on none.
        clamp: whether the outermost ``support - 1`` rows on each side are pulled inwards.
    """
    total = int(counts.sum())
    if total < support or len(values) == 0:
        return _single_bin(values, counts, step)
    low_row, high_row = (support - 1, total - support) if clamp else (0, total - 1)
    cumulative = np.cumsum(counts)
    first = int(np.searchsorted(cumulative, low_row, side="right"))
    last = int(np.searchsorted(cumulative, high_row, side="right"))
    if first > last:
        return _single_bin(values, counts, step)
    clamped = int(counts[:first].sum()), int(counts[last + 1 :].sum())
    kept = values[first : last + 1]
    own = counts[first : last + 1].astype(np.int64)
    weight = own.copy()
    weight[0] += clamped[0]
    weight[-1] += clamped[1]
    bounds = _outer_bounds(values, counts, first, last, support, step)
    cells, moved = _supported(_cells(own, weight, max(support, total / max_bins), support), support)
    bins = _bins_of(kept, cells, bounds, clamped, moved, step)
    while (alone := _stands_alone(bins, cells, own, support)) is not None:
        neighbour = cells[1] if alone == 0 else cells[-2]
        moved += cells[alone].mass if neighbour.spike is not None else 0
        neighbour.absorb(cells.pop(alone))
        bins = _bins_of(kept, cells, bounds, clamped, moved, step)
    return bins


def _stands_alone(bins: Bins, cells: list[_Cell], own: np.ndarray, support: int) -> int | None:
    """An outermost cell that decodes to one value of few rows, since others were pulled in to it."""
    for place in (0, -1) if len(cells) > 1 else ():
        cell = cells[place]
        if (
            cell.spike is None
            and bins.lower[place] == bins.upper[place]
            and own[cell.first : cell.last + 1].max() < support
        ):
            return place
    return None


def _single_bin(values: np.ndarray, counts: np.ndarray, step: float | None) -> Bins:
    """Too few rows to tell anything: one bin at a round number near the middle."""
    middle = float(np.median(np.repeat(values, counts))) if len(values) else 0.0
    rounded = float(f"{middle:.1g}")  # one digit: too coarse to be anybody's value
    if step is not None:
        rounded = round(rounded / step) * step
    place = np.array([rounded])
    return Bins(np.empty(0), place, place, np.ones(1), step)


def _outer_bounds(
    values: np.ndarray, counts: np.ndarray, first: int, last: int, support: int, step: float | None
) -> tuple[float, float]:
    """The range the kept values decode to: themselves where enough rows share them, else round numbers."""
    low, high = float(values[first]), float(values[last])
    if counts[first] < support:
        low = (
            round_between(float(values[first - 1]), low, step) if first > 0 else _outwards(low, values, step, down=True)
        )
    if counts[last] < support:
        high = (
            round_between(high, float(values[last + 1]), step, upper=True)
            if last + 1 < len(values)
            else _outwards(high, values, step, down=False)
        )
    return low, high


def _outwards(value: float, values: np.ndarray, step: float | None, *, down: bool) -> float:
    """A round number a little outside ``value``, for bounds that are not clamped."""
    spread = float(values[-1] - values[0]) / max(4, len(values)) or abs(value) * 0.01 or 1.0
    edge = value - spread if down else value + spread
    out = round_between(edge, value, step) if down else round_between(value, edge, step, upper=True)
    return max(out, 0.0) if down and value >= 0 else out


@dataclass
class _Cell:
    """A run of neighbouring values that is becoming a bin; ``spike`` is the place of its one value."""

    first: int
    last: int
    mass: int
    spike: int | None = None

    def absorb(self, other: _Cell) -> None:
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.mass += other.mass


def _cells(own: np.ndarray, counts: np.ndarray, target: float, support: int) -> list[_Cell]:
    """Candidate bins: spikes alone, the values between them cut at a ladder of cumulative counts.

    ``counts`` are the ``own`` rows of each value and, at both ends, those that were pulled in; a
    value is a spike by its own rows only.
    """
    total = int(counts.sum())
    spike = own >= max(target, support)
    if len(counts) <= total / max(target, 1.0):
        spike |= own >= support  # few distinct values: each that may be shown is shown
    rungs = support * 2.0 ** np.arange(60)
    tail = np.cumsum(rungs[rungs < target])
    middle = np.arange(tail[-1] if len(tail) else 0.0, total / 2 + target, target)
    steps = np.concatenate([tail, middle])
    steps = np.unique(np.concatenate([steps, total - steps]))
    before = np.cumsum(counts) - counts
    cell = np.searchsorted(steps, before + counts / 2.0, side="right")
    starts = np.ones(len(counts), dtype=bool)
    starts[1:] = (cell[1:] != cell[:-1]) | spike[1:] | spike[:-1]
    edges = np.append(np.flatnonzero(starts), len(counts))
    sums = np.add.reduceat(counts, edges[:-1])
    return [
        _Cell(int(a), int(b) - 1, int(m), int(a) if spike[a] else None)
        for a, b, m in zip(edges[:-1], edges[1:], sums, strict=True)
    ]


def _supported(cells: list[_Cell], support: int) -> tuple[list[_Cell], int]:
    """Cells merged until each holds ``support`` rows, and how many rows had to join a spike."""
    merged: list[_Cell] = []
    for cell in cells:
        previous = merged[-1] if merged else None
        if previous and cell.spike is None and previous.spike is None and previous.mass < support:
            previous.absorb(cell)
        else:
            merged.append(cell)
    out: list[_Cell] = []
    waiting: _Cell | None = None  # too small, and with nothing but a spike to its right
    moved = 0
    for cell in merged:
        if waiting is not None:
            moved += waiting.mass if cell.spike is not None else 0
            cell.absorb(waiting)
            waiting = None
        if cell.mass >= support:
            out.append(cell)
        elif out:
            moved += cell.mass if out[-1].spike is not None else 0
            out[-1].absorb(cell)
        else:
            waiting = cell
    return out, moved


def _bins_of(
    values: np.ndarray,
    cells: list[_Cell],
    bounds: tuple[float, float],
    clamped: tuple[int, int],
    moved: int,
    step: float | None,
) -> Bins:
    """Ranges and cuts of the bins; a spike decodes to its own value."""
    cuts = np.array([round_between(float(values[a.last]), float(values[b.first]), step) for a, b in pairwise(cells)])
    lower = np.concatenate([[bounds[0]], cuts])
    upper = np.concatenate([cuts - (step or 0.0), [bounds[1]]])
    for place, cell in enumerate(cells):
        if cell.spike is not None:
            lower[place] = upper[place] = values[cell.spike]
    mass = np.array([cell.mass for cell in cells], dtype=np.float64)
    return Bins(cuts, lower, np.maximum(lower, upper), mass / mass.sum(), step, clamped[0], clamped[1], moved)


def round_between(a: float, b: float, step: float | None, *, upper: bool = False) -> float:
    """A short decimal between ``a`` and ``b``, which are somebody's values and so not chosen themselves.

    Where there is nothing between, and on the grid of ``step``, in ``(a, b]``, or ``[a, b)`` with ``upper``.
    """
    if not a < b:
        return b
    if step is not None:
        if round((b - a) / step) <= 1:
            return a if upper else b
        digits_from = -int(np.floor(np.log10((b - a) / 1.0))) - 1
        limit = 18
    else:
        digits_from = -int(np.floor(np.log10(b - a))) - 1
        limit = digits_from + 17
    middle = (a + b) / 2.0
    for digits in range(digits_from, limit):
        candidate = round(middle, digits)
        if step is not None:
            candidate = round(candidate / step) * step
        inside = a < candidate < b
        if inside or (step is not None and candidate == (a if upper else b)):
            return float(candidate)
    return a if upper else b

"""Where the numbers of a column lie, learned within a budget: spikes, range, and a fine histogram.

Four noisy looks, each at cells that the looks before it (or the public bounds) fix:

1. *Spikes*: values that many rows share exactly, by a stability histogram.
2. *Magnitudes*: how many of the other values lie between neighbouring powers of two, from which
   the bounds follow. Left out where the bounds are public.
3. *Ranges*: the occupied magnitudes cut into 128 cells, more where more rows lie.
4. *Histograms*: those cut again into 256.

Two zooms are needed because years or prices may fill a small corner of their power of two. The
argument for privacy is that of noisy counts and of stability histograms (see ``mechanisms``); what
is computed from their answers costs nothing more. Values outside the learned bounds are counted in
the outermost cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synthloom.differential_privacy import Account, noisy_counts, noisy_known_counts
from synthloom.differential_privacy.mechanisms import threshold_for
from synthloom.synthesizers.private.denoising import nonnegative

COARSE_CELLS, FINE_CELLS = 128, 256
_FEW_POINTS = 256
_SMALLEST, _LARGEST = -20, 100  # powers of two between which sizes are told apart
_SEEN = 4.0  # standard deviations from which a cell of the magnitudes counts as occupied
_TRIMMED = 2.5


@dataclass(frozen=True)
class Atoms:
    """Neighbouring cells of a line, in ascending order; cell ``i`` is ``[starts[i], starts[i + 1])``.

    Attributes:
        starts: float64 [m + 1], with the open end of the last cell behind.
        spikes: bool [m], cells that hold one value.
        counts: float64 [m], noisy counts made plausible; zeros where they are yet to be measured.
        measured: whether the counts are measured.
    """

    starts: np.ndarray
    spikes: np.ndarray
    counts: np.ndarray
    measured: bool = True

    def __len__(self) -> int:
        return len(self.spikes)


def is_listed(step: float | None, bounds: tuple[float, float] | None) -> bool:
    """Whether the bounds leave so few points of the grid that each is a cell of its own."""
    return step is not None and bounds is not None and (bounds[1] - bounds[0]) / step < _FEW_POINTS - 0.5


def looks_needed(step: float | None, bounds: tuple[float, float] | None) -> tuple[str, ...]:
    """The purposes for which :func:`learn_atoms` will read the rows, known before it does."""
    if is_listed(step, bounds):
        return ()
    return ("spikes", *(("magnitudes",) if bounds is None else ()), "ranges", "histograms")


def learn_atoms(values: np.ndarray, step: float | None, bounds: tuple[float, float] | None, account: Account) -> Atoms:
    """The cells of a column of numbers.

    Args:
        values: float64 [n], finite, on the grid if there is one.
        step: the grid, ``None`` if there is none.
        bounds: the public least and greatest value, if declared.
        account: what the looks are charged to.
    """
    if bounds is not None:
        values = np.clip(values, *bounds)
    if step is not None and bounds is not None and is_listed(step, bounds):
        points = round((bounds[1] - bounds[0]) / step) + 1
        starts = _on_grid(bounds[0] + step * np.arange(points + 1), step)
        return Atoms(starts, np.ones(points, dtype=bool), np.zeros(points), measured=False)
    spikes, spike_counts, spike_variance = _spikes(values, account)
    rest = values[~np.isin(values, spikes)]
    if bounds is not None:
        edges = _cut(np.array([bounds[0], _after(bounds[1], step)]), np.ones(1), COARSE_CELLS, step)
    else:
        occupied, masses = _magnitudes(rest, step, account)
        if len(occupied) == 0 and len(spikes):  # the spikes are all there is, as far as can be told
            edges = np.array([spikes[0], _after(spikes[-1], step)])
        elif len(occupied) == 0:
            edges = _on_grid(np.array([0.0, 1.0]), step)
        else:
            edges = _cut(occupied, masses, COARSE_CELLS, step)
    starts, flags = _partition(edges, spikes, step)
    noisy, variance = _measured(rest, starts, account, "ranges")
    if bounds is None:
        starts, flags, noisy = _trimmed(starts, flags, noisy, variance)
    masses = np.where(flags, 0.0, noisy)
    edges = _cut(starts, np.maximum(masses, 0.0), FINE_CELLS, step)
    starts, flags = _partition(edges, spikes, step)
    noisy, variance = _measured(rest, starts, account, "histograms")
    counts = np.where(flags, 0.0, noisy)
    counts[flags] = spike_counts
    variances = np.where(flags, spike_variance, variance)
    return Atoms(starts, flags, nonnegative(counts, variances, max(1.0, float(counts.sum()))))


def _spikes(values: np.ndarray, account: Account) -> tuple[np.ndarray, np.ndarray, float]:
    """Values that many rows share (ascending), their noisy counts, and the variance of these."""
    event, threshold = account.gaussian("spikes"), account.threshold("spikes")
    distinct, counts = np.unique(values, return_counts=True)
    told, noisy = noisy_known_counts(counts, event.variance, threshold_for(event.variance, float(threshold.delta)))
    return distinct[told], noisy.astype(np.float64), float(event.variance)


def _magnitudes(values: np.ndarray, step: float | None, account: Account) -> tuple[np.ndarray, np.ndarray]:
    """Edges float64 [k + 1] at powers of two around the occupied magnitudes, and their masses [k]; or nothing."""
    smallest = _SMALLEST if step is None else math.floor(math.log2(step))
    powers = 2.0 ** np.arange(smallest, _LARGEST)
    edges = np.concatenate([-powers[::-1], powers])
    event = account.gaussian("magnitudes")
    noisy = noisy_counts(_counts(values, edges), event.variance).astype(np.float64)
    seen = np.flatnonzero(noisy > _SEEN * math.sqrt(event.variance))
    if len(seen) == 0:
        return np.zeros(0), np.zeros(0)
    first, last = seen[0], seen[-1]
    return edges[first : last + 2], np.maximum(noisy[first : last + 1], 0.0)


def _counts(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """How many values lie in each cell, int64 [m]; what is outside counts in the outermost."""
    cells = np.clip(np.searchsorted(starts, values, side="right") - 1, 0, len(starts) - 2)
    return np.bincount(cells, minlength=len(starts) - 1)


def _measured(values: np.ndarray, starts: np.ndarray, account: Account, purpose: str) -> tuple[np.ndarray, float]:
    event = account.gaussian(purpose)
    return noisy_counts(_counts(values, starts), event.variance).astype(np.float64), float(event.variance)


def _cut(edges: np.ndarray, masses: np.ndarray, cells: int, step: float | None) -> np.ndarray:
    """The cells between ``edges`` cut evenly, about ``cells`` in all, in proportion to their mass."""
    total = masses.sum()
    parts = np.maximum(1, np.round(cells * masses / total)) if total > 0 else np.full(len(masses), cells // len(masses))
    pieces = [np.linspace(a, b, int(k) + 1)[:-1] for a, b, k in zip(edges[:-1], edges[1:], np.maximum(parts, 1))]
    cut = np.append(np.concatenate(pieces), edges[-1])
    return np.unique(_on_grid(cut, step))


def _partition(edges: np.ndarray, spikes: np.ndarray, step: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Starts of the cells (with the last end) when each spike gets one of its own, and which are spikes."""
    starts = np.unique(np.concatenate([edges, spikes, _after(spikes, step)]))
    return starts, np.isin(starts[:-1], spikes)


def _trimmed(
    starts: np.ndarray, flags: np.ndarray, noisy: np.ndarray, variance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells without the outer ones in which hardly a row was seen."""
    seen = np.flatnonzero(flags | (noisy > _TRIMMED * math.sqrt(variance)))
    if len(seen) == 0:
        return starts, flags, noisy
    first, last = seen[0], seen[-1]
    return starts[first : last + 2], flags[first : last + 1], noisy[first : last + 1]


def _on_grid(values: np.ndarray, step: float | None) -> np.ndarray:
    """Values moved up to the grid, written as the nearest decimals."""
    if step is None:
        return values
    ticks = np.ceil(values / step - 1e-6)
    return ticks / round(1.0 / step) if step < 1.0 else ticks * step


def _after(values: np.ndarray | float, step: float | None) -> np.ndarray:
    """The next value that can be told from each."""
    if step is None:
        return np.nextafter(values, np.inf)
    return _on_grid(np.asarray(values, dtype=np.float64) + step, step)

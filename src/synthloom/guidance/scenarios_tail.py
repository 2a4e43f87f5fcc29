"""Tails beyond what was observed: the generalised Pareto law of excesses over a high threshold.

Excesses over a high threshold nearly follow a generalised Pareto law (Balkema and de Haan 1974;
Pickands 1975). Shape and scale come from the likelihood, on a grid; where values beyond a bound are
missing, their share stands in it as censored. Every value counts as lying between the middles towards its
neighbours: taken as exact, rounded values would all seem to lie half a step further beyond the threshold
than they do, which makes a tail look shorter. The interval of an extreme quantile is that of the
profile likelihood (Coles 2001, "An Introduction to Statistical Modeling of Extreme Values"), from the
least to the largest over the chosen threshold and lower ones, since which is high enough is not known,
and over three laws: generalised Pareto, exponential (its middle case), and generalised Pareto of the
logarithms, which takes in tails such as the lognormal that come near their limit only slowly (de Valk
2016, "Approximation of high quantiles from intermediate quantiles"). All have a mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthloom.errors import ScenarioError

MINIMUM_EXCESSES = 30
_SHAPES = (-1.0, 1.0)
_GRID = (41, 40)
_EXACT_TOP, _BINS = 50, 150
_DROP = 1.92  # of the log likelihood, at the ends of a 95 % profile interval
_LAWS = ("pareto", "exponential", "logarithm")
_STEEPEST_LOGARITHM, _LARGEST_SCALE_OF_LOGARITHM = 0.0, 1.0
_LEAST_CHANCE = 1e-300
_LARGEST_LOGARITHM = 700.0
_WIDER = (1.0, 1.5, 2.0)
_WIDER_CENSORED = (2.0, 3.0, 4.0, 6.0)


@dataclass(frozen=True)
class Tail:
    """A fitted tail.

    Attributes:
        threshold: where it begins.
        beyond: the share of all values beyond the threshold.
        shape, scale: of the generalised Pareto law.
        quantile: the level of the stated quantile.
        estimate: the quantile.
        interval: its 95 % interval, over several thresholds.
        excesses: how many values beyond the threshold were seen.
    """

    threshold: float
    beyond: float
    shape: float
    scale: float
    quantile: float
    estimate: float
    interval: tuple[float, float]
    excesses: int

    def draw(self, uniform: np.ndarray, stretch: float = 1.0) -> np.ndarray:
        """Values beyond the threshold at the shares ``uniform`` of the excesses, stretched."""
        return self.threshold + stretch * _excess_at(1.0 - uniform, self.shape, self.scale)

    def share_beyond(self, value: float) -> float:
        """The share of excesses beyond ``value``."""
        return float(_survival(np.array([max(0.0, value - self.threshold)]), self.shape, self.scale)[0])


def fit_tail(
    values: np.ndarray,
    *,
    start: float,
    quantile: float,
    known_to: float | None = None,
    worth: float | None = None,
) -> Tail:
    """The upper tail of ``values`` (float64 [n], none missing).

    Args:
        values: the numbers, all those below ``known_to`` where it is given.
        start: the quantile at which the tail begins; ignored where ``known_to`` is given.
        quantile: the level of the quantile to state.
        known_to: the share of all values that ``values`` are; larger ones are missing.
        worth: how many independent values they are worth; all by default.

    Raises:
        ScenarioError: if too few values, or too few different ones, lie beyond the threshold.
    """
    values = np.sort(values)
    rate = 1.0 if worth is None else worth / len(values)
    share = known_to or 1.0
    missing = 1.0 - share
    spans = [(missing or (1.0 - start)) * wider for wider in (_WIDER_CENSORED if known_to else _WIDER)]
    laws = [(span, law) for law in _LAWS for span in spans if span < 0.5]
    fits = [fit for span, law in laws if (fit := _fit(values, span, missing, quantile, rate, law)) is not None]
    if not fits:
        raise ScenarioError(
            f"fewer than {MINIMUM_EXCESSES} different values lie beyond the start of the tail",
            accepted="a number with many different large values",
            hint="choose a lower start, or learn from more rows",
        )
    first = fits[0]
    least = float(values[-1]) if quantile > share else -np.inf  # what is missing lies beyond all that is known
    low, high, estimate = (
        max(least, value)
        for value in (
            min(fit.interval[0] for fit in fits),
            max(fit.interval[1] for fit in fits),
            first.estimate,
        )
    )
    return Tail(
        first.threshold, first.beyond, first.shape, first.scale, quantile, estimate, (low, high), first.excesses
    )


def _fit(values: np.ndarray, span: float, missing: float, quantile: float, rate: float, law: str) -> Tail | None:
    """The law over the threshold beyond which a share ``span`` of all values lies."""
    inside = 1.0 - (span - missing) / (1.0 - missing)
    start = float(np.quantile(values, inside, method="lower"))
    above = values[values > start]
    distinct, counts = np.unique(above, return_counts=True)
    if len(above) * rate < MINIMUM_EXCESSES or len(distinct) < MINIMUM_EXCESSES / 2:
        return None
    threshold = float(start + distinct[0]) / 2
    if law == "logarithm" and threshold <= 0:
        return None
    edges, held = _binned(threshold, distinct, counts)
    if law == "logarithm":
        edges, threshold = np.log(edges), float(np.log(threshold))
    edges, held = edges - threshold, held * rate
    beyond = missing + (1.0 - missing) * len(above) / len(values)
    lost = missing / (1.0 - missing) * len(values) * rate
    middle = float((edges[:-1] + edges[1:]) / 2 @ held / held.sum()) * (1.0 + lost / held.sum())
    shapes = np.zeros(1) if law == "exponential" else np.linspace(*_SHAPES, _GRID[0])
    scales = middle * np.geomspace(0.1, 6.0, _GRID[1])
    if law == "logarithm":
        shapes = shapes[shapes <= _STEEPEST_LOGARITHM]
        scales = np.unique(np.minimum(scales, _LARGEST_SCALE_OF_LOGARITHM))
    for _ in range(2):
        found = _likelihood(edges, held, lost, shapes, scales)
        near = found >= found.max() - 2.5 * _DROP
        shapes = _closer(shapes, near.any(axis=1))
        scales = np.exp(_closer(np.log(scales), near.any(axis=0)))
    found = _likelihood(edges, held, lost, shapes, scales)
    at = np.unravel_index(int(found.argmax()), found.shape)
    levels = threshold + _excess_at((1.0 - quantile) / beyond, shapes[:, None], scales[None, :])
    if law == "logarithm":
        levels = np.exp(np.minimum(levels, _LARGEST_LOGARITHM))
    inside_interval = levels[found >= found.max() - _DROP]
    return Tail(
        threshold,
        beyond,
        float(shapes[at[0]]),
        float(scales[at[1]]),
        quantile,
        float(levels[at]),
        (float(inside_interval.min()), float(inside_interval.max())),
        len(above),
    )


def _closer(axis: np.ndarray, near: np.ndarray) -> np.ndarray:
    """As many places over the part of an axis that matters, and one step to each side."""
    if len(axis) == 1:
        return axis
    kept = np.flatnonzero(near)
    return np.linspace(axis[max(0, kept[0] - 1)], axis[min(len(axis) - 1, kept[-1] + 1)], len(axis))


def _likelihood(
    edges: np.ndarray, counts: np.ndarray, lost: float, shapes: np.ndarray, scales: np.ndarray
) -> np.ndarray:
    """The log likelihood on a grid, float64 [shapes, scales].

    Args:
        edges: float64 [bins + 1], the excesses between which the bins lie, from 0 on.
        counts: float64 [bins], how many excesses are in each.
        lost: how many lie beyond the last edge.
        shapes: float64 [shapes], one axis of the grid.
        scales: float64 [scales], the other.
    """
    out = np.empty((len(shapes), len(scales)))
    ratio = edges[:, None] / scales
    for row, shape in enumerate(shapes):
        chance = _survival(ratio, float(shape), 1.0)
        inside = np.log(np.maximum(chance[:-1] - chance[1:], _LEAST_CHANCE))
        out[row] = counts @ inside + lost * np.log(np.maximum(chance[-1], _LEAST_CHANCE))
    return out


def _binned(threshold: float, distinct: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges [bins + 1] in the middles between different values, and how many values lie between them."""
    last = distinct[-1] + (distinct[-1] - distinct[-2]) / 2
    edges = np.concatenate([[threshold], (distinct[:-1] + distinct[1:]) / 2, [last]])
    if len(distinct) <= _EXACT_TOP + 2 * _BINS:
        return edges, counts.astype(np.float64)
    many = len(distinct) - _EXACT_TOP
    places = np.cumsum(counts[:many])
    cuts = np.unique(np.searchsorted(places, places[-1] * np.arange(1, _BINS) / _BINS) + 1)
    starts = np.concatenate([[0], cuts[cuts < many], np.arange(many, len(distinct))])
    return edges[np.append(starts, len(distinct))], np.add.reduceat(counts, starts).astype(np.float64)


def _excess_at(share: np.ndarray | float, shape: np.ndarray | float, scale: np.ndarray | float) -> np.ndarray:
    """The excess beyond which a ``share`` of the excesses lies."""
    logs = -np.log(share)
    small = np.abs(shape) < 1e-6
    safe = np.where(small, 1.0, shape)
    return np.asarray(scale * np.where(small, logs, np.expm1(safe * logs) / safe))


def _survival(excess: np.ndarray, shape: float, scale: float) -> np.ndarray:
    if abs(shape) < 1e-6:
        return np.asarray(np.exp(-excess / scale))
    return np.asarray(np.maximum(0.0, 1.0 + shape * excess / scale) ** (-1.0 / shape))

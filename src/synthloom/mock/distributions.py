"""Numbers from a distribution, each from its own random number in [0, 1): the inverse of the distribution function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import SchemaError
from synthloom.mock.specification import Distribution

Numbers = NDArray[np.float64]
_TINY = 2.0**-54


def draw(distribution: Distribution, uniform: Numbers, low: float | None, high: float | None) -> Numbers:
    """Numbers of a distribution, kept between the bounds by drawing inside them (not by clipping).

    Args:
        distribution: which, with its parameters.
        uniform: random numbers in [0, 1), one a number.
        low: the lowest number, or ``None``.
        high: the highest number, or ``None``.

    Raises:
        SchemaError: if parameters are missing.
    """
    name = distribution.name
    if name == "uniform":
        low = 0.0 if low is None else low
        high = low + 1.0 if high is None else high
        return low + uniform * (high - low)
    if name == "poisson":
        return _poisson(_mean(distribution, low, high), uniform)
    if name == "triangular":
        return _triangular(distribution, uniform, low, high)
    if name == "normal":
        mean = _mean(distribution, low, high)
        sd = distribution.sd if distribution.sd is not None else _default_sd(low, high)
        return mean + sd * _normal(uniform, _share(low, mean, sd, 0.0), _share(high, mean, sd, 1.0))
    if name == "lognormal":
        if distribution.median is None:
            raise SchemaError(
                "a lognormal distribution has no median", accepted="{name: lognormal, median: …, spread: …}"
            )
        centre, spread = float(np.log(distribution.median)), distribution.spread
        bounds = [None if b is None or b <= 0 else float(np.log(b)) for b in (low, high)]
        inside = _normal(uniform, _share(bounds[0], centre, spread, 0.0), _share(bounds[1], centre, spread, 1.0))
        return np.exp(centre + spread * inside)
    return _tailed(distribution, uniform, low, high)


def _mean(distribution: Distribution, low: float | None, high: float | None) -> float:
    if distribution.mean is not None:
        return distribution.mean
    if low is not None and high is not None:
        return (low + high) / 2
    raise SchemaError(f"a {distribution.name} distribution has no mean", accepted="mean, or both min and max")


def _default_sd(low: float | None, high: float | None) -> float:
    return (high - low) / 6 if low is not None and high is not None and high > low else 1.0


def _share(bound: float | None, mean: float, sd: float, otherwise: float) -> float:
    from scipy.special import ndtr

    return otherwise if bound is None else float(ndtr((bound - mean) / sd))


def _normal(uniform: Numbers, start: float, end: float) -> Numbers:
    """Standard normal numbers whose distribution function lies between ``start`` and ``end``."""
    from scipy.special import ndtri

    inside = start + (uniform + _TINY) * (end - start)
    return np.asarray(ndtri(np.clip(inside, 1e-300, 1 - 2.0**-53)), dtype=np.float64)


def _poisson(mean: float, uniform: Numbers) -> Numbers:
    from scipy.special import gammaln

    most = int(mean + 12 * np.sqrt(mean) + 20)
    counts = np.arange(most + 1)
    cumulative = np.cumsum(np.exp(counts * np.log(max(mean, 1e-12)) - mean - gammaln(counts + 1)))
    return np.minimum(np.searchsorted(cumulative, uniform, side="right"), most).astype(np.float64)


def _triangular(distribution: Distribution, uniform: Numbers, low: float | None, high: float | None) -> Numbers:
    if low is None or high is None:
        raise SchemaError("a triangular distribution has no bounds", accepted="min and max, and mean for its mode")
    mode = min(max(_mean(distribution, low, high), low), high)
    turn = (mode - low) / max(high - low, 1e-300)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    return np.where(uniform < turn, rising, high - np.sqrt((1 - uniform) * (high - low) * (high - mode)))


def _tailed(distribution: Distribution, uniform: Numbers, low: float | None, high: float | None) -> Numbers:
    if distribution.name == "exponential":
        start = 0.0 if low is None else low
        mean = (distribution.mean if distribution.mean is not None else start + 1.0) - start
        end = 1.0 if high is None else -np.expm1(-(high - start) / mean)
        return start - mean * np.log1p(-uniform * end)
    start = 1.0 if low is None or low <= 0 else low
    end = 1.0 if high is None else 1 - (start / high) ** distribution.shape
    return start * (1 - uniform * end) ** (-1 / distribution.shape)

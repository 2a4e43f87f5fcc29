"""The mechanisms that read rows: exact discrete noise on counts, and choices among candidates.

Privacy, for tables that differ in one row (or one entity, of which at most one row is kept):

*Noisy counts* (:func:`noisy_counts`). Each row is counted in exactly one cell of a list of cells
that was fixed beforehand, so the counts of two such tables differ by one in one cell. Discrete
Gaussian noise of variance parameter v is added to every cell; the cells that do not differ cancel
from the ratio of probabilities, so the privacy loss is that of one discrete Gaussian shifted by
one. (Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for Differential Privacy".)

*Counts of values nobody listed* (:func:`noisy_known_counts`, a stability histogram: Korolova et al.
2009; Bun, Nissim, Stemmer 2016). Only values that occur get noise, and only noisy counts above a
threshold are told. If the row in which two tables differ holds a value that other rows hold too,
both release the same cells and the loss is that of noisy counts. If it does not, the two outputs
differ only if 1 + noise exceeds the threshold, which has a probability δ that is computed exactly
enough to be rounded up. The pair is thus dominated by the composition of a discrete Gaussian and of
(0, δ), and is charged as both.

*Choosing* (:func:`choose`, the exponential mechanism: McSherry and Talwar 2007). Candidate i is
taken with probability proportional to exp(ε q_i / 2Δ), where a row changes no score q by more than
Δ. Scores are whole numbers: what was computed in floating point is rounded by the caller, whose Δ
covers the rounding. The log ratios of probabilities lie in a range of width ε (bounded range: Dong,
Durfee, Rogers 2020), which is what the accountant uses.

All noise is drawn exactly, in whole numbers, from the system's randomness (the sampler of Canonne,
Kamath and Steinke): there is no floating-point number whose low bits could tell what it was added
to (Mironov 2012). How long a draw takes depends on the noise; timing is not hidden.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from synthloom.differential_privacy.system_random import LARGEST_BOUND, below, happens, happens_exp
from synthloom.errors import InternalError, OptionError

_EXP_TERMS = 64
"""Room left for the counter in :func:`happens_exp`: it passes 64 with probability below 1e-88."""


def discrete_laplace(scale: Fraction | int, size: int) -> np.ndarray:
    """int64 [size] with P(x) proportional to exp(-|x| / scale).

    Canonne, Kamath and Steinke 2020, Algorithm 2, for many draws at once.

    Raises:
        OptionError: if the scale is not positive, or its terms are too long for 64 bits.
    """
    scale = Fraction(scale)
    if scale <= 0 or scale.numerator * _EXP_TERMS >= LARGEST_BOUND:
        raise OptionError(f"the scale of the noise is {scale}", accepted="a positive fraction of short terms")
    t, s = scale.numerator, scale.denominator
    out = np.empty(size, dtype=np.int64)
    filled = 0
    while filled < size:
        n = 2 * (size - filled) + 16
        within = below(np.full(n, t))
        within = within[happens_exp(within, t)]
        magnitude = (within + t * _geometric(len(within))) // s
        negative = below(np.full(len(magnitude), 2)) == 1
        kept = ~(negative & (magnitude == 0))  # zero would otherwise count twice
        drawn = np.where(negative, -magnitude, magnitude)[kept][: size - filled]
        out[filled : filled + len(drawn)] = drawn
        filled += len(drawn)
    return out


def _geometric(n: int) -> np.ndarray:
    """How many events of probability exp(-1) happen in a row; int64 [n]."""
    counts = np.zeros(n, dtype=np.int64)
    active = np.arange(n)
    while len(active):
        active = active[happens_exp(np.ones(len(active), dtype=np.int64), 1)]
        counts[active] += 1
    return counts


def discrete_gaussian(variance: Fraction | int, size: int) -> np.ndarray:
    """int64 [size] with P(x) proportional to exp(-x² / 2·variance).

    Canonne, Kamath and Steinke 2020, Algorithm 3: discrete Laplace draws of scale
    t = floor(sigma) + 1, each kept with probability exp(-(|y| - variance/t)² / 2·variance).

    Raises:
        OptionError: if the variance is not positive, or its terms are too long for 64 bits.
    """
    variance = Fraction(variance)
    p, q = variance.numerator, variance.denominator
    t = math.isqrt(p // q) + 1 if variance > 0 else 1
    denominator = 2 * p * q * t * t
    if variance <= 0 or denominator * _EXP_TERMS >= LARGEST_BOUND:
        raise OptionError(f"the variance of the noise is {variance}", accepted="a fraction from 1/1024 to 10**8")
    out = np.empty(size, dtype=np.int64)
    filled = 0
    while filled < size:
        drawn = discrete_laplace(t, 2 * (size - filled) + 16)
        distance = np.abs(q * t * np.abs(drawn) - p)
        kept = np.empty(len(drawn), dtype=bool)
        near = distance < 3_000_000_000  # whose squares fit 64 bits
        kept[near] = happens_exp(distance[near] ** 2, denominator)
        for place in np.flatnonzero(~near):  # about never: farther out than 30 standard deviations
            whole, rest = divmod(int(distance[place]) ** 2, denominator)
            kept[place] = happens_exp(np.ones(whole), 1).all() and happens_exp(np.array([rest]), denominator)[0]
        drawn = drawn[kept][: size - filled]
        out[filled : filled + len(drawn)] = drawn
        filled += len(drawn)
    return out


def noisy_counts(counts: np.ndarray, variance: Fraction | int) -> np.ndarray:
    """Whole-number ``counts`` (any shape) of cells fixed beforehand, each with discrete Gaussian noise."""
    _whole(counts)
    noise = discrete_gaussian(variance, counts.size)
    return counts.astype(np.int64) + noise.reshape(counts.shape)


def noisy_known_counts(counts: np.ndarray, variance: Fraction | int, threshold: int) -> tuple[np.ndarray, np.ndarray]:
    """Of values that occur ``counts`` times: which may be told (bool [n]), and the noisy counts of those.

    ``threshold`` must come from :func:`threshold_for`, whose δ is charged along with the noise.
    """
    if (counts < 1).any():
        raise InternalError("a value that does not occur has no place in a stability histogram")
    noisy = noisy_counts(counts, variance)
    told = noisy > threshold
    return told, noisy[told]


def threshold_for(variance: Fraction | int, delta: float) -> int:
    """The least threshold that 1 + discrete Gaussian noise exceeds with probability at most ``delta``.

    P(noise ≥ m) is bounded by the sum of exp(-x²/2v) from m on over the sum over all x, which is at
    least sqrt(2πv) (Canonne, Kamath and Steinke, Fact 18), and the sum by its first term times
    1 / (1 - exp(-m/v)), a geometric series.
    """
    v = float(variance)
    m = 1
    while math.exp(-m * m / (2 * v)) / (-math.expm1(-m / v)) / math.sqrt(2 * math.pi * v) > delta * (1 - 1e-9):
        m += max(1, int(math.sqrt(v) / 64))
    return m  # 1 + noise > m exactly if noise ≥ m


def choose(scores: np.ndarray, sensitivity: int, epsilon: Fraction) -> int:
    """The place of a candidate, drawn with probability proportional to exp(ε · score / 2 · sensitivity).

    By rejection: a candidate drawn evenly is taken with probability exp(-ε (best - score) / 2Δ).

    Args:
        scores: int64 [k], of which one row changes none by more than ``sensitivity``.
        sensitivity: that bound.
        epsilon: the width of the range of the log ratios.
    """
    _whole(scores)
    if len(scores) == 0:
        raise InternalError("there is nothing to choose from")
    gaps = int(scores.max()) - scores.astype(np.int64)
    denominator = epsilon.denominator * 2 * sensitivity
    if int(gaps.max()) * epsilon.numerator >= LARGEST_BOUND or denominator * _EXP_TERMS >= LARGEST_BOUND:
        raise OptionError("scores or ε have too many digits", accepted="products below 2**62")
    while True:
        drawn = below(np.full(min(4 * len(scores), 4096), len(scores)))
        taken = np.flatnonzero(happens_exp(gaps[drawn] * epsilon.numerator, denominator))
        if len(taken):
            return int(drawn[taken[0]])


def keep_with_probability(shares: np.ndarray) -> np.ndarray:
    """Which rows stay when each stays with its share (float64 [n] in [0, 1]); bool [n], from the system's randomness.

    A share is taken to the nearest of 2**53 steps. Each row decides for itself, so a table with one
    row more differs, given the same draws, in that row at most.
    """
    return happens(np.round(shares * 2.0**53).astype(np.int64), np.full(len(shares), 2**53))


def _whole(values: np.ndarray) -> None:
    if values.dtype.kind not in "iu":
        raise InternalError(f"noise is added to whole numbers, not to {values.dtype}")

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import chisquare

from synthloom.differential_privacy import (
    choose,
    discrete_gaussian,
    discrete_laplace,
    keep_with_probability,
    noisy_counts,
    noisy_known_counts,
)
from synthloom.differential_privacy.mechanisms import threshold_for
from synthloom.differential_privacy.system_random import below, happens_exp
from synthloom.errors import InternalError, OptionError

# The system's randomness cannot be seeded: a right sampler fails one of these once in a million runs.
FALSE_ALARM = 1e-6


def fits(draws, mass):
    """Whether draws follow a mass function over the whole numbers, tails pooled where fewer than 20 are expected."""
    values = np.arange(-2000, 2001)
    expected = mass(values) / mass(values).sum() * len(draws)
    kept = expected >= 20
    low, high = values[kept][[0, -1]]
    counts = np.bincount(np.clip(draws, low, high) - low, minlength=high - low + 1)
    pooled = expected[kept].copy()
    pooled[0] += expected[values < low].sum()
    pooled[-1] += expected[values > high].sum()
    return chisquare(counts, pooled * len(draws) / pooled.sum()).pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    ("variance", "n"), [(Fraction(1, 4), 200_000), (Fraction(39, 16), 1_000_000), (Fraction(2500), 300_000)]
)
def test_discrete_gaussian_has_its_mass_function(variance, n):
    draws = discrete_gaussian(variance, n)
    assert fits(draws, lambda x: np.exp(-(x.astype(float) ** 2) / (2 * float(variance))))


@pytest.mark.parametrize(("scale", "n"), [(Fraction(2, 3), 1_000_000), (Fraction(41, 2), 200_000)])
def test_discrete_laplace_has_its_mass_function(scale, n):
    draws = discrete_laplace(scale, n)
    assert fits(draws, lambda x: np.exp(-np.abs(x) / float(scale)))


def test_a_wrong_variance_would_be_seen():
    draws = discrete_gaussian(Fraction(4), 300_000)
    assert not fits(draws, lambda x: np.exp(-(x.astype(float) ** 2) / (2 * 4.1)))


def test_large_variances_and_far_draws_keep_their_spread():
    draws = discrete_gaussian(Fraction(10**8), 40_000)
    assert abs(draws.std() / 10_000 - 1) < 0.025
    with pytest.raises(OptionError):
        discrete_gaussian(Fraction(10**12), 1)
    with pytest.raises(OptionError):
        discrete_gaussian(Fraction(0), 1)


def test_even_draws_are_even_for_awkward_bounds():
    bound = 3 * 2**60  # a remainder without rejection would favour the lower third
    draws = below(np.full(60_000, bound, dtype=np.int64))
    thirds = np.bincount((draws // 2**60).astype(int), minlength=3)
    assert chisquare(thirds).pvalue > FALSE_ALARM


@pytest.mark.parametrize(("numerator", "denominator"), [(1, 3), (1, 1), (7, 3), (0, 5), (40, 3)])
def test_events_of_exponential_probability(numerator, denominator):
    n = 200_000
    share = happens_exp(np.full(n, numerator), denominator).mean()
    p = np.exp(-numerator / denominator)
    assert abs(share - p) <= 5 * np.sqrt(p * (1 - p) / n) + 1e-9


def test_choices_follow_the_exponential_mechanism():
    scores, sensitivity, epsilon = np.array([0, 5, 9, 10]), 2, Fraction(3, 2)
    draws = [choose(scores, sensitivity, epsilon) for _ in range(4_000)]
    expected = np.exp(float(epsilon) * scores / (2 * sensitivity))
    counts = np.bincount(draws, minlength=4)
    assert chisquare(counts, expected / expected.sum() * len(draws)).pvalue > FALSE_ALARM


def test_choices_among_very_unequal_candidates_end():
    scores = np.zeros(3000, dtype=np.int64)
    scores[17] = 10**9
    assert choose(scores, 1025, Fraction(1, 10)) == 17


@pytest.mark.parametrize("variance", [Fraction(1, 2), Fraction(100), Fraction(9001)])
@pytest.mark.parametrize("delta", [1e-4, 1e-7, 1e-10])
def test_thresholds_keep_their_delta_and_are_not_wasteful(variance, delta):
    threshold = threshold_for(variance, delta)
    x = np.arange(-4000, 4001).astype(float)
    mass = np.exp(-(x**2) / (2 * float(variance)))
    mass /= mass.sum()
    assert mass[x >= threshold].sum() <= delta  # 1 + noise > threshold
    sigma = float(variance) ** 0.5
    assert mass[x >= threshold - max(2, 0.3 * sigma)].sum() > delta


def test_stability_histograms_tell_only_what_passes():
    counts = np.array([1, 3, 5_000])
    told, noisy = noisy_known_counts(counts, Fraction(100), threshold_for(Fraction(100), 1e-9))
    assert told.tolist() == [False, False, True]
    assert abs(noisy[0] - 5_000) < 100
    with pytest.raises(InternalError):
        noisy_known_counts(np.array([0, 3]), Fraction(100), 60)


def test_noise_goes_on_whole_numbers_only_and_differs_each_time():
    with pytest.raises(InternalError):
        noisy_counts(np.array([1.0, 2.0]), 4)
    counts = np.zeros((50, 4), dtype=np.int64)
    first, second = noisy_counts(counts, 100), noisy_counts(counts, 100)
    assert first.shape == counts.shape
    assert first.dtype == np.int64
    assert (first != second).any()


def test_rows_stay_with_their_share():
    shares = np.repeat([0.0, 0.25, 1.0], 40_000)
    kept = keep_with_probability(shares).reshape(3, -1).mean(axis=1)
    assert kept[0] == 0
    assert kept[2] == 1
    assert abs(kept[1] - 0.25) < 0.011

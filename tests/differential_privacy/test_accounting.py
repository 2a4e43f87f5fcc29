import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import norm

from synthloom.differential_privacy import (
    DiscreteGaussian,
    DiscreteLaplace,
    Entry,
    Exponential,
    Ledger,
    Threshold,
    calibrate,
    epsilon_of,
)
from synthloom.differential_privacy.accounting import hockey_stick_of_choice
from synthloom.errors import ArtifactError, OptionError


def ledger(*events):
    return Ledger(tuple(Entry(f"{place}", event, times) for place, (event, times) in enumerate(events)))


def delta_of_shift(mass, epsilon):
    """The exact δ(ε) of whole numbers with this mass function, shifted by one."""
    return max(0.0, float(np.maximum(mass[:-1] - math.exp(epsilon) * mass[1:], 0).sum() + mass[-1]))


@pytest.mark.parametrize("variance", [Fraction(4), Fraction(400), Fraction(1601, 16)])
def test_one_discrete_gaussian_is_never_told_below_its_exact_epsilon(variance):
    x = np.arange(-3000, 3001).astype(float)
    mass = np.exp(-(x**2) / (2 * float(variance)))
    mass /= mass.sum()
    for delta in (1e-3, 1e-6):
        told = epsilon_of(ledger((DiscreteGaussian(variance), 1)), delta)
        assert delta_of_shift(mass, told) <= delta * (1 + 1e-9)
        assert delta_of_shift(mass, told - 0.001 - 0.01 * told) > delta


def test_many_gaussians_agree_with_the_closed_form_of_their_normal_limit():
    # at this spread the discrete Gaussian is as good as the normal, whose composition is known exactly
    told = epsilon_of(ledger((DiscreteGaussian(Fraction(900)), 60)), 1e-6)
    mu = math.sqrt(60 / 900)
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        delta = norm.cdf(mu / 2 - middle / mu) - math.exp(middle) * norm.cdf(-mu / 2 - middle / mu)
        low, high = (middle, high) if delta > 1e-6 else (low, middle)
    assert high <= told <= 1.01 * high


def test_the_curve_of_choices_dominates_every_randomised_response_and_every_exponential_mechanism():
    epsilon = 0.7
    x = np.linspace(-0.7, 0.7, 41)
    told = hockey_stick_of_choice(epsilon, x)
    for t in np.linspace(0, epsilon, 30):
        p = (math.exp(epsilon) - math.exp(t)) / math.expm1(epsilon)
        first = np.array([p, 1 - p])
        second = first * np.exp(-np.array([t, t - epsilon]))
        exact = np.maximum(first - np.exp(x)[:, None] * second, 0).sum(axis=1)
        assert (exact <= told + 1e-12).all()
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.normal(0, 3, 8)
        moved = scores + rng.uniform(-1, 1, 8)
        first, second = (np.exp(epsilon * s / 2) / np.exp(epsilon * s / 2).sum() for s in (scores, moved))
        exact = np.maximum(first - np.exp(x)[:, None] * second, 0).sum(axis=1)
        assert (exact <= told + 1e-12).all()


def test_choices_cost_less_than_pure_privacy_and_never_less_than_their_worst_pair():
    told = epsilon_of(ledger((Exponential(Fraction(1, 4)), 30)), 1e-6)
    # zero-concentrated privacy ε²/8 each (Cesar and Rogers 2021) is an upper bound as well
    rho = 30 * 0.25**2 / 8
    assert told < rho + 2 * math.sqrt(rho * math.log(1e6))
    assert told < 30 * 0.25
    # the composition of one fixed pair (t = ε/2) is a lower bound of what must be told
    p = (math.exp(0.25) - math.exp(0.125)) / math.expm1(0.25)
    k = np.arange(31)
    mass = np.array([math.comb(30, int(i)) * p**i * (1 - p) ** (30 - i) for i in k])
    losses = k * 0.125 - (30 - k) * 0.125
    delta = float((mass * np.maximum(0, -np.expm1(told - losses))).sum())
    assert delta <= 1e-6


def test_laplace_and_thresholds():
    pure = epsilon_of(ledger((DiscreteLaplace(Fraction(4)), 1)), 1e-9)
    assert 0.249 < pure <= 0.2502
    assert epsilon_of(ledger((Threshold(Fraction("1e-6")), 3)), 4e-6) == 0.0
    assert epsilon_of(ledger((Threshold(Fraction("1e-6")), 5)), 4e-6) == math.inf
    both = ledger((DiscreteGaussian(Fraction(400)), 1), (Threshold(Fraction("5e-7")), 1))
    assert epsilon_of(both, 1e-6) > epsilon_of(ledger((DiscreteGaussian(Fraction(400)), 1)), 1e-6)


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 8.0])
def test_calibration_stays_just_below_the_budget(epsilon):
    def plan(scale):
        variance = Fraction(math.ceil(16 / (2 * scale)), 16)
        return ledger((DiscreteGaussian(variance), 20), (Exponential(Fraction(int(scale**0.5 * 2**16) + 1, 2**16)), 5))

    found = calibrate(plan, epsilon, 1e-5, start=0.01 * epsilon)
    assert 0.985 * epsilon < epsilon_of(found, 1e-5) <= epsilon


def test_the_unknown_is_refused():
    with pytest.raises(ArtifactError):
        epsilon_of(Ledger((Entry("x", "a guess"),)), 1e-5)
    for delta in (0.0, 1.0, True, 0.5):
        with pytest.raises(OptionError):
            epsilon_of(ledger((DiscreteLaplace(Fraction(4)), 1)), delta)
    with pytest.raises(OptionError):
        calibrate(lambda scale: Ledger(), 0.0, 1e-5, start=1.0)

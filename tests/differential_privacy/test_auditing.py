"""Audits of the mechanisms as they are, and of the same with a fault planted: each fault must be found."""

import math
from fractions import Fraction

import numpy as np
import pytest

from synthloom.differential_privacy import (
    Account,
    DiscreteGaussian,
    Entry,
    Exponential,
    Ledger,
    Threshold,
    calibrate,
    choose,
    discrete_gaussian,
    epsilon_of,
    noisy_known_counts,
)
from synthloom.differential_privacy.accounting import _loss_distribution, hockey_stick_of_choice
from synthloom.differential_privacy.auditing import audit_curve, audited_epsilon, binomial_bounds
from synthloom.differential_privacy.mechanisms import threshold_for
from synthloom.synthesizers.private.histograms import learn_atoms

DRAWS = 10_000
DELTA = 1e-5
# each audit of a right mechanism fails by chance with at most this probability: there are a few dozen
SURE = 1 - 1e-4
GRID = np.array([0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0])


def gaussian_of(epsilon):
    def plan(scale):
        return Ledger((Entry("counts", DiscreteGaussian(Fraction(math.ceil(1024 / (2 * scale)), 1024))),))

    return calibrate(plan, epsilon, DELTA, start=0.05 * epsilon**2).entries[0].event


def curve_of(event):
    loss = _loss_distribution(event)
    return lambda x: np.array([loss.get_delta_for_epsilon(float(e)) for e in x])


def audit_noise(claimed, used, draws=DRAWS):
    """Draws of a cell that holds one row more or not."""
    with_row, without = 1 + discrete_gaussian(used, draws), discrete_gaussian(used, draws)
    return audit_curve(with_row, without, curve_of(claimed), epsilons=GRID, confidence=SURE)


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0, 4.0, 8.0])
def test_noise_holds_what_it_claims(epsilon):
    event = gaussian_of(epsilon)
    found = audit_noise(event, event.variance)
    assert not found.violated, found
    with_row = 1 + discrete_gaussian(event.variance, DRAWS)
    assert audited_epsilon(with_row, discrete_gaussian(event.variance, DRAWS), DELTA, confidence=SURE) <= epsilon


@pytest.mark.parametrize("epsilon", [1.0, 2.0, 4.0, 8.0])
def test_half_of_the_noise_missing_is_found(epsilon):
    event = gaussian_of(epsilon)
    assert audit_noise(event, event.variance / 4).violated


@pytest.mark.parametrize("epsilon", [2.0, 4.0])
def test_a_quarter_of_the_noise_missing_is_found(epsilon):
    event = gaussian_of(epsilon)
    assert audit_noise(event, event.variance * 9 / 16).violated


def told_alone(threshold, variance, draws):
    """Whether a value that one row alone holds is told; without the row it never is."""
    one = np.ones(draws, dtype=np.int64)
    told, _ = noisy_known_counts(one, variance, threshold)
    return told.astype(float), np.zeros(draws)


def test_a_threshold_that_ignores_delta_is_found():
    variance = Fraction(100)
    event = DiscreteGaussian(variance)
    ledger = Ledger((Entry("lists", event), Entry("lists", Threshold(Fraction("1e-6")))))

    def claim(x):
        return curve_of(event)(x) + 1e-6

    assert epsilon_of(ledger, DELTA) < 1.0
    right = audit_curve(*told_alone(threshold_for(variance, 1e-6), variance, DRAWS), claim, epsilons=GRID)
    assert not right.violated
    wrong = audit_curve(*told_alone(0, variance, DRAWS), claim, epsilons=GRID, confidence=SURE)
    assert wrong.violated


def test_choices_hold_what_they_claim_and_a_doubled_one_is_found():
    scores, moved = np.zeros(4, dtype=np.int64), np.array([1000, -1000, -1000, -1000])
    epsilon = Fraction(1)

    def claim(x):
        return hockey_stick_of_choice(1.0, x)

    def draws(given, e, n=4_000):
        return np.array([choose(given, 1025, e) == 0 for _ in range(n)], dtype=float)

    grid = np.array([0.0, 0.1, 0.25, 0.5, 0.9])
    right = audit_curve(draws(moved, epsilon), draws(scores, epsilon), claim, epsilons=grid, confidence=SURE)
    assert not right.violated
    wrong = audit_curve(draws(moved, 3 * epsilon), draws(scores, 3 * epsilon), claim, epsilons=grid, confidence=SURE)
    assert wrong.violated


def upper_bounds(values, bounds, draws=60):
    """The top of the learned range of a column, again and again, at a budget of about ε = 1."""
    purposes = ("spikes", "magnitudes", "ranges", "histograms")
    entries = [Entry(p, DiscreteGaussian(Fraction(100)), draws) for p in purposes]
    account = Account(Ledger((*entries, Entry("spikes", Threshold(Fraction("1e-7")), draws))))
    return np.array([learn_atoms(values, 1.0, bounds(values), account).starts[-1] for _ in range(draws)])


def test_bounds_read_from_the_rows_are_found():
    values = np.random.default_rng(0).integers(0, 3000, 4000).astype(float)
    outlier = np.append(values, 9e6)

    def claim(x):
        return np.full(len(x), epsilon_curve(x))

    loss = None
    for _ in range(4):
        one = _loss_distribution(DiscreteGaussian(Fraction(100)))
        loss = one if loss is None else loss.compose(one)

    def epsilon_curve(x):
        return np.array([loss.get_delta_for_epsilon(float(e)) for e in x]) + 1e-7

    right = audit_curve(
        upper_bounds(outlier, lambda v: None),
        upper_bounds(values, lambda v: None),
        claim,
        epsilons=GRID[:5],
        confidence=SURE,
    )
    assert not right.violated

    def read_off(v):
        return float(v.min()), float(v.max())

    wrong = audit_curve(
        upper_bounds(outlier, read_off), upper_bounds(values, read_off), claim, epsilons=GRID[:5], confidence=SURE
    )
    assert wrong.violated


def test_bounds_of_shares_hold_with_their_confidence():
    low, high = binomial_bounds(30, 1000, 0.025)
    assert 0.02 < low < 0.03 < high < 0.043
    assert binomial_bounds(0, 50, 0.05)[0] == 0.0
    assert binomial_bounds(50, 50, 0.05)[1] == 1.0


def test_random_responses_are_audited_near_their_epsilon():
    rng = np.random.default_rng(3)
    first, second = (rng.random(40_000) < 0.75).astype(float), (rng.random(40_000) < 0.25).astype(float)
    assert 0.95 < audited_epsilon(first, second, 0.0) <= math.log(3)


def test_choice_events_and_curves_agree():
    event = Exponential(Fraction(1))
    x = np.linspace(-0.9, 0.9, 7)
    assert (curve_of(event)(x) >= hockey_stick_of_choice(1.0, x) - 1e-12).all()

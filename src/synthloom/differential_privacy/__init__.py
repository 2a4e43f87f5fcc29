"""Differential privacy: exact noise, the events that spent a budget, and what they add up to."""

from synthloom.differential_privacy.accounting import calibrate, epsilon_of
from synthloom.differential_privacy.ledger import (
    Account,
    DiscreteGaussian,
    DiscreteLaplace,
    Entry,
    Event,
    Exponential,
    Ledger,
    Threshold,
)
from synthloom.differential_privacy.mechanisms import (
    choose,
    discrete_gaussian,
    discrete_laplace,
    keep_with_probability,
    noisy_counts,
    noisy_known_counts,
)

__all__ = [
    "Account",
    "DiscreteGaussian",
    "DiscreteLaplace",
    "Entry",
    "Event",
    "Exponential",
    "Ledger",
    "Threshold",
    "calibrate",
    "choose",
    "discrete_gaussian",
    "discrete_laplace",
    "epsilon_of",
    "keep_with_probability",
    "noisy_counts",
    "noisy_known_counts",
]

"""What a ledger adds up to: privacy loss distributions, composed by Google's dp-accounting.

Every event is replaced by a pair of distributions that dominates it; their privacy losses are
convolved, always rounded up (Doroshenko, Ghazi, Kamath, Kumar, Manurangsi 2022, "Connect the
Dots"), and ε is read off at δ. No normal approximation of the sum is used anywhere.

For a choice of bounded range ε the pair is our own. Among all mechanisms whose log ratios lie in a
range of width ε, the worst for one fixed threshold are generalised randomised responses (Dong,
Durfee, Rogers 2020), losses t and t - ε with t in [0, ε], whose hockey-stick divergence at x is
(e^ε - e^t)(1 - e^(x-t)) / (e^ε - 1) for x in [t - ε, t]. Its maximum over t lies at t = (ε + x)/2:

    δ(x) = (e^(ε/2) - e^(x/2))² / (e^ε - 1),    -ε ≤ x ≤ ε.

This is convex in e^x, 1 - e^x at -ε and 0 at ε, and so the curve of a pair of distributions (Zhu,
Dong, Wang 2022, Proposition 8) that dominates every such choice, also when t is chosen adaptively.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from synthloom.differential_privacy.ledger import (
    DiscreteGaussian,
    DiscreteLaplace,
    Event,
    Exponential,
    Ledger,
    Threshold,
)
from synthloom.errors import ArtifactError, MissingExtraError, OptionError

GRID = 1e-4
"""Privacy losses are rounded up to multiples of this."""
_FLOAT_SLACK = 1e-12
_CLOSE = 0.004
_STEPS = 40


@functools.lru_cache(maxsize=32)
def epsilon_of(ledger: Ledger, delta: float) -> float:
    """The ε at ``delta`` of everything in ``ledger`` together; infinite where δ does not suffice.

    Raises:
        OptionError: if δ is not in (0, 1).
        ArtifactError: if the ledger holds an event that cannot be accounted for.
        MissingExtraError: if dp-accounting is not installed.
    """
    check_delta(delta)
    total = None
    for event, times in ledger.counts().items():
        if times == 0:
            continue
        loss = _loss_distribution(event).self_compose(times)
        total = loss if total is None else total.compose(loss)
    return 0.0 if total is None else float(total.get_epsilon_for_delta(delta))


def calibrate(plan: Callable[[float], Ledger], epsilon: float, delta: float, *, start: float) -> Ledger:
    """The ledger ``plan(scale)`` of the largest scale found whose ε at ``delta`` is at most ``epsilon``.

    Args:
        plan: the ledger for a scale; a larger scale spends more.
        epsilon: what may be spent.
        delta: the δ that goes with it.
        start: a first guess of the scale.

    Raises:
        OptionError: if ε or δ is outside what is accepted, or no scale was found.
    """
    check_epsilon(epsilon)
    check_delta(delta)
    low, high, best = 0.0, math.inf, None
    scale = start
    for _ in range(_STEPS):
        ledger = plan(scale)
        spent = epsilon_of(ledger, delta)
        if spent <= epsilon:
            low, best = scale, ledger
            if spent >= (1 - _CLOSE) * epsilon:
                break
        else:
            high = scale
        # ε grows about as the square root of the scale for small losses: steps in that measure
        guess = scale * (epsilon / spent) ** 1.8 * (1 - _CLOSE / 2) if 0 < spent < math.inf else scale / 4
        inside = low < guess < high
        scale = guess if inside else (math.sqrt(low * high) if low > 0 and high < math.inf else guess)
        if low > 0 and high / low < 1 + _CLOSE / 4:
            break
    if best is None:
        raise OptionError(
            f"no noise was found that keeps ε at {epsilon:g} with δ {delta:g}", hint="raise ε or δ a little"
        )
    return best


def check_epsilon(epsilon: float) -> None:
    """Raises :class:`OptionError` unless ε is a number from 0.01 to 100."""
    if isinstance(epsilon, bool) or not isinstance(epsilon, (int, float)) or not 0.01 <= epsilon <= 100:
        raise OptionError(f"epsilon is {epsilon!r}", accepted="a number from 0.01 to 100")


def check_delta(delta: float) -> None:
    """Raises :class:`OptionError` unless δ is a probability that means anything."""
    if isinstance(delta, bool) or not isinstance(delta, (int, float)) or not 1e-15 <= delta <= 0.01:
        raise OptionError(f"delta is {delta!r}", accepted="a number from 1e-15 to 0.01, well below 1 / rows")


def hockey_stick_of_choice(epsilon: float, x: np.ndarray) -> np.ndarray:
    """δ(x) of the pair that dominates every choice of bounded range ``epsilon``."""
    inside = np.clip(x, -epsilon, epsilon)
    curve = (np.exp(epsilon / 2) - np.exp(inside / 2)) ** 2 / np.expm1(epsilon)
    return np.where(x < -epsilon, -np.expm1(x), np.where(x > epsilon, 0.0, curve))


def _loss_distribution(event: Event) -> Any:
    """dp-accounting's privacy loss distribution of one event, rounded up."""
    module = _pld()
    if isinstance(event, DiscreteGaussian):
        sigma = math.sqrt(float(event.variance)) * (1 - _FLOAT_SLACK)
        return module.from_discrete_gaussian_mechanism(
            sigma, event.sensitivity, value_discretization_interval=GRID, use_connect_dots=True
        )
    if isinstance(event, DiscreteLaplace):
        parameter = (1 + _FLOAT_SLACK) / float(event.scale)
        return module.from_discrete_laplace_mechanism(
            parameter, event.sensitivity, value_discretization_interval=GRID, use_connect_dots=True
        )
    if isinstance(event, Exponential):
        return _loss_of_choice(float(event.epsilon) * (1 + _FLOAT_SLACK))
    if isinstance(event, Threshold):
        from dp_accounting.pld import common

        parameters = common.DifferentialPrivacyParameters(0.0, float(event.delta) * (1 + _FLOAT_SLACK))
        return module.from_privacy_parameters(parameters, value_discretization_interval=GRID)
    raise ArtifactError(f"the event {event!r} cannot be accounted for", hint="use the events of this version")


def _loss_of_choice(epsilon: float) -> Any:
    from dp_accounting.pld import pld_pmf

    top = math.ceil(epsilon / GRID)
    places = np.arange(-top, top + 1)
    deltas = hockey_stick_of_choice(epsilon, places * GRID)
    return _pld().PrivacyLossDistribution(pld_pmf.create_pmf_pessimistic_connect_dots(GRID, places, deltas))


@functools.cache
def _pld() -> Any:
    try:
        from dp_accounting.pld import privacy_loss_distribution
    except ImportError as error:
        raise MissingExtraError(
            "differential privacy needs dp-accounting", hint='run pip install "synthloom[dp]"'
        ) from error
    return privacy_loss_distribution

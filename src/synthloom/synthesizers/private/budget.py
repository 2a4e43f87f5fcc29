"""How the privacy budget is split over what is read, and the ledger that this makes.

Each purpose gets a share of the budget, counted in ρ (for Gaussian noise 1 / 2·variance, for a
choice of range ε, ε²/8: Cesar and Rogers 2021) and split evenly over how often it is needed. Shares
of purposes that are not needed go to the others. The scale of all of it is then set so that the
whole ledger costs what the user allowed, by the accountant, not by ρ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from synthloom.differential_privacy import (
    DiscreteGaussian,
    Entry,
    Event,
    Exponential,
    Ledger,
    Threshold,
    calibrate,
)
from synthloom.differential_privacy.accounting import check_delta, check_epsilon

SHARES: dict[str, float] = {
    # what is learned of the columns themselves: a tenth
    "units": 0.005,
    "categories": 0.045,
    "spikes": 0.025,
    "magnitudes": 0.010,
    "ranges": 0.015,
    # how values are spread
    "histograms": 0.07,
    "single columns": 0.13,
    # which columns go together, and how
    "tree choice": 0.06,
    "tree": 0.26,
    "further choice": 0.04,
    "further": 0.34,
}
"""Share of the budget of each purpose."""

CHOICES = frozenset({"tree choice", "further choice"})
"""Purposes that choose instead of counting."""

THRESHOLDS = frozenset({"categories", "spikes"})
"""Purposes that tell values nobody listed, and need a share of δ."""

DELTA_SHARE = 0.1
"""Share of δ that goes to thresholds."""


def plan_ledger(needs: Mapping[str, int], epsilon: float, delta: float, adjacency: str) -> Ledger:
    """The ledger for ``needs`` (how often each purpose is needed) that costs at most (ε, δ).

    Raises:
        OptionError: if ε or δ is outside what is accepted.
        MissingExtraError: if dp-accounting is not installed.
    """
    check_epsilon(epsilon)
    check_delta(delta)
    needed = {purpose: times for purpose, times in needs.items() if times > 0}
    total = sum(SHARES[purpose] for purpose in needed)
    thresholds = sum(times for purpose, times in needed.items() if purpose in THRESHOLDS)

    def plan(rho: float) -> Ledger:
        entries = []
        for purpose, share in SHARES.items():
            times = needed.get(purpose, 0)
            if not times:
                continue
            part = rho * share / total / times
            event: Event = Exponential(_below(math.sqrt(8 * part))) if purpose in CHOICES else _gaussian(part)
            entries.append(Entry(purpose, event, times))
            if purpose in THRESHOLDS:
                each = Fraction(f"{delta * DELTA_SHARE / thresholds * 0.999:.3g}")
                entries.append(Entry(purpose, Threshold(each), times))
        return Ledger(tuple(entries), adjacency)

    return calibrate(plan, epsilon, delta, start=1.3 * _rho(epsilon, delta))


def _rho(epsilon: float, delta: float) -> float:
    """The ρ for which ρ + 2·sqrt(ρ·log(1/δ)) = ε (Bun and Steinke 2016): a first guess, never a claim."""
    log = math.log(1 / delta)
    return (math.sqrt(log + epsilon) - math.sqrt(log)) ** 2


def _gaussian(rho: float) -> DiscreteGaussian:
    """Noise of this ρ, its variance rounded up to a short fraction."""
    variance = 1 / (2 * rho)
    grain = 16 if variance < 4096 else 1
    return DiscreteGaussian(max(Fraction(1, 16), Fraction(math.ceil(variance * grain), grain)))


def _below(value: float) -> Fraction:
    """``value`` rounded down to a multiple of 2**-16, which must not be zero."""
    return Fraction(max(1, math.floor(value * 2**16)), 2**16)

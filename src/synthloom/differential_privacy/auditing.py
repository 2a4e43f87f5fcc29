"""Audits: what the draws of a mechanism prove about its privacy, whatever was claimed.

Two neighbouring inputs are run many times each. For any set S of outputs, the share of draws in S
bounds P(S) and Q(S), and a claim (ε, δ) implies P(S) ≤ e^ε Q(S) + δ. A third of the draws choose the
set, the direction and the ε at which the claim looks worst; the others test that one choice with
exact bounds (Clopper and Pearson 1934), so a right mechanism is accused with at most the error asked
for. To make a statement on many audits at once, share the error out among them (Bonferroni).

One claim (ε, δ) alone is a blunt test: noise that is a quarter too small breaks it by less than
draws can show. A mechanism claims a whole curve δ(ε), though, and at ε near 0 (total variation) the
same fault is large. So a claim is audited along its curve (in the spirit of Nasr et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]
"""δ as a function of ε, both float64 [k]."""


@dataclass(frozen=True)
class AuditResult:
    """What the draws prove.

    Attributes:
        violated: whether the claimed curve is broken, at the confidence asked for.
        excess: the lower bound of δ above the claim; negative where nothing is proven.
        epsilon: at which ε.
    """

    violated: bool
    excess: float
    epsilon: float


def audit_curve(
    first: np.ndarray,
    second: np.ndarray,
    claim: Curve,
    *,
    epsilons: np.ndarray,
    levels: int = 24,
    confidence: float = 0.95,
) -> AuditResult:
    """Holds draws on two neighbouring inputs against a claimed curve.

    Args:
        first: float64 [n], one number a draw on the one input, in whose order likelihood ratios go.
        second: float64 [n], the same on the other.
        claim: the claimed δ at each ε.
        epsilons: float64 [k], where to test; 0 is total variation.
        levels: how many cuts of the numbers are tried.
        confidence: that a right mechanism is not accused.
    """
    (tried, other), (held, against) = _halves(first, second)
    allowed = claim(epsilons)
    best, chosen = -np.inf, (1.0, 0.0, 0)
    for sign, cut in _sets(tried, other, levels):
        p, q = (float((sign * x >= sign * cut).mean()) for x in (tried, other))
        for reverse, (x, y) in enumerate(((p, q), (q, p))):
            spread = np.sqrt((x * (1 - x) + np.exp(2 * epsilons) * y * (1 - y)) / len(tried) + 1e-9)
            score = (x - np.exp(epsilons) * y - allowed) / spread
            place = int(np.argmax(score))
            if score[place] > best:
                best, chosen = float(score[place]), (sign, cut, place + reverse * len(epsilons))
    sign, cut, code = chosen
    reverse, place = divmod(code, len(epsilons))
    a, b = (against, held) if reverse else (held, against)
    low, high = _bounds(a, b, sign, cut, (1 - confidence) / 2)
    excess = low - float(np.exp(epsilons[place])) * high - float(allowed[place])
    return AuditResult(excess > 0, excess, float(epsilons[place]))


def audited_epsilon(
    first: np.ndarray, second: np.ndarray, delta: float, *, levels: int = 24, confidence: float = 0.95
) -> float:
    """The largest ε that the draws prove at ``delta``: a lower bound of the true one, at this confidence."""
    (tried, other), (held, against) = _halves(first, second)
    alpha = (1 - confidence) / 2
    best, chosen = 0.0, None
    for sign, cut in _sets(tried, other, levels):
        for reverse, (a, b) in enumerate(((tried, other), (other, tried))):
            low, high = _bounds(a, b, sign, cut, alpha)
            if low > delta and np.log((low - delta) / high) > best:
                best, chosen = float(np.log((low - delta) / high)), (sign, cut, reverse)
    if chosen is None:
        return 0.0
    sign, cut, reverse = chosen
    a, b = (against, held) if reverse else (held, against)
    low, high = _bounds(a, b, sign, cut, alpha)
    return max(0.0, float(np.log((low - delta) / high))) if low > delta else 0.0


def binomial_bounds(hits: int, n: int, alpha: float) -> tuple[float, float]:
    """One-sided bounds of a share at error ``alpha`` each (Clopper and Pearson)."""
    from scipy.stats import beta

    low = 0.0 if hits == 0 else float(beta.ppf(alpha, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1 - alpha, hits + 1, n - hits))
    return low, high


Pair = tuple[np.ndarray, np.ndarray]


def _halves(first: np.ndarray, second: np.ndarray) -> tuple[Pair, Pair]:
    """The third of the draws that chooses, and the rest that tests."""
    third = len(first) // 3
    return (first[:third], second[:third]), (first[third:], second[third:])


def _sets(first: np.ndarray, second: np.ndarray, levels: int) -> list[tuple[float, float]]:
    """Sets of outputs to try: all on one side of a cut."""
    cuts = np.unique(np.quantile(np.concatenate([first, second]), np.linspace(0, 1, levels + 2)))
    return [(sign, float(cut)) for sign in (1.0, -1.0) for cut in cuts]


def _bounds(a: np.ndarray, b: np.ndarray, sign: float, cut: float, alpha: float) -> tuple[float, float]:
    """A lower bound of the share of ``a`` in the set, and an upper bound of that of ``b``."""
    inside, outside = (int((sign * x >= sign * cut).sum()) for x in (a, b))
    return binomial_bounds(inside, len(a), alpha)[0], binomial_bounds(outside, len(b), alpha)[1]

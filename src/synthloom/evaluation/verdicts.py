"""How a figure becomes a verdict: one rule, and one literal table of margins.

A figure is compared with its *reference*, what real holdout rows reach in its place. ``excess`` is
how far it falls short of that reference in the bad direction, ``error`` the standard error of this
difference. Real rows themselves fall short by about two errors one time in forty, so with
``reach = 2 * error`` (more for attacks, see below):

- **poor**: the excess is above the upper margin and above the reach;
- **unknown**: two errors are wider than the upper margin, so that good could not be told from poor, or
  the excess is above that margin and chance may yet have made it;
- **good**: the excess is within the lower margin, or within the reach;
- **fair**: all else.

The margins say which shortfall matters in practice. They are conventions of this project, chosen so
that independent columns and copied rows are called poor; a policy may set others.

**Attacks are judged together.** Fifteen attacks that each cry wolf one time in forty would accuse one
honest table in three. So the reach of a privacy figure is wider than two errors: each of the
:data:`ATTACKS` may accuse rows that betray nobody with a chance of :data:`FALSE_ALARM` divided by
their number, and by Bonferroni's inequality all of them together, however they hang together, with a
chance of at most :data:`FALSE_ALARM`. An attack that judges each column divides its part once more
(:func:`widened`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from synthloom.finding import Direction, Verdict


@dataclass(frozen=True)
class Margins:
    """Shortfall against the reference up to which a figure is good, and above which it is poor.

    ``errors`` is how many standard errors chance alone may reach.
    """

    good: float
    poor: float
    errors: float = 2.0


FALSE_ALARM = 0.05
"""The chance that any attack accuses synthetic rows that betray nobody: fresh real rows, say."""

ATTACKS: tuple[str, ...] = (
    "membership_inference",
    "membership_inference_tpr",
    "membership_inference_outliers",
    "membership_density",
    "membership_rare",
    "canaries",
    "singling_out",
    "singling_out_univariate",
    "linkability",
    "attribute_inference",
    "attribute_inference/column",
    "exact_copies",
    "near_copies",
    "copied_values/column",
    "personal_replay",
)
"""Every privacy figure that is judged, among which the false alarms are shared out."""


def _reach_of_attacks() -> float:
    return NormalDist().inv_cdf(1 - FALSE_ALARM / len(ATTACKS))


def widened(error: float, count: int) -> float:
    """The error of one of ``count`` attacked columns, so that all together keep one attack's false alarms."""
    share = FALSE_ALARM / len(ATTACKS)
    return error * NormalDist().inv_cdf(1 - share / max(1, count)) / NormalDist().inv_cdf(1 - share)


def _attack(good: float, poor: float) -> Margins:
    return Margins(good, poor, _reach_of_attacks())


MARGINS: dict[str, Margins] = {
    "column_shape": Margins(0.02, 0.06),
    "column_shape/column": Margins(0.04, 0.12),
    "pair_trend": Margins(0.02, 0.05),
    "pair_association": Margins(0.03, 0.10),
    "c2st_auc": Margins(0.05, 0.20),
    "rare_coverage": Margins(0.05, 0.20),
    "rare_frequency": Margins(0.15, 0.40),
    "tail_quantiles": Margins(0.03, 0.10),
    "tstr_gap": Margins(0.01, 0.05),
    "tstr_gap_linear": Margins(0.01, 0.05),
    "tstr_gap_forest": Margins(0.01, 0.05),
    "tstr_gap_neighbours": Margins(0.01, 0.05),
    "trstr_gap": Margins(0.01, 0.05),
    "generalisation_gap": Margins(0.01, 0.05),
    "representation": Margins(0.01, 0.03),
    "representation/column": Margins(0.01, 0.03),
    "outcome_parity": Margins(0.02, 0.05),
    "outcome_parity/column": Margins(0.02, 0.05),
    "demographic_parity": Margins(0.02, 0.05),
    "demographic_parity/column": Margins(0.02, 0.05),
    "equal_opportunity": Margins(0.03, 0.08),
    "equal_opportunity/column": Margins(0.03, 0.08),
    "equalised_odds": Margins(0.03, 0.08),
    "equalised_odds/column": Margins(0.03, 0.08),
    "calibration_gap": Margins(0.02, 0.05),
    "calibration_gap/column": Margins(0.02, 0.05),
    "amplification": Margins(0.02, 0.05),
    "amplification/column": Margins(0.02, 0.05),
    "amplification_model": Margins(0.03, 0.08),
    "least_represented": Margins(0.1, 0.3),
    "exact_copies": _attack(0.001, 0.02),
    "near_copies": _attack(0.005, 0.02),
    "copied_values/column": _attack(0.002, 0.02),
    "personal_replay": _attack(0.001, 0.01),
    "membership_inference": _attack(0.02, 0.05),
    "membership_inference_tpr": _attack(0.005, 0.02),
    "membership_inference_outliers": _attack(0.03, 0.08),
    "membership_density": _attack(0.02, 0.05),
    "membership_rare": _attack(0.03, 0.08),
    "canaries": _attack(0.1, 0.2),
    "singling_out": _attack(0.01, 0.04),
    "singling_out_univariate": _attack(0.01, 0.04),
    "linkability": _attack(0.01, 0.04),
    "attribute_inference": _attack(0.01, 0.04),
    "attribute_inference/column": _attack(0.03, 0.08),
}
"""Margins by the finding's name, in the figure's own unit; ``/column`` marks those of one column."""

_ORDER: tuple[Verdict, ...] = ("poor", "unknown", "fair", "good")


def margins_for(name: str, column: str | None = None) -> Margins | None:
    """The margins of a finding, ``None`` for a figure that is information only."""
    return MARGINS.get(f"{name}/column" if column is not None else name)


def excess_of(value: float, reference: float, direction: Direction) -> float:
    """How far ``value`` falls short of ``reference`` in the bad direction (positive: worse)."""
    if direction == "higher_is_better":
        return reference - value
    return abs(value - reference) if direction == "nearer_to_reference" else value - reference


def judge(excess: float | None, error: float | None, margins: Margins | None) -> Verdict:
    """The verdict on a shortfall with its standard error, by the rule of this module."""
    if excess is None or error is None or margins is None or not (math.isfinite(excess) and math.isfinite(error)):
        return "unknown"
    reach = margins.errors * error
    if excess > max(margins.poor, reach):
        return "poor"
    if max(2 * error, excess) > margins.poor:
        return "unknown"
    return "good" if excess <= max(margins.good, reach) else "fair"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; unknown is better than poor and worse than fair."""
    given = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in given), "unknown")

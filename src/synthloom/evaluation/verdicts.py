"""How a figure becomes a verdict: one rule, and one literal table of margins.

A figure is compared with its *reference*, what real holdout rows reach in its place. ``excess`` is
how far it falls short of that reference in the bad direction, ``error`` the standard error of this
difference. Real rows themselves fall short by about two errors one time in forty, so with
``reach = 2 * error``:

- **poor**: the excess is above the upper margin and above the reach;
- **unknown**: the reach is wider than the upper margin, so that good could not be told from poor;
- **good**: the excess is within the lower margin, or within the reach;
- **fair**: all else.

The margins say which shortfall matters in practice. They are conventions of this project, chosen so
that independent columns and copied rows are called poor; a policy may set others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from synthloom.finding import Direction, Verdict


@dataclass(frozen=True)
class Margins:
    """Shortfall against the reference up to which a figure is good, and above which it is poor."""

    good: float
    poor: float


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
    "exact_copies": Margins(0.001, 0.02),
    "near_copies": Margins(0.005, 0.02),
    "copied_values/column": Margins(0.002, 0.02),
    "membership_inference": Margins(0.02, 0.05),
    "membership_inference_tpr": Margins(0.005, 0.02),
    "membership_inference_outliers": Margins(0.03, 0.08),
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
    reach = 2 * error
    if excess > max(margins.poor, reach):
        return "poor"
    if reach > margins.poor:
        return "unknown"
    return "good" if excess <= max(margins.good, reach) else "fair"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; unknown is better than poor and worse than fair."""
    given = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in given), "unknown")

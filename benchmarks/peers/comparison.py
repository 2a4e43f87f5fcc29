"""Which differences between Synthloom and a peer are more than chance.

For one table and figure the difference is averaged over the splits that both were judged on. Its variance has
two parts. Within a split, both systems were judged on the same held-out and training rows, so the terms of
these rows are subtracted before they are squared, and the variances of the two sets of synthetic rows are
added (``judge/row_errors.py``). Between splits, the variance of the differences is added whole, not divided
by their number: splits of one table share rows, so three of them are not three tables. With one split only
the first part is known, and the page says so. All p values of a group are adjusted together by Holm's step-down
method (1979), which holds whatever the dependence between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import erfc, sqrt
from typing import Any

import numpy as np

ALPHA = 0.05
HIGHER_IS_BETTER: Mapping[str, bool] = {"c2st": False, "trend": True, "gap_gbm": False}
"""The figures that are compared, and their direction."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One table, figure and peer: how much better Synthloom is, positive is better."""

    table: str
    figure: str
    peer: str
    advantage: float
    error: float
    splits: int
    p: float
    adjusted_p: float = 1.0

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``no difference shown``."""
        if self.adjusted_p >= ALPHA:
            return "no difference shown"
        return "better" if self.advantage > 0 else "worse"

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(self).items()}
        return {**rounded, "p": self.p, "adjusted_p": self.adjusted_p, "verdict": self.verdict}


@dataclass(frozen=True)
class Judged:
    """A cell's figures and the terms of its rows."""

    table: str
    system: str
    split: int
    figures: Mapping[str, float]
    terms: Mapping[str, np.ndarray]


def compare(ours: Sequence[Judged], peers: Sequence[Judged]) -> list[Comparison]:
    """Every table, figure and peer with at least one common split, p values adjusted over all of them."""
    own = {(j.table, j.split): j for j in ours}
    pairs: dict[tuple[str, str], list[tuple[Judged, Judged]]] = {}
    for judged in peers:
        if (judged.table, judged.split) in own:
            pairs.setdefault((judged.table, judged.system), []).append((own[judged.table, judged.split], judged))
    found = [
        one
        for (table, peer), both in sorted(pairs.items())
        for figure in HIGHER_IS_BETTER
        if (one := _compare_one(table, figure, peer, both)) is not None
    ]
    adjusted = holm([c.p for c in found])
    return [Comparison(**{**asdict(c), "adjusted_p": q}) for c, q in zip(found, adjusted, strict=True)]


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given."""
    order = np.argsort(p, kind="stable")
    out, running = np.ones(len(p)), 0.0
    for rank, place in enumerate(order):
        running = max(running, min(1.0, (len(p) - rank) * p[place]))
        out[place] = running
    return [float(value) for value in out]


def squared_error(ours: Mapping[str, np.ndarray], peer: Mapping[str, np.ndarray], figure: str) -> float:
    """The variance of the difference within a split: shared rows paired, synthetic rows added."""
    total = 0.0
    for part in ("holdout", "train"):
        name = f"{figure}_{part}"
        if name in ours and name in peer:
            total += float(((ours[name] - peer[name]) ** 2).sum())
    name = f"{figure}_synthetic"
    return total + sum(float(side[name]) for side in (ours, peer) if name in side)


def _compare_one(table: str, figure: str, peer: str, pairs: Sequence[tuple[Judged, Judged]]) -> Comparison | None:
    pairs = [(a, b) for a, b in pairs if figure in a.figures and figure in b.figures]
    if not pairs:
        return None
    sign = 1 if HIGHER_IS_BETTER[figure] else -1
    differences = [sign * (a.figures[figure] - b.figures[figure]) for a, b in pairs]
    within = float(np.mean([squared_error(a.terms, b.terms, figure) for a, b in pairs]))
    between = float(np.var(differences, ddof=1)) if len(pairs) > 1 else 0.0
    error = sqrt(within + between)
    advantage = float(np.mean(differences))
    p = erfc(abs(advantage) / error / sqrt(2)) if error > 0 else float(advantage == 0)
    return Comparison(table=table, figure=figure, peer=peer, advantage=advantage, error=error, splits=len(pairs), p=p)

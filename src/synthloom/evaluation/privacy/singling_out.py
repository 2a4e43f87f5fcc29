"""Singling out: do the synthetic rows let an attacker write a description that fits exactly one real person?

The first of the three risks of the Article 29 Working Party's opinion 05/2014, as predicates (Cohen and
Nissim, "Towards formalizing the GDPR's notion of singling out", PNAS 2020). The attacker takes a
synthetic row and adds its values one by one, in random order, until no other synthetic row fits, and
then two more, so that the description would hardly fit anybody by chance. It has singled somebody
out if exactly one of all real rows fits.

The control asks whose row that is. Synthetic rows that betray nobody single out training rows and
holdout rows in proportion to their numbers; what training rows have beyond that is the leak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.privacy.accusation import accusation
from synthloom.evaluation.privacy.candidates import entity_codes
from synthloom.evaluation.privacy.predicates import Axis, axes_of, distinct_rows
from synthloom.evaluation.statistics import share_interval
from synthloom.finding import Direction, Family, Finding

PREDICATES = 3_000
"""Descriptions that the attacker tries at most."""
MINIMUM_PREDICATES = 30
_OTHERS = 400
_FURTHER = 2
_FLOOR = 0.1


@dataclass(frozen=True)
class Isolations:
    """The outcome of some predicates.

    Attributes:
        tried: how many predicates.
        train: whose training row each successful predicate isolates.
        holdout: whose holdout row.
    """

    tried: int
    train: np.ndarray
    holdout: np.ndarray

    @property
    def share(self) -> float:
        """The share of predicates that isolate a training row."""
        return len(self.train) / max(1, self.tried)

    def expected(self, ratio: float) -> float:
        """What the holdout leads one to expect of that share, with ``ratio`` training rows a holdout row."""
        return min(1.0, ratio * len(self.holdout) / max(1, self.tried))

    def error(self, ratio: float) -> float:
        """Standard error of the difference; predicates that isolate the same person stand and fall together."""
        squares = [
            float((np.unique(side, return_counts=True)[1] ** 2).sum()) + 1 for side in (self.train, self.holdout)
        ]
        return math.sqrt(squares[0] + ratio**2 * squares[1]) / max(1, self.tried)


class SinglingOut(Metric):
    """The share of descriptions drawn from synthetic rows that fit one training row and no other real row."""

    name: ClassVar[str] = "singling_out"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The share of descriptions in several columns, taken from synthetic rows, that fit exactly one real row, a "
        "training row; holdout rows show how often that is chance."
    )
    cost: ClassVar[float] = 1.5
    attacker: ClassVar[str | None] = "holds the synthetic rows only, and describes a person by several of their values"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of descriptions that isolate a training row."""
        if len(data.compared) < 2:
            return [self.unmeasured("it takes two columns whose values may be compared")]
        found, length = _attempt(data, "synthetic", PREDICATES)
        if found.tried < MINIMUM_PREDICATES:
            return [
                self.unmeasured(
                    f"this attack proves nothing here: only {found.tried} descriptions fit one synthetic row alone"
                )
            ]
        guessed, _ = _attempt(data, "synthetic", _OTHERS, length=length)
        released, _ = _attempt(data, "train", _OTHERS)
        return [isolation_finding(self, data, found, guessed.share, released.share, {"columns": round(length, 1)})]


def isolation_finding(
    metric: Metric, data: EvaluationData, found: Isolations, baseline: float, power: float, detail: dict[str, float]
) -> Finding:
    """The finding of an attack by predicates."""
    ratio = data.size("train") / data.size("holdout")
    return accusation(
        metric,
        found.share,
        reference=found.expected(ratio),
        error=found.error(ratio),
        interval=share_interval(len(found.train), found.tried),
        baseline=baseline,
        power=power,
        floor=_FLOOR,
        words=f"be singled out by {power:.1%} of the descriptions only",
        note=data.thinned_note(),
        detail={"predicates": found.tried, "holdout_rows_singled_out": len(found.holdout), **detail},
    )


def isolated(data: EvaluationData, rows: list[np.ndarray]) -> Isolations:
    """Which predicates isolate one real row, from the rows that fit each."""
    cut = data.size("train")
    single = np.array([fitting[0] for fitting in rows if len(fitting) == 1], dtype=np.int64)
    train, holdout = single[single < cut], single[single >= cut] - cut
    owners = [entity_codes(data, part) for part in ("train", "holdout")]
    people = [rows if owner is None else owner[rows] for rows, owner in zip((train, holdout), owners, strict=True)]
    return Isolations(len(rows), people[0], people[1])


def _attempt(data: EvaluationData, source: str, size: int, *, length: float | None = None) -> tuple[Isolations, float]:
    """Predicates from rows of ``source``, and how many columns they have on average.

    With ``length`` they are guesses instead: as many columns, each value from another random row.
    """
    name = "guess" if length is not None else "claim"
    distinct = distinct_rows(data, source, name)
    claims = distinct[:size]
    axes = axes_of(data, source, claims)
    own = axes_of(data, source, claims, own=distinct) if length is None else []  # guesses look at no row's own values
    generator = data.stream.child("singling_out", source, name).generator()
    fits: list[np.ndarray] = []
    columns = 0
    for claim in range(len(claims)):
        order = generator.permutation(len(axes))
        sources = np.full(len(axes), claim) if length is None else generator.integers(0, len(claims), len(axes))
        used = _alone(own, order, claim) if length is None else max(1, round(length) - _FURTHER)
        if used is None:
            continue
        chosen = order[: used + _FURTHER]
        columns += len(chosen)
        fits.append(_fitting([axes[place] for place in chosen], sources))
    return isolated(data, fits), columns / max(1, len(fits))


def _alone(own: list[Axis], order: np.ndarray, claim: int) -> int | None:
    """How many columns, in the given order, it takes until no other row of the source fits; ``None`` for never."""
    rows = own[order[0]].first(claim)
    for used in range(1, len(order)):
        if len(rows) == 1:
            return used
        rows = own[order[used]].among(rows, claim)
    return len(order) if len(rows) == 1 else None


def _fitting(axes: list[Axis], claims: np.ndarray) -> np.ndarray:
    """The real rows that fit a claim on each axis."""
    rows = axes[0].first(int(claims[0]))
    for axis, claim in zip(axes[1:], claims[1:], strict=False):
        if len(rows) == 0:
            break
        rows = axis.among(rows, int(claim))
    return rows

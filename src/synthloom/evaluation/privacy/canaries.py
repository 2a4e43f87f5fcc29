"""Canaries: rows made to be remembered are planted among the training rows; does a refit give them away?

The audit in one training run of Steinke, Nasr and Jagielski ("Privacy Auditing with One (1) Training
Run", NeurIPS 2023): each of some hundred canaries is planted or left out by the toss of a coin, the
synthesizer is fitted once more, and the attacker says of each canary how sure he is that it was
planted, by how near it lies to the new synthetic rows and how far from other real rows. The canaries
that were left out are the control: they differ from the others by nothing but the coin.

A canary is built to be the worst case: each of its values is some training row's, so that no value
is rare or extreme, but all are from different rows, so that nobody else is like it. The figure is how
many of the attacker's surest guesses, one canary in ten, are right: a coin toss is right half the
time. Beside it stand the area under the ROC curve over all canaries, the *exposure* (Carlini et al.,
"The Secret Sharer", USENIX Security 2019): bits by which the ranking narrows the search for the
median planted canary (1 by chance), and the lower bound on the epsilon of differential privacy
that the surest guesses prove.

This module never sees a synthesizer: the workflow hands in ``refit(rows, seed)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from synthloom.data import Table
from synthloom.evaluation.base import EvaluationData, Metric, Refit
from synthloom.evaluation.features import DistanceSpace, nearest_distances
from synthloom.evaluation.privacy.accusation import accusation
from synthloom.evaluation.statistics import AreaUnderCurve, area_under_curve, share_interval
from synthloom.finding import Direction, Family, Finding
from synthloom.randomness import RandomStream

CANARIES = 1_000
"""Canaries at most, planted and left out together."""
SHARE = 0.1
"""Canaries for each training row at most, so that they do not become what the table is about."""
MAXIMUM_SYNTHETIC = 40_000
MINIMUM_CANARIES = 20
_REFERENCE = 10_000
_SURE = 0.1
"""Share of the canaries that the attacker calls planted: those of which he is surest."""
_FLOOR = 0.1
_NOTHING = 1e-3


@dataclass(frozen=True)
class _Trial:
    """One refit: how sure the attacker is of each canary, and what a release of the rows would have told."""

    planted: np.ndarray
    guess: np.ndarray
    released: np.ndarray

    @property
    def surest(self) -> np.ndarray:
        """Whether each of the canaries that the attacker calls planted was, ``[guesses]``."""
        order = np.argsort(-self.guess, kind="stable")
        return np.asarray(self.planted[order[: max(1, int(_SURE * len(order)))]])

    @property
    def area(self) -> AreaUnderCurve:
        return area_under_curve(self.guess[self.planted], self.guess[~self.planted])

    @property
    def power(self) -> float:
        return float(replace(self, guess=self.released).surest.mean())


class Canaries(Metric):
    """How many of the surest guesses at planted canaries are right: half is a coin toss.

    Args:
        canaries: how many at most, planted and left out together.
        refits: how often the synthesizer is fitted anew, each time with other canaries.
    """

    name: ClassVar[str] = "canaries"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.5
    meaning: ClassVar[str] = (
        "How often an attacker's surest guesses are right as to which odd rows were planted before a refit: 0.5 is a "
        "coin toss."
    )
    cost: ClassVar[float] = 1.0
    attacker: ClassVar[str | None] = (
        "holds the synthetic rows of a refit, other real rows, and the whole row of a made-up person who may have "
        "been planted"
    )

    def __init__(self, *, canaries: int = CANARIES, refits: int = 1) -> None:
        self.canaries, self.refits = canaries, refits

    def applies(self, data: EvaluationData) -> bool:
        return data.refit is not None

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of the surest guesses, over all refits, that are right."""
        if data.refit is None:
            return [self.unmeasured("it fits the synthesizer anew, and no way to do so was handed in")]
        if len(data.compared) < 2:
            return [self.unmeasured("it takes two columns whose values may be compared")]
        count = min(self.canaries, int(SHARE * data.train.n_rows)) // 2 * 2
        if count < MINIMUM_CANARIES:
            return [self.unmeasured(f"this attack proves nothing here: {count} canaries are too few to count")]
        trials = [_plant(data, data.refit, count, turn) for turn in range(self.refits)]
        right = np.concatenate([trial.surest for trial in trials])
        value, power = float(right.mean()), float(np.mean([trial.power for trial in trials]))
        return [
            accusation(
                self,
                value,
                reference=0.5,
                error=0.5 / math.sqrt(len(right)),  # of coin tosses, which are what it is held against
                interval=share_interval(float(right.sum()), len(right)),
                baseline=0.5,
                power=power,
                floor=_FLOOR,
                words=f"make only {power:.1%} of the guesses right",
                detail={
                    "canaries": count,
                    "guesses": len(right),
                    "refits": self.refits,
                    "auc": round(float(np.mean([trial.area.value for trial in trials])), 4),
                    "exposure_bits": round(float(np.mean([_exposure(trial) for trial in trials])), 3),
                    "epsilon_at_least": round(_epsilon(right), 3),
                },
            )
        ]


def _plant(data: EvaluationData, refit: Refit, count: int, turn: int) -> _Trial:
    """One refit on the training rows and half of the canaries."""
    stream = data.stream.child("canaries", turn)
    canaries = make_canaries(data.train, count, stream)
    planted = np.zeros(count, bool)
    planted[stream.child("coin").generator().permutation(count)[: count // 2]] = True
    rows = Table.concatenate([data.train, canaries.take(np.flatnonzero(planted))])
    order = stream.child("order").generator().permutation(rows.n_rows)  # where a row stands tells nothing
    made = refit(rows.take(order), stream.child("refit").integer())
    # the canaries take the holdout's place, so that they become points of the same space
    scene = EvaluationData.of(data.train, canaries, made, data.schema, stream)
    space = DistanceSpace(scene)
    points = space.points("holdout", np.arange(count))
    real = space.points("train", scene.draw("train", _REFERENCE, "canaries"))
    synthetic = space.points("synthetic", scene.draw("synthetic", MAXIMUM_SYNTHETIC, "canaries"))
    far = np.log(nearest_distances(real, points) + _NOTHING)
    near = nearest_distances(np.vstack([real, points[planted]]), points)
    guess = far - np.log(nearest_distances(synthetic, points) + _NOTHING)
    return _Trial(planted, guess, far - np.log(near + _NOTHING))


def make_canaries(train: Table, count: int, stream: RandomStream) -> Table:
    """Rows in which every value is some training row's, each from another one."""
    import pyarrow as pa

    columns = {
        name: train.column(name).take(
            pa.array(stream.child("values", name).generator().integers(0, train.n_rows, count))
        )
        for name in train.names
    }
    return Table(pa.table(columns))


def _exposure(trial: _Trial) -> float:
    """Bits by which the ranking among those left out narrows the search for the median planted canary."""
    out = np.sort(trial.guess[~trial.planted])
    rank = 1 + len(out) - np.searchsorted(out, trial.guess[trial.planted], side="right")
    return float(np.median(math.log2(len(out) + 1) - np.log2(rank)))


def _epsilon(right: np.ndarray) -> float:
    """The least epsilon (at delta 0) under which so many sure guesses would be right, with 95 % confidence.

    Under epsilon-differential privacy a guess is right with probability at most e^ε / (1 + e^ε), and the
    right ones are no more than a binomial count (Steinke, Nasr and Jagielski 2023, theorem 5.2).
    """
    from scipy.stats import beta

    hits = int(right.sum())
    low = float(beta.ppf(0.05, hits, len(right) - hits + 1)) if hits else 0.0
    return max(0.0, math.log(low / (1 - low))) if 0 < low < 1 else 0.0

"""Membership inference by calibrated density: is the candidate likelier under the synthetic than under the real rows?

The attacker of van Breugel et al., "Membership Inference Attacks against Synthetic Data through
Overfitting Detection" (AISTATS 2023; DOMIAS): the density of the synthetic rows at the candidate,
over the density of other real rows there. Where a synthesizer overfits, the first exceeds the
second around its training rows. Both are Gaussian kernel estimates in the space of distances with one
bandwidth a candidate, half its distance to the nearest real row, so that the estimate is as fine as
the data around it allow (Terrell and Scott, "Variable kernel density estimation", 1992).

Unlike the distance attack it adds up all synthetic rows around a candidate, so it sees crowding near
training rows as well as copies of them.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import DistanceSpace, nearest_distances, shared_space
from synthloom.evaluation.privacy.accusation import accusation_of_areas
from synthloom.evaluation.privacy.candidates import TOO_FEW_TO_TRY, Trial, trials
from synthloom.evaluation.statistics import area_under_curve
from synthloom.finding import Direction, Family, Finding

MAXIMUM_CANDIDATES = 2_000
MAXIMUM_ROWS = 20_000
_POWER_ROWS = 500
_NARROWEST = 0.03
"""The least bandwidth: below it the float32 products no longer tell distances apart."""
_BLOCK = 128


class MembershipDensity(Metric):
    """How well the ratio of densities tells training rows from rows not seen: 0.5 is a coin toss."""

    name: ClassVar[str] = "membership_density"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.5
    meaning: ClassVar[str] = (
        "How well an attacker tells training from unseen rows by where synthetic rows crowd more than real ones do: "
        "0.5 is a coin toss."
    )
    cost: ClassVar[float] = 2.5
    attacker: ClassVar[str | None] = (
        "holds the synthetic rows, other real rows of the same kind, and the whole row of the person in question"
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The area under the ROC curve of the density ratio."""
        if not data.compared:
            return [self.unmeasured("there is no column whose values may be compared")]
        sides = trials(data, MAXIMUM_CANDIDATES)
        if sides is None:
            return [self.unmeasured(TOO_FEW_TO_TRY)]
        space = shared_space(data)
        synthetic = space.points("synthetic", data.draw("synthetic", MAXIMUM_ROWS, self.name))
        areas, powers = [], []
        for side in sides:
            members, others = space.points("train", side.members), space.points("holdout", side.others)
            reference = space.points("holdout", side.reference[:MAXIMUM_ROWS])
            guess = density_ratio(np.vstack([members, others]), synthetic, reference)
            areas.append(area_under_curve(guess[: len(members)], guess[len(members) :]))
            powers.append(_power(data, space, side, reference))
        return [
            accusation_of_areas(
                self,
                areas,
                powers,
                note=data.thinned_note(
                    f"{len(synthetic):,} synthetic rows" if len(synthetic) < data.size("synthetic") else ""
                ),
                detail={"members": sum(len(side.members) for side in sides)},
            )
        ]


def density_ratio(query: np.ndarray, synthetic: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Logarithm of the synthetic rows' density over the reference's at each query point, ``[queries]``.

    Args:
        query: points, float32 ``[queries, width]``.
        synthetic: points of synthetic rows.
        reference: points of real rows.
    """
    narrow = np.maximum(nearest_distances(reference, query) / 2, _NARROWEST).astype(np.float32)
    return _log_density(synthetic, query, narrow) - _log_density(reference, query, narrow)


def _log_density(base: np.ndarray, query: np.ndarray, narrow: np.ndarray) -> np.ndarray:
    """Log of the mean Gaussian kernel of width ``narrow[i]`` at ``query[i]``, without the common factor."""
    centre = base.mean(axis=0)
    base, query = base - centre, query - centre  # short vectors lose less in the products
    squares = (base**2).sum(axis=1)
    result = np.empty(len(query))
    for start in range(0, len(query), _BLOCK):
        block, width = query[start : start + _BLOCK], narrow[start : start + _BLOCK, None]
        exponent = block @ base.T
        exponent *= 2
        exponent -= squares  # 2 q·b - |b|², so that |q|² is all that lacks
        exponent -= (block**2).sum(axis=1)[:, None]
        np.minimum(exponent, 0, out=exponent)
        exponent /= 2 * width**2
        most = exponent.max(axis=1)
        exponent -= most[:, None]
        np.exp(exponent, out=exponent)
        result[start : start + len(block)] = most + np.log(exponent.sum(axis=1)) - np.log(len(base))
    return result


def _power(data: EvaluationData, space: DistanceSpace, side: Trial, reference: np.ndarray) -> float:
    """The area that the attack would reach if the training rows had been released as they are."""
    members = space.points("train", side.members[:_POWER_ROWS])
    others = space.points("holdout", side.others[:_POWER_ROWS])
    released = np.vstack([members, space.points("train", data.draw("train", len(reference), "membership_density"))])
    guess = density_ratio(np.vstack([members, others]), released, reference)
    return area_under_curve(guess[: len(members)], guess[len(members) :]).value

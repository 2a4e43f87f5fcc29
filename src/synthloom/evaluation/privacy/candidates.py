"""Whom an attack asks about: training rows (members), holdout rows (others), holdout rows the attacker holds.

All places are random, drawn from streams of their own, so that every attack asks about the same
people whatever the order or the number of attacks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthloom.evaluation.base import EvaluationData

MINIMUM_ROWS = 10
"""Members, others and reference rows without which an attack on membership is not tried."""

_TOO_FEW = "this attack proves nothing here: it takes {least} training and {least} holdout rows"
TOO_FEW_TO_TRY = _TOO_FEW.format(least=2 * MINIMUM_ROWS)
"""Why there are no :func:`trials`."""
TOO_FEW_TO_ASK = _TOO_FEW.format(least=MINIMUM_ROWS)
"""Why there are no :func:`targets`."""


@dataclass(frozen=True)
class Trial:
    """The places (in the views) of one half of an attack on membership.

    Attributes:
        members: training rows, one of each entity.
        others: rows of one half of the holdout, one of each entity.
        reference: the other half: real rows that the attacker holds.
    """

    members: np.ndarray
    others: np.ndarray
    reference: np.ndarray


def trials(data: EvaluationData, limit: int) -> tuple[Trial, Trial] | None:
    """Two trials in which the halves of the holdout change places; ``None`` if there are too few rows.

    Args:
        data: the evaluation.
        limit: members, and others, of one trial at most.
    """
    train, holdout = shuffled_places(data, "train"), shuffled_places(data, "holdout")
    cut = len(holdout) // 2
    halves = (holdout[:cut], holdout[cut:])
    members = first_of_entity(data, "train", train)
    sides = []
    for side in (0, 1):
        others = first_of_entity(data, "holdout", halves[side])[:limit]
        sides.append(Trial(members[side::2][:limit], others, halves[1 - side]))
    least = min(len(rows) for side in sides for rows in (side.members, side.others, side.reference))
    return (sides[0], sides[1]) if least >= MINIMUM_ROWS else None


def targets(data: EvaluationData, limit: int, *names: object) -> tuple[np.ndarray, np.ndarray] | None:
    """As many random training as holdout places, one of each entity; ``None`` if there are too few."""
    chosen = [
        first_of_entity(data, part, shuffled_places(data, part, "targets", *names)) for part in ("train", "holdout")
    ]
    size = min(limit, *map(len, chosen))
    return (chosen[0][:size], chosen[1][:size]) if size >= MINIMUM_ROWS else None


def shuffled_places(data: EvaluationData, part: str, *names: object) -> np.ndarray:
    """The places of a part's views in random order; rows of one entity stay together."""
    generator = data.stream.child("membership", "shuffle", part, *names).generator()
    places = generator.permutation(data.size(part))
    owner = entity_codes(data, part)
    if owner is None:
        return places
    rank = generator.permutation(int(owner.max()) + 1)
    return places[np.argsort(rank[owner[places]], kind="stable")]


def first_of_entity(data: EvaluationData, part: str, places: np.ndarray) -> np.ndarray:
    """The first of the given places of each entity, in their order; all of them without entities."""
    owner = entity_codes(data, part)
    if owner is None:
        return places
    return places[np.sort(np.unique(owner[places], return_index=True)[1])]


def entity_codes(data: EvaluationData, part: str) -> np.ndarray | None:
    """A whole number for each row of a part's views that says whose row it is; ``None`` without entities."""
    if data.schema.entity is None:
        return None
    import pyarrow.compute as pc

    def build() -> np.ndarray:
        column = data.table(part).column(str(data.schema.entity)).take(data.rows(part)).combine_chunks()
        if column.null_count == len(column):
            return np.arange(len(column))
        return np.asarray(pc.fill_null(column.dictionary_encode().indices, 0).to_numpy())

    return data.cached(("entity codes", part), build)

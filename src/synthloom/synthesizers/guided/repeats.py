"""Weighted rows resampled; a row that comes again takes another way through the later columns.

Resample-move (Gilks and Berzuini 2001, "Following a moving target: Monte Carlo inference for dynamic
Bayesian models"): a repeated row keeps its columns up to some place, those after it are drawn again
by the same weighted walk, and taken with a chance that leaves the distribution of repeated rows as it
is (Metropolis and Hastings). So no two rows are equal: equal rows would give synthetic data away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from synthloom.encoding import EncodedColumn
from synthloom.randomness import RandomStream
from synthloom.synthesizers.guided.chain_walk import Walk
from synthloom.synthesizers.guided.resampling import spread

_BEGINNINGS = (0.5, 0.75)
"""How far along the walk a row is kept, turn by turn; from nearer the beginning few ways on are as heavy."""
_LAST_BEGINNINGS = (0.75, 0.5, 0.0)
_TRIES = 4
"""Ways on for rows that did not change yet; few, and the heaviest, so that any way on is lighter."""


class Onwards(Protocol):
    """The weighted walk that rows come from, from any place on."""

    def __call__(self, n: int, stream: RandomStream, begun: Mapping[str, EncodedColumn] | None = None) -> Walk: ...


def resampled(pool: Walk, n: int, onwards: Onwards, stream: RandomStream) -> Walk:
    """``n`` rows in proportion to the weights of ``pool``, each of its own, in random order."""
    weight = np.exp(pool.log_weight - pool.log_weight.max())
    rng = stream.generator()
    chosen = spread(weight, n, rng)
    rows = pool.take(chosen)
    again = np.ones(n, dtype=bool)
    again[np.unique(chosen, return_index=True)[1]] = False
    once = pool.log_weight.max() + np.log(weight.sum() / n)
    same = _redraw(rows, np.flatnonzero(again), once, onwards, stream)
    weight[chosen] = 0.0
    same = same[: np.count_nonzero(weight)]
    if len(same):  # so heavy that no move was taken of them: others of the pool stand in
        _write(rows, same, pool.take(spread(weight, len(same), rng)), list(rows.columns))
    return rows


def _redraw(rows: Walk, again: np.ndarray, once: float, onwards: Onwards, stream: RandomStream) -> np.ndarray:
    """Moves the rows at ``again`` int64 [k] in place; gives the places int64 of those that did not change.

    A row of the log weight ``once`` comes once. A heavier one comes again in proportion to its weight
    beyond that, so this is the weight that moves go by.
    """
    same = again
    for turn, share in enumerate(_BEGINNINGS):
        changed = _turn(rows, again, share, once, onwards, stream.child("turn", turn))
        same = np.setdiff1d(same, changed, assume_unique=True)
    for turn, share in enumerate(_LAST_BEGINNINGS):
        changed = _turn(rows, np.repeat(same, _TRIES), share, once, onwards, stream.child("last", turn))
        same = np.setdiff1d(same, changed)
    return same


def _turn(
    rows: Walk, movers: np.ndarray, share: float, once: float, onwards: Onwards, stream: RandomStream
) -> np.ndarray:
    """Tries a way on for each of ``movers`` int64 [k], the first that is taken of each; gives those that changed."""
    if not len(movers):
        return movers
    names = list(rows.columns)
    begin = int(share * len(names))
    kept, drawn = names[:begin], names[begin:]
    other = onwards(len(movers), stream, {name: rows.columns[name].take(movers) for name in kept})
    old = rows.log_weight[movers]
    other.log_weight += old - sum((rows.steps[name][movers] for name in drawn if name in rows.steps), 0.0)
    beyond, before = np.expm1(other.log_weight - once), np.expm1(old - once)
    taken = np.flatnonzero(stream.child("chance").generator().random(len(movers)) * before < beyond)
    taken = taken[np.unique(movers[taken], return_index=True)[1]]
    moved = other.take(taken)
    changed = _differ(rows, movers[taken], moved, drawn)
    _write(rows, movers[taken], moved, drawn)
    return np.asarray(movers[taken[changed]])


def _differ(rows: Walk, places: np.ndarray, others: Walk, names: list[str]) -> np.ndarray:
    """Which of the rows at ``places`` another one differs from in a code of the parts ``names``, bool [k]."""
    differ = np.zeros(len(places), dtype=bool)
    for name in names:
        column, fresh = rows.columns[name].take(places), others.columns[name]
        differ |= (column.codes != fresh.codes) | (column.nulls != fresh.nulls)
    return differ


def _write(rows: Walk, places: np.ndarray, others: Walk, names: list[str]) -> None:
    """Puts the parts ``names`` of other rows at these places."""
    rows.log_weight[places] = others.log_weight
    for name in names:
        column, fresh = rows.columns[name], others.columns[name]
        column.codes[places], column.residuals[places], column.nulls[places] = fresh.codes, fresh.residuals, fresh.nulls
        if name in others.steps:
            rows.steps[name][places] = others.steps[name]

"""Rows drawn from a junction tree, clique by clique.

Within each group of rows that agree in a separator, the next parts are drawn by inversion of evenly
spread places (one in each n-th of the unit interval), handed out to the group's rows in random order.
That keeps the frequencies of the model closely, and the random order keeps what the model holds to
be independent given the separator independent in the rows as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synthloom.synthesizers.drawing import cumulative
from synthloom.synthesizers.private.junction_tree import JunctionTree, spread

_NEVER = -1e6


def draw_rows(tree: JunctionTree, marginals: list[np.ndarray], n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` rows of codes, int64 [n, parts]."""
    codes = np.zeros((n, len(tree.sizes)), dtype=np.int64)
    for clique, separator, table in zip(tree.cliques, tree.separators, marginals):
        fresh = tuple(part for part in clique if part not in separator)
        order = [clique.index(part) for part in (*separator, *fresh)]
        shape = tree.shape(fresh)
        given = _joined(codes, separator, tree.shape(separator))
        rows = int(np.prod(tree.shape(separator), dtype=np.int64))
        drawn = _draw_given(np.transpose(table, order).reshape(rows, -1), given, rng)
        for part, values in zip(fresh, np.unravel_index(drawn, shape)):
            codes[:, part] = values
    return codes


def draw_rows_given(
    tree: JunctionTree,
    potentials: list[np.ndarray],
    fixed: Mapping[int, np.ndarray],
    n: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """``n`` rows given some of their codes: exact draws from the model conditioned on them.

    Args:
        tree: the cliques.
        potentials: the log potential of each.
        fixed: by part, the codes int64 [n] that its rows must have.
        n: how many rows.
        rng: draws them.
    """
    if not fixed:
        return draw_rows(tree, tree.marginals(potentials), n, rng)
    parts = sorted(fixed)
    codes = np.zeros((n, len(tree.sizes)), dtype=np.int64)
    combinations, which = np.unique(np.stack([fixed[p] for p in parts], axis=1), axis=0, return_inverse=True)
    for place, combination in enumerate(combinations):
        rows = np.flatnonzero(which.reshape(-1) == place)
        held = [np.array(potential) for potential in potentials]
        for part, code in zip(parts, combination):
            mask = np.full(tree.sizes[part], _NEVER)
            mask[code] = 0.0
            home = tree.home((part,))
            held[home] += spread(mask, (part,), tree.cliques[home])
        codes[rows] = draw_rows(tree, tree.marginals(held), len(rows), rng)
        codes[rows[:, None], parts] = combination
    return codes


def _joined(codes: np.ndarray, parts: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    if not parts:
        return np.zeros(len(codes), dtype=np.int64)
    return np.ravel_multi_index(tuple(codes[:, part] for part in parts), shape)


def _draw_given(table: np.ndarray, given: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A column int64 [n] of each row's row of ``table`` [s, k], drawn in proportion to its entries."""
    n = len(given)
    order = np.lexsort((rng.random(n), given))
    counts = np.bincount(given, minlength=len(table))
    first = np.cumsum(counts) - counts
    rank = np.arange(n) - first[given[order]]
    places = np.empty(n)
    places[order] = (rank + rng.random(n)) / counts[given[order]]
    weights = np.where(table.sum(axis=1, keepdims=True) > 0, table, 1.0)
    keys = (np.arange(len(table))[:, None] + cumulative(weights)).reshape(-1)
    found = np.searchsorted(keys, np.minimum(given + places, np.nextafter(given + 1.0, 0.0)), side="right")
    return np.clip(found - given * table.shape[1], 0, table.shape[1] - 1)

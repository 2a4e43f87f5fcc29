"""Cliques of a decomposable model, and exact marginals by passing messages between them.

A graph over the parts (an edge where a measured clique holds both) is made chordal by eliminating,
again and again, the part whose neighbours form the smallest table; its maximal cliques are joined to
a tree of largest separators. Messages are passed once up and once down, in logarithms (Lauritzen and
Spiegelhalter 1988; Koller and Friedman 2009, chapters 9 and 10).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Clique = tuple[int, ...]
"""Places of parts, ascending."""

_TINY = 1e-300


def eliminate(sizes: Sequence[int], cliques: Iterable[Clique]) -> list[Clique]:
    """The maximal cliques after eliminating every part, the one with the smallest table first.

    Args:
        sizes: how many codes each part has.
        cliques: sets of parts that must lie within one clique; parts in none get one of their own.
    """
    neighbours = {part: 1 << part for part in range(len(sizes))}  # bit sets, each with itself
    for clique in cliques:
        mask = sum(1 << part for part in clique)
        for part in clique:
            neighbours[part] |= mask
    logs = [math.log(size) for size in sizes]
    weights = {part: sum(logs[p] for p in _parts(mask)) for part, mask in neighbours.items()}
    found: list[int] = []
    while neighbours:
        part = min(neighbours, key=lambda p: (weights[p], p))
        mask = neighbours.pop(part)
        if not any(mask & other == mask for other in found):
            found.append(mask)
        rest = mask & ~(1 << part)
        for other in _parts(rest):
            neighbours[other] = (neighbours[other] | rest) & ~(1 << part)
            weights[other] = sum(logs[p] for p in _parts(neighbours[other]))
    return [tuple(_parts(mask)) for mask in found]


def cells(sizes: Sequence[int], cliques: Iterable[Clique]) -> int:
    """Cells of the tables of all maximal cliques together."""
    return sum(math.prod(sizes[part] for part in clique) for clique in eliminate(sizes, cliques))


def _parts(mask: int) -> list[int]:
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


@dataclass(frozen=True)
class JunctionTree:
    """Cliques in an order in which each comes after its parent.

    Attributes:
        sizes: how many codes each part has.
        cliques: the maximal cliques; the first is the root.
        parents: the place of each clique's parent, -1 for the root.
        separators: the parts that each clique shares with its parent.
    """

    sizes: tuple[int, ...]
    cliques: tuple[Clique, ...]
    parents: tuple[int, ...]
    separators: tuple[Clique, ...]

    @classmethod
    def build(cls, sizes: Sequence[int], cliques: Iterable[Clique]) -> JunctionTree:
        """The tree for a model over parts of these ``sizes`` with these cliques."""
        maximal = eliminate(sizes, cliques)
        sets = [set(clique) for clique in maximal]
        root = max(range(len(maximal)), key=lambda c: (len(sets[c]), -c))
        order, parents, separators = [root], [-1], [()]
        # Prim's algorithm for the tree whose separators are largest in sum
        best = {c: (len(sets[c] & sets[root]), 0) for c in range(len(maximal)) if c != root}
        while best:
            chosen = max(best, key=lambda c: (best[c][0], -c))
            parent = best.pop(chosen)[1]
            shared = tuple(sorted(sets[chosen] & sets[order[parent]]))
            order.append(chosen)
            parents.append(parent)
            separators.append(shared)  # type: ignore[arg-type]
            for other, (size, _) in best.items():
                common = len(sets[other] & sets[chosen])
                if common > size:
                    best[other] = (common, len(order) - 1)
        return cls(tuple(sizes), tuple(maximal[c] for c in order), tuple(parents), tuple(separators))

    def shape(self, clique: Clique) -> tuple[int, ...]:
        """The shape of a clique's table."""
        return tuple(self.sizes[part] for part in clique)

    def home(self, clique: Clique) -> int:
        """The smallest maximal clique that holds all parts of ``clique``."""
        wanted = set(clique)
        holding = [c for c, parts in enumerate(self.cliques) if wanted <= set(parts)]
        return min(holding, key=lambda c: math.prod(self.shape(self.cliques[c])))

    def marginals(self, potentials: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The marginal of each clique under the model with these log potentials; each sums to one."""
        beliefs = [np.array(potential) for potential in potentials]
        upward: list[np.ndarray] = [np.zeros(())] * len(beliefs)
        for c in range(len(beliefs) - 1, 0, -1):
            parent = self.parents[c]
            upward[c] = _log_sum(beliefs[c], _axes(self.cliques[c], self.separators[c]))
            beliefs[parent] += spread(upward[c], self.separators[c], self.cliques[parent])
        out: list[np.ndarray] = [np.zeros(())] * len(beliefs)
        for c in range(len(beliefs)):
            if c:
                parent = self.parents[c]
                shared = out[parent].sum(axis=_axes(self.cliques[parent], self.separators[c]))
                message = np.log(np.maximum(shared, _TINY)) - upward[c]
                beliefs[c] += spread(message, self.separators[c], self.cliques[c])
            table = np.exp(beliefs[c] - beliefs[c].max())
            out[c] = table / table.sum()
        return out


def spread(table: np.ndarray, parts: Clique, clique: Clique) -> np.ndarray:
    """``table`` over ``parts``, shaped so that it broadcasts over the table of ``clique``, which holds them."""
    sizes = dict(zip(parts, table.shape))
    return table.reshape(tuple(sizes.get(part, 1) for part in clique))


def project(table: np.ndarray, clique: Clique, parts: Clique) -> np.ndarray:
    """``table`` over ``clique``, summed down to ``parts``."""
    return table.sum(axis=_axes(clique, parts))


def _axes(clique: Clique, kept: Clique) -> tuple[int, ...]:
    return tuple(axis for axis, part in enumerate(clique) if part not in kept)


def _log_sum(table: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    top = table.max(axis=axes, keepdims=True)
    return np.log(np.exp(table - top).sum(axis=axes)) + top.reshape(
        [s for a, s in enumerate(top.shape) if a not in axes]
    )

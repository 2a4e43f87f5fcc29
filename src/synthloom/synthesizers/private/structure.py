"""Which columns are measured together: first a tree over all of them, then what the model misses most.

The tree is MST (McKenna, Miklau, Sheldon 2021, "Winning the NIST contest"): Kruskal's algorithm whose
next edge the exponential mechanism chooses, by how far the noisy single columns alone are from the
pair's counts. The rest is AIM (McKenna, Mullins, Sheldon, Miklau 2022): in each round the exponential
mechanism chooses the clique that the model misses by most beyond the noise its measurement will have,
which is then measured, and the model fitted again.

Where a target is named, rounds take turns: every other count goes to the clique in which the model is
most wrong on the target given the other columns. By plain misses alone, cliques with the target are
chosen for what the model misses among the *other* columns, since the classes of the target, a rare one
above all, hold few rows beside those.

*Privacy.* A score is the sum over cells of |count - estimate|, where estimates come from earlier
noisy answers only; one row changes one count by one, so the score by at most one. The other score is
half the sum over cells (x, y) of |count(x, y) - count(x) chance(y | x)|, chances from earlier answers
too: one row of (x, y) changes the term of y by 1 - chance(y | x) and those of the other y by their
chances, so the sum by at most two, and the score by at most one. Scores are taken to
whole multiples of 1/1024; the sensitivity of 1025 multiples covers the rounding of floating point,
whose error in these sums lies far below 1/1024. What is measured is a noisy count of sensitivity one.

Deviation from AIM: the noise of all rounds is fixed before the first, as the accountant needs (see
``ledger``). Where AIM spends more on a round once the model stops moving, a round here takes several
of the fixed, equally noisy counts of one clique, whose mean is as good as one count of less noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synthloom.differential_privacy import Account, choose, noisy_counts
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.synthesizers.private.drawing_rows import draw_rows
from synthloom.synthesizers.private.graphical_model import GraphicalModel, Measurement
from synthloom.synthesizers.private.junction_tree import Clique, cells

_GRAIN = 1024
_SENSITIVITY = _GRAIN + 1
_LARGEST_PAIR = 100_000
_MAX_COPIES = 8
_POOL = 500
_MODEL_ROWS = 120_000
_ELSEWHERE = 0.5
"""What a clique without the target counts for, beside one with it (the workload of AIM)."""
_NOISE = math.sqrt(2 / math.pi)  # E|x| of a normal x of variance one


@dataclass
class CodedRows:
    """Rows as group codes, and their counts on cliques; the only place from which rows are counted.

    Attributes:
        codes: int32 [n, parts].
        sizes: how many codes each part has.
    """

    codes: np.ndarray
    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        self._kept: dict[Clique, np.ndarray] = {}

    def counts(self, clique: Clique) -> np.ndarray:
        """Rows in each cell, int64 of the clique's shape."""
        if clique not in self._kept:
            self._kept[clique] = count(self.codes, clique, self.sizes)
        return self._kept[clique]


def count(codes: np.ndarray, clique: Clique, sizes: tuple[int, ...]) -> np.ndarray:
    """How many rows of ``codes`` fall in each cell of ``clique``."""
    joined = np.zeros(len(codes), dtype=np.int64)
    for part in clique:
        joined *= sizes[part]
        joined += codes[:, part]
    shape = tuple(sizes[part] for part in clique)
    return np.bincount(joined, minlength=math.prod(shape)).reshape(shape)


def measure(rows: CodedRows, clique: Clique, account: Account, purpose: str, copies: int = 1) -> Measurement:
    """Noisy counts of a clique; with ``copies``, the mean of so many."""
    noisy, variance = np.zeros(tuple(rows.sizes[p] for p in clique)), 0.0
    for _ in range(copies):
        event = account.gaussian(purpose)
        noisy += noisy_counts(rows.counts(clique), event.variance)
        variance = float(event.variance)
    return Measurement(clique, noisy / copies, variance / copies)


def choose_clique(scores: np.ndarray, account: Account, purpose: str) -> int:
    """The place of a candidate by the exponential mechanism; ``scores`` change by at most one with a row."""
    event = account.exponential(purpose)
    return choose(np.floor(scores * _GRAIN).astype(np.int64), _SENSITIVITY, event.epsilon)


def learn_tree(rows: CodedRows, model: GraphicalModel, account: Account, parts: list[int]) -> list[Clique]:
    """The edges of a tree over ``parts``, chosen by how far independence is from the counts."""
    single = {part: model.marginal((part,)) * model.total for part in parts}
    open_pairs = [
        pair for pair in combinations(parts, 2) if model.sizes[pair[0]] * model.sizes[pair[1]] <= _LARGEST_PAIR
    ]
    scores = {
        (a, b): float(np.abs(rows.counts((a, b)) - np.outer(single[a], single[b]) / model.total).sum())
        for a, b in open_pairs
    }
    component = {part: part for part in parts}
    chosen: list[Clique] = []
    for _ in range(len(parts) - 1):
        candidates = [pair for pair in open_pairs if component[pair[0]] != component[pair[1]]]
        if not candidates:
            break
        best = candidates[choose_clique(np.array([scores[pair] for pair in candidates]), account, "tree choice")]
        chosen.append(best)
        old, new = component[best[1]], component[best[0]]
        component = {part: new if c == old else c for part, c in component.items()}
    return chosen


Score = Callable[[Clique, float], float]
"""How much a clique would tell, given the noise that its counts will have in all."""


@dataclass
class _Turn:
    """Rounds of one aim: what may be chosen, by which score, how many copies it takes and has taken."""

    candidates: list[Clique]
    score: Score
    copies: int = 1
    spent: int = 0


@dataclass
class FurtherRounds:
    """The rounds of AIM; with a target, half of the counts are for it.

    Attributes:
        rows: what is counted.
        model: what is fitted.
        account: what rounds are charged to.
        target: the part that is to be predicted, if any: triples with it are candidates too.
        max_cells: cells that the tables of the model may have in all.
        iterations: steps of the fit after each round.
    """

    rows: CodedRows
    model: GraphicalModel
    account: Account
    target: int | None
    max_cells: int
    iterations: int

    def run(self, parts: list[int], stream: RandomStream, run: RunContext) -> None:
        """Chooses, measures and fits until the ledger has nothing left for it."""
        pairs: list[Clique] = list(combinations(parts, 2))
        aimed = [clique for clique in pairs if self.target in clique]
        if self.target in parts:
            aimed += [
                tuple(sorted((*pair, self.target))) for pair in combinations([p for p in parts if p != self.target], 2)
            ]
        turns = [_Turn(aimed, self._mispredicted), _Turn(sorted({*pairs, *aimed}), self._missed)]
        rounds, number = self.account.left("further"), 0
        reporter = run.reporter("fit")
        while left := self.account.left("further"):
            run.check()
            reporter.update(1 - left / rounds, f"{rounds - left} of {rounds} counts")
            for turn in sorted(turns, key=lambda t: t.spent):
                pool = self._feasible(turn.candidates, stream.child("pool", number).generator())
                if pool:
                    break
            else:
                break
            copies = min(turn.copies, left)
            clique = self._choose(pool, turn.score, copies, stream.child("model rows", number))
            before = self._sampled(clique)
            found = measure(self.rows, clique, self.account, "further", copies)
            self.model.add([found])
            self.model.fit(self.iterations)
            moved = float(np.abs(self.model.marginal(clique) - before).sum()) * self.model.total
            noise = _NOISE * math.sqrt(float(np.max(found.variances))) * found.counts.size
            turn.spent += copies
            if moved <= noise:
                turn.copies = min(_MAX_COPIES, turn.copies * 2)
            number += 1

    def _feasible(self, candidates: list[Clique], rng: np.random.Generator) -> list[Clique]:
        """Candidates that keep the model small, drawn without a look at the rows where there are many."""
        sizes, known = self.model.sizes, [set(clique) for clique in self.model.tree.cliques]
        order = rng.permutation(len(candidates))
        pool: list[Clique] = []
        for place in order:
            clique = candidates[place]
            inside = any(set(clique) <= parts for parts in known)
            if inside or cells(sizes, [*self.model.tree.cliques, clique]) <= self.max_cells:
                pool.append(clique)
            if len(pool) >= _POOL:
                break
        return sorted(pool)

    def _choose(self, pool: list[Clique], score: Score, copies: int, stream: RandomStream) -> Clique:
        model = self.model
        made = draw_rows(model.tree, model.marginals, int(min(4 * model.total + 1, _MODEL_ROWS)), stream.generator())
        sigma = math.sqrt(float(self._next_variance()) / copies)
        self._estimates = {c: count(made, c, model.sizes) * (model.total / len(made)) for c in pool}
        scores = [score(clique, _NOISE * sigma * self._estimates[clique].size) for clique in pool]
        return pool[choose_clique(np.array(scores), self.account, "further choice")]

    def _missed(self, clique: Clique, noise: float) -> float:
        miss = float(np.abs(self.rows.counts(clique) - self._estimates[clique]).sum()) - noise
        return miss * (1.0 if self.target in (None, *clique) else _ELSEWHERE)

    def _mispredicted(self, clique: Clique, noise: float) -> float:
        """Rows whose target would have to change for the model to be right on the target given the others."""
        axis = clique.index(self.target)
        counts, estimate = self.rows.counts(clique), self._estimates[clique]
        share = estimate.sum(axis=tuple(a for a in range(estimate.ndim) if a != axis), keepdims=True) / estimate.sum()
        chance = (estimate + share) / (estimate.sum(axis=axis, keepdims=True) + 1.0)
        miss = counts - counts.sum(axis=axis, keepdims=True) * chance
        return 0.5 * (float(np.abs(miss).sum()) - noise)

    def _sampled(self, clique: Clique) -> np.ndarray:
        return self._estimates[clique] / self.model.total

    def _next_variance(self) -> float:
        held = next(e.event for e in self.account.ledger.entries if e.purpose == "further")
        return float(held.variance)  # type: ignore[union-attr]

"""How large a boosted softmax grows: until rows that it does not learn from gain no more.

Where rows are many, a share of them is held out and decides (early stopping). Where they are few, each
of five folds is held out in turn, the rounds of the least mean loss are taken, and the model is grown
anew on all rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from synthloom.synthesizers.boosting.forest import MOST_LEAVES, Forest, Tree

_FEW_ROWS = 3_000
_FOLDS = 5
_LEAVES_OF_FEW = 30


@dataclass(frozen=True)
class BoostingOptions:
    """How the boosted models are grown.

    Attributes:
        learning_rate: shrinkage of each tree.
        leaves: most leaves of a tree.
        min_leaf: fewest rows in a leaf of a model of many rows; a thirtieth of the rows where they are few.
        support: fewest rows in any leaf.
        l2: ridge penalty on leaf values.
        patience: rounds without a gain on held-out rows after which growing stops.
        max_rounds: most rounds.
        held_out: share of the training rows that decide when to stop.
    """

    learning_rate: float = 0.15
    leaves: int = 16
    min_leaf: int = 150
    support: int = 5
    l2: float = 5.0
    patience: int = 8
    max_rounds: int = 200
    held_out: float = 0.15

    def refined(self, classes: int) -> BoostingOptions:
        """Slower, finer growing where two classes cost but one tree a round, as a two-valued target does."""
        if classes > 2:
            return self
        return replace(
            self,
            learning_rate=self.learning_rate / 3.0,
            leaves=min(2 * self.leaves, MOST_LEAVES),
            min_leaf=self.min_leaf // 2,
            patience=5 * self.patience // 2,
            max_rounds=5 * self.max_rounds,
        )

    def least_rows(self, rows: int) -> int:
        """Fewest rows in a leaf of a model that learns from ``rows``."""
        return max(self.support, min(self.min_leaf, rows // _LEAVES_OF_FEW))


@dataclass(frozen=True)
class Sample:
    """What a model learns from.

    Attributes:
        inputs: uint8 [k, n], the bin of each input; 0 where it is missing.
        begin: float32 [n, scores], the scores to begin at: one for each class, or the logit of two.
        target: int32 [n], the class.
        weights: float32 [n].
    """

    inputs: np.ndarray
    begin: np.ndarray
    target: np.ndarray
    weights: np.ndarray

    def take(self, rows: np.ndarray) -> Sample:
        """Some of the rows."""
        return Sample(
            np.take(self.inputs, rows, axis=1), self.begin[rows], self.target[rows], self.weights[rows]
        )

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return max(2, self.begin.shape[1])


def grow(
    sample: Sample, held: np.ndarray, options: BoostingOptions, seed: int, stop: Callable[[], bool]
) -> Forest | None:
    """Trees for ``sample``; ``None`` if even the first does not help. ``held`` bool [n] are held out of many rows.

    ``stop`` is asked after every round; where it says yes, the trees grown so far are the model.
    """
    n = len(sample.target)
    options = options.refined(sample.classes)
    if n < _FEW_ROWS:
        rounds = _rounds_by_folds(sample, options, seed, stop)
        trees, _ = _boost(sample, np.arange(n), None, rounds, options, lambda: False)
    else:
        trees, losses = _boost(
            sample, np.flatnonzero(~held), np.flatnonzero(held), options.max_rounds, options, stop
        )
        trees = trees[: int(np.argmin(losses))]
    return Forest.of(trees, len(sample.inputs)) if trees else None


def _rounds_by_folds(sample: Sample, options: BoostingOptions, seed: int, stop: Callable[[], bool]) -> int:
    """The rounds whose mean loss over the folds is least; 0 if none gains."""
    fold = np.random.default_rng(seed).permutation(len(sample.target)) % _FOLDS
    total = np.zeros(options.max_rounds + 1)
    for part in range(_FOLDS):
        _, losses = _boost(
            sample, np.flatnonzero(fold != part), np.flatnonzero(fold == part), options.max_rounds, options, stop
        )
        total += np.pad(losses, (0, len(total) - len(losses)), mode="edge")
    return int(np.argmin(total))


def _boost(
    sample: Sample,
    train: np.ndarray,
    check: np.ndarray | None,
    rounds: int,
    options: BoostingOptions,
    stop: Callable[[], bool],
) -> tuple[list[Tree], np.ndarray]:
    """Trees, and the loss on the rows ``check`` before the first and after each, until that falls no more."""
    from synthloom.synthesizers.boosting import kernels

    bins = sample.inputs.max(axis=1).astype(np.int64) + 1
    by_row = np.ascontiguousarray(sample.inputs.T)
    offset = np.concatenate([[0], np.cumsum(bins)])
    scores = sample.begin.copy()
    slope, curve = np.empty_like(scores), np.empty_like(scores)
    k = scores.shape[1]
    sums = np.empty((options.leaves, offset[-1], k), dtype=np.float32)
    counts = np.empty((options.leaves, offset[-1]), dtype=np.int32)
    order, spare = np.empty(len(train), dtype=np.int32), np.empty(len(train), dtype=np.int32)
    train = train.astype(np.int32)
    trees: list[Tree] = []
    losses: list[float] = []
    if check is not None:
        checked, aside = sample.take(check), scores[check]
        losses.append(kernels.loss(aside, checked.target, checked.weights))
    least = options.least_rows(len(sample.target))
    while len(trees) < rounds and not stop():
        kernels.gradients(scores, sample.target, sample.weights, train, slope, curve)
        order[:] = train
        tree = Tree(*kernels.grow_tree(
            by_row, offset, order, slope, curve, scores, options.leaves, least, options.l2,
            options.learning_rate, sums, counts, spare,
        ))
        trees.append(tree)
        if check is None:
            continue
        Forest.of([tree], len(sample.inputs)).add_to(aside, checked.inputs)
        losses.append(kernels.loss(aside, checked.target, checked.weights))
        if len(losses) - 1 - int(np.argmin(losses)) >= options.patience:
            break
    return trees, np.array(losses)

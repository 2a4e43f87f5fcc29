"""How large a boosted softmax grows: until rows that it does not learn from gain no more.

Where rows are many, a share of them is held out and decides (early stopping). Where they are few, each
of five folds is held out in turn, the rounds of the least mean loss are taken, and the model is grown
anew on all rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthloom.synthesizers.boosting.forest import Forest

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
            leaves=2 * self.leaves,
            min_leaf=self.min_leaf // 2,
            patience=5 * self.patience // 2,
            max_rounds=5 * self.max_rounds,
        )

    def least_rows(self, rows: int) -> int:
        """Fewest rows in a leaf of a model that learns from ``rows``."""
        return max(self.support, min(self.min_leaf, rows // _LEAVES_OF_FEW))

    def parameters(self, classes: int, rows: int, seed: int) -> dict[str, Any]:
        """LightGBM's parameters; one thread and no sampling, so that results repeat."""
        task: dict[str, Any] = (
            {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
        )
        return task | {
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_rows(rows),
            "lambda_l2": self.l2,
            "max_bin": 255,
            "min_data_in_bin": 5,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "seed": seed,
            "verbose": -1,
        }


@dataclass(frozen=True)
class Sample:
    """What a model learns from.

    Attributes:
        inputs: float64 [n, k].
        begin: float64 [n, classes], the scores to begin at; [n, 1] for two classes.
        target: int [n], the class.
        weights: float64 [n] or ``None``.
        classes: how many classes there are.
    """

    inputs: np.ndarray
    begin: np.ndarray
    target: np.ndarray
    weights: np.ndarray | None
    classes: int

    def dataset(self, rows: np.ndarray, parameters: dict[str, Any], reference: Any = None) -> Any:
        """The rows as LightGBM wants them."""
        import lightgbm as lgb

        return lgb.Dataset(
            self.inputs[rows],
            self.target[rows],
            weight=None if self.weights is None else self.weights[rows],
            init_score=self.begin[rows].ravel(order="F"),
            reference=reference,
            params=parameters,
        )

    def loss(self, rows: np.ndarray) -> float:
        """The mean cross entropy of the scores to begin at."""
        scores = self.begin[rows]
        if self.classes == 2:
            scores = np.column_stack([np.zeros(len(scores)), scores[:, 0]])
        top = scores.max(axis=1)
        total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        own = scores[np.arange(len(rows)), self.target[rows]]
        return float(np.average(total - own, weights=None if self.weights is None else self.weights[rows]))


def grow(sample: Sample, held: np.ndarray, options: BoostingOptions, seed: int) -> Forest | None:
    """Trees for ``sample``; ``None`` if even the first does not help. ``held`` bool [n] are held out of many rows."""
    n = len(sample.target)
    options = options.refined(sample.classes)
    if n < _FEW_ROWS:
        rounds = _rounds_by_folds(sample, options, seed)
        if rounds == 0:
            return None
        booster, _ = _boost(sample, np.arange(n), None, rounds, options, seed)
    else:
        check = np.flatnonzero(held)
        booster, losses = _boost(sample, np.flatnonzero(~held), check, options.max_rounds, options, seed)
        rounds = int(np.argmin(losses)) + 1
        if losses[rounds - 1] >= sample.loss(check):
            return None
    sums = 1 if sample.classes == 2 else sample.classes
    return Forest.from_booster(booster, rounds, sums, sample.inputs.shape[1], options.support)


def _rounds_by_folds(sample: Sample, options: BoostingOptions, seed: int) -> int:
    """The rounds whose mean loss over the folds is least; 0 if none gains."""
    n = len(sample.target)
    fold = np.random.default_rng(seed).permutation(n) % _FOLDS
    total = np.zeros(options.max_rounds + 1)
    for part in range(_FOLDS):
        check = np.flatnonzero(fold == part)
        _, losses = _boost(sample, np.flatnonzero(fold != part), check, options.max_rounds, options, seed)
        losses = np.concatenate([[sample.loss(check)], losses])
        total += np.pad(losses, (0, len(total) - len(losses)), mode="edge")
    return int(np.argmin(total))


def _boost(
    sample: Sample, train: np.ndarray, check: np.ndarray | None, rounds: int, options: BoostingOptions, seed: int
) -> tuple[Any, np.ndarray]:
    """A booster and its loss on the rows ``check`` after each round, until that falls no more."""
    import lightgbm as lgb

    parameters = options.parameters(sample.classes, len(sample.target), seed)
    data = sample.dataset(train, parameters)
    if check is None:
        return lgb.train(parameters, data, rounds), np.empty(0)
    history: dict[str, Any] = {}
    booster = lgb.train(
        parameters,
        data,
        rounds,
        valid_sets=[sample.dataset(check, parameters, data)],
        callbacks=[lgb.early_stopping(options.patience, verbose=False), lgb.record_evaluation(history)],
    )
    return booster, np.array(next(iter(history["valid_0"].values())))

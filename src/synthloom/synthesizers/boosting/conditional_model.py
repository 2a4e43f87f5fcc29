"""One column given earlier ones: a boosted softmax for each level of its code tree.

All nodes of a level share one LightGBM model, which sees the earlier columns, the node that was
reached, and where the earlier columns of a like scale lie within the node's interval. The number
of rounds is decided on held-out rows (early stopping): a column that the others tell nothing of
gets no trees at all, and nothing is memorised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.randomness import RandomStream
from synthloom.synthesizers.boosting.code_tree import CodeTree
from synthloom.synthesizers.boosting.forest import Forest

_PREDICT_ROWS = 16_384
_SMALLEST_CHECK = 10


@dataclass(frozen=True)
class BoostingOptions:
    """How the boosted models are grown.

    Attributes:
        learning_rate: shrinkage of each tree.
        leaves: most leaves of a tree.
        min_leaf: fewest rows in a leaf; never fewer than the schema's minimum support.
        l2: ridge penalty on leaf values.
        patience: rounds without a gain on held-out rows after which growing stops.
        max_rounds: most rounds.
        held_out: share of the training rows that decide when to stop.
    """

    learning_rate: float = 0.15
    leaves: int = 16
    min_leaf: int = 150
    l2: float = 5.0
    patience: int = 8
    max_rounds: int = 200
    held_out: float = 0.15

    def parameters(self, classes: int, seed: int) -> dict[str, Any]:
        """LightGBM's parameters; one thread and no sampling, so that results repeat."""
        task: dict[str, Any] = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
        return task | {
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_leaf,
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


class ConditionalModel:
    """p(code | inputs) over ordered codes."""

    def __init__(self, tree: CodeTree, levels: list[_Level]) -> None:
        self.tree, self.levels = tree, levels

    @classmethod
    def fit(
        cls,
        inputs: np.ndarray,
        positions: np.ndarray,
        codes: np.ndarray,
        mass: np.ndarray,
        weights: np.ndarray | None,
        options: BoostingOptions,
        stream: RandomStream,
        *,
        first_apart: bool = False,
    ) -> ConditionalModel:
        """Learns from ``inputs`` float64 [n, k] and ``codes`` int32 [n].

        ``positions`` float64 [n, m] are inputs mapped to this column's code scale; ``mass`` float64
        [codes] the frequency of each code; ``first_apart`` splits code 0 (null) off first.
        """
        tree = CodeTree(mass, first_apart=first_apart)
        rng = stream.generator()
        held = np.zeros(len(codes), dtype=bool)
        held[rng.permutation(len(codes))[: round(options.held_out * len(codes))]] = True
        nodes = np.zeros(len(codes), dtype=np.int32)
        levels = []
        for level in range(tree.depth):
            active = np.flatnonzero(~tree.leaf[nodes])
            digits = tree.digits(nodes[active], codes[active])
            rows = _level_inputs(tree, level, inputs[active], positions[active], nodes[active])
            weight = None if weights is None else weights[active]
            seed = stream.child("level", level).integer()
            levels.append(_Level.fit(rows, tree.log_shares[nodes[active]], digits, weight, held[active], options, seed))
            nodes[active] = tree.children[nodes[active], digits]
        return cls(tree, levels)

    def sample(self, inputs: np.ndarray, positions: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """Codes int32 [n] drawn by inverting ``uniforms`` float64 [n] in [0, 1), digit by digit."""
        nodes = np.zeros(len(inputs), dtype=np.int32)
        left = uniforms.copy()
        for level in range(len(self.levels)):
            active = np.flatnonzero(~self.tree.leaf[nodes])
            for start in range(0, len(active), _PREDICT_ROWS):
                rows = active[start : start + _PREDICT_ROWS]
                shares = self._shares(level, inputs[rows], positions[rows], nodes[rows])
                total = np.cumsum(shares, axis=1)
                goal = left[rows] * total[:, -1]
                digit = np.minimum((total <= goal[:, None]).sum(axis=1), shares.shape[1] - 1)
                chosen = np.take_along_axis(shares, digit[:, None], axis=1)[:, 0]
                below = np.take_along_axis(total, digit[:, None], axis=1)[:, 0] - chosen
                # what is left of the uniform number inside the digit is uniform again
                left[rows] = np.clip((goal - below) / np.maximum(chosen, 1e-300), 0.0, np.nextafter(1.0, 0.0))
                nodes[rows] = self.tree.children[nodes[rows], digit]
        return self.tree.low[nodes]

    def log_share(self, inputs: np.ndarray, positions: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """log p(code | inputs) float64 [n]."""
        out = np.zeros(len(codes))
        nodes = np.zeros(len(codes), dtype=np.int32)
        for level in range(len(self.levels)):
            active = np.flatnonzero(~self.tree.leaf[nodes])
            shares = self._shares(level, inputs[active], positions[active], nodes[active])
            digits = self.tree.digits(nodes[active], codes[active])
            chosen = np.take_along_axis(shares, digits[:, None], axis=1)[:, 0]
            out[active] += np.log(np.maximum(chosen, 1e-300) / np.maximum(shares.sum(axis=1), 1e-300))
            nodes[active] = self.tree.children[nodes[active], digits]
        return out

    def _shares(self, level: int, inputs: np.ndarray, positions: np.ndarray, nodes: np.ndarray) -> np.ndarray:
        rows = _level_inputs(self.tree, level, inputs, positions, nodes)
        return self.levels[level].shares(rows, self.tree.log_shares[nodes]) * (self.tree.children[nodes] >= 0)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """The levels as arrays by name, to be stored."""
        out: dict[str, np.ndarray] = {}
        for place, level in enumerate(self.levels):
            name = f"{prefix}.{place}"
            out[f"{name}.classes"] = level.classes.astype(np.int64)
            if level.forest is not None:
                out |= level.forest.arrays(name)
        return out

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], prefix: str, mass: np.ndarray, *, first_apart: bool
    ) -> ConditionalModel:
        """The model that :meth:`arrays` described, over codes of the same ``mass``."""
        tree = CodeTree(mass, first_apart=first_apart)
        levels = []
        for place in range(tree.depth):
            name = f"{prefix}.{place}"
            forest = Forest.from_arrays(arrays, name) if f"{name}.shape" in arrays else None
            level = _Level(forest, arrays[f"{name}.classes"])
            if (level.classes >= tree.width).any() or (level.classes < 0).any():
                raise ValueError(f"the level {name} does not fit its code tree")
            levels.append(level)
        return cls(tree, levels)


def _level_inputs(
    tree: CodeTree, level: int, inputs: np.ndarray, positions: np.ndarray, nodes: np.ndarray
) -> np.ndarray:
    """What a level's model sees: below the root also the node, and where the positions lie in it."""
    if level == 0:
        return inputs
    low, high = tree.low[nodes][:, None], tree.high[nodes][:, None]
    return np.hstack([inputs, low, np.clip((positions - low) / (high - low), -1.0, 2.0)])


class _Level:
    """A softmax over digits; its forest adds to the log shares that the digits have in each node."""

    def __init__(self, forest: Forest | None, classes: np.ndarray) -> None:
        self.forest, self.classes = forest, classes

    @classmethod
    def fit(
        cls,
        inputs: np.ndarray,
        start: np.ndarray,
        digits: np.ndarray,
        weights: np.ndarray | None,
        held: np.ndarray,
        options: BoostingOptions,
        seed: int,
    ) -> _Level:
        """Learns ``digits`` int32 [n] from ``inputs``, beginning at the log shares ``start`` float64 [n, width]."""
        classes = np.flatnonzero(np.bincount(digits[~held], minlength=start.shape[1]) > 0)
        known = np.isin(digits, classes)
        train, check = np.flatnonzero(known & ~held), np.flatnonzero(known & held)
        if len(classes) < 2 or not inputs.shape[1] or len(check) < _SMALLEST_CHECK or len(train) < 2 * options.min_leaf:
            return cls(None, classes)
        target = np.searchsorted(classes, digits)
        begin = start[:, classes]
        if len(classes) == 2:
            begin = begin[:, 1:] - begin[:, :1]
        return cls(_boost(inputs, begin, target, weights, train, check, len(classes), options, seed), classes)

    def shares(self, inputs: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Shares float64 [n, width] of the digits."""
        if self.forest is None:
            return np.exp(start)
        sums = self.forest.sums(inputs)
        if self.forest.classes == 1:
            sums = np.column_stack([np.zeros(len(sums)), sums[:, 0]])
        sums += start[:, self.classes]
        shares = np.exp(sums - sums.max(axis=1, keepdims=True))
        out = np.zeros(start.shape)
        out[:, self.classes] = shares / shares.sum(axis=1, keepdims=True)
        return out


def _boost(
    inputs: np.ndarray,
    begin: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray | None,
    train: np.ndarray,
    check: np.ndarray,
    classes: int,
    options: BoostingOptions,
    seed: int,
) -> Forest | None:
    """Trees grown on ``train`` until ``check`` gains no more; ``None`` if even the first tree does not help."""
    import lightgbm as lgb

    parameters = options.parameters(classes, seed)
    history: dict[str, Any] = {}

    def dataset(rows: np.ndarray, reference: Any = None) -> Any:
        return lgb.Dataset(
            inputs[rows],
            target[rows],
            weight=None if weights is None else weights[rows],
            init_score=begin[rows].ravel(order="F"),
            reference=reference,
            params=parameters,
        )

    data = dataset(train)
    booster = lgb.train(
        parameters,
        data,
        options.max_rounds,
        valid_sets=[dataset(check, data)],
        callbacks=[lgb.early_stopping(options.patience, verbose=False), lgb.record_evaluation(history)],
    )
    losses = np.array(next(iter(history["valid_0"].values())))
    best = int(np.argmin(losses))
    if losses[best] >= _loss(begin[check], target[check], None if weights is None else weights[check]):
        return None
    return Forest.from_booster(booster, best + 1, 1 if classes == 2 else classes, inputs.shape[1])


def _loss(scores: np.ndarray, target: np.ndarray, weights: np.ndarray | None) -> float:
    """The mean cross entropy of ``target`` int [n] by ``scores`` float64 [n, classes], or [n, 1] for two."""
    if scores.shape[1] == 1:
        scores = np.column_stack([np.zeros(len(scores)), scores[:, 0]])
    top = scores.max(axis=1)
    total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return float(np.average(total - scores[np.arange(len(target)), target], weights=weights))

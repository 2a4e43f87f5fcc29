"""One column given earlier ones: a boosted softmax for each level of its code tree.

All nodes of a level share one boosted model, which sees the earlier columns, the node that was
reached, and where the earlier columns of a like scale lie within the node's interval. The number
of rounds is decided on held-out rows (early stopping): a column that the others tell nothing of
gets no trees at all, and nothing is memorised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from synthloom.randomness import RandomStream
from synthloom.synthesizers.boosting.code_tree import CodeTree
from synthloom.synthesizers.boosting.forest import Forest
from synthloom.synthesizers.boosting.growing import BoostingOptions, Sample, grow

_SMALLEST_CHECK = 10
_MOST_ROWS = 120_000  # a model learns from no more: what further rows would tell is too fine to be seen
_BINS_A_NODE = 80  # of a position inside a node's interval; as many below and above it


class Inputs(NamedTuple):
    """What a column's model looks at.

    Attributes:
        bins: uint8 [k, n], the bins of earlier columns, 0 where missing.
        positions: float64 [m, n], earlier columns of a like scale, mapped to this column's codes.
    """

    bins: np.ndarray
    positions: np.ndarray

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.bins.shape[1]


class ConditionalModel:
    """p(code | inputs) over ordered codes."""

    def __init__(self, tree: CodeTree, levels: list[_Level]) -> None:
        self.tree, self.levels = tree, levels

    @classmethod
    def fit(
        cls,
        inputs: Inputs,
        codes: np.ndarray,
        mass: np.ndarray,
        weights: np.ndarray | None,
        options: BoostingOptions,
        stream: RandomStream,
        *,
        first_apart: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> ConditionalModel:
        """Learns ``codes`` int32 [n] from ``inputs``.

        ``mass`` float64 [codes] is the frequency of each code; ``first_apart`` splits code 0 (null)
        off first. Once ``stop`` says yes, nothing grows any more, and what was not reached keeps the
        column's own frequencies.
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
            seed = stream.child("level", level).integer()
            learnt = _sample_rows(active, seed)
            chosen = active[learnt]
            begin = tree.log_shares[nodes[chosen]]
            weight = np.ones(len(chosen)) if weights is None else weights[chosen]
            shown = _level_inputs(tree, level, inputs, nodes, chosen)
            levels.append(_Level.fit(shown, begin, digits[learnt], weight, held[chosen], options, seed, stop))
            nodes[active] = tree.children[nodes[active], digits]
        return cls(tree, levels)

    def sample(self, inputs: Inputs, uniforms: np.ndarray) -> np.ndarray:
        """Codes int32 [n] drawn by inverting ``uniforms`` float64 [n] in [0, 1), digit by digit."""
        from synthloom.synthesizers.boosting import kernels

        nodes = np.zeros(len(uniforms), dtype=np.int32)
        left = uniforms.copy()
        for level in range(len(self.levels)):
            rows = np.flatnonzero(~self.tree.leaf[nodes])
            kernels.descend(self.shares(level, inputs, nodes, rows), self.tree.children, nodes, rows, left)
        return self.tree.low[nodes]

    def log_share(self, inputs: Inputs, codes: np.ndarray) -> np.ndarray:
        """The log of p(code | inputs) float64 [n]."""
        out = np.zeros(len(codes))
        nodes = np.zeros(len(codes), dtype=np.int32)
        for level in range(len(self.levels)):
            rows = np.flatnonzero(~self.tree.leaf[nodes])
            shares = self.shares(level, inputs, nodes, rows)
            digits = self.tree.digits(nodes[rows], codes[rows])
            chosen = np.take_along_axis(shares, digits[:, None], axis=1)[:, 0]
            out[rows] += np.log(np.maximum(chosen, 1e-300))
            nodes[rows] = self.tree.children[nodes[rows], digits]
        return out

    def shares(self, level: int, inputs: Inputs, nodes: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Shares float64 [m, width] of the children of ``nodes[rows]``; they sum to 1."""
        from synthloom.synthesizers.boosting import kernels

        at = self.levels[level]
        scores = _scores(self.tree.log_shares[nodes[rows]], at.classes)
        if at.forest is not None:
            shown = _level_inputs(self.tree, level, inputs, nodes, rows)
            at.forest.add_to(scores, shown)
        out = np.empty((len(rows), self.tree.width))
        kernels.shares(scores, at.classes, self.tree.children, nodes, rows, out)
        return out

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
        cls,
        arrays: Mapping[str, np.ndarray],
        prefix: str,
        mass: np.ndarray,
        learners: list[str],
        *,
        first_apart: bool,
    ) -> ConditionalModel:
        """The model that :meth:`arrays` described, over codes of the same ``mass``; ``learners`` by level."""
        tree = CodeTree(mass, first_apart=first_apart)
        levels = []
        for place, learner in zip(range(tree.depth), learners, strict=True):
            name = f"{prefix}.{place}"
            forest = Forest.from_arrays(arrays, name) if f"{name}.features" in arrays else None
            level = _Level(forest, arrays[f"{name}.classes"], learner)
            if not level.fits(tree.width):
                raise ValueError(f"the level {name} does not fit its code tree")
            levels.append(level)
        return cls(tree, levels)


def _sample_rows(active: np.ndarray, seed: int) -> np.ndarray:
    """Places in ``active`` of the rows that a level learns from."""
    if len(active) <= _MOST_ROWS:
        return np.arange(len(active))
    return np.sort(np.random.default_rng(seed).choice(len(active), _MOST_ROWS, replace=False))


def _level_inputs(tree: CodeTree, level: int, inputs: Inputs, nodes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What a level's model sees of ``rows``: below the root also the node, and where the positions lie in it."""
    if level == 0:
        return inputs.bins if len(rows) == inputs.rows else np.take(inputs.bins, rows, axis=1)
    k = len(inputs.bins)
    shown = np.empty((k + 1 + len(inputs.positions), len(rows)), dtype=np.uint8)
    np.take(inputs.bins, rows, axis=1, out=shown[:k])
    node = nodes[rows]
    shown[k] = tree.place[node]
    low, high = tree.low[node], tree.high[node]
    for place, near in enumerate(inputs.positions):
        inside = np.clip((near[rows] - low) / (high - low), -1.0, 2.0)
        shown[k + 1 + place] = 1 + (inside + 1.0) * _BINS_A_NODE
    return shown


def _scores(log_shares: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The scores float32 [n, k] that boosting begins at: one for each class, or the logit of two."""
    scores = log_shares[:, classes]
    if len(classes) == 2:
        scores = scores[:, 1:] - scores[:, :1]
    return np.ascontiguousarray(scores, dtype=np.float32)


class _Level:
    """A softmax over digits; its forest adds to the log shares that the digits have in each node."""

    def __init__(self, forest: Forest | None, classes: np.ndarray, learner: str = "frequencies") -> None:
        self.forest, self.classes, self.learner = forest, classes, learner

    @classmethod
    def fit(
        cls,
        inputs: np.ndarray,
        begin: np.ndarray,
        digits: np.ndarray,
        weights: np.ndarray,
        held: np.ndarray,
        options: BoostingOptions,
        seed: int,
        stop: Callable[[], bool],
    ) -> _Level:
        """Learns ``digits`` int32 [n] from ``inputs``, beginning at the log shares ``begin`` float64 [n, width]."""
        classes = np.flatnonzero(np.bincount(digits[~held], minlength=begin.shape[1]) > 0)
        rows = np.flatnonzero(np.isin(digits, classes))
        least = options.least_rows(len(rows))
        if len(classes) < 2 or not len(inputs) or held[rows].sum() < _SMALLEST_CHECK or len(rows) < 4 * least:
            return cls(None, classes)
        target = np.searchsorted(classes, digits[rows]).astype(np.int32)
        sample = Sample(
            np.take(inputs, rows, axis=1), _scores(begin[rows], classes), target, weights[rows].astype(np.float32)
        )
        grown = grow(sample, held[rows], options, seed, stop)
        return cls(grown.forest, classes, grown.learner)

    def fits(self, width: int) -> bool:
        """Whether it is a softmax over digits of a tree of this ``width``."""
        classes = self.classes
        if classes.ndim != 1 or (classes >= width).any() or (classes < 0).any() or (np.diff(classes) <= 0).any():
            return False
        return self.forest is None or self.forest.values.shape[1] == (1 if len(classes) == 2 else len(classes))

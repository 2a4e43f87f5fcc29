"""One column given earlier ones: a boosted softmax for each level of its code tree.

All nodes of a level share one LightGBM model, which sees the earlier columns, the node that was
reached, and where the earlier columns of a like scale lie within the node's interval. The number
of rounds is decided on held-out rows (early stopping): a column that the others tell nothing of
gets no trees at all, and nothing is memorised.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synthloom.randomness import RandomStream
from synthloom.synthesizers.boosting.code_tree import CodeTree
from synthloom.synthesizers.boosting.forest import Forest
from synthloom.synthesizers.boosting.growing import BoostingOptions, Sample, grow

_PREDICT_ROWS = 65_536
_SMALLEST_CHECK = 10
_MOST_ROWS = 250_000  # a model learns from no more: what further rows would tell is too fine to be seen


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
        """The log of p(code | inputs) float64 [n]."""
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
        if self.levels[level].forest is None:
            return np.exp(self.tree.log_shares[nodes]) * (self.tree.children[nodes] >= 0)
        # equal rows are looked up once: in tables of few categories there are not many different ones
        first, place = _distinct(np.column_stack([rows, nodes]))
        shares = self.levels[level].shares(rows[first], self.tree.log_shares[nodes[first]])
        return (shares * (self.tree.children[nodes[first]] >= 0))[place]

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


def _distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of each kind of equal rows of float64 [n, k], and the kind of each row; by a 64-bit hash."""
    bits = np.ascontiguousarray(rows + 0.0).view(np.uint64)
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    _, first, place = np.unique(mixed, return_index=True, return_inverse=True)
    return first, place


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
        rows = np.flatnonzero(np.isin(digits, classes))
        if len(rows) > _MOST_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(rows, _MOST_ROWS, replace=False))
        least = options.least_rows(len(rows))
        if len(classes) < 2 or not inputs.shape[1] or held[rows].sum() < _SMALLEST_CHECK or len(rows) < 4 * least:
            return cls(None, classes)
        begin = start[rows][:, classes]
        if len(classes) == 2:
            begin = begin[:, 1:] - begin[:, :1]
        target = np.searchsorted(classes, digits[rows])
        weight = None if weights is None else weights[rows]
        sample = Sample(inputs[rows], begin, target, weight, len(classes))
        return cls(grow(sample, held[rows], options, seed), classes)

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

"""Boosted trees as plain arrays: stored without code, checked when read, walked by compiled loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from synthloom.errors import ArtifactError


class Tree(NamedTuple):
    """One tree as it was grown; see :func:`~synthloom.synthesizers.boosting.kernels.grow_tree`."""

    feature: np.ndarray
    last: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Forest:
    """Trees of one model, one after the other in flat arrays.

    Attributes:
        feature: int16 [nodes], the input that a node splits on.
        last: uint8 [nodes], the last bin, less ``skip``, that goes left.
        skip: uint8 [nodes], 1 where missing (bin 0) goes right.
        left, right: int32 [nodes], a node's place, or ``-1 - leaf`` for a leaf's.
        roots: int32 [trees], the first node of each tree, or ``-1 - leaf``.
        values: float32 [leaves, scores], what a leaf adds to each class; one score where it is a logit.
        features: how many inputs there are.
    """

    feature: np.ndarray
    last: np.ndarray
    skip: np.ndarray
    left: np.ndarray
    right: np.ndarray
    roots: np.ndarray
    values: np.ndarray
    features: int

    def add_to(self, scores: np.ndarray, inputs: np.ndarray, rows: np.ndarray) -> None:
        """Adds the leaves that ``inputs[rows]`` (uint8 [n, features]) reach to ``scores`` float32 [m, k]."""
        from synthloom.synthesizers.boosting import kernels

        if inputs.shape[1] != self.features:
            raise ValueError(f"{inputs.shape[1]} inputs were given to trees over {self.features}")
        kernels.add_leaves(
            inputs, rows, self.feature, self.last, self.skip, self.left, self.right, self.roots, self.values, scores
        )

    @classmethod
    def of(cls, trees: Sequence[Tree], features: int) -> Forest:
        """Trees joined."""
        nodes = np.cumsum([0, *(len(tree.feature) for tree in trees)])
        leaves = np.cumsum([0, *(len(tree.values) for tree in trees)])

        def side(name: str) -> np.ndarray:
            children = [getattr(tree, name) for tree in trees]
            return np.concatenate(
                [np.where(c >= 0, c + nodes[i], c - leaves[i]) for i, c in enumerate(children)]
            ).astype(np.int32)

        skip = np.concatenate([1 - tree.missing_left for tree in trees]).astype(np.uint8)
        return cls(
            feature=np.concatenate([tree.feature for tree in trees]).astype(np.int16),
            last=(np.concatenate([tree.last for tree in trees]) - skip).astype(np.uint8),
            skip=skip,
            left=side("left"),
            right=side("right"),
            roots=np.array(
                [nodes[i] if len(tree.feature) else -1 - leaves[i] for i, tree in enumerate(trees)], dtype=np.int32
            ),
            values=np.concatenate([tree.values for tree in trees]).astype(np.float32),
            features=features,
        )

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything as arrays by name, to be stored."""
        named = {name: getattr(self, name) for name in _ARRAYS}
        return {f"{prefix}.{name}": array for name, array in named.items()} | {
            f"{prefix}.features": np.array([self.features], dtype=np.int64)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> Forest:
        """The forest that :meth:`arrays` described.

        Raises:
            ArtifactError: if the arrays are not a forest: walks must end, and stay inside them.
        """
        try:
            parts = {name: arrays[f"{prefix}.{name}"] for name in _ARRAYS}
            (features,) = (int(v) for v in arrays[f"{prefix}.features"])
        except (KeyError, ValueError, TypeError) as error:
            raise ArtifactError(f"the trees of {prefix} are damaged", hint="take the model from its source") from error
        forest = cls(**parts, features=features)
        if not forest._sound():
            raise ArtifactError(f"the trees of {prefix} are damaged", hint="take the model from its source")
        return forest

    def _sound(self) -> bool:
        types = {name: getattr(self, name).dtype == kind for name, kind in _ARRAYS.items()}
        nodes = len(self.feature)
        same = all(getattr(self, name).shape == (nodes,) for name in ("last", "skip", "left", "right"))
        if not all(types.values()) or not same or self.roots.ndim != 1 or self.values.ndim != 2:
            return False
        own, leaves = np.arange(nodes), len(self.values)
        children = [
            ((side > own) & (side < nodes)) | ((side < 0) & (side >= -leaves)) for side in (self.left, self.right)
        ]
        roots = ((self.roots >= 0) & (self.roots < nodes)) | ((self.roots < 0) & (self.roots >= -leaves))
        inside = ((self.feature >= 0) & (self.feature < self.features)).all() and (self.skip <= 1).all()
        return bool(all(c.all() for c in children) and roots.all() and inside and np.isfinite(self.values).all())


_ARRAYS: dict[str, Any] = {
    "feature": np.int16,
    "last": np.uint8,
    "skip": np.uint8,
    "left": np.int32,
    "right": np.int32,
    "roots": np.int32,
    "values": np.float32,
}

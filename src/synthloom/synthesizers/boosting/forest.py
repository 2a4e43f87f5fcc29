"""Boosted trees as plain arrays: stored without code, checked when read, looked up by compiled loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from synthloom.errors import ArtifactError


class Tree(NamedTuple):
    """One tree as it was grown: its splits as :func:`.kernels.grow_tree` gives them, its leaves' values."""

    feature: np.ndarray
    last: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray


MOST_LEAVES = 32
"""Leaves of a tree: one bit each."""
_FEW_LEAVES = 16


@dataclass(frozen=True)
class Forest:
    """Trees of one model, one after the other in flat arrays.

    Attributes:
        feature: int16 [nodes], the input that a node splits on.
        last: uint8 [nodes], the last bin, less ``skip``, that goes left.
        skip: uint8 [nodes], 1 where missing (bin 0) goes right.
        mask: uint16 or uint32 [nodes], a bit for each leaf of the tree, 0 for those on the node's left.
        nodes: int32 [trees + 1], where the nodes of each tree begin.
        leaves: int32 [trees + 1], where the leaves of each tree begin, from left to right.
        values: float32 [leaves, scores], what a leaf adds to each class; one score where it is a logit.
        features: how many inputs there are.
    """

    feature: np.ndarray
    last: np.ndarray
    skip: np.ndarray
    mask: np.ndarray
    nodes: np.ndarray
    leaves: np.ndarray
    values: np.ndarray
    features: int

    def add_to(self, scores: np.ndarray, inputs: np.ndarray) -> None:
        """Adds the leaves that ``inputs`` uint8 [features, n] reach to ``scores`` float32 [n, k]."""
        from synthloom.synthesizers.boosting import kernels

        if len(inputs) != self.features or scores.shape != (inputs.shape[1], self.values.shape[1]):
            raise ValueError(f"{inputs.shape} inputs and {scores.shape} scores do not fit the trees")
        kernels.add_leaves(
            inputs, self.feature, self.last, self.skip, self.mask, self.nodes, self.leaves, self.values, scores
        )

    @classmethod
    def of(cls, trees: Sequence[Tree], features: int) -> Forest:
        """Trees joined."""
        from synthloom.synthesizers.boosting import kernels

        numbered = [kernels.number_leaves(tree.left, tree.right) for tree in trees]
        skip = np.concatenate([1 - tree.missing_left for tree in trees]).astype(np.uint8)
        few = max(len(tree.values) for tree in trees) <= _FEW_LEAVES
        return cls(
            feature=np.concatenate([tree.feature for tree in trees]).astype(np.int16),
            last=(np.concatenate([tree.last for tree in trees]) - skip).astype(np.uint8),
            skip=skip,
            mask=np.concatenate([mask for mask, _ in numbered]).astype(np.uint16 if few else np.uint32),
            nodes=np.cumsum([0, *(len(tree.feature) for tree in trees)]).astype(np.int32),
            leaves=np.cumsum([0, *(len(tree.values) for tree in trees)]).astype(np.int32),
            values=np.concatenate([tree.values[order] for tree, (_, order) in zip(trees, numbered, strict=True)]),
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
            ArtifactError: if the arrays are not a forest: what is looked up must stay inside them.
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
        if not all(getattr(self, name).dtype in kinds for name, kinds in _ARRAYS.items()):
            return False
        count = len(self.feature)
        same = all(getattr(self, name).shape == (count,) for name in ("feature", "last", "skip", "mask"))
        if not same or self.values.ndim != 2 or self.nodes.ndim != 1 or self.nodes.shape != self.leaves.shape:
            return False
        ends = (self.nodes[:1] == 0).all() and (self.leaves[:1] == 0).all() and len(self.nodes) > 1
        if not ends or self.nodes[-1] != count or self.leaves[-1] != len(self.values):
            return False
        sizes, splits = np.diff(self.leaves), np.diff(self.nodes)
        if (splits < 0).any() or (sizes != splits + 1).any() or sizes.max() > 8 * self.mask.itemsize:
            return False
        # nothing strikes out the rightmost leaf, so one is always left over
        rightmost = (self.mask.astype(np.int64) >> (np.repeat(sizes, splits) - 1)) & 1
        inside = ((self.feature >= 0) & (self.feature < self.features)).all() and (self.skip <= 1).all()
        return bool((rightmost == 1).all() and inside and np.isfinite(self.values).all())


_ARRAYS: dict[str, tuple[Any, ...]] = {
    "feature": (np.int16,),
    "last": (np.uint8,),
    "skip": (np.uint8,),
    "mask": (np.uint16, np.uint32),
    "nodes": (np.int32,),
    "leaves": (np.int32,),
    "values": (np.float32,),
}

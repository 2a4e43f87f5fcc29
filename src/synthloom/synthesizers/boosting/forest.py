"""Boosted trees as plain arrays: stored without code, checked when read, predicted by compiled loops.

LightGBM learns the trees; its text form is parsed once into arrays of nodes. Prediction is the sum
of one leaf a tree (Ke et al. 2017, "LightGBM"), compiled by numba and run outside Python's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from synthloom.errors import ArtifactError

_NAN_MISSING = 2


@dataclass(frozen=True)
class Forest:
    """Trees of one model, one after the other in flat arrays.

    Attributes:
        feature: int32 [nodes], the feature that a node splits on.
        threshold: float64 [nodes], values up to it go left.
        left, right: int32 [nodes], a node's place, or ``-1 - leaf`` for a leaf's.
        missing_left: int8 [nodes], where NaN goes: 1 left, 0 right, -1 as the value 0 would.
        roots: int32 [trees], the first node of each tree, or ``-1 - leaf``.
        values: float64 [leaves].
        classes: how many sums there are; tree ``t`` adds to sum ``t % classes``.
        features: how many features there are.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    roots: np.ndarray
    values: np.ndarray
    classes: int
    features: int

    def sums(self, inputs: np.ndarray) -> np.ndarray:
        """The sums float64 [n, classes] of the leaves that rows of ``inputs`` float64 [n, features] reach."""
        if inputs.shape[1] != self.features:
            raise ValueError(f"{inputs.shape[1]} inputs were given to trees over {self.features}")
        out = np.zeros((len(inputs), self.classes))
        rows = np.ascontiguousarray(inputs, dtype=np.float64)
        _compiled()(
            rows, self.feature, self.threshold, self.left, self.right, self.missing_left, self.roots, self.values, out
        )
        return out

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything as arrays by name, to be stored."""
        named = {name: getattr(self, name) for name in _ARRAYS}
        return {f"{prefix}.{name}": array for name, array in named.items()} | {
            f"{prefix}.shape": np.array([self.classes, self.features], dtype=np.int64)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> Forest:
        """The forest that :meth:`arrays` described.

        Raises:
            ArtifactError: if the arrays are not a forest: prediction must end, and stay inside them.
        """
        try:
            parts = {name: arrays[f"{prefix}.{name}"] for name in _ARRAYS}
            classes, features = (int(v) for v in arrays[f"{prefix}.shape"])
        except (KeyError, ValueError) as error:
            raise ArtifactError(f"the trees of {prefix} are damaged", hint="take the model from its source") from error
        forest = cls(**parts, classes=classes, features=features)
        if not forest._sound():
            raise ArtifactError(f"the trees of {prefix} are damaged", hint="take the model from its source")
        return forest

    def _sound(self) -> bool:
        types = {name: getattr(self, name).dtype == kind for name, kind in _ARRAYS.items()}
        nodes, leaves = len(self.feature), len(self.values)
        same = all(getattr(self, name).shape == (nodes,) for name in ("threshold", "left", "right", "missing_left"))
        if not all(types.values()) or not same or self.classes < 1 or self.roots.ndim != 1 or self.values.ndim != 1:
            return False
        own = np.arange(nodes)
        children = [
            ((side > own) & (side < nodes)) | ((side < 0) & (side >= -leaves)) for side in (self.left, self.right)
        ]
        roots = ((self.roots >= 0) & (self.roots < nodes)) | ((self.roots < 0) & (self.roots >= -leaves))
        inside = ((self.feature >= 0) & (self.feature < self.features)).all()
        return bool(all(c.all() for c in children) and roots.all() and inside and np.isfinite(self.values).all())

    @classmethod
    def from_booster(cls, booster: Any, rounds: int, classes: int, features: int, support: int) -> Forest:
        """The first ``rounds`` rounds of a LightGBM booster, without splits that leave a side fewer rows.

        LightGBM only estimates the rows of a leaf when it looks for a split, from sums of
        hessians; single rows can end up alone. So what ``support`` rows do not share is cut here.
        """
        trees = [_supported(tree, support) for tree in _parse(booster.model_to_string(num_iteration=rounds))]
        columns: dict[str, list[np.ndarray]] = {name: [] for name in _ARRAYS if name != "roots"}
        roots: list[int] = []
        nodes = leaves = 0
        for tree in trees:
            size = len(tree["feature"])
            roots.append(nodes if size else -1 - leaves)
            for side in ("left", "right"):
                child = tree[side]
                columns[side].append(np.where(child >= 0, child + nodes, child - leaves))
            for name in ("feature", "threshold", "missing_left", "values"):
                columns[name].append(tree[name])
            nodes += size
            leaves += len(tree["values"])
        joined: dict[str, Any] = {
            n: np.concatenate(v).astype(_ARRAYS[n]) if v else np.empty(0, _ARRAYS[n]) for n, v in columns.items()
        }
        return cls(**joined, roots=np.array(roots, dtype=np.int32), classes=classes, features=features)


_ARRAYS: dict[str, type] = {
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.int8,
    "roots": np.int32,
    "values": np.float64,
}


def _parse(text: str) -> list[dict[str, np.ndarray]]:
    """The trees of LightGBM's text form."""
    trees = []
    for block in text.split("\nTree=")[1:]:
        fields = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        if int(fields["num_leaves"]) <= 1:
            kinds = np.empty(0, dtype=np.int64)
            split = {name: np.empty(0) for name in ("feature", "threshold", "left", "right")}
        else:
            kinds = np.array(fields["decision_type"].split(), dtype=np.int64)
            split = {
                "feature": np.array(fields["split_feature"].split(), dtype=np.int64),
                "threshold": np.array(fields["threshold"].split(), dtype=np.float64),
                "left": np.array(fields["left_child"].split(), dtype=np.int64),
                "right": np.array(fields["right_child"].split(), dtype=np.int64),
            }
        default_left = (kinds & 2) > 0
        split["missing_left"] = np.where((kinds >> 2) & 3 == _NAN_MISSING, default_left.astype(np.int64), -1)
        split["counts"] = np.array(fields.get("leaf_count", "0").split(), dtype=np.int64)
        split["values"] = np.array(fields["leaf_value"].split(), dtype=np.float64)
        trees.append(split)
    return trees


def _supported(tree: dict[str, np.ndarray], support: int) -> dict[str, np.ndarray]:
    """The tree without splits that leave one side fewer than ``support`` rows: all then take the other side."""
    size = len(tree["feature"])
    if size == 0 or tree["counts"].min() >= support:
        return tree
    left, right = tree["left"].astype(np.int64), tree["right"].astype(np.int64)
    rows, total = np.zeros(size, dtype=np.int64), np.zeros(size)

    def weigh(child: int) -> tuple[int, float]:
        if child >= 0:
            return int(rows[child]), float(total[child])
        return int(tree["counts"][-1 - child]), float(tree["counts"][-1 - child] * tree["values"][-1 - child])

    values: list[float] = list(tree["values"])
    stands_for = np.arange(size)
    for node in range(size - 1, -1, -1):  # children come after their parents
        sides = [int(stands_for[c]) if c >= 0 else int(c) for c in (left[node], right[node])]
        (a, sum_a), (b, sum_b) = weigh(int(left[node])), weigh(int(right[node]))
        rows[node], total[node] = a + b, sum_a + sum_b
        left[node], right[node] = sides
        if max(a, b) < support:  # both too few: one leaf of their mean
            values.append((sum_a + sum_b) / max(1, a + b))
            stands_for[node] = -len(values)
        elif min(a, b) < support:
            stands_for[node] = sides[0] if a >= b else sides[1]
    return _renumbered(tree, left, right, int(stands_for[0]), np.array(values))


def _renumbered(
    tree: dict[str, np.ndarray], left: np.ndarray, right: np.ndarray, root: int, values: np.ndarray
) -> dict[str, np.ndarray]:
    """The part of a tree that is reached from ``root``."""
    nodes: list[int] = []
    leaves: list[int] = []
    waiting = [root]
    while waiting:
        at = waiting.pop()
        if at < 0:
            leaves.append(-1 - at)
        else:
            nodes.append(at)
            waiting += [int(right[at]), int(left[at])]
    place = {at: new for new, at in enumerate(nodes)} | {-1 - leaf: -1 - new for new, leaf in enumerate(leaves)}
    return {
        **{name: tree[name][nodes] for name in ("feature", "threshold", "missing_left")},
        "left": np.array([place[int(left[at])] for at in nodes], dtype=np.int64),
        "right": np.array([place[int(right[at])] for at in nodes], dtype=np.int64),
        "values": values[leaves],
    }


@cache
def _compiled() -> Callable[..., None]:
    import numba

    @numba.njit(nogil=True, cache=True)
    def add_leaves(rows, feature, threshold, left, right, missing_left, roots, values, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        classes = out.shape[1]
        for i in range(rows.shape[0]):
            for tree in range(roots.shape[0]):
                node = roots[tree]
                while node >= 0:
                    value = rows[i, feature[node]]
                    if np.isnan(value):
                        side = missing_left[node]
                        goes_left = side == 1 or (side == -1 and threshold[node] >= 0.0)
                    else:
                        goes_left = value <= threshold[node]
                    node = left[node] if goes_left else right[node]
                out[i, tree % classes] += values[-1 - node]

    return add_leaves  # type: ignore[no-any-return]

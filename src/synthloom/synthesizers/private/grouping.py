"""Fine codes joined to few groups, on which the model works; inside a group codes are drawn by their counts.

Made from noisy counts alone, so it costs nothing. The null is a code like the others, behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_LOST = 3.0  # standard deviations below which a count tells nothing


@dataclass(frozen=True)
class Groups:
    """The groups of one part.

    Attributes:
        group_of: int64 [n_codes + 1], the group of each code and of null.
        inside: float64 [n_codes + 1], how codes are drawn within their group; 0 for never.
    """

    group_of: np.ndarray
    inside: np.ndarray

    def __post_init__(self) -> None:
        order = np.argsort(self.group_of, kind="stable")
        weights = self.inside[order]
        groups = self.group_of[order]
        sums = np.bincount(groups, weights=weights, minlength=len(self))
        weights = np.where(sums[groups] > 0, weights, 1.0)
        sums = np.bincount(groups, weights=weights, minlength=len(self))
        ends = np.cumsum(weights)
        before = np.concatenate([[0.0], np.cumsum(sums)])[groups]
        keys = groups + np.minimum((ends - before) / sums[groups], 1.0)
        last = np.append(groups[1:] != groups[:-1], True)
        object.__setattr__(self, "_order", order)
        object.__setattr__(self, "_keys", np.where(last, groups + 1.0, keys))

    def __len__(self) -> int:
        return int(self.group_of.max()) + 1

    def draw(self, groups: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """A code int64 [n] of each group; ``uniforms`` float64 [n] in [0, 1)."""
        keys, order = self._keys, self._order  # type: ignore[attr-defined]
        place = np.searchsorted(keys, np.minimum(groups + uniforms, np.nextafter(groups + 1.0, 0.0)), side="right")
        return order[np.minimum(place, len(order) - 1)]

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"group_of": self.group_of.tolist(), "inside": self.inside.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any], n_codes: int) -> Groups:
        """The groups that :meth:`state` described.

        Raises:
            ValueError: if they are damaged.
        """
        group_of = np.asarray(state["group_of"], dtype=np.int64)
        inside = np.asarray(state["inside"], dtype=np.float64)
        whole = np.array_equal(np.unique(group_of), np.arange(group_of.max() + 1))
        if group_of.shape != (n_codes + 1,) or inside.shape != group_of.shape or not whole:
            raise ValueError("the groups of a part are damaged")
        if not np.isfinite(inside).all() or (inside < 0).any():
            raise ValueError("the counts inside the groups of a part are damaged")
        return cls(group_of, inside)


def group_ordered(counts: np.ndarray, max_groups: int, least: float) -> np.ndarray:
    """A group int64 [m] for each of ``m`` neighbouring codes: of nearly equal mass, heavy codes alone.

    Args:
        counts: float64 [m], plausible counts.
        max_groups: how many groups there may be at most.
        least: the mass that a group must have, if the whole has it.
    """
    if len(counts) <= max_groups and (counts >= least).all():
        return np.arange(len(counts))
    heavy = counts >= counts.sum() / max_groups  # these stand alone; the others share the groups that are left
    target = max(counts[~heavy].sum() / max(1, max_groups - int(heavy.sum())), least)
    group = np.zeros(len(counts), dtype=np.int64)
    current, mass = 0, 0.0
    for place, count in enumerate(counts):
        if place and (mass >= target or (heavy[place] and mass >= least / 2) or heavy[place - 1]):
            current, mass = current + 1, 0.0
        group[place] = current
        mass += count
    if current and mass < least:  # what is left at the top joins the last group
        group[group == current] = current - 1
    return group


def group_unordered(counts: np.ndarray, sigma: float, max_groups: int) -> np.ndarray:
    """A group int64 [m] for each of ``m`` categories: the frequent ones alone, the others together."""
    order = np.argsort(-counts, kind="stable")
    alone = order[: max_groups - 1] if len(counts) > max_groups else order
    alone = alone[counts[alone] >= _LOST * sigma]
    group = np.full(len(counts), len(alone), dtype=np.int64)
    group[np.sort(alone)] = np.arange(len(alone))
    tail = group == len(alone)
    if len(alone) and tail.any() and is_lost(float(counts[tail].sum()), sigma * float(np.sqrt(tail.sum()))):
        group[tail] = group[order[0]]  # a group that is hardly ever met would only dilute the noise of the others
    return group


def is_lost(count: float, sigma: float) -> bool:
    """Whether a noisy count cannot be told from none."""
    return count < _LOST * sigma

"""Ordered codes split again and again into a few children of nearly equal mass.

A column of many codes is drawn digit by digit on the way from the root to a code, so that no model
has more than a few classes (compare McCarter 2024, "Unmasking Trees for Tabular Data").
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

DIRECT_CODES = 25
"""Up to this many codes are the children of the root, if each holds rows enough on average."""
ROWS_A_DIRECT_CODE = 50
RADIX = 4
"""Children of a node in a deeper tree."""
_NO_SHARE = float(np.exp(-30.0))


class CodeTree:
    """The tree over codes of the given ``mass`` (float64 [codes], positive).

    Attributes:
        low, high: int32 [nodes]; a node stands for the codes ``low … high - 1``.
        children: int32 [nodes, width], -1 where there is none.
        leaf: bool [nodes].
        place: uint8 [nodes], where a node lies among those of its level, 1 to 255.
        log_shares: float64 [nodes, width], log of each child's part of the node's mass; -30 where there is none.
        depth: digits on the longest way to a code.
        width: most children of a node.
        cumulative: float64 [codes + 1], the mass of all codes before each.
    """

    def __init__(self, mass: np.ndarray, *, first_apart: bool = False) -> None:
        self.n_codes = len(mass)
        width = DIRECT_CODES if is_direct(mass) else RADIX
        self.cumulative = cumulative = np.concatenate([[0.0], np.cumsum(mass)])
        low, high, level = [0], [len(mass)], [0]
        children: list[list[int]] = []
        node = 0
        while node < len(low):
            start, stop = low[node], high[node]
            kids: list[int] = []
            if stop - start > 1:
                bounds = _split(cumulative, start, stop, width, first_apart and node == 0)
                for a, b in pairwise(bounds):
                    kids.append(len(low))
                    low.append(a)
                    high.append(b)
                    level.append(level[node] + 1)
            children.append(kids)
            node += 1
        self.width = max(1, *(len(k) for k in children))
        self.children = np.full((len(low), self.width), -1, dtype=np.int32)
        for place, kids in enumerate(children):
            self.children[place, : len(kids)] = kids
        self.low, self.high = np.array(low, dtype=np.int32), np.array(high, dtype=np.int32)
        self.leaf = self.children[:, 0] < 0
        self.depth = max(level)
        self.place = _places(np.array(level), self.low)
        weight = np.maximum(cumulative[self.high] - cumulative[self.low], 1e-300)
        shares = np.where(self.children >= 0, weight[self.children], 0.0) / weight[:, None]
        self.log_shares = np.log(np.maximum(shares, _NO_SHARE))

    def mean(self, values: np.ndarray) -> np.ndarray:
        """The mean float64 [nodes] of ``values`` float64 [codes] over the mass below each node."""
        held = self.cumulative[self.high] - self.cumulative[self.low]
        above = np.concatenate([[0.0], np.cumsum(np.diff(self.cumulative) * values)])
        mean = (above[self.high] - above[self.low]) / np.maximum(held, 1e-300)
        return np.asarray(np.where(self.high - self.low == 1, values[self.low], mean))

    def digits(self, nodes: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Which child int32 [n] of each of ``nodes`` holds each of ``codes``."""
        kids = self.children[nodes]
        lows = np.where(kids >= 0, self.low[np.maximum(kids, 0)], self.n_codes + 1)
        return (lows <= codes[:, None]).sum(axis=1).astype(np.int32) - 1


def _places(level: np.ndarray, low: np.ndarray) -> np.ndarray:
    place = np.zeros(len(level), dtype=np.uint8)
    for depth in range(int(level.max()) + 1):
        nodes = np.flatnonzero(level == depth)
        nodes = nodes[np.argsort(low[nodes], kind="stable")]
        place[nodes] = 1 + np.arange(len(nodes)) * 255 // max(255, len(nodes))
    return place


def is_direct(mass: np.ndarray) -> bool:
    """Whether codes of this ``mass`` are told apart by one model rather than digit by digit."""
    return len(mass) <= RADIX or (len(mass) <= DIRECT_CODES and mass.sum() >= ROWS_A_DIRECT_CODE * len(mass))


def _split(cumulative: np.ndarray, start: int, stop: int, width: int, first_apart: bool) -> list[int]:
    """Bounds of the children of the codes ``start … stop - 1``; the very first code alone if so wished."""
    if stop - start <= width:
        return list(range(start, stop + 1))
    begin = start + 1 if first_apart else start
    parts = width - 1 if first_apart else width
    goals = cumulative[begin] + (cumulative[stop] - cumulative[begin]) * np.arange(1, parts) / parts
    place = np.searchsorted(cumulative, goals)
    place = place - ((goals - cumulative[place - 1]) < (cumulative[place] - goals))
    inner = sorted({int(p) for p in place if begin < p < stop}) or [begin + 1]
    return ([start] if first_apart else []) + [begin, *inner, stop]

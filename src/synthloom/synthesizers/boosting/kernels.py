"""Compiled loops: one tree grown on histograms, and forests walked.

numba compiles them once a machine and runs them outside Python's lock. This module loads numba, so
it is imported where a model is fitted or sampled, never at the top of a module.

A tree has a vector in every leaf, one score for each class (Zhang and Jung 2020, "GBDT-MO:
Gradient-Boosted Decision Trees for Multiple Outputs"): one tree a round, not one a class, so a row
walks far fewer trees when it is sampled. It grows leaf by leaf on histograms of whole-number bins
(Ke et al. 2017, "LightGBM"). Bin 0 of an input means missing, and goes to the side that gains more.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_NO_GAIN = 1e-9
_BLOCK = 1_024  # rows whose open leaves stay in the fastest cache
_DE_BRUIJN = 0x077CB531
_PLACES = np.zeros(32, dtype=np.uint8)
_PLACES[[((_DE_BRUIJN << place) & 0xFFFFFFFF) >> 27 for place in range(32)]] = np.arange(32)


@njit(nogil=True, cache=True, error_model="numpy")
def gradients(
    scores: np.ndarray, target: np.ndarray, weights: np.ndarray, rows: np.ndarray, slope: np.ndarray, curve: np.ndarray
) -> None:
    """Fills the slope and curvature [n, k] of the cross entropy at ``rows``; one score is a logit."""
    k = scores.shape[1]
    stretch = np.float32(k / (k - 1.0)) if k > 1 else np.float32(1.0)
    for i in range(len(rows)):
        r = rows[i]
        w = weights[r]
        if k == 1:
            p = np.float32(1.0) / (np.float32(1.0) + np.exp(-scores[r, 0]))
            slope[r, 0] = w * (p - np.float32(target[r]))
            curve[r, 0] = w * p * (np.float32(1.0) - p)
            continue
        top = scores[r, 0]
        for j in range(1, k):
            top = max(top, scores[r, j])
        total = np.float32(0.0)
        for j in range(k):
            e = np.exp(scores[r, j] - top)
            slope[r, j] = e
            total += e
        for j in range(k):
            p = slope[r, j] / total
            curve[r, j] = w * stretch * p * (np.float32(1.0) - p)
            slope[r, j] = w * p
        slope[r, target[r]] -= w


@njit(nogil=True, cache=True, error_model="numpy")
def losses(scores: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The cross entropy float64 [n] of each row."""
    n, k = scores.shape
    out = np.empty(n)
    for r in range(n):
        if k == 1:
            s = np.float64(scores[r, 0])
            s = s if target[r] == 1 else -s
            out[r] = np.log1p(np.exp(-s)) if s > 0 else np.log1p(np.exp(s)) - s
            continue
        top = scores[r, 0]
        for j in range(1, k):
            top = max(top, scores[r, j])
        summed = 0.0
        for j in range(k):
            summed += np.exp(np.float64(scores[r, j] - top))
        out[r] = np.log(summed) + top - scores[r, target[r]]
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _add_rows(
    x: np.ndarray,
    offset: np.ndarray,
    rows: np.ndarray,
    start: int,
    stop: int,
    slope: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Fills the histogram of some rows; one and four scores apart, which is half as fast again."""
    sums[:] = 0
    counts[:] = 0
    k, features = slope.shape[1], x.shape[1]
    if k == 1:
        for i in range(start, stop):
            r = rows[i]
            g = slope[r, 0]
            for f in range(features):
                b = offset[f] + x[r, f]
                counts[b] += 1
                sums[b, 0] += g
    elif k == 4:
        for i in range(start, stop):
            r = rows[i]
            a0, a1, a2, a3 = slope[r, 0], slope[r, 1], slope[r, 2], slope[r, 3]
            for f in range(features):
                b = offset[f] + x[r, f]
                counts[b] += 1
                sums[b, 0] += a0
                sums[b, 1] += a1
                sums[b, 2] += a2
                sums[b, 3] += a3
    else:
        for i in range(start, stop):
            r = rows[i]
            for f in range(features):
                b = offset[f] + x[r, f]
                counts[b] += 1
                for j in range(k):
                    sums[b, j] += slope[r, j]


@njit(nogil=True, cache=True, error_model="numpy")
def _gain(left: np.ndarray, total: np.ndarray, curve: np.ndarray, share: float, l2: float) -> float:
    """What both sides of a split are worth, where the left one holds this share of the rows."""
    worth = 0.0
    for j in range(len(total)):
        right = total[j] - left[j]
        worth += left[j] * left[j] / (curve[j] * share + l2)
        worth += right * right / (curve[j] * (1.0 - share) + l2)
    return worth


@njit(nogil=True, cache=True, error_model="numpy")
def _find_split(
    offset: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    total: np.ndarray,
    curve: np.ndarray,
    n: int,
    min_leaf: int,
    l2: float,
) -> tuple[float, int, int, int]:
    """The best split of a node: gain, feature, last bin on the left, whether missing goes left.

    The curvature of a side is taken as its share of the rows times the node's: the histogram then
    holds slopes alone.
    """
    left = np.zeros(len(total))
    best, best_feature, best_bin, best_missing = 0.0, -1, 0, 1
    base = _gain(left, total, curve, 0.0, l2)
    for f in range(len(offset) - 1):
        for missing in range(1 if counts[offset[f]] == 0 else 0, 2):
            left[:] = 0.0
            rows = 0
            # with missing on the right, all that is present may be on the left
            for b in range(offset[f] + 1 - missing, offset[f + 1] - missing):
                if counts[b] == 0:
                    continue
                rows += counts[b]
                for j in range(len(total)):
                    left[j] += sums[b, j]
                if rows < min_leaf:
                    continue
                if n - rows < min_leaf:
                    break
                gain = _gain(left, total, curve, rows / n, l2) - base
                if gain > best:
                    best, best_feature, best_bin, best_missing = gain, f, b - offset[f], missing
    return best, best_feature, best_bin, best_missing


@njit(nogil=True, cache=True, error_model="numpy")
def _add_up(values: np.ndarray, rows: np.ndarray, start: int, stop: int, out: np.ndarray) -> None:
    """The sums of ``values`` over some rows, into ``out`` float64 [k]."""
    out[:] = 0.0
    for i in range(start, stop):
        for j in range(len(out)):
            out[j] += values[rows[i], j]


@njit(nogil=True, cache=True, error_model="numpy")
def _take_off(sums: np.ndarray, counts: np.ndarray, part: int, less: int) -> None:
    """Takes the histogram of ``less`` off that of ``part``."""
    for b in range(counts.shape[1]):
        counts[part, b] -= counts[less, b]
        for j in range(sums.shape[2]):
            sums[part, b, j] -= sums[less, b, j]


@njit(nogil=True, cache=True, error_model="numpy")
def _partition(
    x: np.ndarray,
    rows: np.ndarray,
    start: int,
    stop: int,
    feature: int,
    last: int,
    missing_left: int,
    spare: np.ndarray,
) -> int:
    """Brings the rows that go left to the front, both sides in their order; gives the place between."""
    kept, moved = start, 0
    for i in range(start, stop):
        r = rows[i]
        b = x[r, feature]
        if (b <= last) if b > 0 else missing_left == 1:
            rows[kept] = r
            kept += 1
        else:
            spare[moved] = r
            moved += 1
    for i in range(moved):
        rows[kept + i] = spare[i]
    return kept


@njit(nogil=True, cache=True, error_model="numpy")
def grow_tree(
    x: np.ndarray,
    offset: np.ndarray,
    rows: np.ndarray,
    slope: np.ndarray,
    curve: np.ndarray,
    limits: tuple[int, int, float],
    sums: np.ndarray,
    counts: np.ndarray,
    spare: np.ndarray,
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """One tree over ``rows``, which are reordered so that those of a leaf lie together.

    Args:
        x: uint8 [n, features], bins; 0 is missing.
        offset: int64 [features + 1], where each input's bins begin in a histogram.
        rows: int32 [m].
        slope: float32 [n, k].
        curve: float32 [n, k].
        limits: most leaves, fewest rows in a leaf, ridge penalty.
        sums: float32 [leaves, bins, k], room for histograms.
        counts: int32 [leaves, bins], room for histograms.
        spare: int32 [m], room.

    Returns:
        The splits: feature, last, missing_left, left and right int32 [nodes], where a child ``-1 - leaf``
        is a leaf. The leaves: slope and curvature summed over each, float64 [leaves, k], and where its
        rows start and stop, int64 [leaves].
    """
    leaves, min_leaf, l2 = limits
    k = slope.shape[1]
    feature, last, missing_left = np.zeros(leaves, np.int32), np.zeros(leaves, np.int32), np.zeros(leaves, np.int32)
    left, right = np.zeros(leaves, np.int32), np.zeros(leaves, np.int32)
    start, stop = np.zeros(leaves, np.int64), np.zeros(leaves, np.int64)
    totals, curves, gain = np.zeros((leaves, k)), np.zeros((leaves, k)), np.zeros(leaves)
    split = np.zeros((leaves, 3), np.int64)
    parent, on_right = np.full(leaves, -1), np.zeros(leaves, np.int64)
    stop[0] = len(rows)
    _add_up(slope, rows, 0, len(rows), totals[0])
    _add_up(curve, rows, 0, len(rows), curves[0])
    _add_rows(x, offset, rows, 0, len(rows), slope, sums[0], counts[0])
    gain[0], split[0, 0], split[0, 1], split[0, 2] = _find_split(
        offset, sums[0], counts[0], totals[0], curves[0], len(rows), min_leaf, l2
    )
    used = 1
    while used < leaves:
        at = int(np.argmax(gain[:used]))
        if gain[at] <= _NO_GAIN:
            break
        node, new = used - 1, used
        feature[node], last[node], missing_left[node] = split[at]
        if parent[at] >= 0 and on_right[at] == 1:
            right[parent[at]] = node
        elif parent[at] >= 0:
            left[parent[at]] = node
        left[node], right[node] = -1 - at, -1 - new
        parent[at], on_right[at], parent[new], on_right[new] = node, 0, node, 1
        middle = _partition(x, rows, start[at], stop[at], feature[node], last[node], missing_left[node], spare)
        start[new], stop[new], stop[at] = middle, stop[at], middle
        small, large = (at, new) if middle - start[at] <= stop[new] - middle else (new, at)
        whole, bend = totals[at].copy(), curves[at].copy()
        _add_up(slope, rows, start[small], stop[small], totals[small])
        _add_up(curve, rows, start[small], stop[small], curves[small])
        totals[large], curves[large] = whole - totals[small], bend - curves[small]
        used += 1
        if used == leaves:  # nothing is split any more
            break
        if small == at:
            sums[new][:] = sums[at]
            counts[new][:] = counts[at]
        _add_rows(x, offset, rows, start[small], stop[small], slope, sums[small], counts[small])
        _take_off(sums, counts, large, small)
        for leaf in (at, new):
            n, gain[leaf] = stop[leaf] - start[leaf], 0.0
            if n >= 2 * min_leaf:
                gain[leaf], split[leaf, 0], split[leaf, 1], split[leaf, 2] = _find_split(
                    offset, sums[leaf], counts[leaf], totals[leaf], curves[leaf], n, min_leaf, l2
                )
    nodes = used - 1
    return (
        (feature[:nodes], last[:nodes], missing_left[:nodes], left[:nodes], right[:nodes]),
        (totals[:used], curves[:used], start[:used], stop[:used]),
    )


@njit(nogil=True, cache=True, error_model="numpy")
def finish_leaves(
    rows: np.ndarray, leaves: tuple[np.ndarray, ...], l2: float, rate: float, scores: np.ndarray
) -> np.ndarray:
    """The values float32 [leaves, k] of the leaves of a tree, which are added to the scores of its rows."""
    totals, curves, start, stop = leaves
    values = np.zeros(totals.shape, np.float32)
    for leaf in range(len(totals)):
        for j in range(totals.shape[1]):
            values[leaf, j] = -rate * totals[leaf, j] / (max(curves[leaf, j], 0.0) + l2)
        for i in range(start[leaf], stop[leaf]):
            for j in range(totals.shape[1]):
                scores[rows[i], j] += values[leaf, j]
    return values


@njit(nogil=True, cache=True)
def number_leaves(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The leaves of a tree from left to right, and for each node those that remain to who goes right.

    Returns:
        mask uint32 [nodes], all bits set but those of the leaves on the node's left; the leaf int32
        [leaves] at each place.
    """
    nodes = len(left)
    below = np.zeros(nodes, np.int64)
    for node in range(nodes - 1, -1, -1):  # children come after their parents
        below[node] = (below[left[node]] if left[node] >= 0 else 1) + (below[right[node]] if right[node] >= 0 else 1)
    begin = np.zeros(nodes, np.int64)
    mask, order = np.zeros(nodes, np.uint32), np.zeros(nodes + 1, np.int32)
    for node in range(nodes):
        on_left = below[left[node]] if left[node] >= 0 else 1
        if left[node] >= 0:
            begin[left[node]] = begin[node]
        else:
            order[begin[node]] = -1 - left[node]
        if right[node] >= 0:
            begin[right[node]] = begin[node] + on_left
        else:
            order[begin[node] + on_left] = -1 - right[node]
        mask[node] = np.uint32(0xFFFFFFFF) ^ np.uint32(((np.int64(1) << on_left) - 1) << begin[node])
    return mask, order


@njit(inline="always")
def _lowest_bit(bits: int) -> int:
    """The place of the lowest bit that is set (Leiserson, Prokop and Randall 1998)."""
    wide = np.uint32(bits)
    lowest = np.uint32(wide & (~wide + np.uint32(1)))
    return int(_PLACES[np.uint32(lowest * np.uint32(_DE_BRUIJN)) >> np.uint32(27)])


@njit(nogil=True, cache=True, error_model="numpy")
def add_leaves(
    x: np.ndarray,
    feature: np.ndarray,
    last: np.ndarray,
    skip: np.ndarray,
    mask: np.ndarray,
    nodes: np.ndarray,
    leaves: np.ndarray,
    values: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Adds to ``scores`` float32 [n, k] the leaves that ``x`` uint8 [features, n] reaches in every tree.

    No row walks a tree: every node of a tree is compared for a block of rows at once, and strikes
    out the leaves on its left for rows that go right; the first leaf left over is the one that is
    reached (Lucchese et al. 2015, "QuickScorer"). ``skip`` is 1 where missing goes right: bin 0 less
    1 is then the highest byte, above every bin.
    """
    n, k = scores.shape
    everything = mask.dtype.type(0xFFFFFFFF)
    open_leaves = np.empty(_BLOCK, mask.dtype)
    for start in range(0, n, _BLOCK):
        size = min(_BLOCK, n - start)
        for tree in range(len(nodes) - 1):
            open_leaves[:] = everything
            for node in range(nodes[tree], nodes[tree + 1]):
                column, limit, kept = x[feature[node], start : start + size], last[node], mask[node]
                if skip[node] == 0:
                    for i in range(size):
                        open_leaves[i] &= everything if column[i] <= limit else kept
                else:
                    for i in range(size):
                        open_leaves[i] &= everything if np.uint8(column[i] - np.uint8(1)) <= limit else kept
            first = leaves[tree]
            if k == 4:
                for i in range(size):
                    leaf = first + _lowest_bit(open_leaves[i])
                    scores[start + i, 0] += values[leaf, 0]
                    scores[start + i, 1] += values[leaf, 1]
                    scores[start + i, 2] += values[leaf, 2]
                    scores[start + i, 3] += values[leaf, 3]
            else:
                for i in range(size):
                    leaf = first + _lowest_bit(open_leaves[i])
                    for j in range(k):
                        scores[start + i, j] += values[leaf, j]


@njit(nogil=True, cache=True, error_model="numpy")
def shares(
    scores: np.ndarray, classes: np.ndarray, children: np.ndarray, nodes: np.ndarray, rows: np.ndarray, out: np.ndarray
) -> None:
    """Fills ``out`` float64 [m, width] with the share of each child, from scores float32 [m, k].

    One score is the logit of the second class against the first; a child that is not there gets 0.
    """
    k = len(classes)
    for i in range(len(rows)):
        node = nodes[rows[i]]
        top = np.float64(-np.inf)
        for j in range(k):
            if children[node, classes[j]] >= 0:
                s = scores[i, j] if scores.shape[1] == k else (scores[i, 0] if j == 1 else np.float32(0.0))
                top = max(top, np.float64(s))
        total = 0.0
        for c in range(out.shape[1]):
            out[i, c] = 0.0
        for j in range(k):
            if children[node, classes[j]] >= 0:
                s = scores[i, j] if scores.shape[1] == k else (scores[i, 0] if j == 1 else np.float32(0.0))
                e = np.exp(np.float64(s) - top)
                out[i, classes[j]] = e
                total += e
        for c in range(out.shape[1]):
            out[i, c] /= total


@njit(nogil=True, cache=True, error_model="numpy")
def descend(parts: np.ndarray, children: np.ndarray, nodes: np.ndarray, rows: np.ndarray, uniforms: np.ndarray) -> None:
    """Moves ``nodes[rows]`` to a child drawn by its share in ``parts`` float64 [m, width].

    The rows' ``uniforms`` in [0, 1) are inverted in place: what is left of one inside the child that
    it fell into is uniform again.
    """
    width = parts.shape[1]
    for i in range(len(rows)):
        r = rows[i]
        total = 0.0
        for c in range(width):
            total += parts[i, c]
        goal, below, chosen = uniforms[r] * total, 0.0, -1
        for c in range(width):
            if parts[i, c] <= 0.0:
                continue
            if chosen >= 0:
                below += parts[i, chosen]
            chosen = c
            if goal < below + parts[i, c]:
                break
        rest = (goal - below) / parts[i, chosen]
        uniforms[r] = min(max(rest, 0.0), 1.0 - 2.0**-53)
        nodes[r] = children[nodes[r], chosen]

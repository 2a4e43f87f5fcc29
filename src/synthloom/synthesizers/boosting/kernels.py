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
def gradients(scores, target, weights, rows, slope, curve):  # noqa: ANN001, ANN201
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
def losses(scores, target):  # noqa: ANN001, ANN201
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
def _add_rows(x, offset, rows, start, stop, slope, sums, counts):  # noqa: ANN001, ANN202
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
def _find_split(offset, sums, counts, total, curve, n, min_leaf, l2, left):  # noqa: ANN001, ANN202
    """The best split of a node: gain, feature, last bin on the left, whether missing goes left.

    The curvature of a side is taken as its share of the rows times the node's: the histogram then
    holds slopes alone.
    """
    k = len(total)
    best, best_feature, best_bin, best_missing = 0.0, -1, 0, 1
    base = 0.0
    for j in range(k):
        base += total[j] * total[j] / (curve[j] + l2)
    for f in range(len(offset) - 1):
        first, last = offset[f], offset[f + 1]
        for missing in range(2):
            if missing == 0 and counts[first] == 0:
                continue
            left[:] = 0.0
            rows = 0
            for b in range(first if missing == 1 else first + 1, last - 1):
                if counts[b] == 0:
                    continue
                rows += counts[b]
                for j in range(k):
                    left[j] += sums[b, j]
                if rows < min_leaf:
                    continue
                if n - rows < min_leaf:
                    break
                share = rows / n
                gain = -base
                for j in range(k):
                    right = total[j] - left[j]
                    gain += left[j] * left[j] / (curve[j] * share + l2)
                    gain += right * right / (curve[j] * (1.0 - share) + l2)
                if gain > best:
                    best, best_feature, best_bin, best_missing = gain, f, b - first, missing
            if missing == 0:  # all present values on the left, missing ones on the right
                b = last - 1
                rows += counts[b]
                for j in range(k):
                    left[j] += sums[b, j]
                if rows >= min_leaf and n - rows >= min_leaf:
                    share = rows / n
                    gain = -base
                    for j in range(k):
                        right = total[j] - left[j]
                        gain += left[j] * left[j] / (curve[j] * share + l2)
                        gain += right * right / (curve[j] * (1.0 - share) + l2)
                    if gain > best:
                        best, best_feature, best_bin, best_missing = gain, f, b - first, 0
    return best, best_feature, best_bin, best_missing


@njit(nogil=True, cache=True, error_model="numpy")
def _partition(x, rows, start, stop, feature, last, missing_left, spare):  # noqa: ANN001, ANN202
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
def grow_tree(x, offset, rows, slope, curve, scores, leaves, min_leaf, l2, rate, sums, counts, spare):  # noqa: ANN001, ANN201, PLR0913, PLR0915
    """One tree over ``rows`` (reordered), whose leaf values are added to their ``scores``.

    Args:
        x: uint8 [n, features], bins; 0 is missing.
        offset: int64 [features + 1], where each input's bins begin in a histogram.
        rows: int32 [m].
        slope, curve: float32 [n, k].
        scores: float32 [n, k].
        leaves, min_leaf, l2, rate: as in BoostingOptions.
        sums, counts: float32 [leaves, bins, k], int32 [leaves, bins]: room for histograms.
        spare: int32 [m], room.

    Returns:
        feature int16, last int16, missing_left int8, left int32, right int32 [leaves - 1] each, values
        float32 [leaves, k], rows of each leaf int32 [leaves]. A child ``-1 - leaf`` is a leaf.
    """
    k = slope.shape[1]
    feature = np.zeros(leaves - 1, np.int16)
    last = np.zeros(leaves - 1, np.int16)
    missing_left = np.zeros(leaves - 1, np.int8)
    left, right = np.zeros(leaves - 1, np.int32), np.zeros(leaves - 1, np.int32)
    start, stop = np.zeros(leaves, np.int64), np.zeros(leaves, np.int64)
    totals, curves = np.zeros((leaves, k)), np.zeros((leaves, k))
    gain = np.zeros(leaves)
    split_feature, split_bin = np.zeros(leaves, np.int64), np.zeros(leaves, np.int64)
    split_missing = np.zeros(leaves, np.int64)
    parent, on_right = np.full(leaves, -1), np.zeros(leaves, np.int64)
    room = np.zeros(k)
    stop[0] = len(rows)
    for i in range(len(rows)):
        for j in range(k):
            totals[0, j] += slope[rows[i], j]
            curves[0, j] += curve[rows[i], j]
    _add_rows(x, offset, rows, 0, len(rows), slope, sums[0], counts[0])
    gain[0], split_feature[0], split_bin[0], split_missing[0] = _find_split(
        offset, sums[0], counts[0], totals[0], curves[0], len(rows), min_leaf, l2, room
    )
    used = 1
    while used < leaves:
        at = 0
        for leaf in range(1, used):
            if gain[leaf] > gain[at]:
                at = leaf
        if gain[at] <= _NO_GAIN:
            break
        node, new = used - 1, used
        feature[node], last[node], missing_left[node] = split_feature[at], split_bin[at], split_missing[at]
        if parent[at] >= 0:
            if on_right[at]:
                right[parent[at]] = node
            else:
                left[parent[at]] = node
        left[node], right[node] = -1 - at, -1 - new
        parent[at], on_right[at], parent[new], on_right[new] = node, 0, node, 1
        middle = _partition(x, rows, start[at], stop[at], feature[node], last[node], missing_left[node], spare)
        start[new], stop[new], stop[at] = middle, stop[at], middle
        small, large = (at, new) if middle - start[at] <= stop[new] - middle else (new, at)
        small_total, small_curve = np.zeros(k), np.zeros(k)
        for i in range(start[small], stop[small]):
            for j in range(k):
                small_total[j] += slope[rows[i], j]
                small_curve[j] += curve[rows[i], j]
        for j in range(k):
            whole, bend = totals[at, j], curves[at, j]
            totals[small, j], totals[large, j] = small_total[j], whole - small_total[j]
            curves[small, j], curves[large, j] = small_curve[j], bend - small_curve[j]
        used += 1
        if used == leaves:  # nothing is split any more
            break
        if small == at:
            sums[new][:] = sums[at]
            counts[new][:] = counts[at]
        _add_rows(x, offset, rows, start[small], stop[small], slope, sums[small], counts[small])
        for b in range(counts.shape[1]):
            counts[large, b] -= counts[small, b]
            for j in range(k):
                sums[large, b, j] -= sums[small, b, j]
        for leaf in (at, new):
            n = stop[leaf] - start[leaf]
            gain[leaf] = 0.0
            if n >= 2 * min_leaf:
                gain[leaf], split_feature[leaf], split_bin[leaf], split_missing[leaf] = _find_split(
                    offset, sums[leaf], counts[leaf], totals[leaf], curves[leaf], n, min_leaf, l2, room
                )
    values = np.zeros((used, k), np.float32)
    held = np.zeros(used, np.int32)
    for leaf in range(used):
        held[leaf] = stop[leaf] - start[leaf]
        for j in range(k):
            values[leaf, j] = -rate * totals[leaf, j] / (max(curves[leaf, j], 0.0) + l2)
        for i in range(start[leaf], stop[leaf]):
            for j in range(k):
                scores[rows[i], j] += values[leaf, j]
    nodes = used - 1
    return feature[:nodes], last[:nodes], missing_left[:nodes], left[:nodes], right[:nodes], values, held


@njit(nogil=True, cache=True)
def number_leaves(left, right):  # noqa: ANN001, ANN201
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
def _lowest_bit(bits):  # noqa: ANN001, ANN202
    """The place of the lowest bit that is set (Leiserson, Prokop and Randall 1998)."""
    wide = np.uint32(bits)
    lowest = np.uint32(wide & (~wide + np.uint32(1)))
    return np.int64(_PLACES[np.uint32(lowest * np.uint32(_DE_BRUIJN)) >> np.uint32(27)])


@njit(nogil=True, cache=True, error_model="numpy")
def add_leaves(x, feature, last, skip, mask, nodes, leaves, values, scores):  # noqa: ANN001, ANN201, PLR0913
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
def shares(scores, classes, children, nodes, rows, out):  # noqa: ANN001, ANN201
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
def descend(parts, children, nodes, rows, uniforms):  # noqa: ANN001, ANN201
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

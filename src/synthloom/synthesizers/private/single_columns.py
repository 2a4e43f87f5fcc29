"""Noisy counts of every part by itself, the groups made of them, and the number of rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthloom.differential_privacy import Account, DiscreteGaussian, noisy_counts
from synthloom.encoding import EncodedColumn, EncodedTable, PartSpec
from synthloom.synthesizers.private.columns import LearnedPart
from synthloom.synthesizers.private.denoising import combined, nonnegative
from synthloom.synthesizers.private.graphical_model import Measurement
from synthloom.synthesizers.private.grouping import Groups, group_ordered, group_unordered, is_lost

_LEAST = 8.0  # standard deviations that a group of neighbouring codes should hold
_MAX_CATEGORIES = 32
_PAIR_NOISE = 0.35  # noise that a pair of columns may have in all its cells together, as a share of the rows
_FEWEST = 6


@dataclass(frozen=True)
class SingleColumns:
    """What was learned of the parts one by one.

    Attributes:
        groups: the groups of each part.
        sizes: how many there are.
        codes: int32 [n, parts], the rows' groups.
        measurements: noisy counts of each part's groups.
        total: the number of rows, estimated from all of them.
    """

    groups: list[Groups]
    sizes: tuple[int, ...]
    codes: np.ndarray
    measurements: list[Measurement]
    total: float


def measure_parts(target: EncodedTable, learned: list[LearnedPart], account: Account, max_groups: int) -> SingleColumns:
    """Counts every part once, and groups its codes by noisy counts."""
    limit = _group_limit(account, max_groups)
    groups, measurements, columns = [], [], []
    for place, ((spec, column), part) in enumerate(zip(target, learned, strict=True)):
        codes = _codes(spec, column)
        look = _count_codes if part.per_code else _count_groups
        found, counts, variances = look(spec, codes, part, account, limit)
        groups.append(found)
        measurements.append(Measurement((place,), counts, variances))
        columns.append(found.group_of[codes])
    codes = np.stack(columns, axis=1).astype(np.int32) if columns else np.zeros((target.n_rows, 0), dtype=np.int32)
    sizes = tuple(len(group) for group in groups)
    return SingleColumns(groups, sizes, codes, measurements, _total(measurements))


Limit = Callable[[float], int]
"""How many groups of neighbouring codes are worth having, given about how many rows there are."""


def _group_limit(account: Account, max_groups: int) -> Limit:
    """So few groups that the noise of a pair, k² cells of it, does not drown the rows."""
    events = [e.event for e in account.ledger.entries if e.purpose == "tree" and isinstance(e.event, DiscreteGaussian)]
    if not events:
        return lambda rows: max_groups
    noise = math.sqrt(2 / math.pi * float(events[0].variance))
    return lambda rows: int(np.clip(math.sqrt(_PAIR_NOISE * max(rows, 1.0) / noise), _FEWEST, max_groups))


def _codes(spec: PartSpec, column: EncodedColumn) -> np.ndarray:
    """Codes int64 [n] with null behind them; where nulls are declared away, they count as the first code."""
    codes = column.discrete(spec.n_codes).astype(np.int64)
    return codes if spec.has_nulls else np.where(codes == spec.n_codes, 0, codes)


def _count_codes(
    spec: PartSpec, codes: np.ndarray, part: LearnedPart, account: Account, limit: Limit
) -> tuple[Groups, np.ndarray, np.ndarray]:
    """Every code (and null) counted by itself, then grouped."""
    event = account.gaussian("single columns")
    cells = spec.n_codes + int(spec.has_nulls)
    noisy = noisy_counts(np.bincount(codes, minlength=cells), event.variance).astype(np.float64)
    variances = np.full(cells, float(event.variance))
    if part.counts is not None and part.variance is not None and len(part.counts):
        known = slice(0, len(part.counts))
        both = combined(noisy[known], float(event.variance), part.counts, part.variance)
        noisy[known], variances[known] = both
    sigma = math.sqrt(event.variance)
    counts = nonnegative(noisy, variances, max(1.0, float(noisy.sum())))
    if part.ordered:
        group = group_ordered(counts[: spec.n_codes], limit(float(counts.sum())), _LEAST * sigma)
    else:
        group = group_unordered(noisy[: spec.n_codes], sigma, _MAX_CATEGORIES)
    return _finish(spec, group, counts, noisy, variances, np.append(group, group.max() + 1)[:cells])


def _count_groups(
    spec: PartSpec, codes: np.ndarray, part: LearnedPart, account: Account, limit: Limit
) -> tuple[Groups, np.ndarray, np.ndarray]:
    """Codes grouped by the fine histogram that is known already, then every group (and null) counted."""
    event = account.gaussian("single columns")
    assert part.counts is not None
    most = limit(float(part.counts.sum()))
    group = group_ordered(part.counts, most, _LEAST * math.sqrt(event.variance))
    cells = int(group.max()) + 1 + int(spec.has_nulls)
    of_codes = np.append(group, group.max() + 1)
    noisy = noisy_counts(np.bincount(of_codes[codes], minlength=cells), event.variance).astype(np.float64)
    variances = np.full(cells, float(event.variance))
    return _finish(spec, group, part.counts, noisy, variances, np.arange(cells))


def _finish(
    spec: PartSpec,
    group: np.ndarray,
    inside: np.ndarray,
    noisy: np.ndarray,
    variances: np.ndarray,
    group_of_cell: np.ndarray,
) -> tuple[Groups, np.ndarray, np.ndarray]:
    """The groups, and noisy counts summed to them; a null that cannot be told from none joins the first."""
    top = int(group.max()) + 1
    inside = inside[: spec.n_codes]
    null_group, null_weight = 0, 0.0
    if spec.has_nulls and not is_lost(noisy[-1], math.sqrt(variances[-1])):
        null_group, null_weight = top, 1.0
    group_of_cell = np.where(group_of_cell == top, null_group, group_of_cell)
    sizes = int(group_of_cell.max()) + 1
    counts = np.bincount(group_of_cell, weights=noisy, minlength=sizes)
    summed = np.bincount(group_of_cell, weights=variances, minlength=sizes)
    return Groups(np.append(group, null_group), np.append(inside, null_weight)), counts, summed


def _total(measurements: list[Measurement]) -> float:
    """The number of rows: each part's counts sum to it, weighted by how sure they are."""
    if not measurements:
        return 1.0
    variances = np.array([float(np.sum(found.variances)) for found in measurements])
    sums = np.array([found.counts.sum() for found in measurements])
    return max(1.0, float((sums / variances).sum() / (1 / variances).sum()))

"""Rows of a plain table divided into groups by sensitive columns, all of them crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.data import Table

OTHER, MISSING = "(other)", "(missing)"
_FEW_NUMBERS = 6


@dataclass(frozen=True)
class Groups:
    """Rows divided into groups.

    Attributes:
        labels: such as ``Female, Black``; small groups are one, ``(other)``.
        codes: int64 [n], the group of each row.
    """

    labels: tuple[str, ...]
    codes: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Rows of each group, int64 [groups]."""
        return np.bincount(self.codes, minlength=len(self.labels))


def cross_groups(table: Table, columns: Sequence[str], smallest: int) -> Groups:
    """The groups that ``columns`` make together; those of fewer than ``smallest`` rows are one.

    Numbers of many values are cut at their quartiles; missing values are a group.
    """
    labels: list[str] = [""]
    codes = np.zeros(table.n_rows, dtype=np.int64)
    for name in columns:
        own, places = _of_column(table, name)
        labels = [f"{a}, {b}" if a else b for a in labels for b in own]
        codes = codes * len(own) + places
    counts = np.bincount(codes, minlength=len(labels))
    large = np.flatnonzero(counts >= smallest)
    renumber = np.full(len(labels), len(large), dtype=np.int64)
    renumber[large] = np.arange(len(large))
    rest = bool((counts[counts < smallest] > 0).any())
    kept = tuple(labels[place] for place in large) + ((OTHER,) if rest else ())
    return Groups(kept, renumber[codes])


def _of_column(table: Table, name: str) -> tuple[list[str], np.ndarray]:
    values, missing = comparable(table.column(name))
    if not isinstance(values, np.ndarray):
        texts = values.to_pylist()
        known = sorted({text for text in texts if text is not None})
        place = {text: code for code, text in enumerate(known)}
        return [*known, MISSING], np.array([len(known) if t is None else place[t] for t in texts], dtype=np.int64)
    distinct = np.unique(values[~missing])
    if len(distinct) <= _FEW_NUMBERS:
        found = np.searchsorted(distinct, values).clip(0, max(0, len(distinct) - 1))
        return [*(f"{v:g}" for v in distinct), MISSING], np.where(missing, len(distinct), found)
    edges = np.unique(np.quantile(values[~missing], [0.25, 0.5, 0.75], method="lower"))
    names = [f"{name} under {edges[0]:g}"]
    names += [f"{name} from {edge:g}" for edge in edges]
    found = np.searchsorted(edges, values, side="right")
    return [*names, MISSING], np.where(missing, len(names), found)

"""What every search for relations shares: the rows to look at first, and the proof on all rows.

A relation is first looked for on a sample of about a thousand random rows, to which each column
adds a few rows in which it is not as usual; what survives is proved on all rows.

**When chance is excluded.** What describing the derived column by the relation saves, against
describing each value by its frequency alone, must exceed what writing the relation down costs by
``20 + 2 ln(columns)`` nats (minimum description length, Rissanen 1978): a relation of a random
table passes with a probability below 1e-8. The derived column must besides take at least two
values that the protection's number of rows share.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.encoding.derivation_kinds.base import Derivation, agrees, entropy, numbers_of
from synthloom.encoding.derivation_kinds.values import ColumnValues, read_values
from synthloom.randomness import RandomStream
from synthloom.schema import TableSchema

_RANDOM_ROWS = 1_000
_UNUSUAL_ROWS = 8
_HEAD_ROWS = 20_000
_CACHED_CELLS = 8_000_000


class Search:
    """One table under search.

    Attributes:
        names: the learned columns, in table order.
        rows: the rows looked at first; int64 [m], ascending.
        sample: their values by column.
        head: random rows looked at second, where looking at all is dear; int64 [k].
        support: rows that must share what is stored.
    """

    def __init__(self, table: Table, schema: TableSchema) -> None:
        self.table, self.schema = table, schema
        self.names = [c.name for c in schema if c.learned]
        self.order = {name: place for place, name in enumerate(self.names)}
        self.support = schema.protection.minimum_support
        self.evidence = 20.0 + 2.0 * float(np.log(max(2, len(self.names))))
        self._cache: OrderedDict[str, ColumnValues] = OrderedDict()
        self._codes: OrderedDict[str, tuple[np.ndarray, Any] | None] = OrderedDict()
        self._entropies: dict[str, float] = {}
        self.rows = self._choose_rows()
        self.sample = {name: self.values(name).take(self.rows) for name in self.names}
        self.head = RandomStream(0, ("derivations", "head")).generator().permutation(self.n_rows)[:_HEAD_ROWS]

    @property
    def n_rows(self) -> int:
        """All rows."""
        return self.table.n_rows

    def values(self, name: str) -> ColumnValues:
        """All values of a column; the last few columns asked for are kept."""
        if name in self._cache:
            self._cache.move_to_end(name)
            return self._cache[name]
        values = read_values(self.table.column(name), self.schema.column(name))
        self._cache[name] = values
        _forget(self._cache, self.n_rows)
        return values

    def codes(self, name: str) -> tuple[np.ndarray, Any] | None:
        """All codes of a column, see :meth:`ColumnValues.codes`; the last few asked for are kept."""
        if name in self._codes:
            self._codes.move_to_end(name)
            return self._codes[name]
        self._codes[name] = self.values(name).codes()
        _forget(self._codes, self.n_rows)
        return self._codes[name]

    def _choose_rows(self) -> np.ndarray:
        n = self.n_rows
        wanted = max(_RANDOM_ROWS, 4 * len(self.names))
        rng = RandomStream(0, ("derivations",)).generator()
        chosen = [np.arange(n) if n <= wanted else rng.choice(n, wanted, replace=False)]
        if n > wanted:
            for name in self.names:
                values = self.values(name)
                chosen += [_spread(mask) for mask in (_unusual(values), values.missing)]
        return np.unique(np.concatenate(chosen))

    def proven(self, relation: Derivation, aside: np.ndarray | None = None) -> Derivation | None:
        """The relation with its rule for gaps if it holds on all rows beyond chance, else ``None``.

        Rows in ``aside`` (bool [n]) hold source values that are too rare to be stored or sampled;
        the caller has proved that they fit.
        """
        target = relation.target
        tolerance = 1e-6 if self.schema.column(target).type == "float" else 1e-9
        sample = {name: self.sample[name] for name in relation.sources}
        apart = np.zeros(len(self.rows), dtype=bool) if aside is None else aside[self.rows]
        if not (agrees(relation.compute(sample), self.sample[target], tolerance) | apart).all():
            return None
        truth = self.values(target)
        computed = relation.compute({name: self.values(name) for name in relation.sources})
        same = agrees(computed, truth, tolerance)
        if not (same if aside is None else same | aside).all():
            return None
        shown = ~(computed.missing | truth.missing)
        if 2 * int(shown.sum()) <= int((~truth.missing).sum()):
            return None  # what it says little about is not derived from it
        bits = self._entropy(target) if shown.all() else entropy(truth, shown)
        saved = bits * int(shown.sum()) - relation.cost - len(relation.sources) * np.log(max(2, len(self.names)))
        if saved < self.evidence or not _varies(truth, shown, self.support):
            return None
        return relation.with_gaps("sources" if (computed.missing == truth.missing).all() else "own")

    def _entropy(self, name: str) -> float:
        if name not in self._entropies:
            values = self.values(name)
            self._entropies[name] = entropy(values, np.ones(len(values.missing), dtype=bool))
        return self._entropies[name]


def _forget(cache: OrderedDict[str, Any], rows: int) -> None:
    """Drops what was asked for longest ago, so that the cache stays within its cells."""
    if len(cache) > max(16, _CACHED_CELLS // max(1, rows)):
        cache.popitem(last=False)


def _unusual(values: ColumnValues) -> np.ndarray:
    """Where a column is present and not at its commonest value, bool [n]."""
    import pyarrow.compute as pc

    if values.texts is not None:
        common = pc.mode(values.texts.dictionary_encode().indices)
        if len(common) == 0:
            return np.zeros(len(values.missing), dtype=bool)
        indices = values.texts.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return (indices != common[0]["mode"].as_py()) & ~values.missing
    numbers = numbers_of(values)
    present = numbers[~values.missing][:1_000]
    if len(present) == 0:
        return np.zeros(len(values.missing), dtype=bool)
    distinct, counts = np.unique(present, return_counts=True)
    return np.asarray(numbers != distinct[np.argmax(counts)]) & ~values.missing


def _spread(mask: np.ndarray) -> np.ndarray:
    """A few places where ``mask`` is true, spread over the rows."""
    places = np.flatnonzero(mask)
    if len(places) <= _UNUSUAL_ROWS:
        return places
    return places[np.linspace(0, len(places) - 1, _UNUSUAL_ROWS).astype(np.int64)]


def _varies(values: ColumnValues, rows: np.ndarray, support: int) -> bool:
    """Whether not nearly all of these rows hold one and the same value."""
    found = values.codes()
    codes = found[0] if found is not None else np.unique(numbers_of(values), return_inverse=True)[1]
    counts = np.bincount(codes[rows])
    return bool(len(counts) and counts.sum() - counts.max() >= support)

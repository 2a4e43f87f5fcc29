"""Constraints that hold in all rows of a table, beyond chance: proposals for its schema.

A statement that is true of every row may be true by accident. Each kind is held against rows in
which the columns were shuffled, so that nothing ties them: the chance that all rows would still meet
it must be below e to the power of minus :data:`EVIDENCE`, after all the statements that were tried.
Exact relations (totals, copies, ratios, codes and names) need no constraint: they are found and kept
anyway, see :mod:`synthloom.encoding.derivations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.constraints import (
    Combinations,
    Constraint,
    Inequality,
    Monotone,
    OneHot,
    Pattern,
    Presence,
    Unique,
    ValueRange,
)
from synthloom.constraints.combinations import distinct_texts
from synthloom.data import Table
from synthloom.schema.table_schema import TableSchema

EVIDENCE = 20.0
_LOOK_ROWS = 2_000
_LEAST_BROKEN = 0.01  # what shuffled rows hardly break is not worth stating
_MOST_CATEGORIES = 60
_MOST_CELLS = 900


@dataclass(frozen=True)
class Proposal:
    """A constraint that holds in all rows, and how surely not by chance.

    Attributes:
        constraint: the constraint.
        evidence: minus the log of the chance that rows without the tie would all meet it.
    """

    constraint: Constraint
    evidence: float


def propose_constraints(table: Table, schema: TableSchema) -> tuple[Proposal, ...]:
    """Constraints that all rows of ``table`` meet, the plainest kinds first."""
    view = _View(table, schema)
    finders: tuple[Callable[[_View], Iterator[Proposal]], ...] = (
        _inequalities,
        _ranges,
        _one_hots,
        _combinations,
        _presences,
        _uniques,
        _orders,
        _patterns,
    )
    return tuple(proposal for finder in finders for proposal in finder(view))


class _View:
    """A table with its numbers and categories at hand."""

    def __init__(self, table: Table, schema: TableSchema) -> None:
        self.table, self.schema, self.n = table, schema, table.n_rows
        self.rng = np.random.Generator(np.random.PCG64(0))
        self.look = np.sort(self.rng.permutation(self.n)[:_LOOK_ROWS])
        self.shuffle = self.rng.permutation(self.n)
        self.numbers: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for column in schema:
            if column.learned and column.kind in ("numeric", "datetime"):
                values, missing = comparable(table.column(column.name), column.format)
                if isinstance(values, np.ndarray) and not missing.all():
                    self.numbers[column.name] = (values.astype(np.float64), missing)
        self.categories: dict[str, tuple[np.ndarray, list[Any]]] = {}
        for column in schema:
            if column.learned and column.kind in ("categorical", "boolean"):
                codes, distinct = distinct_texts(table.column(column.name))
                if 2 <= len(distinct) <= _MOST_CATEGORIES:
                    self.categories[column.name] = (codes, distinct)

    def bar(self, tried: int) -> float:
        """The evidence that a statement needs, one of ``tried``."""
        return EVIDENCE + 2.0 * float(np.log(max(2, tried)))


def _inequalities(view: _View) -> Iterator[Proposal]:
    """``a <= b`` in all rows where both are present, where shuffled rows break it often."""
    names = [n for n in view.numbers if len(np.unique(view.numbers[n][0][view.look])) > 2]
    dates = {c.name for c in view.schema if c.kind == "datetime"}
    bar = view.bar(len(names) ** 2)
    found: dict[tuple[str, str], Proposal] = {}
    for a, b in ((a, b) for a in names for b in names if a != b and (a in dates) == (b in dates)):
        (low, low_gone), (high, high_gone) = view.numbers[a], view.numbers[b]
        rows = view.look
        if ((low[rows] > high[rows]) & ~(low_gone | high_gone)[rows]).any():
            continue
        both = ~(low_gone | high_gone)
        if (low > high)[both].any() or (low == high)[both].all():
            continue
        other = view.shuffle
        broken = float(((low > high[other]) & ~low_gone & ~high_gone[other]).sum() / max(1, view.n))
        if broken >= _LEAST_BROKEN and broken * both.sum() >= bar:
            strict = bool((low < high)[both].all())
            found[a, b] = Proposal(Inequality(columns=(a, b), strict=strict), broken * float(both.sum()))
    for (a, b), proposal in found.items():
        if not any((a, c) in found and (c, b) in found for c in names):  # what follows from two others is left out
            yield proposal


def _ranges(view: _View) -> Iterator[Proposal]:
    """Numbers that reach zero and never go below it."""
    for name, (values, missing) in view.numbers.items():
        if view.schema.column(name).kind != "numeric":
            continue
        present = values[~missing]
        zeros = int((present == 0).sum())
        # had zero no meaning, as many values would lie below it as at it
        evidence = zeros * float(np.log(2.0))
        if present.min() >= 0 and present.max() > 1 and evidence >= EVIDENCE:
            yield Proposal(ValueRange(column=name, min=0), evidence)


def _one_hots(view: _View) -> Iterator[Proposal]:
    """Groups of flags of which exactly one is set in every row."""
    flags: dict[str, np.ndarray] = {}
    for column in view.schema:
        if column.learned and column.kind in ("numeric", "boolean", "categorical"):
            values, missing = comparable(view.table.column(column.name), column.format)
            if (
                isinstance(values, np.ndarray)
                and not missing.any()
                and set(np.unique(values[:_LOOK_ROWS])) <= {0.0, 1.0}
            ):
                flags[column.name] = values == 1.0
    open_names = list(flags)
    while open_names:
        group = [open_names.pop(0)]
        total = flags[group[0]].copy()
        for name in list(open_names):
            if not (total & flags[name]).any():
                group.append(name)
                total |= flags[name]
        if len(group) >= 3 and total.all():
            shares = np.array([flags[name].mean() for name in group])
            single = float((shares * np.prod(1 - shares) / np.maximum(1 - shares, 1e-9)).sum())
            evidence = -view.n * float(np.log(max(single, 1e-12)))
            if evidence >= view.bar(len(flags) ** 2):
                open_names = [name for name in open_names if name not in group]
                yield Proposal(OneHot(columns=tuple(group)), evidence)


def _combinations(view: _View) -> Iterator[Proposal]:
    """Pairs of categories of which only some occur, each in rows enough."""
    support = view.schema.protection.minimum_support
    bar = view.bar(len(view.categories) ** 2)
    for a, b in combinations(view.categories, 2):
        (one, names_a), (two, names_b) = view.categories[a], view.categories[b]
        sizes = len(names_a), len(names_b)
        if sizes[0] * sizes[1] > _MOST_CELLS:
            continue
        counts = np.bincount(one * sizes[1] + two, minlength=sizes[0] * sizes[1]).reshape(sizes)
        empty = counts == 0
        determined = ((counts > 0).sum(axis=1) <= 1).all() or ((counts > 0).sum(axis=0) <= 1).all()
        if not empty.any() or determined or counts[~empty].min() < support:
            continue
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / view.n
        # naming which cells are empty costs a bit each
        evidence = float(expected[empty].sum()) - float(np.log(2.0)) * counts.size
        if evidence >= bar and expected[empty].sum() >= _LEAST_BROKEN * view.n:
            rows = tuple((names_a[i], names_b[j]) for i, j in zip(*np.nonzero(~empty), strict=True))
            yield Proposal(Combinations(columns=(a, b), allowed=rows), evidence)


def _presences(view: _View) -> Iterator[Proposal]:
    """Columns that are missing exactly at certain values of a category."""
    bar = view.bar(len(view.categories) * len(view.schema.names))
    for name in view.schema.names:
        missing = view.table.column(name).is_null().to_numpy()
        share = float(missing.mean())
        if not 0.0 < share < 1.0:
            continue
        entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
        for other, (codes, values) in view.categories.items():
            if other == name or None in values:
                continue
            gone = np.bincount(codes, weights=missing, minlength=len(values))
            all_rows = np.bincount(codes, minlength=len(values))
            evidence = float(entropy * view.n) - float(np.log(2.0)) * len(values)
            if ((gone == 0) | (gone == all_rows)).all() and evidence >= bar:
                there = [str(v) for v, g in zip(values, gone, strict=True) if g == 0]
                yield Proposal(Presence(columns=(name,), when=_clause(other, there)), evidence)
                break


def _uniques(view: _View) -> Iterator[Proposal]:
    """Keys, and pairs of columns that no two rows share although many would by chance."""
    keys = [c.name for c in view.schema if c.kind == "identifier" or c.personal is not None]
    for name in keys:
        codes, distinct = distinct_texts(view.table.column(name))
        if len(distinct) == view.n and None not in distinct:
            yield Proposal(Unique(columns=(name,)), float(view.n))
            continue
        repeats = _repeats(codes)
        for other in (*view.categories, *view.numbers):
            more = distinct_texts(view.table.column(other))[0]
            both = codes * (int(more.max()) + 1) + more
            evidence = view.n**2 / 2.0 * repeats * _repeats(more)
            if len(np.unique(both)) == view.n and evidence >= view.bar(len(view.schema.names)):
                yield Proposal(Unique(columns=(name, other)), float(evidence))


def _orders(view: _View) -> Iterator[Proposal]:
    """Dates and numbers by which the rows stand in order, all of them or those of each key."""
    keys = [c.name for c in view.schema if c.kind == "identifier"]
    for name, (values, missing) in view.numbers.items():
        if missing.any() or len(np.unique(values[:_LOOK_ROWS])) < 3:
            continue
        for by in (None, *keys):
            constraint = Monotone(column=name, by=by)
            columns = {c: view.table.column(c) for c in constraint.names}
            sizes = np.bincount(constraint.groups(columns))
            pairs = int(np.maximum(sizes - 1, 0).sum())
            if pairs * np.log(2.0) >= EVIDENCE and constraint.holds(columns).all():
                yield Proposal(constraint, pairs * float(np.log(2.0)))
                break


def _patterns(view: _View) -> Iterator[Proposal]:
    """Keys that are all of one pattern."""
    for column in view.schema:
        if column.pattern is None:
            continue
        constraint = Pattern(column=column.name, regex=column.pattern)
        if constraint.holds({column.name: view.table.column(column.name)}).all():
            yield Proposal(constraint, float(view.n))


def _repeats(codes: np.ndarray) -> float:
    """The chance that two rows share a value."""
    shares = np.bincount(codes) / len(codes)
    return float((shares**2).sum())


def _clause(name: str, values: list[str]) -> str:
    """A clause in the grammar of ``where``, quoted."""
    column = '"' + name.replace('"', '""') + '"'
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} in ({quoted})"

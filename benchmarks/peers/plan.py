"""Which cells a run has, and in which order: what tells most comes first, so that a run cut short is still of use."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.cells import Cell
from benchmarks.peers.systems import SYSTEMS, System
from benchmarks.peers.tables import BenchmarkTable, Split

PUBLISHED = {"adult": "adult", "credit_default": "default", "online_shoppers": "shoppers"}
"""Tables that the papers use as well, by the papers' names for them."""
PUBLISHED_SHARE = 0.9  # of the rows trains in the papers (two thirds of adult, which comes with its own cut)
SHARES = {"adult": 2 / 3}
REBALANCED_BELOW = 0.45  # the share of the rarer class from which there is something to rebalance


def planned_cells(
    tables: Sequence[BenchmarkTable], systems: Sequence[System], *, rows: int | None, splits: int, slow_splits: int
) -> list[Cell]:
    """Every cell in the order in which it is run.

    Args:
        tables: The tables, the most important first.
        systems: The systems.
        rows: At most so many rows of a table, or None for all.
        splits: How often each table is cut for systems that are quick.
        slow_splits: The same for slow ones.
    """
    cells: list[tuple[tuple[int, int, int], Cell]] = []
    places = list(SYSTEMS)
    for system in systems:
        for number in range(slow_splits if system.slow else splits):
            for place, table in enumerate(tables):
                if system.group == "rebalance" and table.task != "binary":
                    continue
                stage = 2 * number + (2 if system.slow else 0) + (system.group != "tables")
                cell = Cell(system=system, split=Split(table=table, index=number, rows=rows))
                cells.append(((stage, places.index(system.name), place), cell))
    if any(s.name == "synthloom" for s in systems):
        cells += [((1, len(places), i), cell) for i, cell in enumerate(published_cells(tables))]
    return [cell for _, cell in sorted(cells, key=lambda pair: pair[0])]


def published_cells(tables: Sequence[BenchmarkTable]) -> list[Cell]:
    """Synthloom on the papers' tables, all rows, cut as the papers cut them, judged by their protocol."""
    return [
        Cell(
            system=SYSTEMS["synthloom"],
            split=Split(table=t, index=0, rows=None, train_share=SHARES.get(t.name, PUBLISHED_SHARE)),
            protocol="published",
        )
        for t in tables
        if t.name in PUBLISHED
    ]

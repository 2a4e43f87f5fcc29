"""Makes the rows of a mock schema, shard by shard: any row of any table can be made alone.

A foreign key is made by making its parent's key at the parent's position, so that nothing made before needs to be
remembered: memory does not grow with the number of rows, and any number of workers gives the same rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from synthloom.data.table import SHARD_ROWS
from synthloom.errors import SchemaError, did_you_mean
from synthloom.mock.checks import Check, compile_checks
from synthloom.mock.columns import make_column
from synthloom.mock.context import RowContext
from synthloom.mock.paths import needs
from synthloom.mock.plan import make_plan
from synthloom.mock.shared_keys import SharedIndex
from synthloom.mock.specification import MockSchema
from synthloom.mock.table_plan import Plan
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.values.position_noise import Integers

if TYPE_CHECKING:
    import pyarrow as pa

_ATTEMPTS = 100


class MockEngine:
    """Rows for a schema.

    Args:
        schema: what the rows shall look like.
        rows: rows of each table that does not say how many.
        seed: equal seeds give equal rows.
    """

    def __init__(self, schema: MockSchema, rows: int, seed: int | None = None) -> None:
        self.schema, self.seed = schema, resolve_seed(seed)
        self.stream = RandomStream(self.seed).child("mock")
        self.plan: Plan = make_plan(schema, rows, self.stream)
        self.locales = schema.locales
        self._lock, self._indexes = threading.RLock(), dict[tuple[str, tuple[str, ...]], SharedIndex]()
        self._checks: dict[str, tuple[Check, ...]] = {
            name: compile_checks(name, table.spec) for name, table in self.plan.tables.items()
        }

    def table_rows(self, table: str) -> int:
        """How many rows a table has."""
        return self.plan.tables[table].rows

    def shards(self, table: str) -> list[tuple[int, int]]:
        """First and last (exclusive) row of each shard of a table."""
        rows = self.table_rows(table)
        return [(start, min(start + SHARD_ROWS, rows)) for start in range(0, rows, SHARD_ROWS)]

    def batches(self, table: str, run: RunContext | None = None) -> Iterator[pa.Table]:
        """The rows of a table, a shard at a time; one empty shard if there are none.

        Raises:
            SchemaError: if there is no such table, or its checks cannot be met.
        """
        import pyarrow as pa

        if table not in self.plan.tables:
            raise SchemaError(f'there is no table "{table}"', hint=did_you_mean(table, self.plan.tables))
        run = run or RunContext()
        names = list(self.schema.tables[table].columns)

        def one(shard: tuple[int, int]) -> pa.Table:
            run.check()
            return pa.table(self.columns(table, names, np.arange(*shard, dtype=np.int64)))

        yield from run.executor.map(one, self.shards(table) or [(0, 0)])

    def columns(self, table: str, names: list[str], positions: Integers) -> dict[str, pa.Array]:
        """Some columns of a table at any positions."""
        plan = self.plan.tables[table]
        checks = self._checks[table]
        drawn_again = bool(checks) and not set(names) <= plan.fixed
        wanted = set(plan.order) if drawn_again else self._needed(table, names)
        context = RowContext(table, plan, positions, self.stream.child("table", table), self)
        self._fill(context, wanted)
        if drawn_again:
            self._meet_checks(context, checks, wanted)
        return {name: context.made[name] for name in names}

    def shared_index(self, table: str, names: tuple[str, ...]) -> SharedIndex:
        """The rows of a table by the values of some columns; made once."""
        import pyarrow as pa

        with self._lock:
            if (table, names) not in self._indexes:
                parts = [
                    self.columns(table, list(names), np.arange(*shard, dtype=np.int64)) for shard in self.shards(table)
                ]
                whole = [pa.concat_arrays([part[name] for part in parts]) for name in names]
                self._indexes[table, names] = SharedIndex.of(whole)
            return self._indexes[table, names]

    def _needed(self, table: str, names: list[str]) -> set[str]:
        specs = self.plan.tables[table].spec.columns
        found: set[str] = set()
        queue = list(names)
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += needs(specs[name])
        return found

    def _fill(self, context: RowContext, wanted: set[str]) -> None:
        for name in context.plan.order:
            if name in wanted and name not in context.made:
                context.made[name] = make_column(name, context)

    def _meet_checks(self, context: RowContext, checks: tuple[Check, ...], wanted: set[str]) -> None:
        """Draws the rows that fail a check again, their keys unchanged, until all pass."""
        import pyarrow as pa

        failing = _failing(context, checks)
        for attempt in range(1, _ATTEMPTS + 1):
            if not len(failing):
                return
            again = RowContext(
                context.table, context.plan, context.positions[failing], context.stream, self, attempt,
                {name: context.made[name].take(pa.array(failing)) for name in context.plan.fixed & wanted},
            )  # fmt: skip
            self._fill(again, wanted)
            index = np.arange(len(context.positions))
            index[failing] = len(index) + np.arange(len(failing))
            for name in wanted - context.plan.fixed:
                both = pa.concat_arrays([context.made[name], again.made[name].cast(context.made[name].type)])
                context.made[name] = both.take(pa.array(index))
            failing = failing[_failing(again, checks)]
        culprit = next(check for check in checks if not check.passes(context.made).all())
        raise SchemaError(
            f'rows of "{context.table}" that meet the check {culprit.text} were not found in {_ATTEMPTS} attempts',
            accepted="checks that rows drawn at random can meet",
            hint="give the columns of the check values, bounds or a pattern of their own",
        )


def _failing(context: RowContext, checks: tuple[Check, ...]) -> Integers:
    passed = np.ones(len(context.positions), dtype=bool)
    for check in checks:
        passed &= check.passes(context.made)
    return np.flatnonzero(~passed)

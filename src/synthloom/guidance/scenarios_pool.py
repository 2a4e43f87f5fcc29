"""The weighted rows that a scenario picks from: those of the model, changed tails, blocks of new combinations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from synthloom.conditions import Clause, Conditions, Range
from synthloom.data import Table
from synthloom.errors import ScenarioError
from synthloom.guidance.scenarios_reading import ClauseReader
from synthloom.guidance.scenarios_tail import Tail, fit_tail
from synthloom.guidance.scenarios_unseen import combined_rows, numbers_of
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.scenario import AmplifyClause, CombineClause, MeanClause, ShareClause, TailClause
from synthloom.synthesizers import Synthesizer

LARGEST_POOL = 400_000
ROWS_A_ROW = 4
LEAST_HITS = 10
_STRAY = 0.5  # of what the conditions would share by chance; models leak a part of that where they saw nothing


@dataclass(frozen=True)
class Block:
    """Rows of a pool that make a share of it.

    Attributes:
        rows: where they stand.
        share: of all rows.
        clause: the clause that asks for them.
        worth: how many independent rows they are worth, where their combination was never seen; else ``None``.
    """

    rows: slice
    share: float
    clause: str
    worth: float | None = None

    @property
    def unseen(self) -> bool:
        """Whether the model never saw their conditions together."""
        return self.worth is not None


@dataclass
class Pool:
    """Weighted rows: those of the model first, then blocks of rows that it does not make."""

    table: Table
    base: np.ndarray
    plain: int
    model_rows: int
    drawn: int
    blocks: list[Block] = field(default_factory=list)
    tails: dict[str, tuple[Tail, float]] = field(default_factory=dict)

    def add(self, table: Table, share: float, clause: str, worth: float | None = None) -> None:
        """A block that makes a share of all rows; ``worth`` as in :class:`Block`."""
        start = self.table.n_rows
        self.table = Table.concatenate([self.table, Table(table.arrow, self.table.frame_kind)])
        block = np.full(table.n_rows, share / table.n_rows)
        self.base = np.concatenate([self.base * (1 - share), block])
        self.blocks = [replace(old, share=old.share * (1 - share)) for old in self.blocks]
        self.blocks.append(Block(slice(start, start + table.n_rows), share, clause, worth))

    def effective(self, weights: np.ndarray) -> float:
        """How many independent rows the weights [n] are worth (Kong 1992), less what repeats in blocks take off."""
        squares = weights**2
        for block in self.blocks:
            if block.worth is not None:
                squares[block.rows] *= max(1.0, (block.rows.stop - block.rows.start) / block.worth)
        return float(1.0 / squares.sum())


class PoolMaker:
    """Draws the pool of one scenario."""

    def __init__(
        self, model: Synthesizer, reader: ClauseReader, size: int, data: Table | None, run: RunContext
    ) -> None:
        self.model, self.reader, self.size, self.data, self.run = model, reader, size, data, run
        self.schema = model.schema_
        self.worth: int | None = getattr(model, "rows_", None)

    def pool(self, clauses: Sequence[Any], rows: int, stream: RandomStream) -> Pool:
        table = self.sampled(rows, stream.child("plain"))
        events = [
            (clause, *self.reader.event(clause))
            for clause in clauses
            if isinstance(clause, (ShareClause, AmplifyClause))
        ]
        drawn = rows
        while (
            any(self.reader.meets(event, table).sum() < LEAST_HITS for _, event, _ in events) and drawn < LARGEST_POOL
        ):
            more = self.sampled(min(3 * drawn, LARGEST_POOL - drawn), stream.child("plain", drawn))
            table = Table.concatenate([table, more])
            drawn = table.n_rows
        plain = table.n_rows
        boosts: list[tuple[Conditions, float, int]] = []
        for place, (clause, event, within) in enumerate(events):
            hits = self.reader.meets(event, table.slice(0, plain))
            self._require_support(clause, event, int(hits.sum()), plain)
            wanted = ROWS_A_ROW * self.size * min(1.0, self._goal(clause, event, within, table.slice(0, plain)))
            short = int(wanted - hits.sum())
            if short > 0.2 * wanted:
                boosts.append((event, float(hits.mean()), short))
                table = Table.concatenate([table, self.sampled(short, stream.child("event", place), event)])
                drawn += short
        density = np.full(table.n_rows, float(plain))
        for event, share, count in boosts:
            density += count / share * self.reader.meets(event, table)
        pool = Pool(table, 1 / density / (1 / density).sum(), plain, table.n_rows, drawn)
        for clause in clauses:
            if isinstance(clause, TailClause):
                self._play_tail(pool, clause, stream.child("tail", clause.column))
        for clause in clauses:
            if isinstance(clause, CombineClause):
                self._play_combination(pool, clause, stream.child("combine", clause.where))
        return pool

    def sampled(self, n: int, stream: RandomStream, where: Any = None) -> Table:
        batches = self.model.sample_batches(n, where=where, seed=stream.integer(), run=self.run)
        return Table.concatenate(list(batches))

    def _goal(self, clause: ShareClause | AmplifyClause, event: Conditions, within: Conditions, plain: Table) -> float:
        """About the share of all rows that the event is to have."""
        share = float(self.reader.meets(event, plain).mean())
        times = clause.times
        if times is not None:
            return share * times
        return float(getattr(clause, "to", 0.0) or 0.0) * float(self.reader.meets(within, plain).mean())

    def _require_support(self, clause: Any, event: Conditions, hits: int, rows: int) -> None:
        if hits >= LEAST_HITS:
            return
        apart = "; ".join(
            f"{single}: {'some' if len(event.clauses) > 1 else 'none'}" for single in map(str, event.clauses)
        )
        raise ScenarioError(
            f"({clause}): no support: {hits} of {rows:,} rows of the model are like that ({apart})",
            accepted=f"an event that {LEAST_HITS} rows or more show",
            hint="use combine for conditions that were never seen together; a value never seen has no rows at all",
        )

    def _play_tail(self, pool: Pool, clause: TailClause, stream: RandomStream) -> None:
        sign = 1.0 if clause.side == "high" else -1.0
        source = pool.table.slice(0, pool.plain) if self.data is None else self.data
        real, missing = numbers_of(source, clause.column)
        real = sign * real[~missing]
        known = len(real) if self.worth is None or self.data is not None else min(self.worth, len(real))
        try:
            tail = fit_tail(
                real, start=clause.start, quantile=clause.quantile, known_to=clause.known_to, worth=float(known)
            )
        except ScenarioError as error:
            raise ScenarioError(f"({clause}): {error.problem}", accepted=error.accepted, hint=error.hint) from error
        largest = float(real.max())
        values, gaps = numbers_of(pool.table, clause.column)
        values = sign * values
        beyond = np.flatnonzero(~gaps & (values > tail.threshold))
        if clause.known_to is None:
            order = beyond[np.argsort(values[beyond], kind="stable")]
            mass = pool.base[order]
            values[order] = tail.draw((np.cumsum(mass) - mass / 2) / mass.sum(), clause.scale)
            pool.table = self._with_numbers(pool.table, clause.column, sign * values, gaps, clause)
        else:
            count = int(np.clip(ROWS_A_ROW * self.size * (1 - clause.known_to), 300, 20_000))
            carriers = self._carriers(clause.column, sign * tail.threshold, count, stream, high=sign > 0)
            inside = 1.0 - tail.share_beyond(largest)
            uniform = inside + (1 - inside) * stream.child("values").generator().random(count)
            new = sign * tail.draw(uniform, clause.scale)
            block = self._with_numbers(carriers, clause.column, new, np.zeros(count, dtype=bool), clause)
            pool.add(block, 1 - clause.known_to, str(clause))
            pool.drawn += count
        pool.tails[str(clause)] = (tail, sign * largest)

    def _carriers(self, name: str, bound: float, n: int, stream: RandomStream, *, high: bool) -> Table:
        span = Range(low=bound) if high else Range(high=bound)
        conditions = Conditions((Clause(name, span),)).typed(self.reader.kinds, self.reader.forms)
        return self.sampled(n, stream.child("carriers"), conditions)

    def _with_numbers(self, table: Table, name: str, values: np.ndarray, gaps: np.ndarray, clause: Any) -> Table:
        """The table with new numbers on the column's own decimals; rows that break a constraint keep theirs."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self.schema.column(name)
        values = values if column.decimals is None else np.round(values, column.decimals)
        made = pa.array(np.where(gaps, 0.0, values), pa.float64(), mask=gaps)
        new = table.with_column(name, made.cast(column.arrow_type, safe=False))
        good = self._allowed(new)
        if good.all():
            return new
        if good.mean() < 0.5:
            raise ScenarioError(f"({clause}) breaks a constraint of the schema in {1 - good.mean():.0%} of the rows")
        return table.with_column(name, pc.if_else(pa.array(good), new.column(name), table.column(name)))

    def _allowed(self, table: Table) -> np.ndarray:
        """Which rows keep the schema's constraints on single rows, bool [n]."""
        good = np.ones(table.n_rows, dtype=bool)
        columns = {name: table.column(name).combine_chunks() for name in table.names}
        for constraint in self.schema.constraints:
            if not constraint.whole_table:
                good &= constraint.holds(columns)
        return good

    def _play_combination(self, pool: Pool, clause: CombineClause, stream: RandomStream) -> None:
        wanted = self.reader.conditions(clause.where, clause)
        plain = pool.table.slice(0, pool.plain)
        count = max(60, int(np.ceil(ROWS_A_ROW * self.size * clause.share)))
        if self._is_seen(wanted, plain):
            pool.add(self.sampled(count, stream, wanted), clause.share, str(clause))
            return
        try:
            made = combined_rows(self.model, wanted, count, plain, stream, self.run)
        except ScenarioError as error:
            raise ScenarioError(f"({clause}): {error.problem}", accepted=error.accepted, hint=error.hint) from error
        table = made.table.take(self._allowed(made.table))
        if table.n_rows < min(count, self.size * clause.share) * 0.5:
            raise ScenarioError(f"({clause}) breaks a constraint of the schema in most rows")
        pool.drawn += made.drawn
        pool.add(table, clause.share, str(clause), made.effective)

    def _is_seen(self, wanted: Conditions, plain: Table) -> bool:
        """Whether the model knows the combination: a few stray rows where many were to be expected are no knowledge."""
        hits = int(self.reader.meets(wanted, plain).sum())
        alone = [Conditions(tuple(c for c in wanted if c.column == name)) for name in wanted.columns]
        expected = float(np.prod([self.reader.meets(part, plain).mean() for part in alone]))
        return hits >= LEAST_HITS and hits / plain.n_rows >= _STRAY * expected

    def mean_rows(self, clause: MeanClause, pool: Pool) -> tuple[np.ndarray, np.ndarray]:
        values, missing = numbers_of(pool.table, clause.column)
        among = self.reader.meets(self.reader.conditions(clause.within, clause), pool.table) & ~missing
        if among[: pool.plain].sum() < LEAST_HITS:
            raise ScenarioError(f"({clause}): no support: no rows of the model are within ({clause.within})")
        return np.where(missing, 0.0, values), among


def model_mean(pool: Pool, values: np.ndarray, among: np.ndarray) -> float:
    """The mean as the model has it, blocks left out."""
    rows = slice(0, pool.model_rows)
    weight = pool.base[rows] * among[rows]
    return float((weight * values[rows]).sum() / weight.sum()) if weight.sum() > 0 else 0.0

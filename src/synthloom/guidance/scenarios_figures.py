"""What a scenario made of a model, in figures: clause by clause and column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.data import Table
from synthloom.evaluation.statistics import share_interval
from synthloom.guidance.scenarios_pool import Pool, PoolMaker, model_mean
from synthloom.guidance.scenarios_reading import ClauseReader
from synthloom.guidance.scenarios_unseen import numbers_of
from synthloom.scenario import CombineClause, MeanClause, Scenario, TailClause

_BINS = 20


@dataclass(frozen=True)
class ClauseFigure:
    """What became of one clause.

    Attributes:
        clause: in words.
        because: why it was taken.
        quantity: what the figures are of.
        model: the figure as the model has it: learned. ``None`` where nothing like it was seen.
        interval: its 95 % interval, from the number of rows that were learned from.
        asked: the figure that was asked for: assumed.
        played: the figure of the rows that came out.
        mark: ``assumed``, or ``learned`` where the model had it so by itself.
        note: what else must be known of it.
    """

    clause: str
    because: str
    quantity: str
    model: float | None
    interval: tuple[float, float] | None
    asked: float | None
    played: float
    mark: str
    note: str = ""


@dataclass(frozen=True)
class ColumnMark:
    """What of one column is assumed: ``assumed``, ``extrapolated`` or ``learned``, and how far it moved.

    ``moved`` is the total variation distance to the model's rows (numbers in twenty equally full bins).
    """

    column: str
    mark: str
    moved: float
    note: str


class FigureMaker:
    """The figures of one played scenario."""

    def __init__(self, maker: PoolMaker, reader: ClauseReader, scenario: Scenario) -> None:
        self.maker, self.reader, self.scenario = maker, reader, scenario
        self.schema, self.worth = maker.schema, maker.worth

    def figure(self, clause: Any, because: str, pool: Pool, chosen: np.ndarray) -> ClauseFigure:
        text = str(clause)
        if isinstance(clause, TailClause):
            return self._tail_figure(clause, because, pool, chosen)
        if isinstance(clause, CombineClause):
            wanted = self.reader.conditions(clause.where, clause)
            hits = self.reader.meets(wanted, pool.table)
            unseen = any(block.unseen and block.clause == text for block in pool.blocks)
            note = (
                "never seen together by the model, or far less often than by chance: "
                "how the conditions work together is assumed (no interaction), what "
                "each does alone is learned"
                if unseen
                else "seen by the model: the share is assumed, what the rows are like is learned"
            )
            share = None if unseen else model_mean(pool, hits, np.ones(len(hits)))
            return ClauseFigure(
                text, because, "share of rows", share, None, clause.share, float(hits[chosen].mean()), "assumed", note
            )
        if isinstance(clause, MeanClause):
            values, among = self.maker.mean_rows(clause, pool)
            mean = model_mean(pool, values, among)
            weight = pool.base * among
            spread = float(np.sqrt((weight * (values - mean) ** 2).sum() / weight.sum()))
            error = 1.96 * spread / np.sqrt(self._counted(pool, among))
            goal, quantity = self.reader.mean_goal(clause, mean), "mean"
            interval = (mean - error, mean + error)
            played = float(values[chosen][among[chosen]].mean()) if among[chosen].any() else float("nan")
        else:
            event, within = self.reader.event(clause)
            hit, among = self.reader.meets(event, pool.table), self.reader.meets(within, pool.table)
            mean = model_mean(pool, hit, among)
            counted = self._counted(pool, among)
            interval = share_interval(round(mean * counted), round(counted))
            goal, quantity = self.reader.share_goal(clause, mean), "share"
            played = float(hit[chosen][among[chosen]].mean()) if among[chosen].any() else float("nan")
        learned = interval[0] <= goal <= interval[1]
        note = (
            "within the interval of what was learned"
            if learned
            else "the figure is assumed, what such rows are like is learned"
        )
        return ClauseFigure(
            text, because, quantity, mean, interval, goal, played, "learned" if learned else "assumed", note
        )

    def _counted(self, pool: Pool, among: np.ndarray) -> float:
        """About how many rows that the model learned from a figure rests on."""
        rows = slice(0, pool.model_rows)
        share = float((pool.base[rows] * among[rows]).sum() / pool.base[rows].sum())
        return max(1.0, share * (self.worth or pool.plain))

    def _tail_figure(self, clause: TailClause, because: str, pool: Pool, chosen: np.ndarray) -> ClauseFigure:
        tail, largest = pool.tails[str(clause)]
        sign = 1.0 if clause.side == "high" else -1.0
        values, _ = numbers_of(pool.table.take(chosen), clause.column)
        ends = sorted((sign * tail.interval[0], sign * tail.interval[1]))
        beyond = int((sign * values > sign * largest).sum())
        note = (
            f"generalised Pareto, shape {tail.shape:.3g}, on {tail.excesses:,} values "
            f"beyond {sign * tail.threshold:g}; "
            f"{beyond:,} rows lie beyond {largest:g}, the most extreme value known, and are extrapolated"
        )
        level = clause.quantile if clause.side == "high" else 1 - clause.quantile
        return ClauseFigure(
            str(clause),
            because,
            f"{clause.quantile:g} quantile" if clause.side == "high" else f"{1 - clause.quantile:g} quantile",
            sign * tail.estimate,
            (ends[0], ends[1]),
            None if clause.scale == 1 else sign * (tail.threshold + clause.scale * (tail.estimate - tail.threshold)),
            float(np.nanquantile(values, level)),
            "extrapolated" if clause.scale == 1 else "assumed",
            note,
        )

    def marks(self, pool: Pool, table: Table) -> list[ColumnMark]:
        named: dict[str, tuple[str, str]] = {}
        unseen = any(block.unseen for block in pool.blocks)
        for entry in self.scenario.clauses:
            clause = entry.clause
            where = getattr(clause, "where", None)
            names = self.reader.conditions(where, clause).columns if where else (getattr(clause, "column", ""),)
            for name in names:
                mark = "extrapolated" if isinstance(clause, TailClause) else "assumed"
                if named.get(name, ("", ""))[0] != "extrapolated":
                    named[name] = (mark, f"set by ({clause})")
        rest = "learned: it follows the columns that were set as in the model" + (
            "; in rows of unseen combinations it is assumed" if unseen else ""
        )
        plain = pool.table.slice(0, pool.plain)
        marks = []
        for column in self.schema:
            if not column.learned:
                continue
            mark, note = named.get(column.name, ("learned", rest))
            marks.append(ColumnMark(column.name, mark, round(_moved(plain, table, column.name), 5), note))
        return marks


def _moved(before: Table, after: Table, name: str) -> float:
    """The total variation distance between two columns, numbers in equally full bins."""
    first, gaps = comparable(before.column(name))
    second, late = comparable(after.column(name))
    if isinstance(first, np.ndarray):
        known = first[~gaps]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else np.zeros(1)
        codes = [np.where(m, len(edges) + 1, np.searchsorted(edges, v)) for v, m in ((first, gaps), (second, late))]
    else:
        import pyarrow as pa

        both = pa.concat_arrays([first.cast(pa.string()), second.cast(pa.string())]).dictionary_encode("encode")
        places = both.indices.to_numpy(zero_copy_only=False)
        codes = [places[: len(first)], places[len(first) :]]
    size = 1 + int(max(c.max(initial=0) for c in codes))
    shares = [np.bincount(c.astype(np.int64), minlength=size) / max(1, len(c)) for c in codes]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)

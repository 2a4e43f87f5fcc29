"""Plays a scenario on a fitted synthesizer: rows as it wants them, and what of them is learned or assumed.

Rows are drawn from the model, rare events more often than they come (with the weights that take this
back, the balance heuristic of Veach and Guibas 1995); then they are weighted so that all clauses hold at the least
divergence from the model (:mod:`~synthloom.guidance.scenarios_tilting`), and picked by weight, none twice.
Tails are changed before that, rows of conditions never seen together are added as a block of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import NotFittedError, OptionError, ScenarioError
from synthloom.guidance.scenarios_figures import ClauseFigure, ColumnMark, FigureMaker
from synthloom.guidance.scenarios_pool import LARGEST_POOL, ROWS_A_ROW, Pool, PoolMaker, model_mean
from synthloom.guidance.scenarios_reading import ClauseReader
from synthloom.guidance.scenarios_tilting import Tilted, tilt
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.scenario import AmplifyClause, CombineClause, MeanClause, Scenario, ShareClause, read_scenario
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.guided.resampling import excess_weight, systematic

_SMALLEST_POOL = 20_000
_LARGEST_SAMPLE = 200_000
_LEAST_EFFECTIVE = 25.0
_MOST_EXCESS = 0.005
_TOLERATED_EXCESS = 0.1
_MISSED = 1e-3
_ATTEMPTS = 3


@dataclass(frozen=True)
class PlayedScenario:
    """The rows of a scenario, and what is known of them.

    Attributes:
        data: the rows, as the kind of frame that was learned from.
        figures: clause by clause.
        columns: column by column.
        assumed: which rows are of a combination that was never seen, bool [n].
        effective_sample_size: how many independent rows of the model they are worth.
        divergence: how far the weighted rows are from the model, in nats.
        rows_drawn: how many rows were drawn.
        scenario: what was played.
    """

    data: Any
    figures: tuple[ClauseFigure, ...]
    columns: tuple[ColumnMark, ...]
    assumed: np.ndarray
    effective_sample_size: float
    divergence: float
    rows_drawn: int
    scenario: Scenario

    def record(self) -> dict[str, Any]:
        """Everything but the rows, as plain values for a file beside them."""
        return {
            "label": "synthetic",
            "scenario": self.scenario.model_dump(mode="json", exclude_defaults=True),
            "rows": len(self.assumed),
            "rows_of_unseen_combinations": int(self.assumed.sum()),
            "effective_sample_size": round(self.effective_sample_size, 1),
            "divergence_nats": round(self.divergence, 5),
            "rows_drawn": self.rows_drawn,
            "clauses": [vars(figure) for figure in self.figures],
            "columns": [vars(column) for column in self.columns],
        }


def play_scenario(
    model: Synthesizer,
    scenario: Scenario | str | Path | dict[str, Any],
    size: int,
    *,
    data: Any = None,
    seed: int | None = None,
    run: RunContext | None = None,
) -> PlayedScenario:
    """``size`` rows under a scenario.

    Args:
        model: a fitted synthesizer of a table.
        scenario: a scenario, the path of its YAML file, or a mapping.
        size: how many rows, at most 200,000.
        data: real rows to fit tails to; rows of the model, counted as many as it learned from, if left out.
        seed: makes the rows repeatable.
        run: executor, progress and cancellation.

    Raises:
        ScenarioError: if the scenario is wrong, contradicts itself, or nothing in the model supports it.
        OptionError: if the size is none, or the model has a context.
        NotFittedError: if the model has not learned anything.
    """
    scenario = read_scenario(scenario)
    if not hasattr(model, "encoder_"):
        raise NotFittedError("the model has not learned anything yet", hint="call fit(data) first")
    if model.context_encoder_ is not None:
        raise OptionError("the model was fitted with a context", accepted="a model of a table by itself")
    if not 1 <= size <= _LARGEST_SAMPLE:
        raise OptionError(f"{size} rows were asked for", accepted=f"1 to {_LARGEST_SAMPLE:,}")
    stream = RandomStream(resolve_seed(seed)).child("scenario")
    table = None if data is None else Table.from_frame(data)
    return _Player(model, scenario, size, table, stream, run or RunContext()).play()


@dataclass
class _Moment:
    """One mean that must hold, and the clause it comes from."""

    values: np.ndarray
    goal: float
    clause: str


class _Player:
    def __init__(
        self,
        model: Synthesizer,
        scenario: Scenario,
        size: int,
        data: Table | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        self.model, self.scenario, self.size, self.stream, self.run = model, scenario, size, stream, run
        self.schema = model.schema_
        self.reader = ClauseReader(model)
        self.maker = PoolMaker(model, self.reader, size, data, run)

    def play(self) -> PlayedScenario:
        """The rows, more of them drawn where the weights ask for it."""
        clauses = [entry.clause for entry in self.scenario.clauses]
        self.reader.check(clauses)
        rows = int(np.clip(ROWS_A_ROW * self.size, _SMALLEST_POOL, LARGEST_POOL))
        for attempt in range(_ATTEMPTS):
            stream = self.stream.child("attempt", attempt)
            pool = self.maker.pool(clauses, rows, stream)
            moments = self._moments(clauses, pool)
            tilted = self._tilted(pool, moments)
            with np.errstate(divide="ignore"):
                log_weight = np.log(tilted.weights)
            excess = excess_weight(log_weight, self.size)
            if excess <= _MOST_EXCESS or rows >= LARGEST_POOL:
                break
            rows = int(min(4 * rows, LARGEST_POOL))
        worth = tilted.effective
        if worth < _LEAST_EFFECTIVE or excess > _TOLERATED_EXCESS:
            raise ScenarioError(
                f"{pool.drawn:,} rows were drawn, and under the scenario they are worth only {worth:.0f}",
                accepted=f"a scenario nearer to the model, or about {max(1, int(worth / 2)):,} rows at most",
                hint="ask for less, or drop the clause that asks for most",
            )
        # rows alike in what was asked for stand together, so that even picks meet it to a row or two
        order = np.lexsort([m.values for m in moments]) if moments else np.arange(len(log_weight))
        chosen = order[systematic(log_weight[order], self.size, stream.child("pick").generator())]
        return self._finished(pool, tilted, chosen, stream)

    def _moments(self, clauses: Sequence[Any], pool: Pool) -> list[_Moment]:
        found = []
        for clause in clauses:
            if isinstance(clause, (ShareClause, AmplifyClause)):
                event, within = self.reader.event(clause)
                hit, among = self.reader.meets(event, pool.table), self.reader.meets(within, pool.table)
                goal = self.reader.share_goal(clause, model_mean(pool, hit, among))
                found.append(_Moment(hit - goal * among, 0.0, str(clause)))
            elif isinstance(clause, MeanClause):
                values, among = self.maker.mean_rows(clause, pool)
                goal = self.reader.mean_goal(clause, model_mean(pool, values, among))
                inside = values[among]
                if not inside.min() < goal < inside.max():
                    raise ScenarioError(
                        f"({clause}): no mean of {goal:g} can come of values from {inside.min():g} to {inside.max():g}",
                        accepted="a mean between them",
                    )
                found.append(_Moment(np.where(among, values - goal, 0.0), 0.0, str(clause)))
            elif isinstance(clause, CombineClause) and clause.share < 1:
                hit = self.reader.meets(self.reader.conditions(clause.where, clause), pool.table)
                found.append(_Moment(hit.astype(np.float64), clause.share, str(clause)))
        for block in pool.blocks:
            if block.share < 1 and block.clause in pool.tails:
                inside = np.zeros(pool.table.n_rows)
                inside[block.rows] = 1.0
                found.append(_Moment(inside, block.share, block.clause))
        return found

    def _tilted(self, pool: Pool, moments: list[_Moment]) -> Tilted:
        matrix = np.column_stack([m.values for m in moments]) if moments else np.zeros((pool.table.n_rows, 0))
        tilted = tilt(pool.base, matrix.astype(np.float64), np.array([m.goal for m in moments]))
        missed = np.abs(tilted.missed)
        if len(missed) and not missed.max() < _MISSED:
            worst = moments[int(np.argmax(np.nan_to_num(missed, nan=np.inf)))].clause
            raise ScenarioError(
                f"the clauses cannot hold together on the model's rows; ({worst}) is missed by most",
                accepted="clauses that some mixture of the model's rows meets",
                hint="drop or soften a clause, one at a time",
            )
        return tilted

    def _finished(self, pool: Pool, tilted: Tilted, chosen: np.ndarray, stream: RandomStream) -> PlayedScenario:
        figures_of = FigureMaker(self.maker, self.reader, self.scenario)
        table = self._with_new_keys(pool.table.take(chosen), stream)
        assumed = np.zeros(pool.table.n_rows, dtype=bool)
        for block in pool.blocks:
            assumed[block.rows] |= block.unseen
        figures = tuple(figures_of.figure(entry.clause, entry.because, pool, chosen) for entry in self.scenario.clauses)
        return PlayedScenario(
            Table(table.arrow, self.model.frame_kind_).to_frame(),
            figures,
            tuple(figures_of.marks(pool, table)),
            assumed[chosen],
            min(pool.effective(tilted.weights), float(self.size)),
            tilted.divergence,
            pool.drawn,
            self.scenario,
        )

    def _with_new_keys(self, table: Table, stream: RandomStream) -> Table:
        """Columns that are made anew, from one sample: keys of several samples might meet."""
        import pyarrow as pa
        import pyarrow.compute as pc

        anew = [c.name for c in self.schema if not c.learned and c.kind not in ("constant", "empty")]
        if not anew:
            return table
        fresh = self.maker.sampled(table.n_rows, stream.child("keys"))
        for name in anew:
            old, new = table.column(name).combine_chunks(), fresh.column(name).combine_chunks()
            if old.null_count:
                new = pc.if_else(old.is_valid(), pc.coalesce(new, old), pa.scalar(None, old.type))
            table = table.with_column(name, new)
        return table

"""Rows of conditions that were never seen together, under a stated assumption.

Nothing in the data says what such rows are like. It is assumed that the conditions do not interact:
each changes the odds of everything else by the factor by which it changes them alone, so that

    p(x | a, b) ∝ p(x | a) · p(x | b) / p(x | neither),

a product of experts (Hinton 2002). Rows that meet one condition are drawn from the model and weighted
by the odds with which the others would be met, as told by classifiers (density ratios by
classification: Sugiyama, Suzuki and Kanamori 2012); classifiers never see rows of another condition as
evidence against their own. The other conditions' columns, and what these determine, then get values of
rows that do meet them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthloom.conditions import Conditions
from synthloom.conditions.comparing import comparable
from synthloom.data import Table
from synthloom.errors import ConditionError, ScenarioError
from synthloom.guidance.row_inputs import RowInputs, crossfit_chances, fit_chances
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.guided.resampling import effective_size, systematic

_FEWEST_DRAWN, _MOST_DRAWN = 8_000, 20_000
_LEAST_EFFECTIVE = 25.0
_MOST_DISTINCT = 60
_DETERMINED = 0.999
_LARGEST_ODDS = 1e4
_NEWTON_STEPS = 20


@dataclass(frozen=True)
class Unseen:
    """Rows of a combination that was never seen, and how many independent rows they are worth."""

    table: Table
    effective: float
    drawn: int


@dataclass(frozen=True)
class _Part:
    """One column's condition: rows that meet it, and the columns whose values follow from it."""

    conditions: Conditions
    table: Table
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Odds:
    """The log odds with which rows meet a condition, shrunk by a factor from 0 to 1."""

    inputs: RowInputs
    predict: Callable[[np.ndarray], np.ndarray]
    kept: float

    def of(self, table: Table) -> np.ndarray:
        """float64 [rows]."""
        return self.kept * _logs(self.predict(self.inputs.matrix(table))[:, 1])


def combined_rows(
    model: Synthesizer, wanted: Conditions, n: int, pool: Table, stream: RandomStream, run: RunContext
) -> Unseen:
    """``n`` rows that meet conditions on several columns, without interaction between them.

    Args:
        model: a fitted synthesizer.
        wanted: typed conditions on two columns or more.
        n: how many rows.
        pool: rows of the model as they come.
        stream: randomness.
        run: executor and cancellation.

    Raises:
        ScenarioError: if a condition by itself has no support, or no row is near them all.
    """
    each = int(np.clip(3 * n, _FEWEST_DRAWN, _MOST_DRAWN))
    parts = [_part(model, wanted, name, each, pool, stream, run) for name in wanted.columns]
    forms = {column.name: column.format for column in model.schema_}
    taken = {name for part in parts for name in part.columns}
    rest = [c.name for c in model.schema_ if c.learned and c.name not in taken]
    odds = _odds(parts, pool, rest, forms, stream)
    weights = []
    for place, part in enumerate(parts):
        log = np.zeros(part.table.n_rows)
        for other, odd in enumerate(odds):
            if other != place:
                log += odd.of(part.table)
        weights.append(log)
    worth = np.array([effective_size(log) for log in weights])
    if worth.sum() < _LEAST_EFFECTIVE:
        raise ScenarioError(
            f"no rows are near all of ({wanted}): {each * len(parts):,} rows that meet one of them are worth only "
            f"{worth.sum():.0f}",
            hint="ask for conditions that other columns agree with, or for one of them alone",
        )
    shares = np.floor(n * worth / worth.sum()).astype(int)
    shares[int(np.argmax(worth))] += n - shares.sum()
    made = [
        _overwritten(parts, place, systematic(weights[place], count, stream.child("pick", place).generator()), stream)
        for place, count in enumerate(shares)
        if count
    ]
    order = stream.child("order").generator().permutation(n)
    return Unseen(Table.concatenate(made).take(order), min(float(worth.sum()), float(n)), each * len(parts))


def _part(
    model: Synthesizer, wanted: Conditions, name: str, each: int, pool: Table, stream: RandomStream, run: RunContext
) -> _Part:
    own = Conditions(tuple(clause for clause in wanted if clause.column == name))
    seed = stream.child("rows", name).integer()
    try:
        table = Table.concatenate(list(model.sample_batches(each, where=own, seed=seed, run=run)))
    except ConditionError as error:
        raise ScenarioError(f"({own}) has no support of its own: {error.problem}", accepted=error.accepted) from error
    return _Part(own, table, (name, *determined_by(pool, name)))


def determined_by(table: Table, name: str) -> list[str]:
    """The columns of which every value of a column of few values leaves only one."""
    import pyarrow.compute as pc

    key = pc.dictionary_encode(table.column(name).combine_chunks(), null_encoding="encode")
    if not 1 < len(key.dictionary) <= _MOST_DISTINCT:
        return []
    codes = key.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    found = []
    for other in table.names:
        if other == name:
            continue
        second = pc.dictionary_encode(table.column(other).combine_chunks(), null_encoding="encode")
        size = len(second.dictionary)
        if not 1 < size <= _MOST_DISTINCT:
            continue
        places = second.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        counts = np.bincount(codes * size + places, minlength=len(key.dictionary) * size).reshape(-1, size)
        # one value of the other for each value, and not just because that one is nearly everywhere
        if counts.max(axis=1).sum() >= _DETERMINED * len(codes) and counts.sum(axis=0).max() < _DETERMINED * len(codes):
            found.append(other)
    return found


def _odds(
    parts: list[_Part], pool: Table, rest: list[str], forms: dict[str, str | None], stream: RandomStream
) -> list[_Odds]:
    """For each condition p(x | condition) / p(x | none of them) over the columns in ``rest``, up to a factor."""
    columns = {name: pool.column(name) for part in parts for name in part.conditions.columns}
    apart = np.ones(pool.n_rows, dtype=bool)
    for part in parts:
        apart &= ~part.conditions.meets(columns, forms)
    neither = pool.take(apart if apart.sum() >= 100 else np.ones(pool.n_rows, dtype=bool))
    found: list[_Odds] = []
    for place, part in enumerate(parts):
        both = Table.concatenate([neither.select(rest), Table(part.table.arrow.select(rest), neither.frame_kind)])
        inputs = RowInputs.of(both, rest, forms)
        hit = np.repeat([0, 1], [neither.n_rows, part.table.n_rows])
        balance = np.where(hit == 1, 0.5 / hit.mean(), 0.5 / (1 - hit.mean()))
        rows = inputs.matrix(both)
        child = stream.child("odds", place)
        unseen = _logs(crossfit_chances(rows, hit, 2, child.child("folds"), folds=3, weights=balance)[:, 1])
        predict = fit_chances(rows, hit, 2, child, balance)
        found.append(_Odds(inputs, predict, shrinkage(unseen, hit, balance)))
    return found


def _logs(chance: np.ndarray) -> np.ndarray:
    """The log odds of chances, float64 [rows], bounded."""
    chance = chance.clip(1e-9, 1 - 1e-9)
    return np.asarray(np.log((chance / (1 - chance)).clip(1 / _LARGEST_ODDS, _LARGEST_ODDS)))


def shrinkage(logs: np.ndarray, hit: np.ndarray, weights: np.ndarray) -> float:
    """The factor from 0 to 1 by which log odds tell ``hit`` most likely: Newton's steps, with an offset beside it."""
    inputs, at = np.column_stack([logs, np.ones(len(logs))]), np.array([1.0, 0.0])
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-inputs @ at))
        slope = inputs.T @ (weights * (hit - chance))
        bend = (inputs * (weights * chance * (1 - chance))[:, None]).T @ inputs
        step = np.linalg.solve(bend + 1e-6 * np.eye(2), slope)
        at = at + step.clip(-1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return float(at[0].clip(0, 1))


def _overwritten(parts: list[_Part], place: int, rows: np.ndarray, stream: RandomStream) -> Table:
    """Rows of one condition with the columns of the others as rows that meet those have them."""
    table = parts[place].table.take(rows)
    for other, part in enumerate(parts):
        if other == place:
            continue
        donors = stream.child("donors", place, other).generator().integers(0, part.table.n_rows, table.n_rows)
        for name in part.columns:
            if name not in parts[place].columns:
                table = table.with_column(name, part.table.column(name).take(donors))
    return table


def numbers_of(table: Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a column and where they are missing; NaN there."""
    values, missing = comparable(table.column(name))
    return np.where(missing, np.nan, np.asarray(values, dtype=np.float64)), missing

"""Missing cells of real rows filled in: a best guess, an interval, and as many draws as are wanted.

The rows' present cells condition a fitted synthesizer; each row is completed many times, with
weights that let cells in later columns speak back (see :mod:`synthloom.synthesizers.guided.filled_rows`).
A best guess is the mean of a number, the median of a date and the likeliest category. Draws keep the
spread, and an analysis repeated on several of them can tell what the gaps cost (Rubin 1987, "Multiple
Imputation for Nonresponse in Surveys"). It is taken that a gap tells nothing but what the cells
present in its row tell (missing at random).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.constraints.combinations import distinct_texts
from synthloom.data import Table
from synthloom.encoding.derivation_kinds.values import write_values
from synthloom.errors import ConditionError, InputError, OptionError, did_you_mean
from synthloom.guidance.intervals import flattened, shortest_intervals
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.synthesizers import Synthesizer, synthesizer_class
from synthloom.synthesizers.guided.allowed import Allowed
from synthloom.synthesizers.guided.filled_rows import Completer, FilledSampler, with_given
from synthloom.synthesizers.guided.guided_sampling import Wish

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.schema import ColumnSchema, TableSchema

COMPLETIONS = 64
_BLOCK_ROWS = 1_024


@dataclass(frozen=True)
class Imputation:
    """Filled-in rows, with what was filled in.

    Attributes:
        data: the rows with a best guess in every cell that could be filled, as the kind of frame
            that was handed in.
        draws: as many tables as were asked for, with values drawn in those cells.
        cells: one row a filled cell: ``row`` (from 0), ``column``, ``value``, ``low`` and ``high``
            (the interval, for numbers and dates), ``chance`` (of the value, for categories).
        interval: the share of true values that intervals are to cover.
        left: columns whose gaps were left: keys, personal data, texts, and those not asked for.
        effective: how many independent completions those of a row are worth, on average.
    """

    data: Any
    draws: tuple[Any, ...]
    cells: pa.Table
    interval: float
    left: tuple[str, ...]
    effective: float


@dataclass
class _Cells:
    """The filled cells, gathered column by column."""

    rows: list[np.ndarray] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    low: list[list[Any]] = field(default_factory=list)
    high: list[list[Any]] = field(default_factory=list)
    chance: list[np.ndarray] = field(default_factory=list)


def impute(
    data: Any,
    model: Synthesizer | None = None,
    *,
    columns: Sequence[str] | None = None,
    draws: int = 0,
    interval: float = 0.9,
    completions: int = COMPLETIONS,
    schema: TableSchema | None = None,
    seed: int | None = None,
    run: RunContext | None = None,
) -> Imputation:
    """Fills the missing cells of real rows.

    Args:
        data: a pandas or polars frame, an Arrow table or a :class:`~synthloom.data.Table`.
        model: a fitted synthesizer whose table has these columns; one is fitted to ``data`` if left out.
        columns: whose gaps to fill; all that are learned if left out.
        draws: how many tables with drawn values to give beside the best guess.
        interval: the share of true values that intervals are to cover, between 0 and 1.
        completions: how often each row is completed.
        schema: what the columns are, where a model is fitted.
        seed: makes the result repeatable.
        run: executor, progress and cancellation.

    Raises:
        OptionError: for an option outside what is accepted.
        InputError: if a column of the model is missing.
    """
    table = Table.from_frame(data)
    _check_options(draws, interval, completions)
    run = run or RunContext()
    seed = resolve_seed(seed)
    if model is None:
        model = synthesizer_class("boosted_chain")().fit(table, schema, seed=seed, run=run)
    job = _Job(model, table, columns, RandomStream(seed).child("imputation"), run)
    best, cells, effective = job.best(interval, completions)
    drawn = tuple(job.drawn(number) for number in range(draws))
    frames = [Table(t.arrow, table.frame_kind).to_frame() for t in (best, *drawn)]
    return Imputation(frames[0], tuple(frames[1:]), cells, interval, job.left, effective)


def _check_options(draws: int, interval: float, completions: int) -> None:
    if isinstance(draws, bool) or draws < 0:
        raise OptionError(f"draws is {draws!r}", accepted="0 or more")
    if not 0.0 < interval < 1.0:
        raise OptionError(f"interval is {interval!r}", accepted="a share between 0 and 1, such as 0.9")
    if completions < 2:
        raise OptionError(f"completions is {completions!r}", accepted="2 or more")


class _Job:
    """One table to be filled by one model."""

    def __init__(
        self,
        model: Synthesizer,
        table: Table,
        columns: Sequence[str] | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        self.model, self.table, self.stream, self.run = model, table, stream, run
        schema = model.schema_
        missing = [name for name in schema.names if name not in table.names]
        if missing:
            raise InputError(
                f'the table lacks the column "{missing[0]}" of the model', accepted=", ".join(schema.names)
            )
        learned = [column.name for column in schema if column.learned]
        for name in columns or ():
            if name not in table.names:
                raise OptionError(f'there is no column "{name}"', hint=did_you_mean(name, table.names))
            if name not in learned:
                raise OptionError(f'"{name}" is made anew, its gaps cannot be filled', accepted=", ".join(learned))
        wanted = learned if columns is None else list(columns)
        gaps = {name: _gaps(table, name) for name in schema.names}
        self.columns = [name for name in wanted if gaps[name].any() and not gaps[name].all()]
        self.left = tuple(name for name in schema.names if gaps[name].any() and name not in self.columns)
        self.gaps = {name: gaps[name] for name in self.columns}
        self.open = np.flatnonzero(np.logical_or.reduce([*self.gaps.values(), np.zeros(table.n_rows, dtype=bool)]))
        self.learned = learned
        self.stay = frozenset(learned) - frozenset(self.columns)
        self.allowed = {}
        for name in self.columns:
            spec = model.encoder_.encodings[name].parts[0]
            relation = model.encoder_.derivations.relations.get(name)
            if spec.has_nulls and (relation is None or relation.gaps == "own"):
                self.allowed[spec.name] = Allowed.codes(np.ones(spec.n_codes, dtype=bool), False)
        self.wish = Wish(constraints=tuple(c for c in schema.constraints if not c.whole_table))

    def best(self, interval: float, completions: int) -> tuple[Table, pa.Table, float]:
        """The best guess, the filled cells, and the mean effective number of completions."""
        cells = _Cells()
        arrays = _arrays(self.table)
        found: dict[str, list[tuple[np.ndarray, _Guess]]] = {name: [] for name in self.columns}
        worth: list[float] = []
        reporter = self.run.reporter("impute")
        starts = range(0, len(self.open), _BLOCK_ROWS)

        def block(start: int) -> tuple[np.ndarray, dict[str, _Guess], np.ndarray]:
            self.run.check()
            rows = self.open[start : start + _BLOCK_ROWS]
            return rows, *self._guesses(rows, interval, completions, self.stream.child("best", start))

        for rows, guesses, effective in self.run.executor.map(block, starts):
            worth += effective.tolist()
            for name, guess in guesses.items():
                found[name].append((rows, guess))
            reporter.update(min(1.0, len(worth) / max(1, len(self.open))), f"{len(worth):,} rows")
        for name in self.columns:
            self._write(name, found[name], arrays, cells)
        best = self._consistent(_table(arrays))
        return best, _cells_table(cells), float(np.mean(worth)) if worth else float(completions)

    def _guesses(
        self, rows: np.ndarray, interval: float, completions: int, stream: RandomStream
    ) -> tuple[dict[str, _Guess], np.ndarray]:
        given = self.table.take(rows).select(self.learned)
        completer = Completer(self.model, given, self.allowed, stay=self.stay)
        done = completer.complete(np.arange(len(rows)), completions, stream)
        decoded = self.model.encoder_.decode(done.rows, 0, stream, names=self.learned)
        weight = _shares(np.exp(done.log_weight - done.log_weight.max(axis=1, keepdims=True)))
        flat, power = flattened(done.log_weight)
        guesses = {}
        for name in self.columns:
            mine = np.flatnonzero(self.gaps[name][rows])
            if len(mine):
                places = (mine[:, None] * completions + np.arange(completions)).reshape(-1)
                column = decoded.column(name).take(places)
                coins = stream.child("coins", name).generator().random(len(mine))
                among = _Completed(column, weight[mine], flat[mine], power[mine] == 1, coins)
                guesses[name] = _guess(among, interval, self.model.schema_.column(name), mine)
        return guesses, done.effective

    def _write(self, name: str, found: list[tuple[np.ndarray, _Guess]], arrays: dict[str, Any], cells: _Cells) -> None:
        """Puts the guesses of one column in their cells."""
        import pyarrow as pa

        parts = [(rows[guess.rows], guess) for rows, guess in found]
        if not parts:
            return
        places = np.concatenate([rows for rows, _ in parts])
        values = pa.concat_arrays([guess.values for _, guess in parts])
        arrays[name] = _put(arrays[name], places, values)
        cells.rows.append(places)
        cells.columns += [name] * len(places)
        cells.values.append(values.to_pylist())
        cells.low.append([v for _, g in parts for v in g.low])
        cells.high.append([v for _, g in parts for v in g.high])
        cells.chance.append(np.concatenate([g.chance for _, g in parts]))

    def _consistent(self, table: Table) -> Table:
        """Relations and constraints that the guesses break, each cell by itself, made to hold by drawing."""
        encoder = self.model.encoder_
        if encoder.derivations and self.columns:
            given = self.table.select(self.learned)
            open_only = with_given({n: table.column(n).combine_chunks() for n in self.learned}, given)
            made = encoder.derivations.apply(open_only, encoder.schema, self.stream.child("relations"), encoder._drawn)
            kept = {n: a for n, a in made.items() if n in self.columns}
            cast = {n: a.cast(table.column(n).type, safe=False) for n, a in kept.items()}
            table = _table(with_given(_arrays(table) | cast, self.table))
        if not self.wish:
            return table
        columns = {name: table.column(name) for name in table.names}
        holds = np.logical_and.reduce([c.holds(columns) for c in self.wish.constraints])
        wrong = self.open[~holds[self.open]]
        return self._replaced(table, wrong, self.stream.child("constraints")) if len(wrong) else table

    def _replaced(self, table: Table, rows: np.ndarray, stream: RandomStream) -> Table:
        """The table with these rows completed by drawing; rows whose present cells break a constraint stay."""
        given = self.table.take(rows).select(self.learned)
        sampler = FilledSampler(self.model, self.wish, given, stream, allowed=self.allowed, stay=self.stay)
        try:
            drawn = sampler.rows(0, len(rows), stream).table
        except ConditionError:
            return table
        return _with_rows(table, rows, drawn, self.columns, self.table)

    def drawn(self, number: int) -> Table:
        """The table with one value drawn for every gap, constraints and relations kept."""
        stream = self.stream.child("draw", number)
        if not len(self.open):
            return self.table
        given = self.table.take(self.open).select(self.learned)
        sampler = FilledSampler(self.model, self.wish, given, stream, allowed=self.allowed, stay=self.stay)
        parts = [
            sampler.rows(start, min(_BLOCK_ROWS, len(self.open) - start), stream.child(start)).table
            for start in range(0, len(self.open), _BLOCK_ROWS)
        ]
        return _with_rows(self.table, self.open, Table.concatenate(parts), self.columns, self.table)


class _Completed(NamedTuple):
    """Completions of one column (Arrow, those of a row together).

    Beside them weights and flattened weights [k, many], where the two are alike [k], and coins [k].
    """

    column: Any
    weight: np.ndarray
    flat: np.ndarray
    alike: np.ndarray
    coins: np.ndarray


@dataclass(frozen=True)
class _Guess:
    """Best guesses of one column: in which rows of a block, values, interval ends, chance of the value."""

    rows: np.ndarray
    values: Any
    low: list[Any]
    high: list[Any]
    chance: np.ndarray


def _guess(among: _Completed, interval: float, schema: ColumnSchema, rows: np.ndarray) -> _Guess:
    """The best guess by the weights, the interval by the flattened ones."""
    column, weight = among.column, among.weight
    values, missing = comparable(column, schema.format)
    nothing: list[Any] = [None] * len(weight)
    if schema.kind in ("numeric", "datetime") and isinstance(values, np.ndarray):
        there = ~missing.reshape(weight.shape)
        matrix = np.where(missing, 0.0, values).astype(np.float64).reshape(weight.shape)  # 0 of no weight
        gone = (weight * there).sum(axis=1) <= 0
        weight, flat = (_shares(np.where(gone[:, None], 1.0, w * there)) for w in (weight, among.flat))
        low, high = shortest_intervals(matrix, flat, interval, among.coins, among.alike)
        best = (matrix * weight).sum(axis=1) if schema.kind == "numeric" else _weighted_median(matrix, weight)

        def written(numbers: np.ndarray) -> Any:
            exact = np.round(numbers).astype(np.int64) if schema.kind == "datetime" else _on_grid(numbers, schema)
            return write_values(exact, gone, schema)

        ends = [written(end).to_pylist() for end in (low, high)]
        return _Guess(rows, written(best), ends[0], ends[1], np.full(len(weight), np.nan))
    codes, distinct = distinct_texts(column)
    codes = codes.reshape(weight.shape)
    mass = np.zeros((len(weight), len(distinct)))
    np.add.at(mass, (np.repeat(np.arange(len(weight)), weight.shape[1]), codes.reshape(-1)), weight.reshape(-1))
    chosen = np.argmax(mass, axis=1)
    first = np.array([int(np.flatnonzero(codes[row] == code)[0]) for row, code in enumerate(chosen)])
    best_values = column.take(np.arange(len(weight)) * weight.shape[1] + first)
    return _Guess(rows, best_values.combine_chunks(), nothing, nothing, mass[np.arange(len(weight)), chosen])


def _shares(weight: np.ndarray) -> np.ndarray:
    """Weights float64 [k, m] that sum to 1 in each row."""
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _weighted_median(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weighted median float64 [k] of each row of ``values`` [k, m]."""
    order = np.argsort(values, axis=1, kind="stable")
    reached = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    place = np.minimum((reached < 0.5).sum(axis=1), values.shape[1] - 1)
    rows = np.arange(len(values))
    return np.asarray(values[rows, order[rows, place]])


def _on_grid(numbers: np.ndarray, schema: ColumnSchema) -> np.ndarray:
    return numbers if schema.decimals is None else np.round(numbers, schema.decimals)


def _gaps(table: Table, name: str) -> np.ndarray:
    """Where a column has no value, bool [n]; not-a-number counts as none."""
    return np.asarray(table.column(name).is_null(nan_is_null=True).to_numpy())


def _with_rows(table: Table, rows: np.ndarray, drawn: Table, columns: Sequence[str], given: Table) -> Table:
    """The table with the cells of ``columns`` in ``rows`` taken from ``drawn`` where they were not given."""
    arrays = _arrays(table)
    for name in columns:
        arrays[name] = _put(arrays[name], rows, drawn.column(name).combine_chunks(), _gaps(given, name))
    return _table(arrays)


def _put(array: Any, places: np.ndarray, values: Any, among: np.ndarray | None = None) -> Any:
    """``array`` with ``values`` at ``places``, of those only ``among`` (bool [n]) where it is given."""
    import pyarrow as pa
    import pyarrow.compute as pc

    order = np.full(len(array), -1, dtype=np.int64)
    order[places] = np.arange(len(places))
    there = order >= 0
    taken = values.take(pa.array(np.where(there, order, 0), mask=~there))
    mask = there if among is None else there & among
    return pc.if_else(pa.array(mask), taken.cast(array.type, safe=False), array)


def _table(arrays: dict[str, Any]) -> Table:
    import pyarrow as pa

    return Table(pa.table(arrays))


def _arrays(table: Table) -> dict[str, Any]:
    return {name: table.column(name).combine_chunks() for name in table.names}


def _cells_table(cells: _Cells) -> pa.Table:
    """The filled cells by row and column, values as text, as they may be of several types."""
    import pyarrow as pa

    def texts(parts: list[list[Any]]) -> pa.Array:
        return pa.array([None if v is None else str(v) for part in parts for v in part], pa.string())

    rows = np.concatenate(cells.rows) if cells.rows else np.zeros(0, dtype=np.int64)
    chance = np.concatenate(cells.chance) if cells.chance else np.zeros(0)
    table = pa.table(
        {
            "row": pa.array(rows.astype(np.int64)),
            "column": pa.array(cells.columns, pa.string()),
            "value": texts(cells.values),
            "low": texts(cells.low),
            "high": texts(cells.high),
            "chance": pa.array(chance, mask=np.isnan(chance)),
        }
    )
    return table.sort_by([("row", "ascending")])

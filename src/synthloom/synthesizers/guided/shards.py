"""What base synthesizers call when rows are asked to be like something: shards of guided rows, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.conditions import Conditions, FilledRows, read_where
from synthloom.constraints import Constraint, constraints_from_plain
from synthloom.data import Table
from synthloom.data.table import SHARD_ROWS
from synthloom.errors import ConstraintError, OptionError, did_you_mean
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.synthesizers.guided.filled_rows import FilledSampler
from synthloom.synthesizers.guided.guided_sampling import GuidedRows, GuidedSampler, Wish
from synthloom.synthesizers.guided.whole_table import UniqueRows, in_order

if TYPE_CHECKING:
    from synthloom.synthesizers.base import Synthesizer


def read_wish(model: Synthesizer, where: Any, constraints: Sequence[Any]) -> tuple[Wish, Table | None]:
    """What is asked for, checked against the model's schema, and partly filled rows if they were given.

    The constraints of the schema hold always; others join them.

    Raises:
        ConditionError, ConstraintError: for columns that are not there and values that do not fit.
    """
    schema = model.schema_
    names = schema.names
    read = read_where(where, names)
    every: list[Constraint] = list(schema.constraints)
    every += [c for c in constraints_from_plain(list(constraints)) if c not in every]
    for constraint in every:
        unknown = [name for name in constraint.names if name not in names]
        if unknown:
            raise ConstraintError(
                f'the constraint ({constraint.sentence}) names "{unknown[0]}", which is not there',
                hint=did_you_mean(unknown[0], names),
            )
        if constraint.reads_rows:
            raise ConstraintError(
                f"({constraint.sentence}) must be read from the training rows",
                accepted="such a constraint in the schema that is handed to fit, or a list of what is allowed",
            )
    rows = [c for c in every if not c.whole_table]
    together = [c for c in every if c.whole_table]
    if isinstance(read, FilledRows):
        return Wish(Conditions(), tuple(rows), tuple(together)), read.table
    kinds = {column.name: column.arrow_type for column in schema}
    forms = {column.name: column.format for column in schema}
    return Wish(read.typed(kinds, forms), tuple(rows), tuple(together)), None


def checked_size(size: Any, filled: Table | None, context: Table | None) -> int:
    """How many rows are wanted: as said, or as many as were given.

    Raises:
        OptionError: if it is no number of rows, or not as many as were given.
    """
    known = [table.n_rows for table in (filled, context) if table is not None]
    if size is None and known:
        size = known[0]
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 0:
        raise OptionError(f"size is {size!r}", accepted="a whole number of rows, 0 or more")
    if filled is not None and size != filled.n_rows:
        raise OptionError(f"size is {size}, and {filled.n_rows} rows were given", accepted="no size, or as many")
    return int(size)


def guided_shards(
    model: Synthesizer,
    size: int,
    wish: Wish,
    filled: Table | None,
    context: Table | None,
    stream: RandomStream,
    run: RunContext,
) -> Iterator[GuidedRows]:
    """Exactly ``size`` rows that meet ``wish``, shard by shard; the same for any number of workers."""
    reporter = run.reporter("sample")
    if filled is None and context is not None:
        filled = _nothing_given(model, size)
    by_row = FilledSampler(model, wish, filled, stream) if filled is not None else None
    sampler = GuidedSampler(model, wish, stream.child("guided")) if by_row is None else None

    def shard(start: int) -> GuidedRows:
        run.check()
        n = min(SHARD_ROWS, size - start)
        child = stream.child("shard", start // SHARD_ROWS)
        if n == 0:
            empty = model.encoder_.decode(model._sample(0, None, {}, child), start, stream)
            return GuidedRows(empty, 0.0, 0)
        if by_row is None:
            assert sampler is not None
            return sampler.rows(start, n, child)
        given = None
        if context is not None and model.context_encoder_ is not None:
            given = model.context_encoder_.encode(context.slice(start, n))
        return by_row.rows(start, n, child, given)

    unique = UniqueRows(wish.together)
    facts: list[GuidedRows] = []

    def tables() -> Iterator[Table]:
        done = 0
        starts = range(0, max(size, 1), SHARD_ROWS)
        for start, made in zip(starts, run.executor.map(shard, starts), strict=True):

            def more(n: int, attempt: int, start: int = start) -> Table:
                if sampler is None:
                    raise ConstraintError(
                        "rows that were given repeat each other where values must be unique",
                        accepted="given rows, and constraints, that do not contradict each other",
                    )
                return sampler.rows(start, n, stream.child("again", start, attempt)).table

            table = unique.passed(made.table, more)
            facts.append(made)
            done += table.n_rows
            reporter.update(done / max(1, size), f"{done:,} of {size:,} rows")
            yield table

    for table in in_order(tables(), wish.together, model.schema_):
        made = facts.pop(0) if facts else GuidedRows(table, float(table.n_rows), 0)
        yield GuidedRows(table, made.effective, made.drawn, made.mended)


def _nothing_given(model: Synthesizer, size: int) -> Table:
    """Rows in which every cell is open."""
    import pyarrow as pa

    column = model.schema_.columns[0]
    return Table(pa.table({column.name: pa.nulls(size, column.arrow_type)}))

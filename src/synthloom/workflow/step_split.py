"""Step 3: a holdout that the synthesizer never sees.

A quarter of the rows, at least 100. Where the schema names an entity, whole entities are set
aside; where it names a time, the latest rows are. A table too small for that is cut into folds,
each held out once; the model that is released is the first fold's, and never sees that fold.

Under differential privacy a coin decides for each row, or each entity, by itself: where just a quarter is
held out, one row more pushes another across the line, and the budget would have to pay for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthloom.artifact import StagedFolder
from synthloom.data import Table
from synthloom.errors import InputError
from synthloom.io import output_suffix, write_table
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.schema import TableSchema
from synthloom.schema.datetimes import to_microseconds
from synthloom.synthesizers.base import MINIMUM_ROWS
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_schema import make_schema

HOLDOUT_SHARE = 0.25
MINIMUM_HOLDOUT = 100
FOLDS = 5
_SMALLEST_WITH_HOLDOUT = 3 * MINIMUM_HOLDOUT


@dataclass(frozen=True)
class Split:
    """Positions of the rows to learn from and of those held out, for each fold.

    Attributes:
        folds: (training rows, holdout rows) int64, ascending; one pair unless the table is small.
        method: how the holdout was chosen, in words.
        warnings: what the user should know of it.
    """

    folds: tuple[tuple[np.ndarray, np.ndarray], ...]
    method: str
    warnings: tuple[str, ...] = ()


def split_file(
    source: str | Path,
    output: str | Path,
    *,
    seed: int | None = None,
    schema: TableSchema | str | Path | None = None,
    entity: str | None = None,
    time: str | None = None,
    overwrite: bool = False,
) -> tuple[Split, tuple[str, str]]:
    """Splits a file and writes ``train`` and ``holdout`` into the folder ``output``, in the file's format.

    Gives the split (of a small table, the first fold is written) and the names of the two files.

    Raises:
        UserError: if the file cannot be read or split, or the folder cannot be written.
    """
    table, info, _ = read_input(source)
    table_schema = make_schema(table, schema, entity=entity, time=time)
    found = split_rows(table, table_schema, RandomStream(resolve_seed(seed)))
    suffix = output_suffix(info) if info else ".parquet"
    names = (f"train{suffix}", f"holdout{suffix}")
    with StagedFolder(output, overwrite=overwrite) as staging:
        for name, rows in zip(names, found.folds[0], strict=True):
            write_table(table.take(rows), staging / name, info)
    return found, names


def split_rows(table: Table, schema: TableSchema, stream: RandomStream) -> Split:
    """Chooses the holdout.

    Raises:
        InputError: if the table is too small to learn from and to hold anything back.
    """
    rows = table.n_rows
    _check_size(rows)
    order, words = _order(table, schema, stream)
    if rows < _SMALLEST_WITH_HOLDOUT:
        return _fold(order, rows)
    size = max(MINIMUM_HOLDOUT, round(HOLDOUT_SHARE * rows))
    if schema.entity is not None:
        return _whole_entities(order, size, words)
    held = order[-size:]
    return Split((_pair(held, rows),), f"{words} ({size / rows:.0%})")


def split_by_coins(table: Table, schema: TableSchema, stream: RandomStream) -> Split:
    """Chooses the holdout by a coin for each row, or each entity: one more changes the side of no other.

    The coins follow the order of the table. How likely a row is to be held out from the first fold
    is the same for every table, however small. A row without an entity is an entity of its own.

    Raises:
        InputError: if the table is too small to learn from and to hold anything back.
    """
    rows = table.n_rows
    _check_size(rows)
    coins, words = stream.child("split", "rows").generator().random(rows), "a coin for each row"
    if schema.entity is not None:
        owner = table.column(schema.entity).combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
        thrown = stream.child("split", "entities").generator().random(int(owner.max(initial=-1)) + 1)
        known = owner >= 0
        coins[known], words = thrown[owner[known]], f'a coin for each entity of "{schema.entity}"'
    number = round(1 / HOLDOUT_SHARE)
    fold = (coins * number).astype(np.int64)
    if len(np.unique(fold)) < number:
        raise InputError(
            "by chance nothing was held out, or nothing was left to learn from",
            accepted="a table of more rows, or of more entities",
            hint="gather more, or try another seed",
        )
    if rows < _SMALLEST_WITH_HOLDOUT:
        return _of_folds(fold, number)
    return Split((_pair(np.flatnonzero(fold == 0), rows),), f"{words} ({(fold == 0).mean():.0%} of the rows)")


def _check_size(rows: int) -> None:
    if rows < MINIMUM_ROWS * FOLDS / (FOLDS - 1):
        raise InputError(
            f"the table has {rows} row{'s' * (rows != 1)}",
            accepted=f"at least {int(MINIMUM_ROWS * FOLDS / (FOLDS - 1))} rows: some to learn from, some to judge by",
            hint="gather more rows, or make mock data from a schema, which needs none",
        )


def _order(table: Table, schema: TableSchema, stream: RandomStream) -> tuple[np.ndarray, str]:
    """A rank for every row (or, with an entity, its entity's rank); the last are held out."""
    rng = stream.child("split").generator()
    if schema.entity is not None:
        codes = table.column(schema.entity).combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
        shuffled = rng.permutation(int(codes.max(initial=-1)) + 2)
        return shuffled[codes + 1], f'whole entities of "{schema.entity}" drawn at random'
    if schema.time is not None:
        column = table.column(schema.time)
        form = schema.column(schema.time).format
        ticks = to_microseconds(column, form) if schema.column(schema.time).kind == "datetime" else None
        values = ticks if ticks is not None else np.asarray(column.cast("double").fill_null(-np.inf))
        return np.lexsort((rng.permutation(table.n_rows), values)), f'the latest rows by "{schema.time}"'
    return rng.permutation(table.n_rows), "rows drawn at random"


def _pair(held: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    mask = np.zeros(rows, dtype=bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _whole_entities(ranks: np.ndarray, size: int, words: str) -> Split:
    """Whole entities from the highest rank down until ``size`` rows are held out."""
    counts = np.bincount(ranks)
    from_top = np.cumsum(counts[::-1])[::-1]
    first = int(np.flatnonzero(from_top >= size)[-1]) if (from_top >= size).any() else 0
    mask = ranks >= first
    entities = int((counts > 0).sum())
    if entities < 10 or mask.all():
        raise InputError(
            f"the entity column has {entities} different values", accepted="10 or more", hint="choose another entity"
        )
    return Split(((np.flatnonzero(~mask), np.flatnonzero(mask)),), f"{words} ({mask.mean():.0%} of the rows)")


def _fold(order: np.ndarray, rows: int) -> Split:
    fold = np.empty(rows, dtype=np.int64)
    fold[np.argsort(order, kind="stable")] = np.arange(rows) % FOLDS
    return _of_folds(fold, FOLDS)


def _of_folds(fold: np.ndarray, number: int) -> Split:
    """The split that holds out each fold in turn; ``fold`` int64 [rows] in ``0 … number - 1``."""
    pairs = tuple((np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(number))
    warning = (
        f"The table has only {len(fold)} rows: instead of one holdout of {MINIMUM_HOLDOUT} rows or more, "
        f"{number} folds were held out in turn and their figures averaged; intervals are wide. "
        "The data released are those of the first fold's model."
    )
    return Split(pairs, f"{number} folds, each held out in turn", (warning,))

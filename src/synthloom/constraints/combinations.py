"""Only certain combinations of values: a city with its state, a model with its maker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from synthloom.constraints.base import Constraint
from synthloom.errors import ConstraintError

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.data import Table

Cell = bool | int | float | str | None


class Combinations(Constraint):
    """Values that occur together. Missing values take part like any other.

    Attributes:
        columns: two or more columns.
        allowed: the combinations, one a row; read from the training rows if left out (those that
            as many rows share as the schema's protection asks for).
        learned_from_rows: set where ``allowed`` was read from rows.
    """

    kind: Literal["combinations"] = "combinations"
    columns: tuple[str, ...] = Field(min_length=2)
    allowed: tuple[tuple[Cell, ...], ...] | None = None
    learned_from_rows: bool = False

    @model_validator(mode="after")
    def _rows_are_as_wide(self) -> Combinations:
        wrong = [row for row in self.allowed or () if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"{wrong[0]} has {len(wrong[0])} values for {len(self.columns)} columns")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns

    @property
    def sentence(self) -> str:
        which = "the training rows'" if self.allowed is None or self.learned_from_rows else f"{len(self.allowed)}"
        return f"only {which} combinations of {', '.join(self.columns)}"

    @property
    def reads_rows(self) -> bool:
        return self.allowed is None

    def learned(self, table: Table, support: int) -> Self:
        if self.allowed is not None:
            return self
        counted = table.arrow.select(list(self.columns)).group_by(list(self.columns), use_threads=False)
        counts = counted.aggregate([([], "count_all")])
        kept = counts.filter(counts.column("count_all").to_numpy() >= support)
        rows = sorted(zip(*(texts(kept.column(name)) for name in self.columns), strict=True), key=repr)
        if not rows:
            raise ConstraintError(
                f"no combination of {', '.join(self.columns)} is shared by {support} rows",
                hint="list the combinations under allowed, or lower minimum_support",
            )
        return self.model_copy(update={"allowed": tuple(rows), "learned_from_rows": True})

    def codes(self, columns: Mapping[str, Any]) -> tuple[np.ndarray, list[list[Any]]]:
        """The place int64 [n, columns] of each value among those allowed in its column, -1 for others."""
        vocabularies = [list(dict.fromkeys(row[at] for row in self._rows)) for at in range(len(self.columns))]
        found = []
        for name, known in zip(self.columns, vocabularies, strict=True):
            place = {value: at for at, value in enumerate(known)}
            encoded, distinct = distinct_texts(columns[name])
            found.append(np.array([place.get(value, -1) for value in distinct], dtype=np.int64)[encoded])
        return np.column_stack(found), vocabularies

    @property
    def _rows(self) -> tuple[tuple[Any, ...], ...]:
        if self.allowed is None:
            raise ConstraintError(
                f"the combinations of {', '.join(self.columns)} are not known yet",
                hint="fit a synthesizer with the schema first, or list them under allowed",
            )
        return tuple(tuple(text(value) for value in row) for row in self.allowed)

    def table_of_codes(self) -> np.ndarray:
        """The allowed combinations as places int64 [rows, columns], as :meth:`codes` counts them."""
        rows = self._rows
        out = np.zeros((len(rows), len(self.columns)), dtype=np.int64)
        for at in range(len(self.columns)):
            place = {value: n for n, value in enumerate(dict.fromkeys(row[at] for row in rows))}
            out[:, at] = [place[row[at]] for row in rows]
        return out

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        codes, vocabularies = self.codes(columns)
        sizes = [len(known) + 1 for known in vocabularies]

        def key(rows: np.ndarray) -> np.ndarray:
            total = np.zeros(len(rows), dtype=np.int64)
            for at, size in enumerate(sizes):
                total = total * size + rows[:, at] + 1
            return total

        return np.isin(key(codes), key(self.table_of_codes())) & (codes >= 0).all(axis=1)


def text(value: Any) -> str | None:
    """A value as it is compared: numbers without a needless point, everything as text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == round(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def texts(column: Any) -> list[str | None]:
    """The values of an Arrow column as they are compared."""
    return [text(value) for value in column.to_pylist()]


def distinct_texts(column: Any) -> tuple[np.ndarray, list[str | None]]:
    """Codes int64 [n] of a column and the text of each code; missing values are one of them."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    encoded: pa.DictionaryArray = column.dictionary_encode(null_encoding="encode")
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), texts(encoded.dictionary)

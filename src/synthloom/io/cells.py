"""Cells of a spreadsheet: Python values of several types, gathered into one Arrow array a column."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

CellKind = Literal["empty", "boolean", "integer", "float", "datetime", "text", "mixed"]
ERROR_CELLS = frozenset({"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!"})
_KINDS: dict[type, CellKind] = {
    bool: "boolean",
    int: "integer",
    float: "float",
    dt.datetime: "datetime",
    dt.date: "datetime",
    str: "text",
}
_LARGEST = 2**63


class Cells(NamedTuple):
    """A piece of a column: its kind, its values, and how many error cells became missing.

    ``mixed`` values are held as text, to be typed like those of a CSV.
    """

    kind: CellKind
    values: pa.Array
    errors: int = 0

    @property
    def filled(self) -> bool:
        """Whether there is any value."""
        return bool(self.values.null_count < len(self.values))

    @classmethod
    def empty(cls, rows: int) -> Cells:
        """A piece without values."""
        import pyarrow as pa

        return cls("empty", pa.nulls(rows))

    @classmethod
    def of(cls, given: Sequence[Any]) -> Cells:
        """The values of one column in some rows, as openpyxl gives them."""
        import pyarrow as pa

        errors = sum(1 for value in given if type(value) is str and value in ERROR_CELLS)
        values = [None if value == "" or (errors and value in ERROR_CELLS) else value for value in given]
        types = {type(value) for value in values} - {type(None)}
        if not types:
            return cls("empty", pa.nulls(len(values)), errors)
        kinds = {_KINDS.get(kind, "mixed") for kind in types}
        kind: CellKind = kinds.pop() if len(kinds) == 1 else "float" if kinds == {"integer", "float"} else "mixed"
        if kind in ("integer", "float") and not all(_fits(value) for value in values):
            kind = "mixed"
        if kind == "mixed":
            return cls(kind, pa.array([as_text(value) for value in values], pa.string()), errors)
        if kind == "float":
            values = [None if value is None else float(value) for value in values]
        if kind == "datetime":
            values = [_at_midnight(value) for value in values]
        arrow = {"boolean": pa.bool_(), "integer": pa.int64(), "float": pa.float64(), "datetime": pa.timestamp("ms")}
        return cls(kind, pa.array(values, arrow.get(kind, pa.string())), errors)


def _fits(value: object) -> bool:
    if isinstance(value, int):
        return -_LARGEST <= value < _LARGEST
    return not isinstance(value, float) or math.isfinite(value)


def _at_midnight(value: dt.date | dt.datetime | None) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime(value.year, value.month, value.day)


def as_text(value: Any) -> str | None:
    """A cell as the text that a CSV would hold; ``None`` for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
    return str(value).encode("utf-8", "replace").decode()


def merged(pieces: Sequence[Cells]) -> Cells:
    """One column from its pieces; pieces of different kinds become text."""
    import pyarrow as pa

    kinds = {piece.kind for piece in pieces} - {"empty"}
    kind: CellKind = "empty" if not kinds else "mixed"
    if len(kinds) == 1:
        kind = next(iter(kinds))
    elif kinds == {"integer", "float"}:
        kind = "float"
    if kind == "mixed":
        arrays = [_texts(piece) for piece in pieces]
    else:
        wanted = next((piece.values.type for piece in pieces if piece.kind == kind), pa.null())
        arrays = [piece.values.cast(wanted) for piece in pieces]
    values = pa.concat_arrays(arrays)
    if kind == "datetime":
        values = _narrowed(values)
    return Cells(kind, values, sum(piece.errors for piece in pieces))


def _texts(piece: Cells) -> pa.Array:
    import pyarrow as pa

    if piece.kind in ("mixed", "text", "empty"):
        return piece.values.cast(pa.string())
    return pa.array([as_text(value) for value in piece.values.to_pylist()], pa.string())


def _narrowed(values: pa.Array) -> pa.Array:
    """Dates where all times are midnight, whole seconds where none has a fraction."""
    import pyarrow as pa

    for narrower in (pa.date32(), pa.timestamp("s")):
        try:
            narrow = values.cast(narrower)
        except pa.ArrowInvalid:
            continue
        if narrow.cast(pa.timestamp("ms")).equals(values):
            return narrow
    return values

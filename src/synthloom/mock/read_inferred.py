"""An inferred :class:`TableSchema` as a mock schema: kinds, types and patterns; it holds no values to draw from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthloom.mock.guess import guess_column
from synthloom.mock.specification import ColumnSpec, MockSchema, TableSpec
from synthloom.schema import TableSchema
from synthloom.schema.column import ColumnSchema

_NOTE = "the schema says what kind each column is, not how its values are spread: categories are letters, numbers even"


def schema_from_inferred(schema: TableSchema, *, name: str = "table") -> MockSchema:
    """One table with a column for each of the schema's."""
    columns = {column.name: _column(column) for column in schema}
    return MockSchema(tables={name: TableSpec(columns=columns)}, notes=(_NOTE,))


def _column(column: ColumnSchema) -> ColumnSpec:
    if column.personal is not None:
        return ColumnSpec(kind=column.personal, type=_type(column) if _is_whole(column) else None)
    makers: dict[str, Callable[[ColumnSchema], ColumnSpec]] = {
        "empty": lambda _: ColumnSpec(type="string", missing=1.0),
        "constant": _constant,
        "boolean": lambda c: ColumnSpec(type="boolean") if c.type == "bool" else ColumnSpec(values=["no", "yes"]),
        "identifier": _identifier,
        "categorical": _category,
        "text": lambda _: ColumnSpec(kind="free_text"),
    }
    if column.kind in makers:
        return makers[column.kind](column)
    fields: dict[str, Any] = {"type": _type(column)}
    if fields["type"] in ("float", "decimal"):
        fields["decimals"] = column.decimals
    return guess_column(column.name, ColumnSpec.model_validate(fields))


def _constant(column: ColumnSchema) -> ColumnSpec:
    return ColumnSpec(constant="A") if _type(column) == "string" else ColumnSpec(type=_type(column), min=0, max=0)


def _identifier(column: ColumnSchema) -> ColumnSpec:
    if column.pattern is not None and _type(column) == "string":
        return ColumnSpec(pattern=column.pattern, unique=True)
    return ColumnSpec(type=_type(column), unique=True)


def _category(column: ColumnSchema) -> ColumnSpec:
    if _is_whole(column):
        return ColumnSpec(type="integer", min=0, max=4)
    return ColumnSpec(type="string", values=dict(zip("ABCDE", (5.0, 4.0, 3.0, 2.0, 1.0), strict=True)))


def _is_whole(column: ColumnSchema) -> bool:
    return column.type.startswith(("int", "uint"))


def _type(column: ColumnSchema) -> Any:
    text = column.type
    starts = {
        "int": "integer", "uint": "integer", "double": "float", "float": "float", "decimal": "decimal",
        "date": "date", "timestamp": "datetime", "time": "time", "bool": "boolean",
    }  # fmt: skip
    if column.kind == "datetime" and text == "string":
        return "date" if column.granularity in ("day", "month", "year") else "datetime"
    return next((kind for start, kind in starts.items() if text.startswith(start)), "string")

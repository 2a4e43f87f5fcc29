"""Whether three tables can be compared: the same columns, and values of the same types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from synthloom.data import Table
from synthloom.errors import InputError, SchemaError
from synthloom.schema import TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = ("train", "holdout", "synthetic")
SHIFTED = "shifted"
"""A fourth table that some evaluations have: real rows from later, or from elsewhere."""


def agreeing_tables(train: Table, holdout: Table, synthetic: Table, schema: TableSchema) -> tuple[Table, Table, Table]:
    """The three tables as :func:`agree` brings them together."""
    agreed = agree(dict(zip(PARTS, (train, holdout, synthetic), strict=True)), schema)
    return agreed["train"], agreed["holdout"], agreed["synthetic"]


def agree(tables: Mapping[str, Table], schema: TableSchema) -> dict[str, Table]:
    """The tables with the schema's columns in its order, each column of one type in all of them.

    Types that only look different (whole numbers that pandas holds as floats, dates as timestamps,
    numbers that a CSV reader left as text) are brought together; values are never dropped.

    Raises:
        InputError: if a table has no rows.
        SchemaError: if a column is missing, unknown, or holds values of another kind.
    """
    for part, table in tables.items():
        _check_columns(part, table, schema)
    columns = {name: _one_type(name, {part: t.column(name) for part, t in tables.items()}) for name in schema.names}
    return {part: _from_columns({name: columns[name][part] for name in schema.names}) for part in tables}


def _from_columns(columns: dict[str, pa.ChunkedArray]) -> Table:
    import pyarrow as pa

    return Table(pa.table(columns))


def _check_columns(part: str, table: Table, schema: TableSchema) -> None:
    if table.n_rows == 0:
        raise InputError(f"the {part} table has no rows", accepted="at least one row in each of the three tables")
    missing = [name for name in schema.names if name not in set(table.names)]
    unknown = [name for name in table.names if name not in set(schema.names)]
    if missing or unknown:
        lacks = f"lacks {_listed(missing)}" if missing else ""
        has = f"has {_listed(unknown)} that the schema does not know" if unknown else ""
        raise SchemaError(
            f"the {part} table {' and '.join(filter(None, (lacks, has)))}",
            accepted="train, holdout and synthetic rows with exactly the schema's columns",
            hint="check that the three come from the same source, or hand in the schema that fits them",
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _one_type(name: str, given: Mapping[str, pa.ChunkedArray]) -> dict[str, pa.ChunkedArray]:
    """The column of each table, in one Arrow type."""
    import pyarrow as pa

    if len({column.type for column in given.values()}) == 1:
        return dict(given)
    columns = {part: _without_type(column) for part, column in given.items()}
    held = [column.type for column in columns.values() if not pa.types.is_null(column.type)]
    if not held:
        return columns
    wanted = held[0] if len(set(held)) == 1 else _common_type(list(columns.values()), held)
    try:
        return {part: _converted(column, wanted) for part, column in columns.items()}
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        types = ", ".join(f"{part}: {column.type}" for part, column in columns.items())
        raise SchemaError(
            f'column "{name}" holds values of different kinds ({types}): {error}',
            accepted="values of one type in train, holdout and synthetic rows",
            hint="read the files with the same settings",
        ) from error


def _without_type(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of nothing but nulls fits every type."""
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(len(column))]) if column.null_count == len(column) else column


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind) or kinds.is_boolean(kind))


def _common_type(columns: list[pa.ChunkedArray], held: list[pa.DataType]) -> pa.DataType:
    """The type that can hold all values; the first table's own where nothing else is better."""
    import pyarrow as pa
    import pyarrow.types as kinds

    if all(kinds.is_integer(kind) for kind in held):
        return pa.int64()
    if all(_is_number(kind) for kind in held):
        integers = kinds.is_integer(held[0]) and all(_is_integral(c) for c in columns)
        return pa.int64() if integers else pa.float64()
    if all(kinds.is_date(kind) or kinds.is_timestamp(kind) for kind in held):
        return pa.timestamp("us", tz=getattr(held[0], "tz", None))
    return held[0]


def _is_integral(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type):
        return not pa.types.is_decimal(column.type)
    values = column.drop_null()
    return bool(pc.all(pc.and_(pc.is_finite(values), pc.equal(pc.floor(values), values))).as_py() in (True, None))


def _converted(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa

    if pa.types.is_boolean(column.type) and pa.types.is_floating(wanted):
        column = column.cast(pa.int8())
    return column.cast(wanted, safe=False) if pa.types.is_timestamp(wanted) else column.cast(wanted)

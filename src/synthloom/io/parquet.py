"""Parquet: one file, or parts of one table, checked before anything large is decoded.

A few kilobytes of Parquet can stand for terabytes: repeated values are stored once. So rows are
counted from the footer first, and texts are read as dictionaries and measured before they are
spread out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthloom.data import Table
from synthloom.errors import InputError
from synthloom.io.names import mended_names
from synthloom.io.source import Notes, ReadLimits, SourceInfo, listed, quoted, split_suffix
from synthloom.io.streams import refuse_size, resolved_maximum

if TYPE_CHECKING:
    import pyarrow as pa

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def read_parquet(
    paths: Sequence[Path], limits: ReadLimits, partitions: Sequence[dict[str, str]] = ()
) -> tuple[Table, SourceInfo]:
    """One Parquet file, or several parts with the same columns, one below the other.

    Args:
        paths: the parts, in order.
        limits: how much may be decoded.
        partitions: for each part, columns that its folder's name gives (``year=2024``).

    Raises:
        InputError: if a file is damaged or beyond the limits, has nested columns or no rows, or if
            the parts differ in their columns.
    """
    notes = Notes()
    maximum = resolved_maximum(limits)
    tables: list[pa.Table] = []
    for place, path in enumerate(paths):
        table = _read_one(path, limits, maximum - sum(t.nbytes for t in tables), notes)
        if partitions:
            table = _with_partitions(table, partitions[place])
        tables.append(_same_order(tables[0], table, paths[0].name, path.name) if tables else table)
    table = _stacked(tables, paths)
    if not table.num_rows:
        raise InputError(
            f'"{paths[0].name}" has columns but no rows', accepted="at least one row", hint="check the export"
        )
    table = _typed_partitions(table, {name for values in partitions for name in values}, notes)
    table = table.rename_columns(mended_names(table.column_names, notes))
    table = _plain(table, notes)
    suffix, _ = split_suffix(paths[0])
    size = sum(path.stat().st_size for path in paths)
    return Table(table), SourceInfo("parquet", suffix, table.num_rows, size, notes=notes.sentences())


def _read_one(path: Path, limits: ReadLimits, maximum: int, notes: Notes) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with path.open("rb") as start:
            if start.read(4) != b"PAR1":
                raise _damaged(path, "it does not begin as Parquet does")
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check_schema(schema, path, limits)
            metadata = file.metadata
            refuse_size(path.name, _least_size(schema, metadata), maximum)
        texts = [str(place) for place, column in enumerate(schema) if _is_text(column.type)]
        with parquet.ParquetFile(
            path, read_dictionary=[schema.field(int(i)).name for i in texts], page_checksum_verification=True
        ) as file:
            table = file.read()
        refuse_size(path.name, _spread_size(table), maximum)
        table.validate(full=True)
        return _without_index(table, schema.pandas_metadata, notes)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f'"{path.name}" is no readable Parquet file: {why.strip().splitlines()[0][:300] if why.strip() else "damaged"}',
        accepted="a complete Parquet file",
        hint="fetch or write the file again",
    )


def _check_schema(schema: pa.Schema, path: Path, limits: ReadLimits) -> None:
    import pyarrow as pa

    if not len(schema):
        raise InputError(f'"{path.name}" has no columns', accepted="at least one column", hint="check the export")
    if len(schema) > limits.maximum_columns:
        raise InputError(
            f'"{path.name}" has {len(schema):,} columns',
            accepted=f"at most {limits.maximum_columns:,} columns",
            hint="select the columns you need, or raise ReadLimits(maximum_columns=...)",
        )
    nested = [column for column in schema if pa.types.is_nested(_storage(column.type))]
    if nested:
        raise InputError(
            f'"{path.name}" has nested columns: {listed([f"{c.name} ({_family(c.type)})" for c in nested])}',
            accepted="one plain value in each cell",
            hint="flatten or drop these columns first, for example with pandas.json_normalize",
        )


def _family(kind: pa.DataType) -> str:
    return str(_storage(kind)).split("<")[0]


def _storage(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    kind = _storage(kind)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _least_size(schema: pa.Schema, metadata: Any) -> int:
    """Bytes that the table takes at least: rows times the widths of its types, or what is stored."""
    width = 0.0
    for column in schema:
        kind = _storage(column.type)
        try:
            width += kind.bit_width / 8
        except ValueError:
            width += 4  # texts: one offset each
    stored = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    return int(max(width * metadata.num_rows, stored))


def _spread_size(table: pa.Table) -> int:
    """Bytes that the table takes once its dictionaries are spread out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for column in table.columns:
        if not pa.types.is_dictionary(column.type):
            total += column.nbytes
            continue
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary.cast(pa.large_binary())).cast(pa.int64())
            counts = pc.value_counts(chunk.indices.drop_null())
            if len(counts):
                total += pc.sum(pc.multiply(lengths.take(counts.field("values")), counts.field("counts"))).as_py() or 0
    return total


def _without_index(table: pa.Table, pandas_metadata: dict[str, Any] | None, notes: Notes) -> pa.Table:
    """Leaves out the unnamed row index that pandas writes along after rows were filtered."""
    index = [
        name
        for name in (pandas_metadata or {}).get("index_columns", [])
        if isinstance(name, str) and name.startswith("__index_level_") and name in table.column_names
    ]
    if not index or len(index) == len(table.column_names):
        return table
    notes.add("the row index that pandas had stored was left out")
    return table.drop_columns(index)


def _with_partitions(table: pa.Table, values: dict[str, str]) -> pa.Table:
    import pyarrow as pa

    for name, value in values.items():
        if name not in table.column_names:
            scalar = pa.scalar(None if value == _HIVE_NULL else value, pa.string())
            table = table.append_column(name, pa.repeat(scalar, table.num_rows))
    return table


def _typed_partitions(table: pa.Table, names: set[str], notes: Notes) -> pa.Table:
    """Partition columns are texts in the folders' names: numbers and dates among them get their type."""
    from synthloom.io.column_types import infer_types

    for place, column in enumerate(table.schema):
        if column.name in names and _is_text(column.type):
            typed = infer_types({column.name: table.column(place)}, ",", notes)
            table = table.set_column(place, column.name, typed.columns[column.name])
    return table


def _same_order(first: pa.Table, other: pa.Table, first_name: str, name: str) -> pa.Table:
    from synthloom.io.csv import different_columns

    if sorted(first.column_names) != sorted(other.column_names) or len(set(first.column_names)) < first.num_columns:
        if first.column_names == other.column_names:
            return other
        raise different_columns(first_name, first.column_names, name, other.column_names)
    return other.select(first.column_names)


def _stacked(tables: list[pa.Table], paths: Sequence[Path]) -> pa.Table:
    import pyarrow as pa

    if len(tables) == 1:
        return tables[0]
    tables = [_decoded(table) for table in tables]
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        for path, table in zip(paths[1:], tables[1:], strict=True):
            for name in table.column_names:
                kinds = tables[0].schema.field(name).type, table.schema.field(name).type
                if kinds[0] != kinds[1]:
                    raise InputError(
                        f"the files of the folder differ in their types: {quoted(name)} is {kinds[0]} in "
                        f'"{paths[0].name}" and {kinds[1]} in "{path.name}"',
                        accepted="parts of one table, all with the same columns and types",
                        hint="name one file, or put each table into a folder of its own",
                    ) from error
        raise InputError(f"the parts do not fit together: {error}", hint="name one file") from error


def _decoded(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    for place, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(column.type.value_type))
    return table


def _plain(table: pa.Table, notes: Notes) -> pa.Table:
    """Columns of types that the rest of Synthloom knows; what is not finite becomes missing."""
    import pyarrow as pa

    table = _decoded(table)
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        if isinstance(column.type, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
        if pa.types.is_float16(column.type):
            column = column.cast(pa.float32())
        if pa.types.is_floating(column.type):
            column = _finite(column, name, notes)
        elif pa.types.is_decimal(column.type) and column.type.bit_width != 128:
            column = column.cast(pa.float64())
        elif _is_bytes(column.type):
            column = _as_text(column, name)
        if column is not table.column(place):
            table = table.set_column(place, name, column)
    return table


def _is_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _finite(column: pa.ChunkedArray, name: str, notes: Notes) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    finite = pc.is_finite(column)
    if pc.all(finite).as_py() in (True, None):
        return column
    if endless := pc.sum(pc.is_inf(column)).as_py():
        notes.about("infinite values became missing", name, endless)
    return pc.if_else(finite, column, pa.scalar(None, column.type))


def _as_text(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    import pyarrow as pa

    try:
        return column.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid as error:
        raise InputError(
            f"the column {quoted(name)} holds bytes that are no text",
            accepted="numbers, texts, booleans, dates and times",
            hint="drop the column, or decode it first",
        ) from error

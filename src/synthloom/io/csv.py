"""CSV files: dialect and encoding found, parsed by Arrow as text, then typed by whole columns.

Nothing is asked of the user: delimiter, quote, decimal mark, encoding, compression and header are
told from the file and noted in :class:`~synthloom.io.source.SourceInfo`. Rows of unequal width are
an error that names the line; nothing is skipped silently.
"""

from __future__ import annotations

import csv as standard_csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthloom.data import Table
from synthloom.errors import InputError
from synthloom.io.column_types import TypedColumns, drop_text_markers, holds_codes, infer_types, mask_texts
from synthloom.io.dialect import SINGLE_COLUMN_DELIMITER, Dialect, sniff
from synthloom.io.memory import readable_size
from synthloom.io.names import mended_names
from synthloom.io.source import COMPRESSION_SUFFIXES, Notes, ReadLimits, SourceInfo, listed, split_suffix
from synthloom.io.streams import Survey, detect_compression, survey

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 4 << 20
_LONGEST_ROW = 64 << 20
_FREE_OF_NOTE = ("utf-8", "utf-8-sig")


@dataclass(frozen=True)
class _Part:
    """One file, surveyed and sniffed, ready to be parsed."""

    survey: Survey
    dialect: Dialect

    @property
    def name(self) -> str:
        return self.survey.path.name

    @property
    def width(self) -> int:
        return len(self.dialect.first_row)


def read_csv(paths: Sequence[Path], limits: ReadLimits) -> tuple[Table, SourceInfo]:
    """One CSV, or several parts with the same columns, one below the other.

    Raises:
        InputError: if a file is empty, has no rows, is damaged, ragged, no text or beyond the limits, or
            if the parts differ in their columns.
    """
    import pyarrow as pa

    notes = Notes()
    parts = [_prepared(path, limits, notes) for path in paths]
    names = _common_names(parts, notes)
    texts = pa.concat_tables([_parse(part, limits) for part in parts]).rename_columns(names)
    if not texts.num_rows:
        raise InputError(
            f'"{parts[0].name}" has column names but no rows',
            accepted="at least one row of data below the names",
            hint="check the export, or make rows from a schema with `synthloom mock`",
        )
    columns = {name: texts.column(name) for name in names}
    has_gaps = any(column.null_count for column in columns.values())
    del texts
    typed = infer_types(columns, parts[0].dialect.delimiter, notes)
    _missing_texts(parts, names, typed, limits, notes)
    if not has_gaps:
        _empty_quotes(typed, notes)
    table = Table(pa.table(typed.columns))
    return table, _info(parts, typed, table.n_rows, notes)


def _prepared(path: Path, limits: ReadLimits, notes: Notes) -> _Part:
    suffix, compression_suffix = split_suffix(path)
    compression = detect_compression(path)
    if COMPRESSION_SUFFIXES.get(compression_suffix) != compression:
        notes.add(f"the file is {compression or 'not'} compressed, whatever its name says")
    found = survey(path, compression, limits)
    text = found.head.decode("utf-8", "ignore" if not found.complete else "strict")
    dialect = sniff(text, complete=found.complete, name=path.name, tabs_first=suffix in (".tsv", ".tab"))
    width = len(dialect.first_row)
    if width > limits.maximum_columns:
        raise InputError(
            f'"{path.name}" has {width:,} columns',
            accepted=f"at most {limits.maximum_columns:,} columns",
            hint="select the columns you need, or raise ReadLimits(maximum_columns=...)",
        )
    if found.encoding not in _FREE_OF_NOTE:
        notes.add(f"the encoding {found.encoding} was detected")
    if found.nul_bytes:
        notes.add(f"{found.nul_bytes:,} NUL bytes were left out")
    return _Part(found, dialect)


def _common_names(parts: list[_Part], notes: Notes) -> list[str]:
    first = parts[0]
    for part in parts[1:]:
        same = part.width == first.width and part.dialect.header == first.dialect.header
        if not same or (first.dialect.header and part.dialect.first_row != first.dialect.first_row):
            raise different_columns(first.name, list(first.dialect.first_row), part.name, list(part.dialect.first_row))
    if first.dialect.header:
        return mended_names(first.dialect.first_row, notes)
    notes.add("the first row looks like data, so it was read as data and the columns were named column_1, column_2, …")
    return [f"column_{place}" for place in range(1, first.width + 1)]


def different_columns(first: str, names: list[str], other: str, other_names: list[str]) -> InputError:
    """The error for parts that are not of one table."""
    missing = [name for name in names if name not in set(other_names)]
    extra = [name for name in other_names if name not in set(names)]
    how = [f"{word} {listed(found, 3)}" for word, found in (("lacks", missing), ("adds", extra)) if found]
    return InputError(
        f'the files of the folder differ in their columns: "{other}" '
        f'{" and ".join(how) or "has them in another order or number"}, compared with "{first}"',
        accepted="parts of one table, all with the same columns",
        hint="name one file, or put each table into a folder of its own",
    )


def _parse(part: _Part, limits: ReadLimits, columns: Sequence[int] = (), markers: Sequence[str] = ("",)) -> pa.Table:
    """The rows (without the header) as text, the values of ``markers`` missing unless they are quoted."""
    import pyarrow as pa
    from pyarrow import csv

    labels = [str(place) for place in range(part.width)]
    wanted = [labels[place] for place in columns] or labels
    block = _BLOCK
    while True:
        try:
            with part.survey.open(limits) as stream:
                table = csv.read_csv(
                    stream,
                    csv.ReadOptions(
                        column_names=labels, block_size=block, skip_rows=part.dialect.skipped_lines, use_threads=True
                    ),
                    csv.ParseOptions(
                        delimiter=part.dialect.delimiter, quote_char=part.dialect.quote, newlines_in_values=True
                    ),
                    csv.ConvertOptions(
                        column_types=dict.fromkeys(labels, pa.string()),
                        include_columns=wanted,
                        null_values=list(markers),
                        strings_can_be_null=True,
                        quoted_strings_can_be_null=False,
                    ),
                )
            _refuse_open_quote(part, table)
            return table.slice(1) if part.dialect.header else table
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block >= _LONGEST_ROW:
                raise _parse_error(part, limits, error) from error
            block *= 4


def _refuse_open_quote(part: _Part, table: pa.Table) -> None:
    """Arrow takes a quote that is never closed for a value that runs to the end of the file."""
    last = table.column(table.num_columns - 1)
    value = (last[-1].as_py() if len(last) else None) or ""
    lines = value.count("\n") + value.count("\r")
    if lines and part.survey.last_byte != part.dialect.quote.encode():
        raise InputError(
            f'a quote in "{part.name}" is never closed: the last value runs over {lines:,} lines to the end',
            accepted="quotes in pairs",
            hint=f"close or double the quote in the row {table.num_rows:,} rows from the top",
        )


def _parse_error(part: _Part, limits: ReadLimits, error: Exception) -> InputError:
    """Says where the rows stop being even, by reading them again with a parser that counts lines."""
    if "straddling" in str(error):
        return InputError(
            f'"{part.name}" has a row of more than {readable_size(_LONGEST_ROW)}, or a quote that is not closed',
            accepted="rows of one line, or quoted ones",
            hint="check the quotes",
        )
    names = "names" if part.dialect.header else "values"
    try:
        with io.TextIOWrapper(part.survey.open(limits), "utf-8", newline="") as text:
            reader = standard_csv.reader(text, delimiter=part.dialect.delimiter, quotechar=part.dialect.quote)
            line = 1
            for number, row in enumerate(reader):
                if row and number >= part.dialect.skipped_lines and len(row) != part.width:
                    return InputError(
                        f'line {line:,} of "{part.name}" has {len(row):,} values, but the first row has '
                        f"{part.width:,} {names}",
                        accepted="rows of equal width",
                        hint="remove what stands above the names of the columns"
                        if part.width == 1
                        else "repair that line; values that hold the delimiter or a line end must be quoted",
                    )
                line = reader.line_num + 1
    except standard_csv.Error:
        return InputError(
            f'line {line:,} of "{part.name}" has a value of more than 128 KiB; is a quote not closed?',
            accepted="rows of equal width",
            hint="check the quotes in that line",
        )
    reason = str(error).splitlines()[0][:200]
    return InputError(f'"{part.name}" is no readable CSV: {reason}', accepted="rows of equal width")


def _missing_texts(parts: list[_Part], names: list[str], typed: TypedColumns, limits: ReadLimits, notes: Notes) -> None:
    """Unquoted markers such as NA become missing in text columns.

    Where the file has quotes, a second pass over these columns tells ``NA`` from ``"NA"``.
    """
    import pyarrow as pa

    if not any(part.survey.has_quote or part.dialect.quote != '"' for part in parts):
        drop_text_markers(typed, notes)
        return
    marked = [name for name, found in typed.marked.items() if not holds_codes(typed.columns[name], found, name, notes)]
    if not marked:
        return
    markers = ["", *sorted({marker for name in marked for marker in typed.marked[name]})]
    again = pa.concat_tables([_parse(part, limits, [names.index(name) for name in marked], markers) for part in parts])
    for name, column in zip(marked, again.columns, strict=True):
        gap = pa.chunked_array([column.is_null().combine_chunks()])
        mask_texts(typed, name, gap, notes)


def _empty_quotes(typed: TypedColumns, notes: Notes) -> None:
    """In a file whose every empty value is quoted, quotes do not tell empty texts from missing ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in typed.columns.items():
        if not pa.types.is_string(column.type):
            continue
        empty = pc.equal(column, "")
        if rows := pc.sum(empty).as_py():
            typed.columns[name] = pc.if_else(empty, pa.scalar(None, column.type), column)
            notes.about('"" was read as missing', name, rows)


def _info(parts: list[_Part], typed: TypedColumns, rows: int, notes: Notes) -> SourceInfo:
    first = parts[0]
    suffix, compression = split_suffix(first.survey.path)
    delimiter = first.dialect.delimiter
    return SourceInfo(
        kind="csv",
        suffix=suffix + compression,
        rows=rows,
        bytes=sum(part.survey.path.stat().st_size for part in parts),
        delimiter="," if delimiter == SINGLE_COLUMN_DELIMITER else delimiter,
        quote=first.dialect.quote,
        decimal_mark=typed.decimal_mark,
        encoding=first.survey.encoding,
        newline=first.dialect.newline,
        header=first.dialect.header,
        layouts=typed.layouts,
        notes=notes.sentences(),
    )

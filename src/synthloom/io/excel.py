"""Excel workbooks (``.xlsx``): one sheet becomes a table; cells keep the types that Excel gave them."""

from __future__ import annotations

import datetime as dt
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from synthloom.data import Table
from synthloom.errors import InputError, MissingExtraError, did_you_mean
from synthloom.io.column_types import drop_text_markers, infer_types
from synthloom.io.dialect import has_header
from synthloom.io.names import mended_names
from synthloom.io.source import Notes, ReadLimits, SourceInfo, split_suffix
from synthloom.io.streams import refuse_ratio, refuse_size, resolved_maximum

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
_CHUNK_ROWS = 16_384
_SAMPLE_ROWS = 100
_ERROR_CELLS = ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!")
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, ParseError, EOFError, OSError, ArithmeticError,
    AttributeError, AssertionError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What openpyxl and the XML and ZIP readers below it are known to raise on damaged workbooks."""


def read_excel(path: Path, sheet: str | None, limits: ReadLimits) -> tuple[Table, SourceInfo]:
    """One sheet of a workbook (by default the first).

    Raises:
        InputError: if the workbook is damaged, protected, beyond the limits, or has no such sheet or no rows.
        MissingExtraError: if openpyxl is not installed.
    """
    import pyarrow as pa

    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "reading Excel needs openpyxl, which is not installed", hint="pip install 'synthloom[excel]'"
        ) from error
    notes = Notes()
    maximum = resolved_maximum(limits)
    try:
        _check_archive(path, limits, maximum)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that a table does not need
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                name = _sheet_name(book, path, sheet, notes)
                columns = _SheetColumns(path.name, limits, maximum)
                for row in _rows_of(book[name]):
                    columns.add(row)
            finally:
                book.close()
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    names, arrays, header = columns.finish(notes)
    table = Table(pa.table(dict(zip(names, arrays, strict=True))))
    suffix, _ = split_suffix(path)
    return table, SourceInfo(
        "excel", suffix, table.n_rows, path.stat().st_size, header=header, sheet=name, notes=notes.sentences()
    )


def _damaged(path: Path, error: BaseException) -> InputError:
    with path.open("rb") as file:
        old = file.read(4) == b"\xd0\xcf\x11\xe0"
    if old:
        return InputError(
            f'"{path.name}" is protected by a password, or an old .xls file under a new name',
            accepted="an .xlsx workbook without a password",
            hint="open it in Excel and save it as .xlsx or .csv",
        )
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return InputError(
        f'"{path.name}" is no readable Excel workbook: {reason}', accepted="an .xlsx file", hint="save it again in Excel"
    )


def _check_archive(path: Path, limits: ReadLimits, maximum: int) -> None:
    """Refuses bombs and document type declarations before any part is unpacked."""
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        refuse_ratio(path.name, size, path.stat().st_size, limits)
        refuse_size(path.name, size, maximum)
        for entry in archive.infolist():
            if entry.filename.endswith((".xml", ".rels")):
                with archive.open(entry) as part:
                    if b"<!DOCTYPE" in part.read(4096).upper():
                        raise InputError(
                            f'"{path.name}" declares an XML document type, which workbooks never do',
                            accepted="an .xlsx workbook",
                            hint="save it again in Excel",
                        )


def _sheet_name(book: Any, path: Path, wanted: str | None, notes: Notes) -> str:
    names = [sheet.title for sheet in book.worksheets]
    if not names:
        raise InputError(f'"{path.name}" has no sheet with cells', accepted="a workbook with a table", hint="check the file")
    if wanted is not None:
        if wanted not in names:
            raise InputError(f'"{path.name}" has no sheet "{wanted}"', hint=did_you_mean(wanted, names))
        return wanted
    if len(names) > 1:
        notes.add(f'the workbook has {len(names)} sheets; the first, "{names[0]}", was read (name another: file.xlsx#Sheet)')
    return str(names[0])


def _rows_of(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what the file says of its size may be wrong; the limit bounds gaps between rows
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True, max_row=MOST_ROWS)
    return rows


class _SheetColumns:
    """Takes rows of cells, turns them into Arrow piece by piece, and finds the names."""

    def __init__(self, file_name: str, limits: ReadLimits, maximum: int) -> None:
        self._file_name, self._limits, self._maximum = file_name, limits, maximum
        self._buffer: list[tuple[Any, ...]] = []
        self._chunks: list[list[_Cells]] = []
        self._lengths: list[int] = []
        self._sample: list[tuple[Any, ...]] = []
        self._empty_rows = self._pending_empty = self._slots = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """Takes in one row; empty ones are passed over."""
        if not any(value is not None and value != "" for value in row):
            self._pending_empty += bool(self._sample)
            return
        self._empty_rows += self._pending_empty
        self._pending_empty = 0
        width = len(row)
        if width > min(MOST_COLUMNS, self._limits.maximum_columns):
            raise InputError(
                f'"{self._file_name}" has {width:,} columns',
                accepted=f"at most {min(MOST_COLUMNS, self._limits.maximum_columns):,} columns",
                hint="remove stray cells far to the right",
            )
        self._slots += width
        refuse_size(self._file_name, 8 * self._slots, self._maximum)
        if len(self._sample) < _SAMPLE_ROWS:
            self._sample.append(row)
        if len(self._sample) > 1 or self._buffer:
            self._buffer.append(row)
        if len(self._buffer) >= _CHUNK_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._buffer:
            return
        width = max(map(len, self._buffer))
        padded = [row + (None,) * (width - len(row)) for row in self._buffer]
        self._chunks.append([_Cells.of(values) for values in zip(*padded, strict=True)])
        self._lengths.append(len(padded))
        self._buffer = []

    def finish(self, notes: Notes) -> tuple[list[str], list[pa.ChunkedArray], bool]:
        """Names, columns, and whether the first row gave the names."""
        first = self._sample[0] if self._sample else ()
        header = has_header([[_as_text(value) or "" for value in row] for row in self._sample]) if self._sample else True
        if not header:
            self._buffer.append(first) if not self._chunks else None
            self._prepend(first)
        self._flush()
        if not sum(self._lengths):
            raise InputError(
                f'"{self._file_name}" has no rows of data in its sheet',
                accepted="a first row of names and at least one row below it",
                hint="name another sheet (file.xlsx#Sheet), or check the file",
            )
        raise NotImplementedError

    def _prepend(self, first: tuple[Any, ...]) -> None: ...

"""Excel workbooks (``.xlsx``): one sheet becomes a table; cells keep the types that Excel gave them."""

from __future__ import annotations

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
from synthloom.io.cells import Cells, as_text, merged
from synthloom.io.column_types import TEXT_MARKERS, TypedColumns, drop_text_markers, infer_types
from synthloom.io.dialect import has_header
from synthloom.io.names import mended_names
from synthloom.io.source import Notes, ReadLimits, SourceInfo, split_suffix
from synthloom.io.streams import refuse_ratio, refuse_size, resolved_maximum

if TYPE_CHECKING:
    pass

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
_CHUNK_ROWS = 16_384
_SAMPLE_ROWS = 100
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
        with path.open("rb") as file, warnings.catch_warnings():  # a file of ours, so that it is closed in any case
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that a table does not need
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                name = _sheet_name(book, path, sheet, notes)
                columns = _SheetColumns(path.name, limits, maximum)
                for row in _rows_of(book[name]):
                    columns.add(row)
            finally:
                book.close()
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    typed, header = columns.finish(notes)
    table = Table(pa.table(typed.columns))
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
        f'"{path.name}" is no readable Excel workbook: {reason}',
        accepted="an .xlsx file",
        hint="save it again in Excel",
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
        raise InputError(
            f'"{path.name}" has no sheet with cells', accepted="a workbook with a table", hint="check the file"
        )
    if wanted is not None:
        if wanted not in names:
            raise InputError(f'"{path.name}" has no sheet "{wanted}"', hint=did_you_mean(wanted, names))
        return wanted
    if len(names) > 1:
        notes.add(f'of {len(names)} sheets the first, "{names[0]}", was read (file.xlsx#Sheet names another)')
    return str(names[0])


def _rows_of(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # what the file says of its size may be wrong; the limit bounds gaps between rows
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True, max_row=MOST_ROWS)
    return rows


class _SheetColumns:
    """Takes rows of cells, turns them into Arrow piece by piece, and finds the names."""

    def __init__(self, file_name: str, limits: ReadLimits, maximum: int) -> None:
        self._file_name, self._maximum = file_name, maximum
        self._most_columns = min(MOST_COLUMNS, limits.maximum_columns)
        self._sample: list[tuple[Any, ...]] = []
        self._buffer: list[tuple[Any, ...]] = []
        self._chunks: list[list[Cells]] = []
        self._empty_rows = self._empty_since = self._cells = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """Takes in one row; empty ones are passed over."""
        if not any(value is not None and value != "" for value in row):
            self._empty_since += bool(self._sample)
            return
        if len(row) > self._most_columns:
            raise InputError(
                f'"{self._file_name}" has {len(row):,} columns',
                accepted=f"at most {self._most_columns:,} columns",
                hint="remove stray cells far to the right",
            )
        self._empty_rows, self._empty_since = self._empty_rows + self._empty_since, 0
        self._cells += len(row)
        refuse_size(self._file_name, 8 * self._cells, self._maximum)
        if self._sample:
            self._buffer.append(row)
        if len(self._sample) < _SAMPLE_ROWS:
            self._sample.append(row)
        if len(self._buffer) >= _CHUNK_ROWS:
            self._chunks.append(_columns_of(self._buffer))
            self._buffer = []

    def finish(self, notes: Notes) -> tuple[TypedColumns, bool]:
        """The typed columns, and whether the first row gave their names."""
        if self._buffer:
            self._chunks.append(_columns_of(self._buffer))
        if not self._chunks:
            raise InputError(
                f'"{self._file_name}" has no rows of data in its sheet',
                accepted="a first row of names and at least one row below it",
                hint="name another sheet (file.xlsx#Sheet), or check the file",
            )
        if self._empty_rows:
            notes.add(f"{self._empty_rows:,} empty rows were left out")
        header = has_header([[as_text(value) or "" for value in row] for row in self._sample])
        first = [as_text(value) for value in self._sample[0]]
        if not header:
            self._chunks.insert(0, _columns_of(self._sample[:1]))
            notes.add("the first row looks like data, so it was read as data and the columns were named column_1, …")
            first = []
        width = max(len(first), *map(len, self._chunks))
        columns = [merged(self._pieces(place)) for place in range(width)]
        first += [None] * (width - len(first))
        used = [place for place in range(width) if first[place] or columns[place].filled or not header]
        names = mended_names([first[place] for place in used], notes)
        return _typed(names, [columns[place] for place in used], notes), header

    def _pieces(self, place: int) -> list[Cells]:
        return [chunk[place] if place < len(chunk) else Cells.empty(len(chunk[0].values)) for chunk in self._chunks]


def _columns_of(rows: list[tuple[Any, ...]]) -> list[Cells]:
    width = max(map(len, rows))
    padded = [row + (None,) * (width - len(row)) for row in rows]
    return [Cells.of(values) for values in zip(*padded, strict=True)]


def _typed(names: list[str], columns: list[Cells], notes: Notes) -> TypedColumns:
    """Columns that Excel typed stay as they are; those of mixed cells are typed as texts are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = dict(zip(names, columns, strict=True))
    result = infer_types({n: pa.chunked_array([c.values]) for n, c in given.items() if c.kind == "mixed"}, ",", notes)
    typed = TypedColumns(dict.fromkeys(names))
    typed.marked = dict(result.marked)
    for name, column in given.items():
        typed.columns[name] = result.columns.get(name, pa.chunked_array([column.values]))
        if column.errors:
            notes.about("error cells such as #N/A became missing", name, column.errors)
        if column.kind == "text":
            values = typed.columns[name]
            present = pc.unique(values.filter(pc.is_in(values, pa.array(TEXT_MARKERS)))).to_pylist()
            if present:
                typed.marked[name] = present
    drop_text_markers(typed, notes)
    return typed

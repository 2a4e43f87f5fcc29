"""Tables as an Excel workbook, batch by batch.

The five parts of a workbook are written directly: Arrow composes the cells of a batch at once, so
a million rows take seconds and constant memory, and equal tables give equal bytes. Text stands in
the sheet as inline strings, which a spreadsheet never takes for formulas.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from synthloom.data import Table
from synthloom.errors import OutputError
from synthloom.io.csv_writer import bytes_of
from synthloom.io.excel import MOST_COLUMNS, MOST_ROWS
from synthloom.io.formulas import disarmed
from synthloom.io.source import Notes, SourceInfo

if TYPE_CHECKING:
    import pyarrow as pa

_LONGEST_TEXT = 32_767
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_CONTENT}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_DATE_STYLE, _TIME_STYLE = 1, 2
_EPOCH_DAYS = 25_569  # from Excel's day 0, 1899-12-30, to 1970-01-01
_FIRST_SURE_DAY = 61  # 1900-03-01: before it Excel counts a 29 February 1900 that never was
_LAST_DAY = 2_958_465  # 9999-12-31


def write_excel(tables: Iterator[Table], path: Path, info: SourceInfo, *, protect_formulas: bool, notes: Notes) -> None:
    """Writes the tables, one below the other, as the only sheet of a workbook.

    Raises:
        OutputError: if there are more rows or columns than Excel has.
    """
    sheet = _SheetWriter(info, protect_formulas)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**_PARTS, "xl/workbook.xml": _workbook(info.sheet)}.items():
            archive.writestr(_entry(name), _XML + text)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as part:
            part.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for block in sheet.blocks(tables):
                part.write(block)
            part.write(b"</sheetData></worksheet>")
    sheet.tell(notes)


def _entry(name: str) -> zipfile.ZipInfo:
    """A part whose time stamp is fixed, so that equal tables give equal bytes."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0
    return entry


def _workbook(sheet: str | None) -> str:
    from xml.sax.saxutils import quoteattr

    name = "".join(c for c in (sheet or "") if c.isprintable() and c not in r"[]:*?/\\")[:31].strip("'") or "Sheet1"
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


class _SheetWriter:
    """Turns batches into the XML of rows."""

    def __init__(self, info: SourceInfo, protect_formulas: bool) -> None:
        self._info, self._protect = info, protect_formulas
        self._rows = self._disarmed = self._cut = self._cleaned = self._old_dates = 0

    def blocks(self, tables: Iterator[Table]) -> Iterator[bytes]:
        """The row of names, then the rows of each table."""
        import pyarrow as pa

        first = True
        for table in tables:
            if first:
                if len(table.names) > MOST_COLUMNS:
                    raise _too_large(f"{len(table.names):,} columns", f"at most {MOST_COLUMNS:,} columns")
                if self._info.header:
                    names = [self._texts(pa.array([name], pa.string())) for name in table.names]
                    yield self._block(names, 1)
            first = False
            if table.n_rows:
                columns = [
                    self._column(table.arrow.column(place).combine_chunks()) for place in range(len(table.names))
                ]
                yield self._block(columns, table.n_rows)

    def _block(self, columns: list[pa.Array], rows: int) -> bytes:
        import pyarrow.compute as pc

        self._rows += rows
        if self._rows > MOST_ROWS:
            raise _too_large("too many rows", f"at most {MOST_ROWS:,} rows, the row of names included")
        cells = [pc.fill_null(column, "<c/>") for column in columns]
        return bytes_of(pc.binary_join_element_wise("<row>", *cells, "</row>", ""))

    def _column(self, values: pa.Array) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = values.type
        if pa.types.is_string(kind):
            return self._texts(values)
        if pa.types.is_boolean(kind):
            return pc.if_else(values, '<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>')
        if pa.types.is_floating(kind):
            return _numbers(pc.if_else(pc.is_finite(values), values, pa.scalar(None, kind)))
        if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            return _numbers(values)
        if pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None):
            return self._dates(values)
        return self._texts(values.cast(pa.string()))

    def _dates(self, values: pa.Array) -> pa.Array:
        """Excel's serial days; what lies before its calendar begins is written as text."""
        import pyarrow as pa
        import pyarrow.compute as pc

        is_date = pa.types.is_date(values.type)
        times = values.cast(pa.timestamp("ms"), safe=False)
        milliseconds = times.cast(pa.int64())
        serial = pc.add(pc.divide(milliseconds.cast(pa.float64()), 86_400_000.0), float(_EPOCH_DAYS))
        reachable = pc.and_(pc.greater_equal(serial, float(_FIRST_SURE_DAY)), pc.less(serial, _LAST_DAY + 1.0))
        style = _DATE_STYLE if is_date else _TIME_STYLE
        cells = _numbers(serial.cast(pa.int64(), safe=False) if is_date else serial, style)
        if pc.all(reachable).as_py() in (True, None):
            return cells
        self._old_dates += pc.sum(pc.invert(reachable)).as_py()
        return pc.if_else(reachable, cells, self._texts(values.cast(pa.string())))

    def _texts(self, texts: pa.Array) -> pa.Array:
        import pyarrow.compute as pc

        if self._protect:
            texts, count = disarmed(texts)
            self._disarmed += count
        forbidden = pc.match_substring_regex(texts, _FORBIDDEN)
        if count := pc.sum(forbidden).as_py() or 0:
            self._cleaned += count
            texts = pc.replace_substring_regex(texts, _FORBIDDEN, "")
        long = pc.greater(pc.utf8_length(texts), _LONGEST_TEXT)
        if count := pc.sum(long).as_py() or 0:
            self._cut += count
            texts = pc.if_else(long, pc.utf8_slice_codeunits(texts, 0, _LONGEST_TEXT), texts)
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
            texts = pc.replace_substring(texts, character, entity)
        return pc.binary_join_element_wise('<c t="inlineStr"><is><t xml:space="preserve">', texts, "</t></is></c>", "")

    def tell(self, notes: Notes) -> None:
        """Notes what was changed on the way."""
        for count, what in (
            (self._disarmed, "text cells that a spreadsheet would run as formulas got an apostrophe in front"),
            (self._cleaned, "text cells held control characters that Excel does not allow; these were left out"),
            (self._cut, "text cells were cut at the 32,767 characters that Excel allows"),
            (self._old_dates, "dates outside Excel's calendar (from 1900-03-01) were written as text"),
        ):
            if count:
                notes.add(f"{count:,} {what}")


_FORBIDDEN = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ufffe\uffff]"


def _numbers(values: pa.Array, style: int = 0) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    start = f'<c s="{style}"><v>' if style else "<c><v>"
    return pc.binary_join_element_wise(start, values.cast(pa.string()), "</v></c>", "")


def _too_large(given: str, accepted: str) -> OutputError:
    return OutputError(f"the table has {given} for an Excel sheet", accepted=accepted, hint="write .csv or .parquet")

"""Excel workbooks in and out."""

import datetime as dt
import io
import sys
import zipfile

import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.errors import InputError, MissingExtraError, OutputError
from synthloom.io import ReadLimits, read_table, write_table

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture
def read_rows(tmp_path):
    def read(rows, name="book.xlsx", prepare=lambda book: None, sheet=""):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        prepare(book)
        book.save(tmp_path / name)
        table, info = read_table(f"{tmp_path / name}{sheet}")
        return table.arrow, info

    return read


def test_cells_keep_the_types_that_excel_gave_them(read_rows):
    rows = [
        ["id", "x", "ok", "day", "moment", "text", "code"],
        [1, 0.5, True, dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 12, 30), "a", "00123"],
        [2, 1, False, dt.date(1999, 12, 31), dt.datetime(2000, 1, 1), None, "123"],
    ]
    arrow, info = read_rows(rows)
    assert [str(kind) for kind in arrow.schema.types] == [
        "int64", "double", "bool", "date32[day]", "timestamp[s]", "string", "string"
    ]  # fmt: skip
    assert arrow.to_pylist()[1] == dict(zip(rows[0], rows[2], strict=True))
    assert (info.kind, info.suffix, info.sheet, info.rows) == ("excel", ".xlsx", "Sheet", 2)


def test_mixed_cells(read_rows):
    rows = [["a", "b", "c", "d"], [1, 1, "x", 1], ["NA", "two", "NA", "#N/A"], [3, None, "y", None]]
    arrow, info = read_rows(rows)
    assert arrow.to_pydict() == {
        "a": [1, None, 3],
        "b": ["1", "two", None],
        "c": ["x", None, "y"],
        "d": [1, None, None],
    }
    text = " / ".join(info.notes)
    for part in (
        '"NA" was read as missing: "a"',
        'NA was read as missing: "c"',
        'numbers are mixed with other values: "b"',
    ):
        assert part in text
    assert 'error cells such as #N/A became missing: "d" (1 row)' in text


def test_a_type_that_changes_late_makes_the_column_text(read_rows):
    arrow, _ = read_rows([["a", "b"], *[[i, i / 2] for i in range(17_000)], ["x", "y"]])
    assert arrow.column("a").to_pylist()[-2:] == ["16999", "x"]
    assert arrow.column("b").to_pylist()[:3] == ["0", "0.5", "1"]


def test_empty_rows_and_columns_are_left_out(read_rows):
    rows = [[], [None, "a", None, "b"], [], [None, 1, None, None], [None, 2, None, "x"], [], []]
    arrow, info = read_rows(rows)
    assert arrow.to_pydict() == {"a": [1, 2], "b": [None, "x"]}
    assert "1 empty rows were left out" in info.notes


def test_sheets_are_chosen_by_name(read_rows):
    def second(book):
        book.create_sheet("Other data").append(["z"])
        book["Other data"].append([7])

    arrow, info = read_rows([["a"], [1]], prepare=second)
    assert arrow.column_names == ["a"]
    assert any("of 2 sheets the first" in note for note in info.notes)
    arrow, info = read_rows([["a"], [1]], prepare=second, sheet="#Other data")
    assert (arrow.to_pydict(), info.sheet) == ({"z": [7]}, "Other data")
    with pytest.raises(InputError, match='did you mean "Other data"'):
        read_rows([["a"], [1]], prepare=second, sheet="#Other date")


@pytest.mark.parametrize("rows", [[], [["a", "b"]], [[None]]])
def test_sheets_without_rows_are_errors(read_rows, rows):
    with pytest.raises(InputError, match="no rows of data"):
        read_rows(rows)


def test_a_sheet_without_header(read_rows):
    arrow, info = read_rows([[5.1, 3.5, "s"], [4.9, 3.0, "t"], [4.7, 3.2, "s"]])
    assert arrow.to_pydict() == {"column_1": [5.1, 4.9, 4.7], "column_2": [3.5, 3.0, 3.2], "column_3": ["s", "t", "s"]}
    assert info.header is False


def test_a_cell_far_below_does_not_hang(read_rows):
    arrow, _ = read_rows([["a"], [1]], prepare=lambda book: book.active.cell(1_048_576, 1, 2))
    assert arrow.to_pydict() == {"a": [1, 2]}


def rezipped(path, changes):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, changes.get(name, lambda data: data)(data))
    path.write_bytes(out.getvalue())


def test_bombs_and_document_types_are_refused(tmp_path):
    path = write_table(Table(pa.table({"a": [1]})), tmp_path / "bomb.xlsx")
    sheet = "xl/worksheets/sheet1.xml"
    rezipped(path, {sheet: lambda data: data + b" " * (200 << 20)})
    with pytest.raises(InputError, match="decompression bomb"):
        read_table(path)
    with pytest.raises(InputError, match="at least 200"):
        read_table(path, limits=ReadLimits(maximum_ratio=1e9, maximum_bytes=1 << 20))
    path = write_table(Table(pa.table({"a": [1]})), tmp_path / "entities.xlsx")
    rezipped(path, {sheet: lambda data: b'<!DOCTYPE x [<!ENTITY a "b">]>' + data})
    with pytest.raises(InputError, match="document type"):
        read_table(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0" + bytes(600), b"a,b\n1,2\n"])
def test_damaged_and_protected_workbooks_are_errors(tmp_path, data):
    path = tmp_path / "book.xlsx"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"protected by a password|no readable Excel workbook"):
        read_table(path)


def test_without_openpyxl_the_message_says_what_to_install(tmp_path, monkeypatch):
    path = write_table(Table(pa.table({"a": [1]})), tmp_path / "book.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'synthloom\[excel\]'"):
        read_table(path)


def test_written_workbooks_read_elsewhere(tmp_path):
    table = pa.table(
        {
            "n": [1, None, 3],
            "t": ["<a> & 'b'", " spaced\n", "=1+1"],
            "d": pa.array([dt.date(2024, 1, 31), None, dt.date(1970, 1, 1)]),
            "m": pa.array([dt.datetime(2024, 1, 31, 23, 59, 59), None, None], pa.timestamp("us")),
        }
    )
    path = write_table(Table(table), tmp_path / "out.xlsx", protect_formulas=False)
    rows = list(openpyxl.load_workbook(path).active.values)
    assert rows[0] == ("n", "t", "d", "m")
    assert rows[1] == (1, "<a> & 'b'", dt.datetime(2024, 1, 31), dt.datetime(2024, 1, 31, 23, 59, 59))
    assert rows[3][1] == "=1+1"
    cell = openpyxl.load_workbook(path).active["B4"]
    assert cell.data_type != "f"  # text, never a formula


def test_what_excel_cannot_hold_is_noted_or_refused(tmp_path):
    notes = []
    table = pa.table({"d": [dt.date(1850, 1, 1)], "t": ["bell\x07"], "l": ["x" * 40_000], "f": [float("inf")]})
    path = write_table(Table(table), tmp_path / "out.xlsx", on_note=notes.append)
    row = list(openpyxl.load_workbook(path).active.values)[1]
    assert row == ("1850-01-01", "bell", "x" * 32_767, None)
    assert len(notes) == 3
    with pytest.raises(OutputError, match="too many rows"):
        write_table(Table(pa.table({"a": pa.nulls(1_048_576)})), tmp_path / "long.xlsx")
    assert not (tmp_path / "long.xlsx").exists()

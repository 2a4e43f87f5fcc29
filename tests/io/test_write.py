"""Writing: the source's dialect, whole files or none, the same bytes each time, no formulas."""

import datetime as dt
import os
import subprocess
import sys
import time

import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.errors import OptionError, OutputError
from synthloom.io import SourceInfo, output_suffix, read_table, write_table

TABLE = Table(
    pa.table(
        {
            "n": [1, None, -3],
            "x": [0.5, 1.0, None],
            "t": ["a", 'b;c, "d"', None],
            "ok": [True, False, None],
            "d": pa.array([dt.date(2024, 12, 31), None, dt.date(2024, 2, 1)]),
        }
    )
)
SUFFIXES = [".csv", ".csv.gz", ".csv.zst", ".csv.bz2", ".csv.xz", ".tsv", ".parquet", ".xlsx"]


def test_plain_csv(tmp_path):
    path = write_table(TABLE, tmp_path / "t.csv")
    assert path.read_text() == ('n,x,t,ok,d\n1,0.5,a,true,2024-12-31\n,1.0,"b;c, ""d""",false,\n-3,,,,2024-02-01\n')


def test_the_dialect_of_the_source_is_kept(tmp_path):
    source = tmp_path / "in.csv"
    text = "Größe;Preis;Tag;Ja\r\nä;1,5;31.12.2024;TRUE\r\nö;2,25;01.02.2024;FALSE\r\n"
    source.write_bytes(text.encode("cp1252"))
    table, info = read_table(source)
    path = write_table(table, tmp_path / ("out" + output_suffix(info)), info)
    assert path.read_bytes() == text.encode("cp1252")


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\n1\t2\n3\t4\n",
        "5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.9,virginica\n",
        "a,b\n2024-01-01T10:30:00Z,x\n2024-01-02T11:00:00Z,y\n",
        "a,b\n12/31/2024 11:59 PM,x\n01/15/2024 12:00 AM,y\n",
        "a,b\n1/31/2024 1:05:09.250,x\n12/15/2024 12:00:00.000,y\n",
        'a,b\n"x, y",\n"NA",1.5\n"",2.5\n',
        "v|w\n00123|'quoted | text'\n00124|'b|c'\n",
        "é;b\n1;2\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_reading_and_writing_gives_the_same_bytes(tmp_path, text, encoding):
    source = tmp_path / "in.csv"
    source.write_bytes(text.encode(encoding))
    table, info = read_table(source)
    assert write_table(table, tmp_path / "out.csv", info).read_bytes() == text.encode(encoding)


def test_utf8_where_the_old_encoding_cannot_hold_the_text(tmp_path):
    notes = []
    info = SourceInfo("csv", ".csv", encoding="cp1252")
    path = write_table(Table(pa.table({"a": ["ä", "Łódź"]})), tmp_path / "t.csv", info, on_note=notes.append)
    assert path.read_text("utf-8") == "a\nä\nŁódź\n"
    assert notes == ["written as UTF-8, because cp1252 cannot hold every character"]
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_table_gives_the_same_bytes(tmp_path, suffix):
    first = write_table(TABLE, tmp_path / f"one{suffix}").read_bytes()
    time.sleep(2.1 if suffix == ".xlsx" else 0)  # a ZIP counts time in steps of two seconds
    assert write_table(TABLE, tmp_path / f"two{suffix}").read_bytes() == first


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_batches_and_the_whole_table_give_the_same_bytes(tmp_path, suffix):
    rows = 70_000 if suffix == ".csv.xz" else 200_000
    table = Table(pa.table({"i": list(range(rows)), "s": [f"text {i % 13}" for i in range(rows)]}))
    whole = write_table(table, tmp_path / f"whole{suffix}").read_bytes()
    pieces = write_table(table.batches(65_536), tmp_path / f"pieces{suffix}").read_bytes()
    assert pieces == whole


def test_parquet_bytes_do_not_depend_on_the_size_of_batches(tmp_path):
    table = Table(pa.table({"i": list(range(150_000))}))
    whole = write_table(table, tmp_path / "a.parquet").read_bytes()
    assert write_table(table.batches(999), tmp_path / "b.parquet").read_bytes() == whole


def test_an_empty_table_is_its_header(tmp_path):
    assert write_table(TABLE.slice(0, 0), tmp_path / "t.csv").read_text() == "n,x,t,ok,d\n"
    with pytest.raises(OptionError, match="no batches"):
        write_table(iter([]), tmp_path / "u.csv")


@pytest.mark.parametrize("name", ["t.json", "t", "t.xlsm", "t.parquet.gz"])
def test_unknown_suffixes_are_refused(tmp_path, name):
    with pytest.raises(OutputError, match="does not say what to write"):
        write_table(TABLE, tmp_path / name)


def test_folders_in_the_way_and_missing_ones(tmp_path):
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_table(TABLE, tmp_path / "t.csv")
    with pytest.raises(OutputError, match="there is no folder"):
        write_table(TABLE, tmp_path / "nowhere" / "t.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_halfway_leaves_the_old_file_and_nothing_else(tmp_path, suffix):
    target = tmp_path / f"t{suffix}"
    target.write_bytes(b"old")

    def broken():
        yield TABLE
        raise RuntimeError("the model broke")

    with pytest.raises(RuntimeError, match="the model broke"):
        write_table(broken(), target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.xz", ".parquet", ".xlsx"])
def test_a_full_disk_is_a_clear_error_with_nothing_left_behind(tmp_path, suffix):
    script = (
        "import resource, sys, numpy as np, pyarrow as pa\n"
        "from synthloom.data import Table\n"
        "from synthloom.errors import OutputError\n"
        "from synthloom.io import write_table\n"
        "noise = np.random.default_rng(0).random(60_000)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n    write_table(Table(pa.table({'x': noise})), sys.argv[1])\n"
        "except OutputError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / f"t{suffix}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "cannot be written" in done.stdout
    assert "largest size" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    for parent in [tmp_path, *tmp_path.parents][:-2]:  # pytest keeps its folders to their owner
        if os.geteuid() == 0 and parent.stat().st_uid == 0:
            parent.chmod(parent.stat().st_mode | 0o055)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        for suffix in (".csv", ".parquet", ".xlsx"):
            with pytest.raises(OutputError, match="may not write there"):
                write_table(TABLE, folder / f"t{suffix}")
    finally:
        if root:
            os.seteuid(0)
    assert list(folder.iterdir()) == []


def test_cells_that_start_a_formula_get_an_apostrophe_and_are_counted(tmp_path):
    texts = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\x00=1", "＝1", "fine", "a=1", None]
    table = Table(pa.table({"t": texts, "n": [-1.5] * 11}))
    notes = []
    path = write_table(table, tmp_path / "t.csv", on_note=notes.append)
    assert notes == ["8 text cells that a spreadsheet would run as formulas got an apostrophe in front"]
    assert path.read_text().splitlines()[1] == "'=1+1,-1.5"
    assert b"\n=" not in path.read_bytes()
    raw = write_table(table, tmp_path / "raw.csv", protect_formulas=False)
    assert raw.read_text().splitlines()[1] == "=1+1,-1.5"
    write_table(table, tmp_path / "t.xlsx", on_note=notes.append)
    assert notes[1].startswith("8 text cells")
    assert read_table(write_table(table, tmp_path / "t.parquet"))[0].arrow.column("t").to_pylist() == texts


def test_numbers_and_signs_in_text_are_no_formulas(tmp_path):
    texts = ["-5", "+4366012345", "-1,5", "+1.5e3", "--", "-", "=", "@"]
    path = write_table(
        Table(pa.table({"t": texts, "k": ["x"] * 8})), tmp_path / "t.csv", SourceInfo("csv", ".csv", delimiter=";")
    )
    assert path.read_text() == "t;k\n" + "".join(f"{text};x\n" for text in texts)


def test_a_name_that_starts_a_formula_is_disarmed_too(tmp_path):
    assert write_table(Table(pa.table({"=cmd|x": [1]})), tmp_path / "t.csv").read_text() == "'=cmd|x\n1\n"


def test_memory_stays_level_while_batches_are_written(tmp_path):
    def batches():
        for start in range(0, 40 * 65_536, 65_536):
            yield Table(pa.table({"i": list(range(start, start + 65_536)), "s": ["some text"] * 65_536}))

    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    seen = []

    def watched():
        for batch in batches():
            seen.append(pool.bytes_allocated() - before)
            yield batch

    write_table(watched(), tmp_path / "t.csv")
    assert max(seen[20:]) <= max(seen[1:20]) + (1 << 20)

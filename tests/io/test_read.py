"""Paths, folders of parts, and what is not read at all."""

import os
import pickle
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthloom.errors import InputError
from synthloom.io import read_table


@contextmanager
def as_ordinary_user(*paths):
    """Root may read anything: the test gives that up for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "customers.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=r'there is no file .*costumers.csv.*did you mean "customers.csv"'):
        read_table(tmp_path / "costumers.csv")
    with pytest.raises(InputError, match="there is no folder"):
        read_table(tmp_path / "nowhere" / "customers.csv")


@pytest.mark.parametrize("name", ["t.json", "t.xls", "t.sav", "t.pkl", "t", "t.zip", "t.feather", "t.parquet.gz"])
def test_other_suffixes_are_refused_with_a_way_out(tmp_path, name):
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(InputError, match="Next: "):
        read_table(tmp_path / name)


def test_a_pickle_is_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    for name in ("t.pkl", "t.csv", "t.parquet", "t.xlsx"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()) * 50)
        with pytest.raises(InputError):
            read_table(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_links_that_lead_back_to_themselves(tmp_path):
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    with pytest.raises(InputError, match="leads back to itself"):
        read_table(tmp_path / "loop.csv")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inner").symlink_to(folder)
    (folder / "part.csv").write_text("a,b\n1,2\n")
    table, _ = read_table(folder)
    assert table.n_rows == 1


def test_files_that_may_not_be_read(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    for folder in [tmp_path, *tmp_path.parents][:3]:
        if folder.owner() == path.owner() and os.geteuid() == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    with as_ordinary_user(), pytest.raises(InputError, match="may not be read"):
        read_table(path)


def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="device or pipe"):
        read_table(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="NUL"):
        read_table("a\0b.csv")


def test_an_empty_folder_says_what_to_name(tmp_path):
    with pytest.raises(InputError, match=r"is empty.*name a file"):
        read_table(tmp_path)
    (tmp_path / "picture.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r'"picture.png".*name a file'):
        read_table(tmp_path)


def test_parquet_parts_come_in_natural_order(tmp_path):
    for i in (10, 2, 1):
        pq.write_table(pa.table({"i": [i], "s": ["x"]}), tmp_path / f"part-{i}.parquet")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".hidden.parquet").write_bytes(b"junk")
    (tmp_path / "README.txt").write_text("about")
    table, info = read_table(tmp_path)
    assert table.arrow.to_pydict() == {"i": [1, 2, 10], "s": ["x"] * 3}
    assert info.notes == (
        "3 files were read as parts of one table",
        'other files of the folder were not read: "README.txt"',
    )
    assert (info.suffix, info.rows) == (".parquet", 3)


def test_parts_may_order_and_widen_their_columns(tmp_path):
    pq.write_table(pa.table({"i": pa.array([1], pa.int32()), "s": pa.nulls(1)}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"s": ["x"], "i": pa.array([2**40], pa.int64())}), tmp_path / "b.parquet")
    table, _ = read_table(tmp_path)
    assert table.arrow.to_pydict() == {"i": [1, 2**40], "s": [None, "x"]}


def test_hive_folders_become_columns(tmp_path):
    for year, place in ((2023, "a%20b"), (2024, "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / f"year={year}" / f"place={place}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [year]}), folder / "part.parquet")
    table, _ = read_table(tmp_path)
    assert table.arrow.to_pydict() == {"x": [2023, 2024], "year": [2023, 2024], "place": ["a b", None]}


def test_csv_parts_are_typed_together(tmp_path):
    (tmp_path / "p1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "p2.csv").write_bytes("a,b\n2.5,ä\n".encode("cp1252"))
    table, _ = read_table(tmp_path)
    assert table.arrow.to_pydict() == {"a": [1.0, 2.5], "b": ["x", "ä"]}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_folders_with_different_schemas_are_an_error_that_names_as(tmp_path, kind):
    for name, columns in (("one", {"a": [1], "b": [2]}), ("two", {"a": [1], "c": [2]})):
        table = pa.table(columns)
        if kind == "parquet":
            pq.write_table(table, tmp_path / f"{name}.parquet")
        else:
            (tmp_path / f"{name}.csv").write_text(",".join(columns) + "\n1,2\n")
    with pytest.raises(InputError, match=r'"two.\w+" lacks "b" and adds "c", compared with "one.\w+".*name one file'):
        read_table(tmp_path)


def test_parts_with_clashing_types_name_the_column(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "2.parquet")
    with pytest.raises(InputError, match=r'"a" is int64 in "1.parquet" and string in "2.parquet"'):
        read_table(tmp_path)


def test_a_folder_of_several_kinds_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="several kinds"):
        read_table(tmp_path)

"""Parquet files: types, damage, bombs."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthloom.errors import InputError
from synthloom.io import ReadLimits, read_table


@pytest.fixture
def read_arrow(tmp_path):
    def read(table, limits=None, **options):
        path = tmp_path / "table.parquet"
        pq.write_table(table, path, **options)
        result, info = read_table(path, limits=limits)
        return result.arrow, info

    return read


def test_types_stay_as_they_are(read_arrow):
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int16()),
            "u": pa.array([1, 2**64 - 1], pa.uint64()),
            "f": pa.array([0.5, None], pa.float32()),
            "s": ["a", None],
            "b": [True, None],
            "d": [dt.date(2024, 1, 1), None],
            "t": pa.array([1, None], pa.timestamp("ns", "Europe/Vienna")),
            "n": pa.array([1, None], pa.int64()).cast(pa.decimal128(21, 2)),
            "e": pa.nulls(2),
        }
    )
    arrow, info = read_arrow(table)
    assert arrow.equals(table)
    assert (info.kind, info.suffix, info.rows, info.notes) == ("parquet", ".parquet", 2, ())


def test_dictionaries_are_decoded_and_bytes_that_are_text_are_text(read_arrow):
    table = pa.table({"c": pa.array(["x", "y", None]).dictionary_encode(), "b": [b"ab", None, b"\xc3\xa4"]})
    arrow, _ = read_arrow(table)
    assert arrow.to_pydict() == {"c": ["x", "y", None], "b": ["ab", None, "ä"]}
    with pytest.raises(InputError, match='"raw" holds bytes that are no text'):
        read_arrow(pa.table({"raw": [b"\xff\xfe"]}))


def test_infinite_values_become_missing_with_a_note_and_nan_silently(read_arrow):
    arrow, info = read_arrow(pa.table({"x": [1.0, float("inf"), float("nan"), -float("inf")]}))
    assert arrow.column("x").to_pylist() == [1.0, None, None, None]
    assert info.notes == ('infinite values became missing: "x" (2 rows)',)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([[1], [2]], "list"),
        ([{"a": 1}, {"a": 2}], "struct"),
        (pa.array([[("k", 1)]] * 2, pa.map_(pa.string(), pa.int64())), "map"),
    ],
)
def test_nested_columns_are_named(read_arrow, column, kind):
    with pytest.raises(InputError, match=rf'nested columns: "odd \({kind}\)"'):
        read_arrow(pa.table({"fine": [1, 2], "odd": column}))


def test_the_index_that_pandas_writes_along_is_left_out(tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2, 3]}).iloc[[0, 2, 1]]  # a range would be stored in the metadata alone
    frame.to_parquet(tmp_path / "frame.parquet")
    table, info = read_table(tmp_path / "frame.parquet")
    assert table.names == ["a"]
    assert any("row index" in note for note in info.notes)


def test_repeated_and_empty_names_are_mended(read_arrow):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array(["x"])], names=["a", "a", ""])
    arrow, info = read_arrow(table)
    assert arrow.to_pydict() == {"a": [1], "a_2": [2], "column_3": ["x"]}
    assert len(info.notes) == 2


def test_no_rows_and_no_columns_are_errors(read_arrow):
    with pytest.raises(InputError, match="columns but no rows"):
        read_arrow(pa.table({"a": pa.array([], pa.int64())}))
    with pytest.raises(InputError, match="no columns"):
        read_arrow(pa.table({}))


def test_one_row(read_arrow):
    assert read_arrow(pa.table({"a": [1]}))[0].num_rows == 1


@pytest.mark.parametrize("damage", ["cut", "head", "middle", "text", "empty"])
def test_damaged_files_are_errors(tmp_path, damage):
    path = tmp_path / "table.parquet"
    pq.write_table(
        pa.table({"a": list(range(10_000)), "s": [f"text {i}" for i in range(10_000)]}), path, write_page_checksum=True
    )
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[:-100]
    elif damage == "head":
        data[:4] = b"JUNK"
    elif damage == "middle":
        data[5_000:5_040] = bytes(40)
    elif damage == "text":
        data = bytearray(b"a,b\n1,2\n")
    else:
        data = bytearray()
    path.write_bytes(data)
    with pytest.raises(InputError, match="no readable Parquet file") as caught:
        read_table(path)
    assert caught.value.exit_code == 2


def test_a_bomb_of_rows_is_refused_by_its_footer(read_arrow):
    table = pa.table({"x": pa.repeat(pa.scalar(0), 2_000_000)})
    with pytest.raises(InputError, match=r"at least 15\.3 MiB"):
        read_arrow(table, ReadLimits(maximum_bytes=8 << 20))


def test_a_bomb_of_repeated_long_texts_is_refused_before_it_is_spread(read_arrow):
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))
    with pytest.raises(InputError, match=r"9\.3 GiB"):  # in a file of a few kilobytes
        read_arrow(pa.table({"x": long}), ReadLimits(maximum_bytes=1 << 30))


def test_too_many_columns(read_arrow):
    with pytest.raises(InputError, match="30 columns"):
        read_arrow(pa.table({f"c{i}": [1] for i in range(30)}), ReadLimits(maximum_columns=20))

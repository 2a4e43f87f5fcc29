"""Whatever is written is read back the same, for all types that a kind of file can hold."""

import datetime as dt
import string
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthloom.data import Table
from synthloom.io import SourceInfo, read_table, write_table

LETTERS = string.ascii_letters + "äöüßéł東京 _.;,|'\"\n\r\t=+-@<>&#%0123456789"
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG_AGO, FAR_OFF = dt.date(1, 1, 1), dt.date(9999, 12, 31)


def texts(alphabet=LETTERS):
    # a letter on either side keeps a text from being a number, a date, a marker or blank
    return st.text(alphabet, max_size=12).map(lambda text: f"k{text}x")


def moments(first, last, step):
    stamps = st.datetimes(dt.datetime(first, 1, 1), dt.datetime(last, 12, 31))
    return stamps.map(lambda m: m.replace(microsecond=m.microsecond // step * step))


COLUMNS = {
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "number": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "text": (pa.string(), texts()),
    "truth": (pa.bool_(), st.booleans()),
    "day": (pa.date32(), st.dates(LONG_AGO, FAR_OFF)),
}
ZONED = {"moment": (pa.timestamp("ms", "UTC"), moments(1, 9999, 1000))}


@st.composite
def tables(draw, kinds, rows=st.integers(1, 12)):
    """A table with one to five columns, in each at least one value."""
    count = draw(rows)
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=5))
    columns = {}
    for place, name in enumerate(chosen):
        kind, values = kinds[name]
        column = [*draw(st.lists(st.none() | values, min_size=count - 1, max_size=count - 1)), draw(values)]
        columns[f"{name} {place}"] = pa.array(column, kind)
    return pa.table(columns)


def there_and_back(table, suffix, info=None):
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Table(table), Path(folder, f"t{suffix}"), info, protect_formulas=False)
        return read_table(path)[0].arrow


@SETTINGS
@given(tables(COLUMNS))
def test_csv(table):
    back = there_and_back(table, ".csv")
    assert back.equals(table), f"{back.to_pydict()} != {table.to_pydict()}"


@SETTINGS
@given(
    tables(COLUMNS),
    st.sampled_from([";", "\t", "|", ","]),
    st.sampled_from([".", ","]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_csv_in_other_dialects(table, delimiter, mark, newline):
    info = SourceInfo("csv", ".csv", delimiter=delimiter, decimal_mark=mark, newline=newline)
    back = there_and_back(table, ".csv", info)
    # 1,234 beside nothing else could be 1234: such columns stay text, as documented
    for name in table.column_names:
        if mark == "," and back.schema.field(name).type == pa.string() and name.startswith("number"):
            continue
        assert back.column(name).equals(table.column(name)), name


@SETTINGS
@given(tables({"moment": (pa.timestamp("s"), moments(1, 9999, 1_000_000)), **COLUMNS}))
def test_csv_with_times(table):
    back = there_and_back(table, ".csv")
    assert back.to_pydict() == table.to_pydict()


@SETTINGS
@given(
    tables({**COLUMNS, **ZONED, "short": (pa.float32(), st.floats(width=32, allow_nan=False, allow_infinity=False))})
)
def test_parquet(table):
    assert there_and_back(table, ".parquet").equals(table)


EXCEL = {
    "integer": (pa.int64(), st.integers(-(2**53), 2**53)),
    "number": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "text": (pa.string(), texts()),
    "truth": (pa.bool_(), st.booleans()),
    "day": (pa.date32(), st.dates(dt.date(1900, 3, 1), FAR_OFF)),
    "moment": (pa.timestamp("ms"), moments(1901, 9998, 1000)),
}


@SETTINGS
@given(tables(EXCEL))
def test_excel(table):
    back = there_and_back(table, ".xlsx")
    empty = [row for row in range(table.num_rows) if all(column[row].as_py() is None for column in table.columns)]
    table = table.take([row for row in range(table.num_rows) if row not in empty])  # empty rows are left out
    for name in table.column_names:
        kind, found = table.schema.field(name).type, back.column(name)
        if pa.types.is_temporal(kind):
            found = found.cast(kind)  # a time that is always midnight is read as a date
        if pa.types.is_floating(kind):
            found = found.cast(kind)  # Excel knows numbers only: 1.0 is 1
        assert found.to_pylist() == table.column(name).to_pylist(), name

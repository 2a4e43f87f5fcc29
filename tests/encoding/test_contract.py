from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthloom.data import Table
from synthloom.encoding import ENCODINGS, encoding_for
from synthloom.schema import Protection, infer_schema
from synthloom.testing import check_encoding, mixed_table

MIXED = mixed_table(600)
SCHEMA = infer_schema(MIXED)


def check_column(column, **changes):
    schema = infer_schema(Table(pa.table({"c": column}))).column("c").model_copy(update=changes)
    check_encoding(type(encoding_for(schema, Protection())), schema, pa.chunked_array([column]))
    return schema


@pytest.mark.parametrize("name", MIXED.names)
def test_every_kind_of_column(name):
    schema = SCHEMA.column(name)
    check_encoding(ENCODINGS[schema.kind], schema, MIXED.column(name))


def test_the_mixed_table_has_every_kind():
    assert {c.kind for c in SCHEMA} == {
        "numeric", "categorical", "boolean", "datetime", "identifier", "text", "constant", "empty",
    }  # fmt: skip


RNG = np.random.default_rng(5)
ODD_COLUMNS = {
    "small ints": pa.array(RNG.integers(-3, 3, 300), pa.int8()),
    "unsigned": pa.array(RNG.integers(0, 2**40, 300), pa.uint64()),
    "float32": pa.array(RNG.normal(size=300), pa.float32()),
    "infinities": pa.array(np.r_[RNG.normal(size=297), np.inf, -np.inf, np.nan]),
    "huge": pa.array(RNG.normal(size=300) * 1e300),
    "tiny": pa.array(RNG.normal(size=300) * 1e-300),
    "decimals": pa.array([Decimal(int(n)) / 100 for n in RNG.integers(0, 9999, 300)], pa.decimal128(10, 2)),
    "heavy tail": pa.array(np.exp(RNG.normal(size=300) * 5)),
    "dates before 1970": pa.array([date(1890, 1, 1) + timedelta(days=int(d)) for d in RNG.integers(0, 9000, 300)]),
    "months": pa.array([date(2000 + int(m) // 12, int(m) % 12 + 1, 1) for m in RNG.integers(0, 200, 300)]),
    "years": pa.array([date(1900 + int(y), 1, 1) for y in RNG.integers(0, 80, 300)]),
    "zoned": pa.array(
        [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(hours=int(h)) for h in RNG.integers(0, 9000, 300)],
        pa.timestamp("ms", "Europe/Berlin"),
    ),
    "nanoseconds": pa.array(RNG.integers(0, 10**15, 300) * 1000, pa.timestamp("ns")),
    "times of day": pa.array([time(int(h), int(m)) for h, m in zip(RNG.integers(0, 24, 300), RNG.integers(0, 60, 300))]),
    "durations": pa.array(RNG.integers(0, 10**6, 300), pa.duration("s")),
    "german dates": pa.array([f"{d:02d}.{m:02d}.2020" for d, m in zip(RNG.integers(1, 29, 300), RNG.integers(1, 13, 300))]),
    "uuids": pa.array([f"{int(a):08x}-{int(b):04x}" for a, b in zip(RNG.integers(0, 2**32, 300), RNG.integers(0, 2**16, 300))]),
    "ragged keys": pa.array([f"K{n}" for n in RNG.permutation(5000)[:300]]),
    "hostile categories": pa.array(RNG.choice(['<b>"', "a,b\n", "", " ", "💥", "null"], 300)),
    "long keys": pa.array(["".join(RNG.choice(list("ABCDEFGHIJ0123456789"), 30)) for _ in range(300)]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("what", ODD_COLUMNS)
def test_odd_columns(what):
    check_column(ODD_COLUMNS[what])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.none() | st.floats(-1e9, 1e9, width=32) | st.sampled_from([0.0, 1.5, 99.0]), min_size=20, max_size=200)
)
def test_any_numbers(values):
    check_column(pa.array(values, pa.float64()))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.integers(-(2**40), 2**40) | st.sampled_from([0, 7]), min_size=20, max_size=200))
def test_any_whole_numbers(values):
    check_column(pa.array(values, pa.int64()))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.text(max_size=12), min_size=20, max_size=100))
def test_any_text(values):
    check_column(pa.array(values, pa.string()))

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthloom.data import Table
from synthloom.encoding.identifier import IdentifierEncoding
from synthloom.randomness import RandomStream
from synthloom.schema import Protection, infer_schema

RNG = np.random.default_rng(1)


def distinct(below, number):
    """Distinct random whole numbers."""
    found = np.unique(RNG.integers(0, below, 3 * number))
    return RNG.permutation(found)[:number]


def sampled(values, size, **schema):
    column = pa.array(values)
    table = Table(pa.table({"key_id": column}))
    found = (
        infer_schema(table, find_personal=False).column("key_id").model_copy(update={"kind": "identifier", **schema})
    )
    encoding = IdentifierEncoding(found, Protection())
    encoding.fit(pa.chunked_array([column]))
    out = []
    for start in range(0, size, 1000):  # in shards, as sampling does
        positions = np.arange(start, min(start + 1000, size))
        part = encoding.encode(pa.chunked_array([pa.array([values[0]] * len(positions), column.type)]))
        out += encoding.decode(part, positions, RandomStream(9)).to_pylist()
    return out


@pytest.mark.parametrize(
    "values",
    [
        list(range(1, 501)),
        distinct(10**8, 500).tolist(),
        [f"C{n:09d}" for n in distinct(10**9 - 1, 500)],
        [f"user{n}" for n in distinct(700, 500)],
        [f"{n:03d}" for n in distinct(999, 500)],
        ["".join(RNG.choice(list("0123456789abcdef"), 32)) for _ in range(500)],
    ],
    ids=["serial", "numbers", "codes", "prefixed", "dense", "hexadecimal"],
)
def test_keys_are_unique_and_never_copied(values):
    made = sampled(values, 5000)
    assert len(set(made)) == 5000
    assert not set(made) & set(values)
    assert {type(v) for v in made} == {type(values[0])}


def test_pattern_is_kept():
    made = sampled([f"DE-{n:06d}-X" for n in distinct(10**6 - 1, 300)], 200)
    assert all(len(v) == 11 and v.startswith("DE-") and v.endswith("-X") and v[3:9].isdigit() for v in made)


def test_serials_go_on_in_order():
    made = sampled(list(range(1, 301)), 100)
    assert made == list(range(400, 500))


def test_repeats_are_kept():
    values = np.repeat(distinct(10**6, 400), 3).tolist()
    made = sampled(values, 3000)
    _, counts = np.unique(made, return_counts=True)
    assert abs(counts.mean() - 3) < 0.2


@settings(max_examples=50, deadline=None)
@given(st.sets(st.text("AB01x-", min_size=1, max_size=6), min_size=25, max_size=60))
def test_any_texts(values):
    values = sorted(values)
    made = sampled(values, 300)
    assert len(set(made)) == 300
    assert not set(made) & set(values)

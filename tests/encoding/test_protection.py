"""What fewer than k = 5 rows share is found neither in the state of an encoding nor in what it decodes."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synthloom.data import Table
from synthloom.encoding import TableEncoder
from synthloom.encoding.binning import make_bins, round_between
from synthloom.randomness import RandomStream
from synthloom.schema import Protection, infer_schema

RNG = np.random.default_rng(4)


def encoder_of(columns, **protection):
    table = Table(pa.table(columns))
    schema = infer_schema(table, find_personal=False).model_copy(update={"protection": Protection(**protection)})
    return TableEncoder(schema).fit(table), table


def test_rare_categories_are_not_stored():
    values = ["common"] * 100 + ["secret"] * 4 + ["known"] * 5
    encoder, table = encoder_of({"c": values})
    assert "secret" not in json.dumps(encoder.state())
    made = encoder.decode(encoder.encode(table), 0, RandomStream(1)).column("c").to_pylist()
    assert set(made) == {"common", "known"}
    assert encoder.suppressed[0].rows == 4


def test_rare_categories_as_a_label_or_kept():
    values = ["common"] * 100 + ["secret"] * 4
    for choice, expected in (("label", {"common", "(rare)"}), ("keep", {"common", "secret"})):
        encoder, table = encoder_of({"c": values}, rare_categories=choice)
        made = encoder.decode(encoder.encode(table), 0, RandomStream(1)).column("c").to_pylist()
        assert set(made) == expected


def test_extremes_are_pulled_in():
    values = [*RNG.integers(100, 200, 500).tolist(), 987_654, 876_543]
    encoder, table = encoder_of({"c": values})
    made = encoder.decode(encoder.encode(table), 0, RandomStream(1)).column("c").to_numpy()
    assert made.max() < 300
    kept, table = encoder_of({"c": values}, minimum_support=1, extremes="keep")
    made = kept.decode(kept.encode(table), 0, RandomStream(1)).column("c").to_numpy()
    assert made.max() > 800_000


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(1, 12)), min_size=1, max_size=80),
    st.integers(1, 6),
    st.sampled_from([None, 1.0]),
    st.integers(2, 60),
)
@example(pairs=[(300, 2), (400, 1), (401, 1)], support=2, step=None, max_bins=2)
@example(pairs=[(0, 2), (-1, 1), (-2, 1)], support=2, step=1.0, max_bins=2)
def test_bins_hold_enough_rows(pairs, support, step, max_bins):
    pairs = sorted(dict(pairs).items())
    values, counts = np.array([float(v) for v, _ in pairs]), np.array([c for _, c in pairs])
    bins = make_bins(values, counts, max_bins=max_bins, support=support, step=step)
    everyone = np.repeat(values, counts)
    located = bins.locate(everyone, np.zeros(len(everyone), dtype=bool))
    mass = np.bincount(located.codes, minlength=len(bins))
    if len(everyone) >= support:
        assert (mass >= support).all(), "every bin holds enough rows"
    assert (np.diff(bins.lower) > 0).all() and (bins.upper >= bins.lower).all()
    assert (np.diff(bins.cuts) > 0).all()
    supported = values[counts >= support]
    spikes = bins.lower[bins.lower == bins.upper]
    if len(bins) > 1:  # one bin alone decodes to a rounded middle
        assert set(spikes) <= set(supported), "a value stands alone only where enough rows share it"
    again = bins.values(located)
    inside = (everyone >= bins.lower[0]) & (everyone <= bins.upper[-1]) & np.isin(everyone, supported, invert=True)
    assert (bins.locate(again, np.zeros(len(again), dtype=bool)).codes[inside] == located.codes[inside]).all()


@settings(max_examples=300, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_a_short_number_lies_between(a, width):
    b = a + width
    middle = round_between(a, b, None)
    assert a < middle < b, "neither of the two, which may be one row's own"
    assert len(repr(middle)) <= len(repr((a + b) / 2)) + 2, "it is no longer than the mean"


@pytest.mark.parametrize("name", ["adult", "airbnb_nyc", "breast_cancer"])
def test_round_trip_on_real_tables(real_data, name):
    table = real_data(name)
    encoder = TableEncoder(infer_schema(table)).fit(table)
    back = encoder.decode(encoder.encode(table), 0, RandomStream(1))
    for column in table.names:
        same = np.mean([a == b for a, b in zip(table.column(column).to_pylist(), back.column(column).to_pylist())])
        assert same > 0.9, f"{column}: {same:.3f} of the values come back"

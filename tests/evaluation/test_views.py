import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthloom.evaluation.views import bin_column, bin_spans, build_view, date_parts
from synthloom.schema import ColumnSchema


def view(values, kind, form=None, **others):
    values = pa.chunked_array([values])
    parts = {part: pa.chunked_array([others.get(part, values.combine_chunks())]) for part in ("holdout", "synthetic")}
    column = ColumnSchema(name="c", kind=kind, type=str(values.type), format=form)
    return build_view(column, {"train": values, **parts})


@pytest.mark.parametrize(
    ("values", "kind", "form", "expected"),
    [
        (pa.array([1, None, 3]), "numeric", None, [1, np.nan, 3]),
        (pa.array([1.5, np.inf, -np.inf]), "numeric", None, [1.5, np.nan, np.nan]),
        (pa.array(["1.5", None, "2"]), "numeric", None, [1.5, np.nan, 2]),
        (pa.array([datetime.date(1970, 1, 2), None]), "datetime", None, [1, np.nan]),
        (pa.array([datetime.datetime(1970, 1, 2, 12)], pa.timestamp("ns")), "datetime", None, [1.5]),
        (pa.array(["02.01.1970", "nonsense", None]), "datetime", "%d.%m.%Y", [1, np.nan, np.nan]),
        (pa.array([datetime.time(6)]), "datetime", None, [0.25]),
        (pa.array([datetime.timedelta(hours=36)]), "datetime", None, [1.5]),
    ],
)
def test_numbers_and_moments_become_floats(values, kind, form, expected):
    found = view(values, kind, form)
    assert found.kind == "number"
    np.testing.assert_allclose(found.values["train"], expected)


def test_text_that_is_no_number_becomes_categories():
    assert view(pa.array(["1", "x"]), "numeric").kind == "category"


def test_categories_are_ordered_by_frequency_and_unseen_ones_come_last():
    found = view(pa.array(["b", "a", "b", None]), "categorical", synthetic=pa.array(["a", "new", None, "b"]))
    assert found.labels == ("b", "a")
    assert found.support == (2, 1)
    assert found.values["synthetic"].tolist() == [1, 2, -1, 0]


def test_bins_keep_other_unseen_and_missing_apart():
    found = view(pa.array(["a"] * 3 + ["b"] * 2 + ["c"]), "categorical", synthetic=pa.array(["a", "c", "new", None]))
    binned = bin_column(found, 2)
    assert binned.codes["synthetic"].tolist() == [0, 2, 3, 4]
    assert binned.size == 5


def test_a_spike_has_a_bin_of_its_own():
    values = np.concatenate([np.zeros(900), np.linspace(1, 100, 100)])
    codes = bin_column(view(pa.array(values), "numeric"), 10).codes["train"]
    assert len(set(codes[:900])) == 1
    assert codes[0] not in codes[900:]
    assert len(set(codes[900:])) >= 3


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=200), st.integers(2, 30))
def test_spans_hold_every_value_and_are_few(values, count):
    spans = bin_spans(np.array(values), count)
    assert (np.diff(spans) > 0).all()
    assert spans[0] <= min(values)
    assert len(spans) <= 3 * count + 4


def test_date_parts():
    moment = datetime.datetime(2024, 2, 29, 6, 30)
    days = (moment - datetime.datetime(1970, 1, 1)).total_seconds() / 86_400
    parts = date_parts(np.array([days, np.nan]))
    assert {name: values[0] for name, values in parts.items()} == {
        "month": 1,
        "day": 28,
        "weekday": moment.weekday(),
        "time": 6.5 * 3600,
    }
    assert all(np.isnan(values[1]) for values in parts.values())


def test_values_unseen_in_training_are_told_apart_for_attacks():
    parts = {"train": ["a", "b", "a"], "holdout": ["c", "a", None], "synthetic": ["d", "c", "b"]}
    column = ColumnSchema(name="x", kind="categorical", type="string")
    found = build_view(column, {part: pa.chunked_array([values]) for part, values in parts.items()})
    assert found.values["holdout"].tolist() == [2, 0, -1]
    assert found.exact["holdout"].tolist() == [2, 0, -1]
    assert found.exact["synthetic"].tolist() == [3, 2, 1]

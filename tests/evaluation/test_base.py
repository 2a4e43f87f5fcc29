import numpy as np
import pyarrow as pa
import pytest

from synthloom.evaluation import base
from synthloom.evaluation.base import EvaluationData


@pytest.fixture
def data(workshop, mixed):
    return workshop.data(mixed(300, 1), mixed(100, 2), mixed(300, 3), target="answer")


def test_views_hold_at_most_so_many_random_rows(workshop, mixed, monkeypatch):
    monkeypatch.setattr(base, "MAXIMUM_ROWS", 50)
    data = workshop.data(mixed(300, 1), mixed(40, 2), mixed(300, 3))
    assert [data.size(part) for part in ("train", "holdout", "synthetic")] == [50, 40, 50]
    rows = data.rows("train")
    assert len(np.unique(rows)) == 50
    assert rows.max() > 100
    np.testing.assert_array_equal(data.view("size").values["train"], data.train.column("size").to_numpy()[rows])
    assert "50 of 300 train" in data.thinned_note()


def test_wide_tables_hold_fewer_rows(workshop, monkeypatch):
    monkeypatch.setattr(base, "MAXIMUM_CELLS", 100)
    wide = pa.table({f"c{n}": np.arange(30.0) for n in range(10)})
    assert workshop.data(wide, wide, wide).size("train") == 10


def test_nothing_is_said_when_everything_is_looked_at(data):
    assert data.thinned_note() is None


def test_a_view_is_built_once(data):
    assert data.view("size") is data.view("size")
    assert data.bins("size", 10) is data.bins("size", 10)


def test_draws_are_repeatable_and_differ_by_name(data):
    np.testing.assert_array_equal(data.draw("train", 50, "a"), data.draw("train", 50, "a"))
    assert not np.array_equal(data.draw("train", 50, "a"), data.draw("train", 50, "b"))


def test_pairs_are_limited_and_keep_the_target(data):
    assert len(data.pairs(100)) == 15
    few = data.pairs(7)
    assert len(few) == len(set(few)) == 7
    assert sum("answer" in pair for pair in few) == 5


def test_keys_personal_data_and_text_are_withheld(workshop, mixed):
    tables = [
        t.with_column("key", pa.array([f"k{n}" for n in range(t.n_rows)])) for t in (mixed(50, s) for s in (1, 2, 3))
    ]
    data = workshop.data(*tables, kinds={"key": "identifier", "colour": "text"})
    assert set(data.withheld) == {"key", "colour"}
    assert isinstance(data, EvaluationData)
    assert "key" not in data.compared

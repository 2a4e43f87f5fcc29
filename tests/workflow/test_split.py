import numpy as np
import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.errors import InputError
from synthloom.randomness import RandomStream
from synthloom.schema import infer_schema
from synthloom.workflow.step_split import split_rows

RNG = np.random.default_rng(1)


def split(columns, **roles):
    table = Table(pa.table(columns))
    return split_rows(table, infer_schema(table, find_personal=False).with_roles(**roles), RandomStream(3)), table


def check_partition(found, rows):
    for learned, held in found.folds:
        assert len(np.intersect1d(learned, held)) == 0
        assert len(learned) + len(held) == rows


@pytest.mark.parametrize(("rows", "expected"), [(300, 100), (401, 100), (10_000, 2_500)])
def test_a_quarter_and_at_least_a_hundred(rows, expected):
    found, _ = split({"a": RNG.random(rows)})
    check_partition(found, rows)
    assert len(found.folds) == 1
    assert len(found.folds[0][1]) == expected


def test_small_tables_are_cut_into_folds_with_a_warning():
    found, _ = split({"a": RNG.random(150)})
    check_partition(found, 150)
    assert len(found.folds) == 5
    assert sorted(np.concatenate([held for _, held in found.folds])) == list(range(150))
    assert "150 rows" in found.warnings[0]


def test_entities_stay_whole():
    owner = RNG.integers(0, 200, 3000)
    found, _ = split({"owner": owner, "a": RNG.random(3000)}, entity="owner")
    learned, held = found.folds[0]
    check_partition(found, 3000)
    assert not set(owner[learned]) & set(owner[held])
    assert 0.2 < len(held) / 3000 < 0.35


def test_the_latest_rows_are_held_out():
    days = np.datetime64("2020-01-01") + RNG.integers(0, 1000, 2000)
    found, _ = split({"day": pa.array(days), "a": RNG.random(2000)}, time="day")
    learned, held = found.folds[0]
    assert days[learned].max() <= days[held].min()


def test_too_few_rows_are_refused():
    with pytest.raises(InputError, match="10 rows"):
        split({"a": RNG.random(10)})


def test_one_entity_is_refused():
    with pytest.raises(InputError, match="entity"):
        split({"owner": [1] * 400 + [2] * 400, "a": RNG.random(800)}, entity="owner")

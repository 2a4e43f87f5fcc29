"""How often all attacks together accuse rows that betray nobody: at most the stated one time in twenty.

The whole suite (40 seeds, marked ``slow``) counts what ``verdicts.FALSE_ALARM`` promises. By default
only a part of it runs: four of the 40 seeds, other ones each day of the year, so that in ten days all
have been run. A part this small can only show that false alarms are rare, not how rare.
"""

from datetime import date

import numpy as np
import pytest

from synthloom.data import Table
from synthloom.evaluation import EvaluationData
from synthloom.evaluation.registry import METRICS
from synthloom.evaluation.verdicts import FALSE_ALARM
from synthloom.randomness import RandomStream
from synthloom.schema import infer_schema
from synthloom.synthesizers.tabular.independent_columns import IndependentColumns

SEEDS = 40
PART = 4
SIZES = (3000, 1500, 3000)
KINDS = ("fresh real rows", "independent columns")


def part_of_today():
    day = date.today().timetuple().tm_yday
    return [(day * PART + place) % SEEDS for place in range(PART)]


def accused(tables, schema, seed, kind):
    """The attacks that call harmless rows fair or poor, canaries included."""
    train, holdout, fresh = tables

    def made(rows, draw):
        if kind == "fresh real rows":
            return fresh
        return Table.from_frame(IndependentColumns().fit(rows, schema, seed=draw).sample(fresh.n_rows, seed=draw))

    stream = RandomStream(seed, ("evaluation",))
    data = EvaluationData.of(train, holdout, made(train, seed), schema, stream, refit=made)
    attacks = [kind() for kind in METRICS.values() if kind.family == "privacy" and kind.direction != "information"]
    return [(f.name, f.column) for attack in attacks for f in attack.measure(data) if f.verdict in ("fair", "poor")]


def runs_accused(draw_tables, seeds, kind):
    found = {}
    for seed in seeds:
        tables = draw_tables(seed)
        if names := accused(tables, infer_schema(tables[0]), seed, kind):
            found[seed] = names
    return found


@pytest.fixture(scope="module")
def made_up(mixed):
    return lambda seed: [mixed(n, 3 * seed + place) for place, n in enumerate(SIZES)]


@pytest.fixture(scope="module")
def real(real_data, workshop):
    table = real_data("adult")
    return lambda seed: workshop.parts(table, *SIZES, seed=seed)


@pytest.mark.parametrize("kind", KINDS)
def test_harmless_rows_are_hardly_ever_accused_in_a_part_of_the_seeds(made_up, kind):
    found = runs_accused(made_up, part_of_today(), kind)
    assert len(found) <= FALSE_ALARM * SEEDS, found


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["made_up", "real"])
def test_harmless_rows_are_accused_no_more_often_than_stated(request, source, kind):
    found = runs_accused(request.getfixturevalue(source), range(SEEDS), kind)
    assert len(found) <= FALSE_ALARM * SEEDS, found


def test_the_parts_of_ten_days_are_all_seeds():
    assert SEEDS % PART == 0
    seen = {(day * PART + place) % SEEDS for day in range(100, 110) for place in range(PART)}
    assert seen == set(range(SEEDS))
    assert np.all(np.array(part_of_today()) < SEEDS)

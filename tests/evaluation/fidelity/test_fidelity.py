import datetime

import numpy as np
import pyarrow as pa
import pytest

from synthloom.evaluation.fidelity.association import cramers_v
from synthloom.evaluation.fidelity.c2st_auc import C2stAuc
from synthloom.evaluation.fidelity.column_shape import ColumnShape
from synthloom.evaluation.fidelity.pair_trend import MATRIX_COLUMNS, PairTrend
from synthloom.evaluation.fidelity.rare_coverage import RareCoverage
from synthloom.evaluation.fidelity.tail_quantiles import TailQuantiles


@pytest.fixture(scope="module")
def fresh(workshop, mixed):
    return workshop.data(mixed(3000, 1), mixed(2000, 2), mixed(3000, 3), target="answer")


@pytest.fixture(scope="module")
def shuffled(workshop, mixed):
    return workshop.data(mixed(3000, 1), mixed(2000, 2), workshop.shuffled(mixed(3000, 1)), target="answer")


@pytest.mark.parametrize("metric", [ColumnShape, PairTrend, C2stAuc, RareCoverage, TailQuantiles])
def test_fresh_real_rows_are_good_and_near_the_reference(fresh, metric):
    for found in metric().measure(fresh):
        if found.value is not None:
            assert found.verdict == "good", found
            assert abs(found.value - found.reference) <= 3 * found.detail["error"] + 1e-9


@pytest.mark.parametrize(("metric", "place"), [(PairTrend, 0), (PairTrend, 1), (C2stAuc, 0)])
def test_independent_columns_are_poor(shuffled, metric, place):
    assert metric().measure(shuffled)[place].verdict == "poor"


def test_independent_columns_have_the_right_shape_each(shuffled):
    assert {found.verdict for found in ColumnShape().measure(shuffled)} == {"good"}


# ----------------------------------------------------------------------------------- column shape


def test_the_distance_of_a_column_is_known(workshop):
    train = pa.table({"c": ["a"] * 500 + ["b"] * 500})
    synthetic = pa.table({"c": ["a"] * 800 + ["b"] * 200})
    found = ColumnShape().measure(workshop.data(train, train, synthetic))
    assert found[0].value == pytest.approx(0.7)
    assert found[0].reference == pytest.approx(1.0)
    assert found[1].interval[0] < 0.7 < found[1].interval[1]
    assert found[1].detail["labels"] == ["a", "b"]
    assert found[1].detail["synthetic"] == [0.8, 0.2]


def test_lost_and_invented_gaps_count(workshop):
    real = pa.table({"c": pa.array([None, 1.0] * 500)})
    filled = pa.table({"c": pa.array([1.0] * 1000)})
    column = ColumnShape().measure(workshop.data(real, real, filled))[1]
    assert column.value == pytest.approx(0.5)
    assert (column.detail["null_real"], column.detail["null_synthetic"]) == (0.5, 0.0)
    assert column.verdict == "poor"


def test_withheld_columns_are_compared_by_their_gaps_only(workshop):
    real = pa.table({"k": [f"k{n}" for n in range(500)], "x": np.arange(500.0)})
    other = pa.table({"k": pa.array([f"z{n}" if n % 2 else None for n in range(500)]), "x": np.arange(500.0)})
    found = {f.column: f for f in ColumnShape().measure(workshop.data(real, real, other, kinds={"k": "identifier"}))}
    assert found["k"].value == pytest.approx(0.5)
    assert found["k"].detail == {
        "kind": "gaps",
        "null_real": 0.0,
        "null_synthetic": 0.5,
        "error": found["k"].detail["error"],
    }
    assert found["x"].value == 1


def picture(workshop, values, kinds=None):
    table = pa.table({"c": values})
    return ColumnShape().measure(workshop.data(table, table, table, kinds=kinds))[1].detail


def test_pictures_are_small_and_end_where_enough_rows_lie_beyond(workshop):
    values = np.random.default_rng(0).normal(size=2000)
    values[0] = 1e6  # one row's extreme must not be told
    shown = picture(workshop, values)
    assert shown["kind"] == "histogram"
    assert shown["scale"] == "linear"
    assert len(shown["edges"]) <= 41
    assert len(shown["real"]) == len(shown["edges"]) - 1
    assert sum(shown["real"]) == pytest.approx(1, abs=1e-3)
    assert shown["edges"][-1] < 3


def test_heavy_tails_are_shown_on_a_log_scale(workshop):
    values = np.random.default_rng(0).lognormal(3, 2, 3000)
    values[:1500] = 0
    shown = picture(workshop, values)
    assert shown["scale"] == "log"
    assert shown["edges"][0] == 0
    assert shown["real"][0] >= 0.5


def test_whole_numbers_have_a_bin_each(workshop):
    shown = picture(workshop, np.arange(1000) % 12)
    assert shown["edges"] == [place - 0.5 for place in range(13)]
    np.testing.assert_allclose(shown["real"], 1 / 12, atol=0.002)


def test_dates_are_labelled(workshop):
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=n) for n in range(1000)]
    shown = picture(workshop, days)
    assert shown["datetime"] is True
    assert len(shown["labels"]) == len(shown["edges"])
    assert shown["labels"][0].startswith("2020-01")


def test_rare_labels_are_not_told(workshop):
    shown = picture(workshop, ["common"] * 100 + ["secret"] * 2)
    assert shown["labels"] == ["common", "(other)"]


def test_at_most_forty_bars(workshop):
    assert len(picture(workshop, [f"v{n % 100}" for n in range(2000)])["labels"]) <= 40


# --------------------------------------------------------------------------------------- pairs


def test_association_is_one_for_a_copy_and_none_for_chance():
    draw = np.random.default_rng(0)
    assert cramers_v(np.diag([30, 40, 50])) == pytest.approx(1, abs=0.02)
    assert np.mean([cramers_v(draw.multinomial(500, np.full(16, 1 / 16)).reshape(4, 4)) for _ in range(50)]) < 0.05
    assert cramers_v(np.array([[5, 3]])) == 0


def test_matrices_are_symmetric_and_say_what_was_lost(shuffled):
    detail = PairTrend().measure(shuffled)[0].detail
    real, synthetic, difference = (np.array(detail[key]) for key in ("real", "synthetic", "difference"))
    np.testing.assert_array_equal(real, real.T)
    np.testing.assert_allclose(synthetic - real, difference, atol=2e-3)
    place = [detail["names"].index(name) for name in ("size", "amount")]
    assert real[place[0], place[1]] > 0.4
    assert synthetic[place[0], place[1]] < 0.1
    assert {"size", "amount"} <= set(detail["worst"][0][:2]) | set(detail["worst"][1][:2])


def test_wide_tables_show_the_columns_that_hang_together(workshop, monkeypatch):
    monkeypatch.setattr("synthloom.evaluation.fidelity.pair_trend.MAXIMUM_PAIRS", 200)
    draw = np.random.default_rng(0)
    wide = pa.table({"y": draw.normal(size=300), **{f"c{n:02d}": draw.normal(size=300) for n in range(45)}})
    found = PairTrend().measure(workshop.data(wide, wide, wide, target="y"))[0]
    assert len(found.detail["names"]) == MATRIX_COLUMNS
    assert "y" in found.detail["names"]
    assert found.detail["pairs"] == 200
    assert "200 of 1,035 pairs" in found.note


def test_unrelated_columns_have_no_association_to_lose(workshop):
    draw = np.random.default_rng(0)
    table = pa.table({name: draw.normal(size=2000) for name in "abc"})
    found = PairTrend().measure(workshop.data(table, table, table))[1]
    assert found.value is None
    assert "no two columns" in found.note


# ------------------------------------------------------------------------------------- detection


def test_the_classifier_names_what_gives_rows_away(workshop, mixed):
    off = mixed(2000, 3)
    off = off.with_column("count", pa.array(off.column("count").to_numpy() + 5))
    found = C2stAuc().measure(workshop.data(mixed(2000, 1), mixed(2000, 2), off))[0]
    assert found.value > 0.95
    assert found.detail["importance"][0][0] in ("count", "size")
    assert {"count"} <= {name for name, _ in found.detail["importance"][:2]}


def test_few_rows_cannot_be_told(workshop, mixed):
    found = C2stAuc().measure(workshop.data(mixed(200, 1), mixed(10, 2), mixed(200, 3)))[0]
    assert found.value is None
    assert "too few" in found.note


# ------------------------------------------------------------------------------ rare things, tails


def rare_rows(n, seed, share=0.004):
    draw = np.random.default_rng(seed)
    rare = draw.random(n) < share
    return pa.table({"c": np.where(rare, "rare", draw.choice(["a", "b"], n)).tolist(), "x": draw.normal(size=n)})


def test_a_dropped_category_is_missed(workshop):
    found, often = RareCoverage().measure(
        workshop.data(rare_rows(5000, 1), rare_rows(5000, 2), rare_rows(5000, 3, 0.0))
    )
    assert found.detail["categories"] == 1
    assert found.value < 0.7
    assert found.reference == 1
    assert found.verdict == "poor"
    assert often.value < 0.5


def test_a_rare_category_that_is_too_frequent_is_noticed(workshop):
    found, often = RareCoverage().measure(
        workshop.data(rare_rows(5000, 1), rare_rows(5000, 2), rare_rows(5000, 3, 0.02))
    )
    assert found.verdict == "good"
    assert often.value > 2
    assert often.verdict == "poor"


def test_what_protection_hides_is_not_asked_for(workshop):
    few = pa.table({"c": ["a"] * 996 + ["r"] * 4})
    found = RareCoverage().measure(workshop.data(few, few, few))
    assert [f.value for f in found] == [None, None]


def test_clipped_tails_are_noticed(workshop):
    draw = np.random.default_rng(0)
    train, holdout, fresh = (draw.normal(size=20_000) for _ in range(3))
    clipped = np.clip(fresh, *np.quantile(fresh, [0.02, 0.98]))
    good, poor = (
        TailQuantiles().measure(workshop.data(*(pa.table({"x": x}) for x in (train, holdout, synthetic))))[0]
        for synthetic in (fresh, clipped)
    )
    assert good.verdict == "good"
    assert poor.verdict == "poor"
    assert poor.detail["levels"] == [0.001, 0.01, 0.99, 0.999]
    assert poor.detail["columns"][0][0] == "x"


def test_tails_need_rows(workshop, mixed):
    found = TailQuantiles().measure(workshop.data(mixed(500, 1), mixed(200, 2), mixed(500, 3)))[0]
    assert found.value is None
    assert "too few" in found.note

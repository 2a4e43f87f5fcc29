import numpy as np
import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.evaluation.features import DistanceSpace, nearest_distances
from synthloom.evaluation.privacy.copied_values import CopiedValues
from synthloom.evaluation.privacy.distance_to_closest_record import DistanceToClosestRecord
from synthloom.evaluation.privacy.exact_copies import ExactCopies
from synthloom.evaluation.privacy.membership_inference import MembershipInference
from synthloom.evaluation.privacy.near_copies import NearCopies
from synthloom.evaluation.privacy.row_keys import RowKeys


@pytest.fixture(scope="module")
def rows(workshop, mixed):
    """Three disjoint draws, coarse enough for chance to repeat some rows but for a value."""

    def coarse(table):
        for name, step in (("size", 0.1), ("amount", 0.5)):
            values = table.column(name).to_numpy()
            table = table.with_column(name, pa.array(np.round(values / step), mask=np.isnan(values)))
        return table

    return [coarse(mixed(n, seed)) for n, seed in ((4000, 1), (2000, 2), (4000, 3))]


# --------------------------------------------------------------------------------------- copies


@pytest.mark.parametrize("metric", [ExactCopies, NearCopies])
def test_fresh_real_rows_are_not_accused_though_chance_repeats_some(workshop, rows, metric):
    found = metric().measure(workshop.data(*rows))[0]
    assert found.value > 0.005
    assert found.verdict == "good"
    assert found.detail["excess_low"] <= 0


@pytest.mark.parametrize("metric", [ExactCopies, NearCopies])
def test_released_training_rows_are_caught(workshop, rows, metric):
    found = metric().measure(workshop.data(rows[0], rows[1], workshop.bootstrap(rows[0])))[0]
    assert found.value == 1
    assert found.verdict == "poor"


@pytest.mark.parametrize("seed", range(3))
def test_three_per_cent_of_near_copies_are_caught(workshop, mixed, seed):
    train, holdout, fresh = (mixed(n, 10 * seed + place) for place, n in enumerate((4000, 2000, 4000)))
    planted = workshop.with_near_copies(fresh, train, 0.03, seed=seed)
    found = NearCopies().measure(workshop.data(train, holdout, planted, seed=seed))[0]
    assert found.value > 0.02
    assert found.verdict == "poor"
    assert found.detail["excess_low"] > 0.005


def test_copies_are_caught_among_rows_that_look_unlike_real_ones(workshop, rows):
    # such rows repeat fewer real rows by chance than real ones do, which would excuse the copies
    train, holdout, _ = rows
    strange = workshop.shuffled(rows[2])
    planted = Table.concatenate([train.slice(0, 160), strange.slice(160)])
    data = workshop.data(train, holdout, planted)
    exact = ExactCopies().measure(data)[0]
    assert exact.value < exact.reference + 0.05
    assert exact.verdict in ("fair", "poor")
    assert exact.detail["decided_by"] == "holdout as target"


def test_rows_of_a_table_whose_real_rows_never_repeat_are_not_accused(workshop):
    # a full grid: real rows are unique by nature, honest synthetic rows fall on used cells by chance
    draw = np.random.default_rng(0)
    cells = draw.permutation(9000)
    grid = [pa.table({"a": c // 900, "b": c // 30 % 30, "c": c % 30}) for c in (cells[:4000], cells[4000:7000])]
    honest = draw.integers(0, 9000, 4000)
    synthetic = pa.table({"a": honest // 900, "b": honest // 30 % 30, "c": honest % 30})
    found = ExactCopies().measure(workshop.data(*grid, synthetic))[0]
    assert found.value > 0.3
    assert found.reference == 0
    assert found.verdict in ("good", "unknown")
    assert found.detail["decided_by"] == "holdout as target"


def test_without_a_copy_there_is_nothing_to_accuse_even_in_a_small_table(workshop, mixed):
    found = ExactCopies().measure(workshop.data(mixed(60, 1), mixed(20, 2), mixed(60, 3)))[0]
    assert found.value == 0
    assert found.verdict == "good"


def test_keys_depend_on_value_and_column_and_not_on_the_order_of_columns(workshop):
    table = pa.table({"a": [1, 2, 1, 7], "b": [2, 1, 2, 7], "c": pa.array([0.1 + 0.2, 0.3, None, 7.0])})
    same = pa.table({"a": [1, 2], "b": [2, 1], "c": pa.array([0.3, 0.1 + 0.2])})
    data = workshop.data(table, table, same)
    keys = RowKeys(data, ("a", "b", "c")).totals
    assert len(set(keys["train"].tolist())) == 4  # swapped columns are another row, a gap is another value
    assert keys["synthetic"][0] == keys["train"][0]  # the ninth digit is beyond what counts
    assert keys["synthetic"][1] == keys["train"][1]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([-0.0, 0.0, 1.0]),
        pa.array([True, False, None]),
        pa.array(["a", None, "b"]),
        pa.array([[1, 2], None, [3]]),
        pa.array([b"\xff", b"a", None]),
    ],
)
def test_keys_take_values_of_any_type(workshop, values):
    table = pa.table({"v": values})
    data = workshop.data(table, table, table, kinds={"v": "categorical"})
    keys = RowKeys(data, ("v",)).totals
    np.testing.assert_array_equal(keys["train"], keys["synthetic"])
    assert len(set(keys["train"].tolist())) == len(
        {repr(v + 0.0 if isinstance(v, float) else v) for v in values.to_pylist()}
    )


def test_near_copies_need_columns(workshop):
    table = pa.table({"a": [1, 2, 3], "b": [1, 2, 3]})
    assert NearCopies().measure(workshop.data(table, table, table))[0].value is None


# --------------------------------------------------------------------------------- copied values


def with_names(table, prefix, count=None):
    names = [f"{prefix} {n}" if count is None or n < count else f"someone else {n}" for n in range(table.n_rows)]
    return table.with_column("name", pa.array(names))


def test_names_that_come_back_are_caught(workshop, mixed):
    train, holdout = with_names(mixed(2000, 1), "train"), with_names(mixed(1000, 2), "holdout")
    for count, verdict in ((0, "good"), (200, "poor")):
        synthetic = with_names(mixed(2000, 3), "train", count)
        overall, column = CopiedValues().measure(workshop.data(train, holdout, synthetic, kinds={"name": "text"}))
        assert column.column == "name"
        assert column.value == overall.value == count / 2000
        assert column.verdict == overall.verdict == verdict


def test_common_names_and_counters_accuse_nobody(workshop, mixed):
    tables = []
    for seed in (1, 2, 3):
        table = mixed(500, seed)
        table = table.with_column("first", pa.array([f"name{n % 20}" for n in range(500)]))
        tables.append(table.with_column("number", pa.array(np.arange(500) + 1000)))
    found = CopiedValues().measure(workshop.data(*tables, kinds={"first": "text", "number": "identifier"}))
    verdicts = {f.column: f.verdict for f in found}
    assert verdicts["first"] == "good"
    assert verdicts["number"] == "unknown"
    assert "close order" in next(f.note for f in found if f.column == "number")


def test_a_table_without_such_columns_has_nothing_to_copy(workshop, mixed):
    assert CopiedValues().measure(workshop.data(mixed(50, 1), mixed(50, 2), mixed(50, 3)))[0].value is None


# --------------------------------------------------------------------------- membership inference


@pytest.fixture(scope="module")
def people(mixed):
    return [mixed(n, seed) for n, seed in ((4000, 1), (2000, 2), (4000, 3))]


def test_fresh_real_rows_betray_nobody(workshop, people):
    for found in MembershipInference().measure(workshop.data(*people)):
        assert found.verdict == "good", found
        assert found.interval[0] <= found.detail["baseline"] if "baseline" in found.detail else True


def test_released_rows_betray_everybody(workshop, people):
    auc, rate, odd = MembershipInference().measure(workshop.data(people[0], people[1], workshop.bootstrap(people[0])))
    assert auc.value > 0.75
    assert rate.value > 0.3
    assert odd.value > 0.7
    assert {auc.verdict, rate.verdict, odd.verdict} == {"poor"}
    assert auc.detail["power"] > 0.9
    assert "holds the synthetic rows" in auc.detail["attacker"]


def test_copied_outliers_are_caught_though_the_average_hides_them(workshop, people):
    train, holdout, fresh = people
    space = DistanceSpace(workshop.data(train, holdout, fresh))
    points = [space.points(part, np.arange(len(table))) for part, table in (("train", train), ("holdout", holdout))]
    far = np.argsort(-nearest_distances(points[1], points[0]))[:200]
    planted = Table.concatenate([train.take(far), fresh.slice(200)])
    auc, _, odd = MembershipInference().measure(workshop.data(train, holdout, planted))
    assert auc.value < 0.56
    assert odd.value > auc.value + 0.1
    assert odd.verdict == "poor"


def test_an_attack_without_power_says_so(workshop):
    draw = np.random.default_rng(0)
    tables = [pa.table({"a": draw.integers(0, 3, 2000), "b": draw.integers(0, 3, 2000)}) for _ in range(3)]
    found = MembershipInference().measure(workshop.data(*tables))[0]
    assert found.verdict == "unknown"
    assert "this attack proves nothing" in found.note


def test_one_entity_s_rows_are_not_taken_for_a_leak(workshop):
    draw = np.random.default_rng(0)
    centre = draw.normal(size=(900, 4)) * 3

    def rows_of(people):
        values = np.repeat(centre[people], 10, axis=0) + 0.1 * draw.normal(size=(10 * len(people), 4))
        owners = np.repeat(people, 10).astype(str).tolist()
        return pa.table({"who": owners, **{f"x{n}": values[:, n] for n in range(4)}})

    train, holdout, other = (rows_of(np.arange(start, start + 300)) for start in (0, 300, 600))
    kinds = {"who": "identifier"}
    fresh = MembershipInference().measure(workshop.data(train, holdout, other, kinds=kinds, entity="who"))[0]
    leaky = MembershipInference().measure(
        workshop.data(train, holdout, rows_of(np.arange(300)), kinds=kinds, entity="who")
    )[0]
    assert fresh.verdict in ("good", "unknown")
    assert leaky.verdict == "poor"


def test_few_rows_cannot_be_attacked(workshop, mixed):
    for found in MembershipInference().measure(workshop.data(mixed(100, 1), mixed(12, 2), mixed(100, 3))):
        assert found.value is None
        assert found.verdict == "unknown"


def test_the_rate_at_one_per_cent_needs_two_hundred_rows(workshop, mixed):
    rate = MembershipInference().measure(workshop.data(mixed(600, 1), mixed(150, 2), mixed(600, 3)))[1]
    assert rate.value is None
    assert "200 holdout rows" in rate.note


# ----------------------------------------------------------------------------------- diagnostic


def test_distance_to_the_closest_record_is_information_only(workshop, people):
    found = DistanceToClosestRecord().measure(workshop.data(*people))[0]
    assert found.value == pytest.approx(0.5, abs=0.04)
    assert found.direction == "information"
    assert found.verdict == "unknown"
    assert "no evidence" in found.meaning.replace("\n", " ")
    few = Table.concatenate([people[0].slice(0, 120), people[2].slice(120)])  # 3 % exact copies pass it
    assert DistanceToClosestRecord().measure(workshop.data(people[0], people[1], few))[0].value < 0.55

import numpy as np
import pyarrow as pa
import pytest

from synthloom.evaluation.utility.task import MAXIMUM_CLASSES, find_task
from synthloom.evaluation.utility.tstr_gap import TrstrGap, TstrGap, TstrGapForest, TstrGapLinear, TstrGapNeighbours

GAPS = (TstrGap, TstrGapLinear, TstrGapForest, TstrGapNeighbours)


def gap(data, kind=TstrGap):
    return kind().measure(data)[0]


def rows(n, seed, noise=1.0, classes=None):
    draw = np.random.default_rng(seed)
    x, group = draw.normal(size=n), draw.choice(["a", "b", "c"], n)
    y = 2 * x + np.where(group == "a", 1.5, 0.0) + noise * draw.normal(size=n)
    if classes is not None:
        y = np.array(classes)[np.clip(np.floor((y + 4) / 8 * len(classes)), 0, len(classes) - 1).astype(int)].tolist()
    return pa.table({"x": x, "group": group.tolist(), "y": y})


@pytest.mark.parametrize("classes", [None, ["no", "yes"], ["low", "middle", "high"], [0, 1, 2]])
def test_fresh_rows_lose_nothing_and_broken_ones_do(workshop, classes):
    train, holdout, fresh = (rows(n, seed, classes=classes) for seed, n in enumerate((1500, 1500, 1500)))
    data = workshop.data(train, holdout, fresh, target="y")
    for kind in (*GAPS, TrstrGap):
        found = gap(data, kind)
        assert found.verdict == "good", found
        assert abs(found.value) < 0.03
        assert abs(found.value) < 3.3 * found.detail["error"]  # twenty are looked at
        assert found.detail["real"] > 0.7
        assert found.detail["score"] == ("R2" if classes is None else "AUC")
    broken = fresh.set_column(2, "y", fresh["y"].take(np.random.default_rng(4).permutation(1500)))
    data = workshop.data(train, holdout, broken, target="y")
    assert gap(data).verdict == "poor"
    assert gap(data).detail["equivalence"].startswith("worse by 0.")
    assert gap(data, TstrGapForest).verdict == "poor"
    assert gap(data, TstrGapLinear).verdict != "good"  # a line through noise points the right way one time in two


def test_the_interval_covers_the_draw_of_the_training_rows(workshop):
    inside = []
    for seed in range(10):
        data = workshop.data(
            *(rows(300, 100 * seed + place, 3.0, ["n", "y"]) for place in range(3)), target="y", seed=seed
        )
        found = gap(data, TstrGapLinear)
        inside.append(found.interval[0] <= 0 <= found.interval[1])
    assert sum(inside) >= 8  # 95 % of 10, less two for chance


def test_without_a_target_nothing_is_chosen(workshop):
    table = rows(100, 1)
    for kind in GAPS:
        found = gap(workshop.data(table, table, table), kind)
        assert found.value is None
        assert "no target was given" in found.note


def test_a_target_that_cannot_be_predicted_gives_no_verdict(workshop):
    draw = np.random.default_rng(0)
    tables = [pa.table({"x": draw.normal(size=800), "y": draw.choice(["a", "b"], 800).tolist()}) for _ in range(3)]
    found = TstrGap().measure(workshop.data(*tables, target="y"))[0]
    assert found.verdict == "unknown"
    assert "no better than chance" in found.note


def test_very_rare_classes_are_trained_on_but_not_scored(workshop):
    classes = ["no", "yes"]
    train = rows(2000, 1, classes=classes)
    train = train.set_column(2, "y", pa.array(["once", *train["y"].to_pylist()[1:]]))
    holdout, fresh = rows(1000, 2, classes=classes), rows(2000, 3, classes=classes)
    data = workshop.data(train, holdout, fresh, target="y")
    task = find_task(data)
    assert task.classes == 3
    assert len(task.scored) == 2
    assert TstrGap().measure(data)[0].verdict == "good"


def test_many_classes_are_pooled(workshop):
    names = [f"c{n:02d}" for n in range(40)]
    tables = [rows(3000, seed, classes=names) for seed in (1, 2, 3)]
    task = find_task(workshop.data(*tables, target="y"))
    assert task.classes == MAXIMUM_CLASSES + 1
    assert max(task.values["train"]) == MAXIMUM_CLASSES


def test_missing_targets_are_left_out(workshop):
    def with_gaps(table):
        values = table["y"].to_pylist()
        return table.set_column(2, "y", pa.array([None if n % 3 == 0 else v for n, v in enumerate(values)]))

    tables = [with_gaps(rows(1200, seed, classes=["n", "y"])) for seed in (1, 2, 3)]
    data = workshop.data(*tables, target="y")
    assert len(find_task(data).known("train")) == 800
    assert TstrGap().measure(data)[0].verdict == "good"


@pytest.mark.parametrize("kind", ["identifier", "text", "constant"])
def test_a_target_without_meaning_is_refused_in_words(workshop, kind):
    table = rows(100, 1)
    data = workshop.data(table, table, table, target="group", kinds={"group": kind})
    assert f'the target "group" is {kind}' in TstrGap().measure(data)[0].note


def test_synthetic_rows_of_one_class_score_as_chance(workshop):
    train, holdout = rows(1000, 1, classes=["n", "y"]), rows(800, 2, classes=["n", "y"])
    one = train.set_column(2, "y", pa.array(["n"] * 1000))
    data = workshop.data(train, holdout, one, target="y")
    for kind in GAPS:
        found = gap(data, kind)
        assert found.detail["synthetic"] == 0.5
        assert found.verdict == "poor"


def test_limits_are_told(workshop, monkeypatch):
    monkeypatch.setattr("synthloom.evaluation.utility.bench.FEWEST_KEPT", 500)
    monkeypatch.setattr("synthloom.evaluation.utility.bench.MAXIMUM_WORK", 500)
    tables = [rows(1000, seed) for seed in (1, 2, 3)]
    assert "500 training rows a model" in gap(workshop.data(*tables, target="y")).note

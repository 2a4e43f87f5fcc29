import datetime

import numpy as np
import pyarrow as pa
import pytest

from synthloom.evaluation.features import DistanceSpace, linear_inputs, nearest_distances, tree_inputs

EVERY = np.arange(200)


@pytest.fixture
def data(workshop, mixed):
    return workshop.data(mixed(200, 1), mixed(200, 2), mixed(200, 1))


@pytest.mark.parametrize("width", [128, 4])
def test_equal_rows_meet_and_others_do_not(data, width):
    space = DistanceSpace(data, maximum_width=width)
    assert space.projected == (width == 4)
    train, same, other = (space.points(part, EVERY) for part in ("train", "synthetic", "holdout"))
    assert train.shape == (200, space.width)
    assert nearest_distances(train, same).max() < 1e-6
    assert np.median(nearest_distances(train, other)) > 0.01


def test_many_categories_take_few_axes_and_stay_apart(workshop):
    names = pa.table({"name": [f"n{n % 100:03d}" for n in range(200)], "x": np.zeros(200)})
    space = DistanceSpace(workshop.data(names, names, names))
    assert space.width <= 20
    points = space.points("train", np.arange(100))
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)[~np.eye(100, dtype=bool)]
    assert gaps.min() > 0.4
    assert gaps.mean() == pytest.approx(1, abs=0.1)


def test_projection_keeps_distances_roughly(workshop):
    draw = np.random.default_rng(0)
    wide = pa.table({f"c{n}": draw.normal(size=200) for n in range(300)})
    space = DistanceSpace(workshop.data(wide, wide, wide))
    assert space.projected
    points = space.points("train", EVERY)
    exact = DistanceSpace(space._data, maximum_width=1000).points("train", EVERY)
    ratio = np.linalg.norm(points[:100] - points[100:], axis=1) / np.linalg.norm(exact[:100] - exact[100:], axis=1)
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert ratio.std() < 0.12


def test_a_space_of_some_columns_knows_their_axes(data):
    space = DistanceSpace(data, ["colour", "size"])
    assert list(space.spans) == ["colour", "size"]
    assert space.spans["size"].stop == space.width
    points = space.points("train", EVERY)
    own = points[:, space.spans["colour"]]
    colours = np.array(data.train.column("colour").to_pylist())
    for colour in set(colours.tolist()):
        assert np.ptp(own[colours == colour], axis=0).max() == 0


def test_dates_bring_the_parts_that_vary(workshop):
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=n) for n in range(20)]
    data = workshop.data(*(pa.table({"day": days}) for _ in range(3)))
    inputs = tree_inputs(data, "train", np.arange(20), ("day",))
    assert inputs.columns == ("day",) * 3  # itself, day of the month, weekday
    assert inputs.values[0].tolist() == [19_723, 0, 0]


def test_linear_inputs_are_bounded_and_tell_what_is_missing(data):
    inputs = linear_inputs(data, "train", EVERY, ("amount", "colour"))
    assert inputs.shape == (200, 2 + 3 + 1)  # number, missing; three frequent colours, no colour
    assert np.abs(inputs).max() <= 8
    assert inputs[:, 1].mean() == pytest.approx(0.1, abs=0.06)

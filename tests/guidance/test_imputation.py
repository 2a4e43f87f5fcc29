"""Gaps filled in: present cells stay, guesses beat the column's mean, intervals cover, draws differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import synthloom as sl
from synthloom.constraints import ValueRange
from synthloom.data import Table
from synthloom.guidance import impute
from synthloom.guidance.intervals import flattened, shortest_intervals


@pytest.fixture(scope="module")
def holes(fair) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    real = fair.arrow.to_pandas().head(1_500)
    real["wed"] = np.where(real["yrs_married"] > 6, "long", "short")
    out = np.random.default_rng(0).random(real.shape) < 0.15
    return real, real.mask(out), out


@pytest.fixture(scope="module")
def filled(holes):
    return impute(holes[1], draws=2, seed=1)


def test_present_cells_stay_and_gaps_are_filled(holes, filled) -> None:
    real, given, out = holes
    assert list(filled.data.columns) == list(real.columns)
    for frame in (filled.data, *filled.draws):
        assert frame.notna().all().all()
        for place, name in enumerate(real):
            kept = ~out[:, place]
            assert frame[name][kept].equals(real[name][kept].astype(frame[name].dtype))
    assert filled.cells.num_rows == out.sum()
    assert filled.left == ()


def test_guesses_are_better_than_the_columns_own(holes, filled) -> None:
    real, given, out = holes
    ratios = []
    for place, name in enumerate(real.columns[:-1]):
        rows = out[:, place]
        error, plain = (real[name][rows] - guess for guess in (filled.data[name][rows], given[name].mean()))
        ratios.append(np.sqrt(np.mean(error**2) / np.mean(plain**2)))
    assert min(ratios) < 0.5
    assert np.mean(ratios) < 0.92
    assert max(ratios) < 1.12  # columns that the others tell nothing of
    rows = out[:, real.columns.get_loc("wed")]
    assert (filled.data["wed"][rows] == real["wed"][rows]).mean() > 0.8


def test_intervals_cover(holes, filled) -> None:
    real, _, _ = holes
    cells = filled.cells.to_pandas()
    cells = cells[cells["column"] != "wed"]
    truth = np.array([real[c][r] for r, c in zip(cells["row"], cells["column"], strict=True)])
    inside = (truth >= cells["low"].astype(float) - 1e-9) & (truth <= cells["high"].astype(float) + 1e-9)
    assert 0.86 < inside.mean() < 0.94
    assert filled.cells.column("chance").drop_null().to_numpy().max() <= 1.0 + 1e-9


def test_draws_keep_the_spread(holes, filled) -> None:
    real, _, out = holes
    name = "age"
    rows = out[:, real.columns.get_loc(name)]
    first, second = (frame[name][rows] for frame in filled.draws)
    assert not first.equals(second)
    assert first.std() > filled.data[name][rows].std()
    assert first.std() == pytest.approx(real[name][rows].std(), rel=0.25)


def test_a_fitted_model_chosen_columns_and_constraints(fair) -> None:
    real = fair.arrow.to_pandas().head(800)
    schema = sl.infer_schema(Table.from_frame(real)).model_copy(
        update={"constraints": (ValueRange(column="age", max=32),), "relations": "ignore"}
    )
    model = sl.GaussianCopula().fit(real, schema, seed=1)
    given = real.head(60).copy()
    given.loc[:30, "age"] = np.nan
    given.loc[40:50, "educ"] = np.nan
    made = impute(given, model, columns=["age"], draws=1, seed=2)
    assert made.left == ("educ",)
    assert made.data["educ"].isna().sum() == given["educ"].isna().sum()
    assert (made.draws[0]["age"][:31] <= 32).all()
    assert made.data["age"].notna().all()
    again = impute(given, model, columns=["age"], draws=1, seed=2)
    assert made.data.equals(again.data)
    assert made.draws[0].equals(again.draws[0])
    with pytest.raises(sl.UserError, match="no column"):
        impute(given, model, columns=["agee"])
    with pytest.raises(sl.UserError, match="interval"):
        impute(given, model, interval=1.5)


def test_a_table_without_gaps_comes_back(fair) -> None:
    real = fair.arrow.to_pandas().head(300)
    made = impute(real, sl.GaussianCopula().fit(real, seed=1), seed=1)
    assert made.data.equals(real)
    assert made.cells.num_rows == 0


def test_shortest_intervals() -> None:
    rng = np.random.default_rng(0)
    values, coins = rng.normal(size=(2_000, 200)), rng.random(2_000)
    weight = np.full(values.shape, 1 / 200)
    low, high = shortest_intervals(values, weight, 0.9, coins, np.ones(2_000, dtype=bool))
    fresh = np.random.default_rng(1).normal(size=2_000)
    assert ((fresh >= low) & (fresh <= high)).mean() == pytest.approx(0.89, abs=0.02)
    low, high = shortest_intervals(
        np.tile([0.0] * 19 + [5.0], (2, 1)), np.full((2, 20), 0.05), 0.9, coins[:2], np.zeros(2, dtype=bool)
    )
    assert high.tolist() == [0.0, 0.0]  # one value that most share is never left out


def test_intervals_of_few_values_hold_the_share_on_average() -> None:
    rng = np.random.default_rng(0)
    shares = [0.5, 0.25, 0.15, 0.1]  # whole values hold 0.75, 0.9 or 1, but never 0.8
    values = rng.choice(4, p=shares, size=(3_000, 400)).astype(float)
    low, high = shortest_intervals(values, np.full(values.shape, 1 / 400), 0.8, rng.random(3_000), np.ones(3_000, bool))
    fresh = rng.choice(4, p=shares, size=3_000)
    assert ((fresh >= low) & (fresh <= high)).mean() == pytest.approx(0.8, abs=0.02)


def test_weights_that_hang_on_a_few_draws_are_flattened() -> None:
    rng = np.random.default_rng(0)
    log_weight = np.concatenate([rng.normal(0, 4, (50, 64)), rng.normal(0, 0.1, (50, 64))])
    log_weight[:, 0] = -1e6  # not allowed
    plain = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    plain /= plain.sum(axis=1, keepdims=True)
    flat, power = flattened(log_weight)
    worth = 1 / (flat**2).sum(axis=1)
    assert (1 / (plain[:50] ** 2).sum(axis=1)).max() < 20
    assert worth.min() > 19.9
    assert worth[:50].max() < 20.5
    assert np.allclose(flat[50:], plain[50:])
    assert (power < 1).tolist() == [True] * 50 + [False] * 50
    assert flat[:, 0].max() == 0
    assert (np.diff(np.take_along_axis(flat, np.argsort(log_weight, axis=1), axis=1), axis=1) >= 0).all()


def test_not_a_number_is_a_gap_beside_relations():
    """In Arrow tables not-a-number is no null; it is filled all the same where a relation is made to hold."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 50, 400), rng.integers(0, 50, 400)
    other = (first * 2.0 + rng.normal(0, 5, 400)).round(1)
    other[:40] = np.nan
    table = pa.table({"first": first, "second": second, "sum": first + second, "other": other})
    model = sl.GaussianCopula().fit(table, seed=1)
    assert "sum" in model.encoder_.derivations.relations
    filled = sl.impute(table, model, seed=1, completions=8)
    assert filled.cells.num_rows == 40
    assert np.isfinite(filled.data.column("other").to_numpy()).all()
    assert filled.data.column("other").slice(40).equals(table.column("other").slice(40))

import numpy as np
import pyarrow as pa
import pytest

from synthloom.evaluation import evaluate
from synthloom.evaluation.fairness.outcomes import find_outcomes
from synthloom.evaluation.utility.generalisation_gap import GeneralisationGap
from synthloom.evaluation.utility.tstr_gap import TstrGap


def rows(n, seed, years=(2000, 2010), weight=1.0):
    """Rows in which the outcome hangs on x, the more weakly the later the year."""
    draw = np.random.default_rng(seed)
    year, x = draw.integers(*years, n), draw.normal(size=n)
    strength = weight * (2.0 - np.clip(year - 2010, 0, 10) / 6)
    y = np.where(strength * x + draw.normal(size=n) > 0, "yes", "no")
    return pa.table({"year": year, "x": x, "z": draw.normal(size=n), "y": y.tolist()})


def test_a_fall_that_both_share_is_no_fault_of_the_synthetic_rows(workshop):
    train, holdout, fresh = rows(2000, 1), rows(1500, 2), rows(2000, 3)
    data = workshop.data(train, holdout, fresh, target="y", shifted=rows(1500, 4, (2012, 2020)))
    found = GeneralisationGap().measure(data)[0]
    assert found.verdict == "good"
    assert found.detail["fall_real"] > 0.05
    assert found.detail["fall_real"] == pytest.approx(found.detail["fall_synthetic"], abs=0.02)
    assert found.detail["shifted_rows"] == 1500
    assert "from ordinary holdout rows to shifted ones" in found.note


def test_synthetic_rows_that_hold_on_one_half_alone_lose_more_on_shifted_rows(workshop):
    """The synthetic rows know x only where z is low; the shifted rows are those where z is high."""

    def halves(table, high):
        z = np.array(table["z"].to_pylist())
        return table.filter(pa.array(z > 1 if high else z <= 1))

    def forgetful(table):
        z, y = np.array(table["z"].to_pylist()), np.array(table["y"].to_pylist(), dtype=object)
        lost = z > 0.5
        y[lost] = np.random.default_rng(0).permutation(y[lost])
        return table.set_column(3, "y", pa.array(y.tolist()))

    train, holdout = halves(rows(4000, 1), False), halves(rows(3000, 2), False)
    shifted, broken = halves(rows(8000, 4), True), forgetful(halves(rows(4000, 3), False))
    data = workshop.data(train, holdout, broken, target="y", shifted=shifted)
    usual, moved = TstrGap().measure(data)[0], GeneralisationGap().measure(data)[0]
    assert moved.value > usual.value + 0.05
    assert moved.verdict == "poor"


def test_it_applies_where_shifted_rows_are_given(workshop):
    train, holdout, fresh = (workshop.table(**rows(400, seed).to_pydict()) for seed in (1, 2, 3))
    schema = workshop.schema_of(train.arrow, "y")
    assert "generalisation_gap" not in [
        f.name for f in evaluate(train, holdout, fresh, schema, seed=1, quick=True).findings
    ]
    found = evaluate(train, holdout, fresh, schema, seed=1, shifted=fresh.slice(0, 10), metrics=["generalisation_gap"])
    assert found.rows["shifted"] == 10
    assert "10 shifted rows with a target are too few" in found.findings[0].note
    assert (
        "no shifted rows"
        in GeneralisationGap().measure(workshop.data(train.arrow, holdout.arrow, fresh.arrow, target="y"))[0].note
    )


def test_classes_written_as_numbers_have_shifted_rows_too(workshop):
    def numbered(table):
        return table.set_column(3, "y", pa.array([3 * (value == "yes") for value in table["y"].to_pylist()]))

    tables = [numbered(rows(600, seed)) for seed in (1, 2, 3)]
    shifted = numbered(rows(500, 4, (2012, 2020)))
    data = workshop.data(*tables, target="y", shifted=shifted, sensitive=("z",))
    found = GeneralisationGap().measure(data)[0]
    assert found.detail["shifted_rows"] == 500
    assert found.detail["score"] == "AUC"
    assert [outcome.words for outcome in find_outcomes(data)] in (["y = 0"], ["y = 3"])


def test_thorough_looks_longer(workshop):
    tables = [rows(600, seed) for seed in (1, 2, 3)]
    usual = TstrGap().measure(workshop.data(*tables, target="y"))[0]
    longer = TstrGap().measure(workshop.data(*tables, target="y", depth="thorough"))[0]
    assert longer.detail["degrees"] > usual.detail["degrees"]
    assert longer.verdict == usual.verdict == "good"

"""Conditions and constraints over synthesizers: met by every row, exactly as many rows, true to the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthloom as sl
from synthloom.conditions import Missing, at_least, between
from synthloom.constraints import (
    Combinations,
    Comparison,
    Custom,
    Formula,
    Implication,
    Inequality,
    Monotone,
    OneHot,
    Pattern,
    Presence,
    Unique,
    ValueRange,
)
from synthloom.data import Table
from synthloom.encoding import EncodedColumn
from synthloom.errors import ConditionError, ConstraintError
from synthloom.execution import LocalExecutor, SerialExecutor
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.synthesizers import synthesizer_class
from synthloom.synthesizers.guided.chain_walk import Walk
from synthloom.synthesizers.guided.repeats import resampled
from synthloom.synthesizers.guided.resampling import effective_size, excess_weight, systematic

NAMES = ("boosted_chain", "gaussian_copula", "independent_columns")


def people(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    kind = rng.choice(["a", "b", "c"], n, p=[0.6, 0.37, 0.03])
    age = np.round(rng.normal(np.select([kind == "a", kind == "b"], [35, 45], 65), 8)).clip(18, 90).astype(int)
    income = np.round(np.exp(rng.normal(7 + age / 40, 0.4)), 2)
    rich = rng.random(n) < 1 / (1 + np.exp(-(income - 6000) / 1000))
    left = np.where(kind == "b", rng.normal(0, 1, n).round(2), np.nan)
    day = pd.Timestamp("2021-01-04") + pd.to_timedelta(rng.integers(0, 500, n), unit="D")
    frame = pd.DataFrame({"age": age, "kind": kind, "income": income, "rich": rich, "left": left, "day": day})
    frame["twice"] = frame["age"] * 2
    frame["key"] = [f"K{i:06d}" for i in rng.permutation(900_000)[:n]]
    frame["loud"] = (rng.random(n) < 0.5).astype(int)
    frame["quiet"] = 1 - frame["loud"]
    return frame


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return people(3_000)


@pytest.fixture(scope="module")
def models(real) -> dict:
    return {name: synthesizer_class(name)().fit(real, seed=1) for name in NAMES}


@pytest.fixture(scope="module")
def chain(models):
    return models["boosted_chain"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("where", "query"),
    [
        ({"kind": "c"}, "kind == 'c'"),
        ({"age": between(30, 40), "kind": ["a", "c"]}, "30 <= age <= 40 and kind != 'b'"),
        ("rich = true and income > 5000", "rich and income > 5000"),
        ({"left": Missing()}, "left.isna()"),
        ({"twice": at_least(100)}, "twice >= 100"),
        ("day between 2021-03-03 and 2021-04-10 and loud = 1", "'2021-03-03' <= day <= '2021-04-10' and loud == 1"),
        ("kind not in (a) and left is not missing", "kind != 'a' and left.notna()"),
    ],
)
def test_every_row_meets_the_condition(models, name, where, query) -> None:
    made = models[name].draw(300, where=where, seed=2)
    assert len(made.data) == 300
    assert len(made.data.query(query)) == 300
    assert (made.data["twice"] == 2 * made.data["age"]).all()  # relations hold all the same
    assert made.data["key"].is_unique
    assert 30 < made.effective_sample_size <= 300
    assert made.rows_mended == 0


def test_the_conditional_distribution_is_the_models(chain) -> None:
    """Rows given a condition on the last columns are as those among many rows that happen to meet it."""
    plain = chain.sample(20_000, seed=3)
    met = plain[plain["rich"] & (plain["age"] < 45)]
    made = chain.sample(1_500, where="rich = true and age < 45", seed=4)
    for name in ("age", "income"):
        spread = met[name].std() * np.sqrt(1 / len(met) + 2 / len(made))
        assert abs(met[name].mean() - made[name].mean()) < 4 * spread
    shares = [f["kind"].value_counts(normalize=True).reindex(list("abc"), fill_value=0) for f in (met, made)]
    assert np.abs(shares[0] - shares[1]).max() < 0.06
    assert made.duplicated(["age", "kind", "income"]).mean() < 0.02


def test_values_far_apart_in_one_bin_keep_their_share() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.integers(0, 20_000, 4_000), "y": rng.normal(size=4_000).round(2)})
    model = sl.BoostedChain(max_rounds=5).fit(frame, seed=0)
    bins = model.encoder_.encodings["x"].bins
    wide, dense = np.flatnonzero(bins.top - bins.lower >= 20)[[5, 6]]
    values = [
        int(bins.lower[wide] + 1),
        int(bins.upper[wide] - 1),
        int(bins.lower[dense] + 1),
        int(bins.lower[dense] + 2),
    ]
    made = model.sample(1_500, where={"x": values}, seed=1)["x"].value_counts(normalize=True).reindex(values)
    plain = model.sample(200_000, seed=2)["x"]
    share = plain.isin(values[:2]).sum() / plain.isin(values).sum()
    assert plain.isin(values).sum() >= 30
    assert made.iloc[:2].sum() == pytest.approx(share, abs=0.2)  # it was a ninth of it


def test_rare_conditions_and_many_rows(chain, real) -> None:
    where = "kind = c and rich = false and loud = 1 and age < 60"
    assert 0 < len(real.query("kind == 'c' and not rich and loud == 1 and age < 60")) < 0.005 * len(real)
    made = chain.draw(500, where=where, seed=1)
    assert len(made.data.query("kind == 'c' and not rich and loud == 1 and age < 60")) == 500
    assert made.rows_drawn < 60 * 500 + 50_000


def test_infeasible_conditions_name_the_feasible_part(models) -> None:
    for model in models.values():
        with pytest.raises(ConditionError, match="income goes from"):
            model.sample(10, where="income > 1000000", seed=1)
        with pytest.raises(ConditionError, match="kind takes a, b, c"):
            model.sample(10, where={"kind": "d"}, seed=1)
        with pytest.raises(ConditionError, match="made anew"):
            model.sample(10, where={"key": "K000001"}, seed=1)
    with pytest.raises(ConditionError, match="Accepted: all without"):
        models["boosted_chain"].sample(10, where="age = 30 and twice = 90", seed=1)


@pytest.mark.parametrize("name", ["boosted_chain", "gaussian_copula"])
def test_partly_filled_rows(models, name) -> None:
    given = pd.DataFrame({"income": [2000.5, 9000.25, None] * 60, "kind": [None, "c", "a"] * 60})
    made = models[name].sample(where=given, seed=1)
    assert len(made) == 180
    assert made["income"][0::3].eq(2000.5).all()
    assert made["income"][1::3].eq(9000.25).all()
    assert made["kind"][1::3].eq("c").all()
    assert made["kind"][2::3].eq("a").all()
    assert made["age"][1::3].mean() > made["age"][0::3].mean() + 5  # what is given later speaks back
    assert (made["twice"] == 2 * made["age"]).all()
    with pytest.raises(sl.UserError, match="180 rows were given"):
        models[name].sample(5, where=given)


def test_seeds_and_workers(chain) -> None:
    options = {"where": "rich = true", "constraints": [Unique(columns=("income", "age"))], "seed": 5}
    first = chain.sample(400, **options)
    assert first.equals(chain.sample(400, run=RunContext(executor=SerialExecutor()), **options))
    assert first.equals(chain.sample(400, run=RunContext(executor=LocalExecutor(2)), **options))
    assert not first.equals(chain.sample(400, **{**options, "seed": 6}))
    assert len(chain.sample(0, where="rich = true", seed=1)) == 0
    assert len(chain.sample(1, where="rich = true", seed=1)) == 1


CONSTRAINTS = [
    (Inequality(columns=("loud", "age")), lambda f: f["loud"] <= f["age"]),
    (ValueRange(column="age", min=40, max=50), lambda f: f["age"].between(40, 50)),
    (
        Combinations(columns=("kind", "loud"), allowed=(("a", 0), ("b", 1), ("c", 1))),
        lambda f: (f["kind"] == "a") == (f["loud"] == 0),
    ),
    (
        Formula(column="income", equals="age * 100 + loud"),
        lambda f: np.isclose(f["income"], f["age"] * 100 + f["loud"]),
    ),
    (Comparison(expression="income >= 50 * age"), lambda f: f["income"] >= 50 * f["age"] - 1e-6),
    (OneHot(columns=("loud", "quiet")), lambda f: f["loud"] + f["quiet"] == 1),
    (
        Presence(columns=("left",), when="kind = b and age > 40"),
        lambda f: f["left"].notna() == ((f["kind"] == "b") & (f["age"] > 40)),
    ),
    (Implication(**{"if": "rich = true", "then": "age >= 40"}), lambda f: ~f["rich"] | (f["age"] >= 40)),
    (Monotone(column="day"), lambda f: f["day"].diff().dt.days.fillna(0) >= 0),
    (Unique(columns=("age", "kind", "loud", "rich")), lambda f: ~f.duplicated(["age", "kind", "loud", "rich"])),
    (Pattern(column="key", regex="Q-[0-9]{6}"), lambda f: f["key"].str.fullmatch("Q-[0-9]{6}")),
    (Custom(columns=("age",), function=lambda v: v["age"] % 3 == 0), lambda f: f["age"] % 3 == 0),
]


@pytest.mark.parametrize("name", ["boosted_chain", "independent_columns"])
@pytest.mark.parametrize("at", range(len(CONSTRAINTS)))
def test_each_constraint_holds(models, name, at) -> None:
    constraint, judge = CONSTRAINTS[at]
    made = models[name].sample(80, constraints=[constraint], seed=at)
    assert len(made) == 80
    assert judge(made).all()


def test_constraints_hold_together_and_with_conditions(models) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        name = NAMES[number % 3]
        usable = [i for i in range(len(CONSTRAINTS)) if i not in (3, 4, 9, 10)]
        chosen = [CONSTRAINTS[i] for i in rng.permutation(usable)[: rng.integers(3, 6)]]
        where = "quiet = 1" if number % 2 else None
        made = models[name].sample(60, where=where, constraints=[c for c, _ in chosen], seed=number)
        assert len(made) == 60
        for constraint, judge in chosen:
            assert judge(made).all(), constraint.sentence
        if where:
            assert (made["quiet"] == 1).all()


def test_constraints_of_the_schema_hold_always(real, tmp_path) -> None:
    constraints = (
        Combinations(columns=("kind", "loud")),
        Inequality(columns=("loud", "age"), strict=True),
        Monotone(column="day"),
    )
    schema = sl.infer_schema(Table.from_frame(real)).model_copy(update={"constraints": constraints})
    model = sl.IndependentColumns().fit(real, schema, seed=1)
    assert model.schema_.constraints[0].learned_from_rows
    model.save(tmp_path / "model")
    made = pd.DataFrame(sl.load(tmp_path / "model").sample(300, seed=1).to_pydict())
    assert made["day"].is_monotonic_increasing
    assert set(zip(made["kind"], made["loud"], strict=True)) <= set(zip(real["kind"], real["loud"], strict=True))
    with pytest.raises(ConstraintError, match="must be read from the training rows"):
        model.sample(5, constraints=[Combinations(columns=("kind", "rich"))])


def test_contradictions_are_refused(chain) -> None:
    with pytest.raises(ConstraintError, match="Accepted"):
        chain.sample(20, where="age > 60", constraints=[ValueRange(column="age", max=50)], seed=1)
    with pytest.raises(ConstraintError, match="is unique"):
        chain.sample(60, constraints=[Unique(columns=("kind", "rich"))], seed=1)
    with pytest.raises(ConstraintError, match="did you mean"):
        chain.sample(5, constraints=[Unique(columns=("kin",))])


def test_resampling_repeats_nothing_and_follows_the_weights() -> None:
    rng = np.random.default_rng(0)
    log_weight = np.log(rng.gamma(2.0, size=4_000))
    chosen = systematic(log_weight, 1_000, rng)
    assert len(set(chosen.tolist())) == 1_000
    assert excess_weight(log_weight, 1_000) < 0.02
    value = rng.normal(size=4_000) + log_weight
    weight = np.exp(log_weight) / np.exp(log_weight).sum()
    assert value[chosen].mean() == pytest.approx((value * weight).sum(), abs=0.12)
    assert effective_size(np.zeros(50)) == pytest.approx(50)
    assert effective_size(np.array([0.0, -1e9])) == pytest.approx(1)


@pytest.mark.parametrize(("slope", "n", "off"), [(0.5, 14_000, 0.05), (1.0, 3_000, 0.12)])
def test_rows_that_come_again_are_redrawn_and_stay_true_to_the_weights(slope, n, off) -> None:
    """Two normals weighted by exp(slope * sum): both are then normal around the slope."""
    names = ("first", "second")

    def onwards(size: int, stream: RandomStream, begun=None) -> Walk:
        rng = stream.generator()
        state = Walk(dict(begun or {}), np.zeros(size))
        for name in names:
            if name not in state.columns:
                value = rng.normal(size=size)
                state.columns[name] = EncodedColumn.of(np.round(1e6 * value), value)
                state.weigh(name, slope * state.columns[name].residuals)
        return state

    pool = onwards(25_000, RandomStream(0))
    rows = resampled(pool, n, onwards, RandomStream(1))
    pairs = np.column_stack([rows.columns[name].residuals for name in names])
    assert len(np.unique(pairs, axis=0)) == n
    assert rows.log_weight.shape == (n,)
    assert pairs.mean(axis=0) == pytest.approx([slope, slope], abs=off)
    assert pairs.std(axis=0) == pytest.approx([1.0, 1.0], abs=off)


def test_context_with_conditions_and_constraints(real) -> None:
    model = sl.BoostedChain(max_rounds=20).fit(real[["age", "income", "rich"]], context=real[["kind"]], seed=1)
    wanted = pd.DataFrame({"kind": ["a"] * 150 + ["c"] * 150})
    made = model.sample(
        context=wanted, where="rich = true", constraints=[Comparison(expression="income > 50 * age")], seed=2
    )
    assert len(made) == 300
    assert made["rich"].all()
    assert (made["income"] > 50 * made["age"]).all()
    assert made["age"][150:].mean() > made["age"][:150].mean() + 5


def test_a_schema_with_constraints_goes_through_a_run(real, tmp_path) -> None:
    schema = sl.infer_schema(Table.from_frame(real)).model_copy(
        update={"constraints": (ValueRange(column="age", min=30), Unique(columns=("income", "age")))}
    )
    result = sl.run(real[real["age"] >= 30], schema=schema, synthesizer="independent_columns", rows=400, seed=1)
    assert len(result.data) == 400
    assert (result.data["age"] >= 30).all()
    assert not result.data.duplicated(["income", "age"]).any()

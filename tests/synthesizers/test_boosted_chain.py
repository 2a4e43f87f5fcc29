"""BoostedChain by what it promises: dependence, gaps, densities, conditions, size, support, no memorising."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from synthloom.data import Table
from synthloom.errors import ConditionError
from synthloom.run_context import RunContext
from synthloom.synthesizers import synthesizer_class
from synthloom.synthesizers.boosting.calibration import stretch_of
from synthloom.synthesizers.boosting.conditional_model import ConditionalModel, Inputs, _level_inputs
from synthloom.synthesizers.boosting.forest import Forest
from synthloom.synthesizers.tabular.boosted_chain import BoostedChain


def _people(n: int, seed: int = 0) -> pd.DataFrame:
    """Numbers that depend on categories and on each other, and gaps that depend on both."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    age = np.round(rng.normal(np.select([kind == "a", kind == "b"], [30, 45], 65), 6)).astype(int)
    income = np.round(np.exp(rng.normal(7 + age / 40, 0.3)), 2)
    tax = np.round(0.3 * income + rng.normal(0, 20, n), 2)
    tax[(kind == "c") & (rng.random(n) < 0.8)] = np.nan
    return pd.DataFrame({"kind": kind, "age": age, "income": income, "tax": tax, "paid": tax > 500})


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return _people(4_000)


@pytest.fixture(scope="module")
def model(people: pd.DataFrame) -> BoostedChain:
    return BoostedChain().fit(people, seed=1)


@pytest.fixture(scope="module")
def synthetic(model: BoostedChain) -> pd.DataFrame:
    return model.sample(4_000, seed=2)


def _correlation(frame: pd.DataFrame, a: str, b: str) -> float:
    return float(frame[[a, b]].dropna().rank().corr().iloc[0, 1])


def test_dependence_is_learned(people: pd.DataFrame, synthetic: pd.DataFrame) -> None:
    alone = synthesizer_class("independent_columns")().fit(people, seed=1).sample(4_000, seed=2)
    for a, b in (("age", "income"), ("income", "tax")):
        assert _correlation(synthetic, a, b) == pytest.approx(_correlation(people, a, b), abs=0.05)
        assert abs(_correlation(alone, a, b)) < 0.1
    real, made = (t.groupby("kind").age.mean() for t in (people, synthetic))
    assert np.abs(real - made).max() < 1.0


def test_linear_relations_are_kept_closely(people: pd.DataFrame, synthetic: pd.DataFrame) -> None:
    real, made = (np.nanmean(np.abs(t.tax - 0.3 * t.income)) for t in (people, synthetic))
    assert made < 3 * real  # a model of 200 codes alone is further off


def test_gaps_depend_on_other_columns(people: pd.DataFrame, synthetic: pd.DataFrame) -> None:
    shares = synthetic.tax.isna().groupby(synthetic.kind).mean()
    real = people.tax.isna().groupby(people.kind).mean()
    assert max(shares["a"], shares["b"]) < 0.01
    assert shares["c"] == pytest.approx(real["c"], abs=0.05)


def test_density_of_a_grid_sums_to_one() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 3, 600)
    data = pd.DataFrame({"a": a, "b": np.array(["x", "y"])[(rng.random(600) < 0.2 + 0.3 * a).astype(int)]})
    data["c"] = rng.integers(0, 4, 600)
    model = BoostedChain().fit(data, seed=0)
    grid = pd.DataFrame(itertools.product([0, 1, 2], ["x", "y"], [0, 1, 2, 3]), columns=["a", "b", "c"])
    assert np.exp(model.log_density(grid)).sum() == pytest.approx(1.0, abs=1e-6)


def test_density_prefers_real_rows(model: BoostedChain) -> None:
    fresh = _people(1_000, seed=9)
    rng = np.random.default_rng(1)
    shuffled = pd.DataFrame({c: fresh[c].to_numpy()[rng.permutation(len(fresh))] for c in fresh})
    assert model.log_density(fresh).mean() > model.log_density(shuffled).mean() + 1.0


def test_conditions_on_leading_columns(model: BoostedChain, people: pd.DataFrame) -> None:
    rows = model.sample(1_000, where={"kind": "c"}, seed=3)
    assert (rows.kind == "c").all()
    assert rows.age.mean() == pytest.approx(people.age[people.kind == "c"].mean(), abs=1.5)
    with pytest.raises(ConditionError, match="tax goes from"):
        model.sample(10, where={"tax": 1.0}, seed=3)


def test_context_is_followed() -> None:
    data = _people(3_000, seed=4)
    context, rest = data[["kind"]], data[["age", "income"]]
    model = BoostedChain().fit(rest, context=context, seed=1)
    wanted = pd.DataFrame({"kind": ["a"] * 500 + ["c"] * 500})
    rows = model.sample(context=wanted, seed=2)
    means = rows.age.groupby(wanted.kind).mean()
    assert means["a"] == pytest.approx(30, abs=2)
    assert means["c"] == pytest.approx(65, abs=2)


def test_weights_move_the_sample(people: pd.DataFrame) -> None:
    weights = np.where(people.kind == "c", 10.0, 1.0)
    rows = BoostedChain().fit(people, weights=weights, seed=1).sample(3_000, seed=2)
    wanted = 10 * 0.2 / (10 * 0.2 + 0.8)
    assert (rows.kind == "c").mean() == pytest.approx(wanted, abs=0.04)
    assert rows.age[rows.kind == "c"].mean() == pytest.approx(65, abs=1.5)


def test_saved_models_sample_alike(model: BoostedChain, tmp_path) -> None:
    from synthloom.synthesizers.registry import load

    model.save(tmp_path / "model")
    back = load(tmp_path / "model")
    assert back.learners_ == model.learners_
    again = pd.DataFrame(back.sample(500, seed=7).to_pydict())  # a loaded model gives Arrow
    pd.testing.assert_frame_equal(again, model.sample(500, seed=7), check_dtype=False)


def test_wide_tables_see_few_inputs_each() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=(300, 20))
    wide = pd.DataFrame(np.hstack([base + 0.3 * rng.normal(size=base.shape) for _ in range(10)]).round(2))
    wide.columns = [f"c{i}" for i in range(200)]
    model = BoostedChain(max_inputs=8, max_rounds=5).fit(wide, seed=0)
    assert max(len(seen) for seen in model.inputs_.values()) == 8
    twins = [name for name in wide if int(name[1:]) >= 20]
    found = [any((int(o[1:]) - int(n[1:])) % 20 == 0 for o in model.inputs_[n]) for n in twins]
    assert np.mean(found) > 0.95  # the columns chosen are those that tell most
    made = model.sample(300, seed=1)
    assert _correlation(made, "c0", "c20") > 0.4


def _leaf_counts(forest: Forest, inputs: np.ndarray) -> np.ndarray:
    """How many rows of ``inputs`` uint8 [k, n] reach each leaf, found without the compiled loops."""
    counts = np.zeros(len(forest.values), dtype=np.int64)
    rows = np.arange(inputs.shape[1])
    for tree in range(len(forest.nodes) - 1):
        left_over = np.full(len(rows), 0xFFFFFFFF, dtype=np.int64)
        for node in range(forest.nodes[tree], forest.nodes[tree + 1]):
            bins = (inputs[forest.feature[node]].astype(np.int64) - forest.skip[node]) % 256
            left_over &= np.where(bins <= forest.last[node], 0xFFFFFFFF, int(forest.mask[node]))
        leaf = np.log2(left_over & -left_over).astype(np.int64)
        counts += np.bincount(forest.leaves[tree] + leaf, minlength=len(counts))
    return counts


def _levels(model: ConditionalModel, inputs: Inputs, codes: np.ndarray):
    """Each level's forest with the rows that it sees."""
    nodes = np.zeros(len(codes), dtype=np.int32)
    for place, level in enumerate(model.levels):
        rows = np.flatnonzero(~model.tree.leaf[nodes])
        seen = _level_inputs(model.tree, place, inputs, nodes, rows)
        if level.forest is not None:
            yield level.forest, seen
        nodes[rows] = model.tree.children[nodes[rows], model.tree.digits(nodes[rows], codes[rows])]


@pytest.mark.parametrize("rows", [300, 4_000])
def test_every_leaf_is_supported(rows: int) -> None:
    data = _people(rows, seed=5)
    model = BoostedChain().fit(data, seed=1)
    encoded = model.encoder_.encode(Table.from_frame(data))
    seen = {name: link.seen(encoded.columns[name]) for name, link in model.links_.items()}
    forests = 0
    for name, link in model.links_.items():
        if name in model.models_:
            codes = link.codes(encoded.columns[name])
            for forest, inputs in _levels(model.models_[name], model._inputs(name, seen, rows), codes):
                forests += 1
                assert _leaf_counts(forest, inputs).min() >= 5
    assert forests >= 3


def test_learners_differ_with_what_there_is_to_learn() -> None:
    rng = np.random.default_rng(0)
    n = 6_000
    step = rng.integers(0, 4, n)
    smooth = rng.normal(size=(n, 3)).round(3)
    data = pd.DataFrame(
        {
            "step": step.astype(str),
            "noise": rng.integers(0, 3, n).astype(str),
            "same_odds": np.where(rng.random(n) < np.where(step == 1, 0.9, 0.2), "x", "y"),
            **{f"s{i}": smooth[:, i] for i in range(3)},
            "label": np.where(rng.random(n) < 1 / (1 + np.exp(-2 * smooth.sum(axis=1))), "p", "q"),
        }
    )
    learners = BoostedChain().fit(data, seed=1).learners_
    assert learners["noise"] == ["frequencies"]
    assert learners["same_odds"] == ["tree"]
    assert "boosted" in learners["label"][0]


def test_new_rows_are_learned_without_the_old_ones(people: pd.DataFrame) -> None:
    """An update comes near a fit on all rows: shares, dependence, and a category that is new."""
    later = _people(4_000, seed=11)
    later["kind"] = later.kind.where(later.kind != "b", "d")
    updated = BoostedChain().fit(people, seed=1).update(later, seed=2)
    made, both = updated.sample(8_000, seed=3), pd.concat([people, later])
    shares, real = made.kind.value_counts(normalize=True), both.kind.value_counts(normalize=True)
    assert (shares - real).abs().max() < 0.03
    for a, b in (("age", "income"), ("income", "tax")):
        assert _correlation(made, a, b) == pytest.approx(_correlation(both, a, b), abs=0.05)
    assert updated.rows_ == 8_000


def test_a_fit_ends_within_its_time(people: pd.DataFrame) -> None:
    """Without time nothing grows, and the columns keep their own frequencies."""
    run = RunContext().within(0.0)
    model = BoostedChain().fit(people, seed=1, run=run)
    assert {learner for levels in model.learners_.values() for learner in levels} == {"frequencies"}
    made = model.sample(4_000, seed=2)
    assert (made.kind == "c").mean() == pytest.approx((people.kind == "c").mean(), abs=0.03)


def test_small_tables_are_not_memorised() -> None:
    data, fresh = _people(300, seed=6), _people(2_000, seed=7)
    model = BoostedChain().fit(data, seed=1)
    own, other = model.log_density(data), model.log_density(fresh)
    above = np.mean(own[:, None] > other[None])  # 0.5 if rows that were learned from are no likelier
    assert above < 0.7
    made = model.sample(300, seed=2).round(2)
    copies = made.merge(data, on=["age", "income", "tax"]).dropna()
    assert len(copies) == 0


def test_columns_without_dependence_get_no_trees() -> None:
    rng = np.random.default_rng(3)
    noise = pd.DataFrame({name: rng.integers(0, 4, 5_000) for name in "abcdef"})
    model = BoostedChain().fit(noise, seed=1)
    trees = sum(len(level.forest.nodes) - 1 for m in model.models_.values() for level in m.levels if level.forest)
    assert trees < 100


@pytest.mark.parametrize("classes", [2, 4])
def test_scores_that_say_too_little_are_stretched(classes: int) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, (20_000, classes))
    chance = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    target = (chance.cumsum(axis=1) < rng.random(len(truth))[:, None]).sum(axis=1).astype(np.int32)
    scores = truth[:, 1:] - truth[:, :1] if classes == 2 else truth  # of two classes the logit
    begin, weights = np.zeros(scores.shape, np.float32), np.ones(len(scores), np.float32)
    for said in (0.7, 1.0, 1.4):
        found = stretch_of(begin, (said * scores).astype(np.float32), target, weights)
        assert found == pytest.approx(1 / said, rel=0.03)
    few = slice(0, 12)  # too few rows to tell
    noise = rng.normal(0, 0.05, scores.shape).astype(np.float32)
    assert stretch_of(begin[few], noise[few], target[few], weights[few]) == pytest.approx(1.0, abs=0.1)
    nothing = np.zeros_like(begin)
    assert stretch_of(begin, nothing, target, weights) == 1.0


def test_a_drawn_label_is_as_predictable_as_the_real_one() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(24_000, 6))
    logit = 2 * x[:, 0] * (x[:, 1] > 0) + x[:, 2] - np.abs(x[:, 3]) + 0.7
    frame = pd.DataFrame(x.round(3), columns=[f"x{i}" for i in range(6)]).assign(
        label=np.where(rng.random(len(x)) < 1 / (1 + np.exp(-logit)), "yes", "no")
    )
    train, fresh = frame[:12_000], frame[12_000:]
    model = BoostedChain().fit(train, seed=1)
    real, drawn = (rows.assign(label="yes") for rows in (fresh, model.sample(12_000, seed=2)))
    logits = [_logit(model, rows) for rows in (real, drawn)]
    assert logits[1].std() == pytest.approx(logits[0].std(), rel=0.05)
    said = 1 / (1 + np.exp(-logits[0]))
    slope = ((fresh.label == "yes") - said) @ (logits[0] - logits[0].mean()) / ((said * (1 - said)) @ (logits[0] - logits[0].mean()) ** 2)
    assert slope == pytest.approx(0.0, abs=0.06)  # 0: what is said is neither too sure nor too unsure


def _logit(model: BoostedChain, rows: pd.DataFrame) -> np.ndarray:
    return model.log_density(rows) - model.log_density(rows.assign(label="no"))

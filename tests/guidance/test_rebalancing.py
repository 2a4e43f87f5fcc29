"""Rebalancing: exact mixes of one and several columns, numbers too; impossible ones refused in words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_wine

import synthloom as sl
from synthloom.errors import ConditionError, InputError, OptionError
from synthloom.guidance.rebalancing_mix import filled_up, largest_remainders
from synthloom.testing import mixed_table


@pytest.fixture(scope="module")
def cancer():
    """Real rows: 569 tumours, with a second class column that is made of a measurement."""
    data = load_breast_cancer(as_frame=True)
    frame = data.frame[["mean radius", "mean texture", "mean smoothness", "target"]].copy()
    frame["target"] = np.where(frame["target"] == 1, "benign", "malignant")
    frame["texture"] = pd.cut(frame["mean texture"], [0, 16, 20, 99], labels=["fine", "medium", "coarse"]).astype(str)
    return frame.drop(columns="mean texture")


@pytest.fixture(scope="module")
def model(cancer):
    return sl.GaussianCopula().fit(cancer, seed=1)


def shares(values):
    return values.value_counts(normalize=True).to_dict()


def test_real_rows_are_kept_and_as_few_as_need_be_added(cancer, model):
    result = sl.rebalance(cancer, {"target": {"malignant": 0.5, "benign": 0.5}}, model=model, seed=1)
    real = result.data[result.data["provenance"] == "real"].drop(columns="provenance")
    pd.testing.assert_frame_equal(real, cancer)
    assert result.data["target"].value_counts().to_dict() == {"benign": 357, "malignant": 357}
    assert result.synthetic_rows == 357 - 212 == (result.data["provenance"] == "synthetic").sum()


def test_synthetic_rows_alone_in_any_number(cancer, model):
    result = sl.rebalance(cancer, {"target": {"malignant": 0.9}}, real="none", size=333, model=model, seed=1)
    assert set(result.data["provenance"]) == {"synthetic"}
    assert result.data["target"].value_counts().to_dict() == {"malignant": 300, "benign": 33}


def test_synthetic_rows_look_like_their_class(cancer):
    """Radius tells the classes apart; drawn rows of a class lie where real ones do, with an error of a few tenths."""
    result = sl.rebalance(cancer, {"target": "balanced"}, real="none", size=600, synthesizer="gaussian_copula", seed=2)
    made, real = (frame.groupby("target")["mean radius"].mean() for frame in (result.data, cancer))
    assert abs(made["malignant"] - real["malignant"]) < 1.2
    assert made["malignant"] - made["benign"] > 0.6 * (real["malignant"] - real["benign"])


def test_two_columns_at_once_meet_both_margins(cancer, model):
    mix = {"target": {"malignant": 0.4, "benign": 0.6}, "texture": {"fine": 0.2, "medium": 0.3, "coarse": 0.5}}
    made = sl.rebalance(cancer, mix, real="none", size=1_000, model=model, seed=1).data
    assert shares(made["target"]) == {"malignant": 0.4, "benign": 0.6}
    assert shares(made["texture"]) == {"fine": 0.2, "medium": 0.3, "coarse": 0.5}
    # the odds ratio of the real rows is kept: coarse texture goes with malignant tumours
    both = pd.crosstab(made["target"], made["texture"])
    old = pd.crosstab(cancer["target"], cancer["texture"])

    def odds(table):
        return np.log(
            table.loc["malignant", "coarse"] * table.loc["benign", "fine"]
            / (table.loc["malignant", "fine"] * table.loc["benign", "coarse"])
        )  # fmt: skip

    assert abs(odds(both) - odds(old)) < 0.15


def test_two_columns_beside_the_real_rows(cancer, model):
    mix = {"target": {"malignant": 0.5}, "texture": {"fine": 0.3, "medium": 0.3, "coarse": 0.4}}
    made = sl.rebalance(cancer, mix, model=model, seed=1).data
    n = len(made)
    for name, wanted in (("target", {"malignant": 0.5}), ("texture", {"fine": 0.3, "medium": 0.3, "coarse": 0.4})):
        for value, share in wanted.items():
            assert abs((made[name] == value).sum() - share * n) < 1
    assert (made["provenance"] == "real").sum() == len(cancer)


def test_joint_shares(cancer, model):
    mix = {("target", "texture"): {("malignant", "fine"): 0.25, ("benign", "coarse"): 0.25}}
    made = sl.rebalance(cancer, mix, real="none", size=400, model=model, seed=1).data
    both = pd.crosstab(made["target"], made["texture"])
    assert both.loc["malignant", "fine"] == both.loc["benign", "coarse"] == 100
    text = {"target, texture": {"malignant, fine": 0.25, "benign, coarse": 0.25}}
    again = sl.rebalance(cancer, text, real="none", size=400, model=model, seed=1).data
    pd.testing.assert_frame_equal(made, again)


def test_numbers_by_ranges_bands_and_relevance(cancer, model):
    name = "mean radius"
    ranges = sl.rebalance(cancer, {name: {(None, 10): 0.3, ">= 18": 0.3}}, real="none", size=200, model=model, seed=1)
    radius = ranges.data[name]
    assert ((radius < 10).sum(), (radius >= 18).sum()) == (60, 60)
    bands = sl.rebalance(cancer, {name: [0.1, 0.2, 0.7]}, model=model, seed=1).data[name]
    edges = np.quantile(cancer[name], [1 / 3, 2 / 3], method="higher")
    counts = np.bincount(np.searchsorted(edges, bands, side="right"))
    assert np.abs(counts - np.array([0.1, 0.2, 0.7]) * len(bands)).max() < 1
    rare = sl.rebalance(cancer, {name: "balanced"}, model=model, seed=1)
    fence = np.quantile(cancer[name], 0.75) + 1.5 * np.subtract(*np.quantile(cancer[name], [0.75, 0.25]))
    assert abs((rare.data[name] > fence).mean() - 0.5) < 0.01


def test_balanced_leaves_what_no_model_can_know(cancer):
    frame = cancer.copy()
    frame.loc[:2, "target"] = "unclear"
    kept = sl.rebalance(frame, {"target": "balanced"}, synthesizer="gaussian_copula", seed=1)
    assert kept.data["target"].value_counts()["unclear"] == 3
    assert "unclear" in kept.notes[0]
    with pytest.raises(OptionError, match="too few rows"):
        sl.rebalance(frame, {"target": "balanced"}, real="none", synthesizer="gaussian_copula", seed=1)


def test_keys_stay_unique_over_all_parts():
    table = mixed_table(300)
    result = sl.rebalance(table.arrow, {"size": "balanced"}, synthesizer="gaussian_copula", seed=1)
    keys = result.data.column("key").to_pylist()
    assert len(set(keys)) == len(keys) == result.data.num_rows > 300


@pytest.mark.parametrize(
    ("mix", "options", "words"),
    [
        ({"target": {"malignant": 1.0}}, {}, "no share to any other target, which 357 real rows have"),
        ({"target": {"malignant": 0.5}}, {"size": 600}, "714 rows or more"),
        ({"target": {"maligant": 0.5}}, {}, "no row has target = maligant"),
        ({"target": {"malignant": 0.7, "benign": 0.7}}, {}, "add up to 1.4"),
        ({"target": {"malignant": 0.5, "benign": 0.4}}, {}, "no row has any other value"),
        ({"target": {"malignant": -0.5}}, {}, "from 0 to 1"),
        ({"tarqet": "balanced"}, {}, 'did you mean "target"'),
        ({"mean radius": {(0, 15): 0.5, (10, 20): 0.5}}, {}, "meet both"),
        ({"mean radius": {"> 99": 0.5}}, {}, "no row has mean radius > 99"),
        ({"mean radius": {(20, 10): 0.5}}, {}, "smaller end first"),
        ({"target": "evenly"}, {}, '"balanced"'),
        ({"target": "balanced", ("target", "texture"): {("benign", "fine"): 1.0}}, {}, "twice"),
        ({("target", "texture"): {("benign",): 0.5}}, {}, "2 values"),
        ({}, {}, "mapping from columns"),
        ({"target": "balanced"}, {"size": 0}, "size is 0"),
        ({"target": "balanced"}, {"real": "some"}, '"keep" or "none"'),
        ({"target": "balanced"}, {"provenance": "texture"}, "already"),
    ],
)
def test_impossible_mixes_are_refused_in_words(cancer, model, mix, options, words):
    with pytest.raises(OptionError) as error:
        sl.rebalance(cancer, mix, model=model, seed=1, **options)
    assert words in str(error.value)


def test_margins_that_exclude_each_other(model, cancer):
    frame = pd.DataFrame({"a": list("xxyy") * 20, "b": list("ppqq") * 20, "n": np.arange(80) % 7})
    with pytest.raises(OptionError, match="cannot hold together"):
        sl.rebalance(frame, {"a": {"x": 0.9}, "b": {"p": 0.1}}, real="none", synthesizer="gaussian_copula", seed=1)


def test_what_the_model_cannot_draw_is_named(cancer, model):
    frame = pd.concat([cancer, cancer.head(3).assign(target="unclear")], ignore_index=True)
    with pytest.raises(ConditionError, match="synthetic rows of target = unclear cannot be drawn"):
        sl.rebalance(frame, {"target": {"unclear": 0.5}}, model=model, seed=1)


def test_repeatable(cancer, model):
    one, two, other = (sl.rebalance(cancer, {"target": "balanced"}, model=model, seed=s).data for s in (5, 5, 6))
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(other)


# ---------------------------------------------------------------------------------------- fit_resample


def test_fit_resample_keeps_kinds(cancer):
    X, y = cancer.drop(columns="target"), cancer["target"]
    sampler = sl.Rebalancer(synthesizer="gaussian_copula", seed=1)
    X2, y2 = sampler.fit_resample(X, y)
    assert y2.value_counts().to_dict() == {"benign": 357, "malignant": 357}
    assert X2.dtypes.equals(X.dtypes)
    assert (y2.name, y2.dtype) == (y.name, y.dtype)
    pd.testing.assert_frame_equal(X2.head(len(X)), X)
    assert sum(count.synthetic for count in sampler.counts_) == 145
    wine = load_wine()
    A, b = sl.Rebalancer(synthesizer="gaussian_copula", seed=1).fit_resample(wine.data, wine.target)
    assert isinstance(A, np.ndarray)
    assert A.dtype == wine.data.dtype
    assert np.bincount(b).tolist() == [71, 71, 71]
    np.testing.assert_array_equal(A[:178], wine.data)


def test_fit_resample_of_a_number_and_of_other_columns(cancer):
    X, y = cancer.drop(columns="mean radius"), cancer["mean radius"]
    _, y2 = sl.Rebalancer(mix=[0.5, 0.5], size=700, synthesizer="gaussian_copula", seed=1).fit_resample(X, y)
    assert len(y2) == 700
    X3, _ = sl.Rebalancer(mix={"texture": "balanced"}, synthesizer="gaussian_copula", seed=1).fit_resample(X, y)
    assert X3["texture"].value_counts().nunique() == 1


def test_fit_resample_speaks_scikit_learn(cancer):
    sampler = sl.Rebalancer(mix={"malignant": 0.4}, synthesizer="gaussian_copula", seed=3)
    copy = clone(sampler)
    assert copy is not sampler
    assert copy.get_params() == sampler.get_params()
    assert copy.set_params(seed=4).seed == 4
    with pytest.raises(OptionError, match="no parameter 'sead'"):
        copy.set_params(sead=1)
    with pytest.raises(InputError, match="569 rows and y 9"):
        sampler.fit_resample(cancer.drop(columns="target"), cancer["target"].head(9))
    with pytest.raises(InputError, match="numbers"):
        sampler.fit_resample(np.array([["a"]]), [1])


def test_in_the_pipeline_of_imbalanced_learn():
    pipeline = pytest.importorskip("imblearn.pipeline", reason="imbalanced-learn is not installed")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.preprocessing import StandardScaler

    data = load_breast_cancer()
    steps = pipeline.make_pipeline(
        StandardScaler(), sl.Rebalancer(synthesizer="gaussian_copula", seed=1), LogisticRegression(max_iter=500)
    )
    assert cross_val_score(steps, data.data[:, :5], data.target, cv=3, scoring="roc_auc").mean() > 0.95


# ------------------------------------------------------------------------------------------ arithmetic


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=2, max_size=9), st.integers(0, 3_000))
def test_filled_up_raises_the_smallest(counts, extra):
    counts = np.array(counts)
    added = filled_up(counts, extra)
    assert added.sum() == extra
    assert (added >= 0).all()
    after = counts + added
    raised = added > 0
    if raised.any():
        assert after[raised].max() - after[raised].min() <= 1
        assert after[raised].max() <= after[~raised].min(initial=10**9) + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=12), st.integers(0, 5_000))
def test_largest_remainders_add_up(weights, total):
    wanted = np.array(weights) / sum(weights) * total
    found = largest_remainders(wanted, total)
    assert found.sum() == total
    assert np.abs(found - wanted).max() < 1 + 1e-6

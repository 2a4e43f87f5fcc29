"""The augmentation advisor: when it recommends rows, when it does not, and what it says they are worth."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

import synthloom as sl
from synthloom.errors import InputError, OptionError
from synthloom.evaluation.utility.task import Task
from synthloom.execution import LocalExecutor, SerialExecutor
from synthloom.guidance import compare_ways
from synthloom.guidance.augmentation_advice import NONE, advise, surest_way
from synthloom.guidance.augmentation_scores import average_precision, choose_measure, scores_of
from synthloom.run_context import RunContext
from synthloom.synthesizers import synthesizer_class

QUICK = {"splits": 3, "inner": 2, "multiples": (1.0,), "synthesizer": "gaussian_copula", "seed": 1}


def run():
    return RunContext(SerialExecutor())


@pytest.fixture(scope="module")
def cancer():
    data = load_breast_cancer(as_frame=True)
    frame = data.frame[["mean radius", "mean texture", "mean smoothness", "target"]].copy()
    frame["target"] = np.where(frame["target"] == 1, "benign", "malignant")
    return frame.sample(240, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="module")
def advised(cancer):
    return sl.augment(cancer, "target", learners=["linear", "boosting"], run=run(), **QUICK)


def test_a_task_that_needs_no_help(advised):
    """Radius alone nearly tells these classes apart; nothing can be gained, and nothing is added."""
    assert not advised.recommended
    assert advised.data is None
    assert advised.added is None
    assert advised.advice[0].verdict in ("no gain shown", "hurts")
    assert advised.advice[0].sentence.startswith(("Synthetic rows do not help", "Synthetic rows hurt"))
    assert {point.kind for point in advised.advice[0].curve} == {"plain", "balanced"}
    rows = [n for n, _ in advised.advice[0].real_curve]
    assert rows == [45, 90, 180]


def test_ways_compared_on_rows_kept_apart(cancer):
    options = {"learners": ["linear"], "multiples": (1.0,), "synthesizer": "gaussian_copula", "seed": 1, "run": run()}
    found = compare_ways(cancer[:160], cancer[160:], "target", **options)
    assert found.measure == "auc"
    assert set(found.scores) == {"linear"}
    assert set(found.scores["linear"]) == {NONE, "plain:1", "balanced:1"}
    assert all(0.7 < score <= 1 for score in found.scores["linear"].values())
    assert compare_ways(cancer[:160], cancer[160:], "target", **options) == found
    with pytest.raises(OptionError):
        compare_ways(cancer[:160], cancer[160:], "targets", **options)
    with pytest.raises(OptionError):
        compare_ways(cancer[:160], cancer[160:], "target", **options | {"multiples": (0.0,)})


def test_every_split_keeps_its_tested_rows_apart(cancer, monkeypatch):
    """No synthesizer ever learns a row that its split tests: fits see the split's training rows alone."""
    seen = []
    kind = synthesizer_class("gaussian_copula")
    fit = kind.fit

    def spy(self, data, *args, **options):
        seen.append(data.n_rows)
        return fit(self, data, *args, **options)

    monkeypatch.setattr(kind, "fit", spy)
    result = sl.augment(cancer, "target", learners="linear", run=run(), **QUICK)
    sizes = {split["training_rows"] for split in result.splits}
    assert sizes == {180}
    assert {split["tested_rows"] for split in result.splits} == {60}
    assert sorted(set(seen)) == [135, 180]  # inner and outer training rows; never all 240
    assert len(seen) == 3 * (1 + 2)


def test_rows_on_demand_are_marked(cancer):
    result = sl.augment(cancer, "target", learners="linear", add="balanced:0.5", run=run(), **QUICK)
    assert result.added == ("balanced", 120)
    assert result.against_advice
    frame = result.data
    assert frame["provenance"].value_counts().to_dict() == {"real": 240, "synthetic": 120}
    pd.testing.assert_frame_equal(frame[frame["provenance"] == "real"].drop(columns="provenance"), cancer)
    counts = frame["target"].value_counts()
    assert abs(counts.iloc[0] - counts.iloc[1]) <= 60  # the rarer class first
    assert (frame["target"][240:] == "malignant").sum() > 60


def test_a_number_as_target():
    data = load_diabetes(as_frame=True).frame[["age", "bmi", "bp", "s5", "target"]]
    result = sl.augment(data, "target", learners="linear", kinds=["plain"], run=run(), **QUICK)
    advice = result.advice[0]
    assert advice.measure == "r2"
    assert 0.2 < advice.without < 0.65
    assert len(advice.curve) == 1
    assert json.dumps(advice.to_json())


def test_repeatable_whatever_the_workers(cancer, advised):
    again = sl.augment(cancer, "target", learners="linear", run=RunContext(LocalExecutor(2)), **QUICK)
    assert again.advice[0] == advised.advice[0]


def test_excluded_columns_are_not_seen(cancer, advised):
    """Without the column that tells the classes apart the score falls."""
    frame = cancer.assign(noise=np.random.default_rng(0).random(240))
    result = sl.augment(frame, "target", learners="linear", exclude=["mean radius"], run=run(), **QUICK)
    assert result.advice[0].without < advised.advice[0].without - 0.03


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "tarket"}, 'did you mean "target"'),
        ({"learners": "bosting"}, 'did you mean "boosting"'),
        ({"measure": "r2"}, "average_precision"),
        ({"measure": "f1"}, 'no score "f1"'),
        ({"kinds": ["smote"]}, "plain, balanced"),
        ({"multiples": [0]}, "above 0"),
        ({"splits": 2}, "3 or more"),
        ({"inner": 1}, "2 or more"),
        ({"holdout": 0.8}, "at most 0.5"),
        ({"add": "plain"}, "plain:K"),
        ({"exclude": ["target"]}, "left out"),
        ({"exclude": ["nothing"]}, "no column"),
        ({"provenance": "target"}, "already"),
    ],
)
def test_mistakes(cancer, options, words):
    given = {"target": "target", "learners": "linear", "run": run()} | QUICK | options
    with pytest.raises(OptionError) as error:
        sl.augment(cancer, given.pop("target"), **given)
    assert words in str(error.value)


def test_too_few_rows(cancer):
    with pytest.raises(InputError, match="80 or more"):
        sl.augment(cancer.head(60), "target", run=run(), **QUICK)


# ------------------------------------------------------------------------------------------- the advice


def made_splits(rng, gain, slope, noise=0.002, count=8, harm=0.0):
    """Splits whose scores were set by hand: a known gain, and a known learning curve."""
    splits = []
    for number in range(count):
        base = 0.80 + rng.normal(0, 0.01)
        outer = {NONE: {"auc": base, "balanced_accuracy": 0.7}}
        outer["plain:1"] = {"auc": base + gain + rng.normal(0, noise), "balanced_accuracy": 0.7 - harm}
        for share in (0.25, 0.5):
            outer[f"real:{share:g}"] = {"auc": base + slope * np.log(share) + rng.normal(0, noise)}
        splits.append(
            {"training_rows": 750, "tested_rows": 250, "chosen": {"linear": "plain:1"}, "outer": {"linear": outer}}
        )
    return splits


def test_a_gain_is_recommended_and_its_worth_is_told():
    """A gain of slope times log 2 is worth as many real rows again: 750, within the interval."""
    rng = np.random.default_rng(0)
    advice = advise("linear", "auc", made_splits(rng, 0.03 * np.log(2), 0.03))
    assert advice.verdict == "helps"
    assert advice.recommended
    assert advice.worth.low < 750 < advice.worth.high
    assert abs(advice.worth.rows - 750) < 250
    assert "worth" in advice.sentence


def test_no_gain_and_harm():
    rng = np.random.default_rng(1)
    assert advise("linear", "auc", made_splits(rng, 0.0, 0.03)).verdict == "no gain shown"
    worse = advise("linear", "auc", made_splits(rng, -0.03, 0.03))
    assert worse.verdict == "hurts"
    assert worse.worth.rows < 0
    assert "costs as much" in worse.worth.words
    traded = advise("linear", "auc", made_splits(rng, 0.03, 0.03, harm=0.05))
    assert traded.verdict == "no gain shown"
    assert traded.harm == ("balanced_accuracy",)
    assert "balanced accuracy gets worse" in traded.sentence


def test_a_flat_learning_curve_tells_no_worth():
    advice = advise("linear", "auc", made_splits(np.random.default_rng(2), 0.03, 0.0))
    assert advice.worth.rows is None
    assert "no worth in real rows" in advice.worth.words


def test_false_recommendations_are_rare():
    """Where nothing is gained, at most 5 % of advices may recommend rows: here 2.5 % at one side, of 400."""
    rng = np.random.default_rng(3)
    wrong = sum(advise("linear", "auc", made_splits(rng, 0.0, 0.03, noise=0.01)).recommended for _ in range(400))
    assert wrong <= 20


def test_worth_covers_the_truth():
    """Fieller's interval covers the true worth (375 rows) in about 95 % of 300 draws; the correction widens it."""
    rng = np.random.default_rng(4)
    gain = 0.03 * np.log(1.5)
    worths = [advise("linear", "auc", made_splits(rng, gain, 0.03, noise=0.004)).worth for _ in range(300)]
    covered = np.mean([w.rows is not None and w.low <= 375 <= (w.high or np.inf) for w in worths])
    assert covered > 0.92


def test_inner_choice_wants_more_than_chance():
    close = [{NONE: 0.80, "plain:1": 0.81}, {NONE: 0.80, "plain:1": 0.795}]
    assert surest_way(close, 1 / 3) == NONE
    clear = [{NONE: 0.80, "plain:1": 0.83, "plain:2": 0.82}, {NONE: 0.79, "plain:1": 0.821, "plain:2": 0.81}]
    assert surest_way(clear, 1 / 3) == "plain:1"
    assert surest_way([], 1 / 3) == NONE


def test_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = (rng.random(500) < 0.1).astype(np.int64)
    scores = np.round(np.clip(0.1 + 0.2 * truth + rng.normal(0, 0.1, 500), 0, 1), 2)  # with ties
    assert average_precision(truth == 1, scores) == pytest.approx(average_precision_score(truth, scores))
    task = Task("classification", "y", ("x",), {}, 2, (1,))
    chances = np.column_stack([1 - scores, scores])
    found = scores_of(task, truth, chances, truth)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, scores))
    share = truth.mean()
    decided = (scores / share > (1 - scores) / (1 - share)).astype(int)
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, decided))


def test_the_score_goes_with_the_task():
    assert choose_measure("auto", "regression", 1.0) == "r2"
    assert choose_measure("auto", "classification", 0.05) == "average_precision"
    assert choose_measure("auto", "classification", 0.4) == "auc"
    assert choose_measure("balanced_accuracy", "classification", 0.4) == "balanced_accuracy"

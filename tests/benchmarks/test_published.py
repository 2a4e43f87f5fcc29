"""The papers' figures at their known ends: equal rows, and columns that lost each other."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.peers.judge import published
from benchmarks.peers.judge.frames import as_numbers_and_words
from benchmarks.peers.judge.rebalancing import rebalance_figures
from tests.benchmarks.test_row_errors import shuffled


@pytest.fixture(scope="module")
def frames(survey):
    (real, other), numeric = as_numbers_and_words(survey, shuffled(survey, 0))
    return real, other, numeric


def test_equal_rows_reach_the_best_values(frames):
    real, _, numeric = frames
    assert published.shape(real, real, numeric) == 1.0
    assert published.trend(real, real, numeric) == pytest.approx(1.0)
    assert published.weighted_nmi_error(real, real, numeric) == 0.0


def test_shuffled_columns_keep_the_shape_and_lose_the_dependence(frames):
    real, other, numeric = frames
    assert published.shape(real, other, numeric) == pytest.approx(1.0)
    assert published.trend(real, other, numeric) < 0.97
    nmi = published.weighted_nmi_error(real, other, numeric)
    assert 0.02 < nmi < 1


def test_the_nmi_is_scikit_learn_s(frames):
    from sklearn.metrics import normalized_mutual_info_score

    codes = np.column_stack([pd.factorize(frames[0][name])[0] for name in frames[0]])[:, :3]
    found = published._normalised_information(codes)
    wanted = [normalized_mutual_info_score(codes[:, i], codes[:, j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert found == pytest.approx(wanted)


def test_detection_and_learning_with_xgboost(frames):
    pytest.importorskip("xgboost", reason="xgboost is in the judge's environment only")
    real, other, numeric = frames
    assert published.detection_score(real, real, numeric) > 0.95
    assert published.detection_score(real, other, numeric) < 0.4


def test_the_papers_numbers_are_whole():
    import json
    from pathlib import Path

    path = Path(published.__file__).parents[1] / "published.json"
    found = json.loads(path.read_text())
    for tables in found["methods"].values():
        assert set(tables) == {"adult", "default", "shoppers"}
        assert {len(row) for row in tables.values()} == {len(found["figures"])}
    assert found["methods"]["TabPC"]["shoppers"][3] == 0.894


def test_rows_of_the_rarer_class_raise_balanced_accuracy(survey):
    train, holdout = survey.iloc[:4000], survey.iloc[4000:]
    rare = train[train["affair"]]
    thin = pd.concat([train[~train["affair"]], rare.iloc[:150]])
    found = rebalance_figures(thin, holdout, rare.iloc[150:], "affair", [])
    assert found["balanced"] > found["balanced_without"] + 0.05
    assert found["auc"] > 0.6

"""Figures computed row by row: right values, and errors that agree with fresh draws."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.peers.judge.frames import as_codes, as_numbers_and_words
from benchmarks.peers.judge.row_errors import auc_placements, row_errors, trend_terms


def shuffled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({c: frame[c].to_numpy()[rng.permutation(len(frame))] for c in frame})


def test_placements_give_the_auc_with_ties():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    low, high = rng.integers(0, 6, 80), rng.integers(1, 7, 50)
    auc, above, below = auc_placements(low, high)
    assert auc == pytest.approx(roc_auc_score(np.r_[np.zeros(80), np.ones(50)], np.r_[low, high]))
    assert above.mean() == pytest.approx(below.mean()) == pytest.approx(auc)


def test_real_rows_look_real_and_shuffled_columns_do_not(survey):
    parts = [survey.iloc[i::3].reset_index(drop=True) for i in range(3)]
    good, terms = row_errors(*parts, "affair", [])
    bad, _ = row_errors(parts[0], parts[1], shuffled(parts[0], 1), "affair", [])
    assert abs(good["c2st"] - 0.5) < 0.04
    assert bad["c2st"] > 0.8
    assert good["trend"] > bad["trend"] + 0.03
    assert good["syn_gbm"] > bad["syn_gbm"] + 0.1
    for name in ("c2st_holdout", "gap_gbm_holdout"):
        assert len(terms[name]) == len(parts[1])
        assert abs(terms[name].sum()) < 1e-6


def test_the_variance_of_trend_is_that_of_fresh_draws(survey):
    frames, numeric = as_numbers_and_words(survey, survey)
    rng = np.random.default_rng(2)
    source = as_numbers_and_words(survey, shuffled(survey, 3))[0][1]
    values, stated = [], []
    for _ in range(40):
        made = source.iloc[rng.integers(0, len(source), 1500)].reset_index(drop=True)
        value, _, variance = trend_terms([frames[0], frames[1], made], numeric)
        values.append(value)
        stated.append(variance)
    assert np.std(values) == pytest.approx(np.sqrt(np.mean(stated)), rel=0.45)


def test_unknown_words_and_missing_values_have_codes():
    train = pd.DataFrame({"a": ["x", "x", "y", None], "b": [1.0, None, 2.0, 3.0]})
    other = pd.DataFrame({"a": ["z", None], "b": [None, 5.0]})
    frames, numeric = as_numbers_and_words(train, other)
    assert numeric == ["b"]
    codes = as_codes(frames, numeric)
    assert codes[1]["a"].iloc[0] == -1
    assert codes[1]["a"].iloc[1] >= 0

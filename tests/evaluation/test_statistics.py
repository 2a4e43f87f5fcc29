import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from synthloom.evaluation.statistics import (
    WeightedAreas,
    area_under_curve,
    difference_error,
    share_interval,
)

SCORES = st.lists(st.integers(0, 5), min_size=1, max_size=40)


@given(SCORES, SCORES)
def test_area_equals_scikit_learn_s_with_ties(positives, negatives):
    found = area_under_curve(np.array(positives, float), np.array(negatives, float))
    truth = roc_auc_score([1] * len(positives) + [0] * len(negatives), positives + negatives)
    assert found.value == pytest.approx(truth)
    assert found.negatives.mean() == pytest.approx(truth)


@given(SCORES, SCORES, st.integers(0, 99))
def test_weighted_area_equals_scikit_learn_s(positives, negatives, seed):
    scores, label = np.array(positives + negatives, float), np.repeat([True, False], [len(positives), len(negatives)])
    weights = np.random.default_rng(seed).integers(1, 4, len(scores)).astype(float)
    expected = roc_auc_score(label, scores, sample_weight=weights)
    assert WeightedAreas(scores, label)(weights) == pytest.approx(expected)


def test_the_standard_error_of_an_area_is_that_of_repeated_draws():
    draw = np.random.default_rng(0)
    areas = [area_under_curve(draw.normal(0.5, 1, 300), draw.normal(0, 1, 200)) for _ in range(400)]
    assert np.mean([area.error for area in areas]) == pytest.approx(np.std([area.value for area in areas]), rel=0.1)


def test_two_areas_over_the_same_rows_differ_with_less_error():
    draw = np.random.default_rng(1)
    inside, outside = draw.normal(1, 1, 500), draw.normal(0, 1, 500)
    first = area_under_curve(inside, outside)
    second = area_under_curve(inside + draw.normal(0, 0.1, 500), outside + draw.normal(0, 0.1, 500))
    assert difference_error(first, second) < 0.5 * np.hypot(first.error, second.error)


def test_a_perfect_separation_of_few_rows_is_not_certain():
    assert area_under_curve(np.arange(10.0) + 100, np.arange(10.0)).error > 0.04


@given(st.integers(1, 5000), st.floats(0, 1))
def test_the_interval_of_a_share_holds_the_share(total, share):
    count = int(share * total)
    low, high = share_interval(count, total)
    assert 0 <= low <= count / total + 1e-12
    assert count / total - 1e-12 <= high <= 1

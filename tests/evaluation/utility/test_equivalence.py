import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthloom.evaluation.utility.equivalence import Difference, combined_error, corrected_difference, holm
from synthloom.evaluation.utility.study_tests import make_tests, summarise


def test_tests_agree_with_statsmodels():
    from statsmodels.stats.power import TTestPower
    from statsmodels.stats.weightstats import DescrStatsW

    gaps = np.random.default_rng(0).normal(0.004, 0.006, 12)
    oracle = DescrStatsW(gaps)
    error = gaps.std(ddof=1) / math.sqrt(12)
    found = Difference(float(gaps.mean()), float(error), 11)
    assert found.p_difference == pytest.approx(oracle.ttest_mean(0)[1])
    assert found.interval() == pytest.approx(oracle.tconfint_mean())
    assert found.p_equivalence(0.01) == pytest.approx(oracle.ttost_mean(-0.01, 0.01)[0])
    power = TTestPower().power(0.01 / gaps.std(ddof=1), 12, 0.05)
    assert found.power(0.01) == pytest.approx(power, abs=1e-4)


def test_holm_agrees_with_statsmodels():
    from statsmodels.stats.multitest import multipletests

    values = np.random.default_rng(1).random(15) ** 3
    assert holm(list(values)) == pytest.approx(multipletests(values, method="holm")[1])


def test_the_corrected_error_is_that_of_nadeau_and_bengio():
    gaps = [0.01, 0.02, 0.00, 0.015]
    found = corrected_difference(gaps, 250, 750)
    assert found.error == pytest.approx(math.sqrt((1 / 4 + 1 / 3) * np.var(gaps, ddof=1)))
    assert found.degrees == 3
    assert math.isinf(corrected_difference([0.01], 250, 750).error)


def test_the_error_of_overlapping_splits_is_wide_enough():
    """Real rows against other real rows: the mean over splits of the same rows must not look certain."""
    false_words = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        shared, gaps = draw.normal(0, 0.01), draw.normal(0, 0.01, 10)  # what all splits share, no split shows
        found = corrected_difference(list(shared * 0.55 + gaps), 250, 750)
        false_words += found.p_difference < 0.05
    assert false_words <= 24  # 5 % of 200, with room for chance


@pytest.mark.parametrize(
    ("value", "error", "status", "words"),
    [
        (0.001, 0.002, "equivalent", "equivalent within 0.01 AUC"),
        (0.007, 0.001, "equivalent", "equivalent within 0.01 AUC"),
        (0.03, 0.005, "worse", "worse by 0.030 AUC, 95 % interval 0.020 to 0.040"),
        (0.012, 0.004, "worse", "which may or may not be more than 0.01"),
        (-0.03, 0.005, "better", "better by 0.030 AUC"),
        (0.005, 0.02, "undecided", "undecided: too few holdout rows to tell 0.01 AUC"),
    ],
)
def test_the_verdict_in_words(value, error, status, words):
    found = Difference(value, error)
    assert found.status(0.01) == status
    assert words in found.words(0.01, "AUC")


@given(st.floats(-0.2, 0.2), st.floats(1e-6, 0.1), st.floats(2, 60))
def test_equivalence_and_difference_never_contradict_the_interval(value, error, degrees):
    found = Difference(value, error, degrees)
    low, high = found.interval(0.90)
    assert (found.p_equivalence(0.01) < 0.05) == (low > -0.01 and high < 0.01)
    assert (found.p_difference < 0.05) == (not found.interval()[0] <= 0 <= found.interval()[1])
    assert 0.0 <= found.power(0.01) <= 1.0
    assert found.power(0.02) >= found.power(0.01) - 1e-9


def test_errors_join_by_satterthwaite():
    error, degrees = combined_error([(0.3, 3), (0.4, 3)])
    assert error == pytest.approx(0.5)
    assert degrees == pytest.approx(0.25**2 / (0.09**2 / 3 + 0.16**2 / 3))
    assert math.isinf(combined_error([(0.3, math.inf)])[1])


def test_a_study_counts_what_its_tests_say():
    draw = np.random.default_rng(3)

    def splits(gap, spread):
        gaps = draw.normal(gap, spread, 10)
        return [
            {
                "target": "y",
                "score": "AUC",
                "real": 0.9,
                "synthetic": 0.9 - g,
                "training_rows": 7500,
                "holdout_rows": 2500,
            }
            for g in gaps
        ]

    scores = {("a", "same"): splits(0.0, 0.002), ("a", "worse"): splits(0.05, 0.002), ("b", "weak"): splits(0.0, 0.03)}
    tests = make_tests(scores)
    same, worse, weak = tests
    assert (same.significant, same.equivalent, same.power > 0.8) == (False, True, True)
    assert (worse.significant, worse.equivalent, worse.status) == (True, False, "worse")
    assert (weak.significant, weak.equivalent, weak.power > 0.8) == (False, False, False)
    summary = summarise(tests, margin=0.01, detectable=0.01)
    assert (summary.no_difference, summary.equivalent, summary.powered) == (2, 1, 2)
    assert "In 2 of 3 tests" in summary.sentence

import pytest

from synthloom.evaluation.registry import METRICS
from synthloom.evaluation.verdicts import MARGINS, Margins, excess_of, judge, worst

RULE = Margins(good=0.02, poor=0.10)


@pytest.mark.parametrize(
    ("excess", "error", "verdict"),
    [
        (0.01, 0.001, "good"),
        (-0.5, 0.001, "good"),
        (0.03, 0.02, "good"),  # real rows fall short as far, one time in seven
        (0.05, 0.001, "fair"),
        (0.11, 0.001, "poor"),
        (0.30, 0.10, "poor"),  # noisy, but beyond doubt
        (0.05, 0.06, "unknown"),
        (0.11, 0.06, "unknown"),
        (None, 0.01, "unknown"),
        (float("nan"), 0.01, "unknown"),
    ],
)
def test_the_rule(excess, error, verdict):
    assert judge(excess, error, RULE) == verdict


def test_a_figure_without_margins_has_no_verdict():
    assert judge(0.0, 0.0, None) == "unknown"


def test_excess_points_in_the_bad_direction():
    assert excess_of(0.7, 0.9, "higher_is_better") == pytest.approx(0.2)
    assert excess_of(0.7, 0.9, "lower_is_better") == pytest.approx(-0.2)
    assert excess_of(0.7, 0.9, "nearer_to_reference") == pytest.approx(0.2)


def test_worst():
    assert worst(["good", "fair", "unknown"]) == "unknown"
    assert worst(["good", "poor", "unknown"]) == "poor"
    assert worst([]) == "unknown"


def test_every_metric_but_the_diagnostic_has_margins():
    assert set(METRICS) - {name.split("/")[0] for name in MARGINS} == {"distance_to_closest_record"}
    assert all(0 < rule.good < rule.poor for rule in MARGINS.values())

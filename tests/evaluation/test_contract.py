"""Every metric of the registry keeps the public contract, and the check catches those that do not."""

import json

import numpy as np
import pytest

from synthloom.evaluation import Metric
from synthloom.evaluation.registry import METRICS
from synthloom.testing.check_metric import check_metric, metric_faults


@pytest.mark.parametrize("name", METRICS)
def test_the_contract_of_a_metric(name):
    assert METRICS[name].name == name
    check_metric(METRICS[name]())


class RowShare(Metric):
    """A metric that keeps the contract: how many training rows there are for each row."""

    name = "row_share"
    family = "fidelity"
    direction = "higher_is_better"
    range = (0.0, 1.0)
    best = 1.0
    meaning = "The share of training rows among all the rows there are."

    def value(self, data):
        return data.train.n_rows / (data.train.n_rows + data.synthetic.n_rows)

    def measure(self, data):
        return [self.finding(self.value(data), reference=0.5, error=0.01)]


def test_a_metric_of_one_s_own_passes():
    check_metric(RowShare())


class Random(RowShare):
    def value(self, data):
        return float(np.random.default_rng().random())


class GlobalRandom(RowShare):
    def value(self, data):
        np.random.seed(3)
        return 0.5


class OutOfRange(RowShare):
    def value(self, data):
        return 1.5


class Infinite(RowShare):
    range = (0.0, float("inf"))

    def value(self, data):
        return float("nan")


class FirstRow(RowShare):
    def value(self, data):
        if "size" not in data.synthetic.names:
            return 0.5
        return float(np.clip(data.synthetic.column("size")[0].as_py() or 0, 0, 20)) / 20


class WrongWay(RowShare):
    def value(self, data):
        if data.train.n_rows != 600:
            return 0.5
        size, count = (data.synthetic.column(name).to_numpy() for name in ("size", "count"))
        return float(1 - abs(np.corrcoef(size, count)[0, 1]))


class Fragile(RowShare):
    def value(self, data):
        return 1.0 / (data.holdout.n_rows - 1)


class Silent(RowShare):
    def measure(self, data):
        return [self.finding(None)]


class NoReference(RowShare):
    def measure(self, data):
        return [self.finding(0.5)]


class NotJson(RowShare):
    def measure(self, data):
        return [self.finding(0.5, reference=0.5, error=0.01, detail={"array": np.zeros(2)})]


class OtherName(RowShare):
    def measure(self, data):
        return [self.finding(0.5, reference=0.5, error=0.01, name="another")]


class Shouting(RowShare):
    name = "Row Share"
    meaning = "Good"
    best = 7.0


class SecretAttack(RowShare):
    family = "privacy"


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (Random, "gave other findings"),
        (GlobalRandom, "global random state"),
        (OutOfRange, "leaves its range"),
        (Infinite, "not finite"),
        (FirstRow, "order of the rows"),
        (WrongWay, "are not better by it"),
        (Fragile, "fails on one holdout row"),
        (Silent, "no note that says why"),
        (NoReference, "no reference"),
        (NotJson, "not plain JSON"),
        (OtherName, "is called 'another'"),
        (Shouting, "not snake_case"),
        (SecretAttack, "what the attacker knows"),
    ],
)
def test_broken_metrics_are_caught(broken, words):
    faults = metric_faults(broken())
    assert any(words in fault for fault in faults), json.dumps(faults)
    with pytest.raises(AssertionError, match=broken.__name__):
        check_metric(broken())


def test_undeclared_metrics_are_caught():
    class Bare(Metric):
        def measure(self, data):
            return []

    assert "it does not declare meaning" in metric_faults(Bare())

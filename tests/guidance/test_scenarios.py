"""Scenarios: what is asked for holds, what is assumed is said, what cannot be is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import synthloom as sl
from synthloom.errors import OptionError, ScenarioError
from synthloom.guidance.scenarios_tail import fit_tail
from synthloom.guidance.scenarios_tilting import tilt
from synthloom.guidance.scenarios_unseen import shrinkage
from synthloom.scenario import scenario_from_yaml, scenario_to_yaml


@pytest.fixture(scope="module")
def real(fair) -> pd.DataFrame:
    frame = fair.arrow.to_pandas()[["rate_marriage", "age", "yrs_married", "religious", "educ", "affairs"]]
    frame["faith"] = np.where(frame.pop("religious") > 2, "strong", "weak")
    frame["wed"] = np.where(frame["yrs_married"] > 6, "long", "short")
    frame["degree"] = np.where(frame["educ"] > 15, "yes", "no")
    return frame


@pytest.fixture(scope="module")
def model(real):
    return sl.GaussianCopula().fit(real, seed=1)


def clauses(*entries: dict) -> dict:
    return {"name": "test", "clauses": list(entries)}


def test_clauses_hold_together(model) -> None:
    wanted = clauses(
        {"share": {"column": "faith", "values": ["weak"], "times": 1.2}, "because": "people believe less"},
        {"mean": {"column": "age", "plus": 2.0, "within": "wed = long"}},
        {"amplify": {"where": "affairs > 10", "times": 5}},
    )
    played = sl.play_scenario(model, wanted, 1_500, seed=3)
    assert len(played.data) == 1_500
    for figure in played.figures:
        assert figure.mark == "assumed"
        assert figure.played == pytest.approx(figure.asked, rel=0.06)
    assert (played.data["faith"] == "weak").mean() == pytest.approx(played.figures[0].asked, rel=0.05)
    marks = {column.column: column.mark for column in played.columns}
    assert marks["faith"] == marks["age"] == marks["affairs"] == "assumed"
    assert marks["educ"] == "learned"
    assert played.divergence > 0
    again = sl.play_scenario(model, wanted, 1_500, seed=3)
    assert again.data.equals(played.data)
    json.dumps(played.record())


def test_a_rare_event_fifty_times(model) -> None:
    played = sl.play_scenario(model, clauses({"amplify": {"where": "affairs > 25", "times": 50}}), 500, seed=1)
    assert (played.data["affairs"] > 25).mean() == pytest.approx(played.figures[0].asked, abs=0.01)
    assert played.figures[0].asked == pytest.approx(50 * played.figures[0].model)


def test_a_tail_goes_beyond_what_was_seen(model, real) -> None:
    wanted = clauses({"tail": {"column": "affairs", "start": 0.9, "scale": 2.0}})
    played = sl.play_scenario(model, wanted, 3_000, data=real, seed=1)
    assert played.data["affairs"].max() > real["affairs"].max()
    figure = played.figures[0]
    assert figure.interval is not None
    assert figure.interval[0] < figure.model < figure.interval[1]
    assert {c.column: c.mark for c in played.columns}["affairs"] == "extrapolated"


@pytest.mark.parametrize(("law", "seed"), [("exponential", 1), ("pareto", 2), ("lognormal", 3)])
def test_intervals_of_truncated_tails(law: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = {"exponential": rng.exponential, "pareto": lambda size: rng.pareto(4, size), "lognormal": lambda size: rng.lognormal(0, 1, size)}[law](size=20_000)  # fmt: skip
    below = values[values <= np.quantile(values, 0.95)]
    tail = fit_tail(below, start=0.9, quantile=0.999, known_to=0.95)
    assert tail.interval[0] < np.quantile(values, 0.999) < tail.interval[1]
    assert tail.estimate > below.max()


def test_rounding_does_not_shorten_a_tail() -> None:
    ratios = []
    for seed in range(4):
        values = np.random.default_rng(seed).gamma(2, size=20_000)
        excess = []
        for each in (values, np.round(values * 25) / 25):
            below = each[each <= np.quantile(each, 0.95)]
            tail = fit_tail(below, start=0.9, quantile=0.999, known_to=len(below) / len(each))
            excess.append(tail.estimate - np.quantile(each, 0.95))
            assert tail.interval[0] < np.quantile(values, 0.999) < tail.interval[1]
        ratios.append(excess[1] / excess[0])
    # counted as exact, rounded values gave 0.45 of what the same values gave unrounded
    assert 0.75 < np.mean(ratios) < 1.33


def test_tails_of_simulated_laws_lie_in_their_intervals() -> None:
    rng = np.random.default_rng(1)
    n, inside, tried = 8_000, 0, 0
    for _ in range(2):
        uniform, normal = rng.random(n), rng.normal(size=n)
        laws = [
            np.exp(0.7 * normal), np.exp(1.2 * normal), normal, rng.gamma(0.5, size=n), rng.gamma(8, size=n),
            rng.exponential(size=n) ** 2, uniform**-0.5, uniform**-0.25, np.abs(rng.standard_t(4, n)), rng.beta(2, 3, n),
            np.where(uniform < 0.05, 3, 1) * rng.gamma(2, size=n), np.where(uniform < 0.02, 3, 1) * np.exp(0.6 * normal),
            np.round(20 * np.exp(0.8 * normal)), rng.poisson(30 * rng.gamma(1, size=n)).astype(float),
        ]  # fmt: skip
        for values in laws:
            below = values[values <= np.quantile(values, 0.95)]
            tail = fit_tail(below, start=0.9, quantile=0.999, known_to=len(below) / n)
            inside += tail.interval[0] <= np.quantile(values, 0.999) <= tail.interval[1]
            tried += 1
            assert tail.interval[0] >= below.max()
    assert inside >= 0.9 * tried


def test_odds_that_tell_nothing_are_shrunk_away() -> None:
    rng = np.random.default_rng(0)
    logs, even = rng.normal(size=4_000), np.ones(4_000)
    told = (rng.random(4_000) < 1 / (1 + np.exp(-logs))).astype(int)
    assert shrinkage(logs, rng.integers(0, 2, 4_000), even) < 0.1
    assert shrinkage(logs, told, even) > 0.85
    assert shrinkage(3 * logs, told, even) == pytest.approx(1 / 3, abs=0.05)
    assert shrinkage(-logs, told, even) == 0


def test_conditions_never_seen_together(real) -> None:
    train = real[~((real["degree"] == "yes") & (real["wed"] == "long"))]
    model = sl.BoostedChain(max_rounds=20).fit(train, seed=1)
    wanted = clauses({"combine": {"where": "degree = yes and wed = long", "share": 0.4}})
    played = sl.play_scenario(model, wanted, 500, seed=2)
    rows = (played.data["degree"] == "yes") & (played.data["wed"] == "long")
    assert rows.mean() == pytest.approx(0.4, abs=0.01)
    assert (played.assumed >= rows.to_numpy()).mean() > 0.99
    assert played.figures[0].model is None
    assert "assumed" in played.figures[0].note
    truth = real[(real["degree"] == "yes") & (real["wed"] == "long")]
    assert abs(played.data["age"][rows].mean() - truth["age"].mean()) < abs(train["age"].mean() - truth["age"].mean())


IMPOSSIBLE = [
    {"share": {"column": "fath", "values": ["weak"], "times": 2}},
    {"share": {"column": "faith", "values": ["none"], "times": 2}},
    {"share": {"column": "faith", "values": ["strong"], "times": 3}},
    {"share": {"column": "faith", "values": ["weak"], "to": 0.5, "within": "age > 500"}},
    {"mean": {"column": "age", "to": 200}},
    {"mean": {"column": "faith", "plus": 1}},
    {"amplify": {"where": "wed = long", "times": 50}},
    {"amplify": {"where": "age > 20 or wed = long", "times": 2}},
    {"tail": {"column": "faith"}},
    {"tail": {"column": "rate_marriage"}},
    {"combine": {"where": "faith = weak", "share": 0.5}},
    {"combine": {"where": "faith = other and wed = long", "share": 0.5}},
]


@pytest.mark.parametrize("clause", IMPOSSIBLE, ids=str)
def test_what_cannot_be_is_refused(model, clause: dict) -> None:
    with pytest.raises(ScenarioError):
        sl.play_scenario(model, clauses(clause), 100, seed=1)


def test_contradictions_are_refused(model) -> None:
    apart = [{"share": {"column": "faith", "values": [v], "to": 0.8}} for v in ("weak", "strong")]
    with pytest.raises(ScenarioError, match="cannot hold together"):
        sl.play_scenario(model, clauses(*apart), 100, seed=1)
    with pytest.raises(ScenarioError, match="speak of the same"):
        sl.play_scenario(model, clauses(apart[0], apart[0]), 100, seed=1)
    with pytest.raises(OptionError):
        sl.play_scenario(model, clauses(apart[0]), 0)


def test_a_mistake_is_named_by_line_and_column() -> None:
    text = "name: x\nclauses:\n  - share:\n      column: a\n      valus: [b]\n      times: 2\n"
    with pytest.raises(ScenarioError, match=r"line \d+, column \d+"):
        scenario_from_yaml(text)
    good = scenario_from_yaml(text.replace("valus", "values"))
    assert scenario_from_yaml(scenario_to_yaml(good)) == good


def test_weights_of_least_divergence() -> None:
    values = np.random.default_rng(0).normal(size=4_000)
    tilted = tilt(np.ones(4_000), values[:, None], np.array([0.5]))
    assert tilted.weights @ values == pytest.approx(0.5, abs=1e-6)
    # of a standard normal the nearest law with this mean is the shifted one: divergence 0.5² / 2
    assert tilted.divergence == pytest.approx(0.125, abs=0.02)

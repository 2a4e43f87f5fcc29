"""Scenarios and fair fits on the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import synthloom as sl
from synthloom.cli.main import main


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], 1_500)
    hired = np.where(rng.random(1_500) < np.where(group == "a", 0.6, 0.3), "yes", "no")
    return pd.DataFrame({"skill": rng.normal(size=1_500).round(2), "group": group, "hired": hired})


def test_a_scenario_is_played_and_recorded(frame, tmp_path, capsys) -> None:
    model = sl.GaussianCopula().fit(frame, seed=1).save(tmp_path / "model")
    scenario = tmp_path / "s.yaml"
    scenario.write_text("name: s\nclauses:\n  - share: {column: group, values: [a], to: 0.8}\n", encoding="utf-8")
    output = tmp_path / "rows.csv"
    assert call("sample", model, "--scenario", scenario, "--rows", 300, "--output", output, "--seed", 1) == 0
    assert (pd.read_csv(output)["group"] == "a").mean() == pytest.approx(0.8, abs=0.01)
    record = json.loads((tmp_path / "rows.csv.scenario.json").read_text(encoding="utf-8"))
    assert record["label"] == "synthetic"
    assert record["clauses"][0]["mark"] == "assumed"
    assert "assumed" in capsys.readouterr().out
    scenario.write_text("name: s\nclauses:\n  - share: {column: group, values: [z], to: 0.8}\n", encoding="utf-8")
    other = tmp_path / "other.csv"
    assert call("sample", model, "--scenario", scenario, "--rows", 300, "--output", other) == 2
    assert not other.exists()
    assert call("sample", model, "--scenario", scenario, "--where", "group = a", "--rows", 3, "--output", other) == 2


def test_a_fair_fit(frame, tmp_path, capsys) -> None:
    source, model = tmp_path / "people.csv", tmp_path / "model"
    frame.to_csv(source, index=False)
    words = ["fit", source, "--output", model, "--synthesizer", "gaussian_copula", "--seed", 1]
    fair = ["--fair", "statistical_parity", "--sensitive", "group", "--target", "hired", "--outcome", "yes"]
    assert call(*words, *fair) == 0
    assert "outcome" in capsys.readouterr().out
    made = sl.load(model).sample(2_000, seed=1)
    rates = pd.Series(made["hired"].to_pylist()).eq("yes").groupby(made["group"].to_pylist()).mean()
    assert abs(rates["a"] - rates["b"]) < 0.1
    assert call(*words[:3], tmp_path / "no", "--sensitive", "group") == 2
    assert call(*words[:3], tmp_path / "no", "--fair", "parity", "--sensitive", "group", "--target", "hired") == 2

"""The refit that the workflow hands to the canary attack."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synthloom as sl
from synthloom.data import Table
from synthloom.run_context import RunContext
from synthloom.workflow.refitting import refit_by, refit_like


@pytest.fixture(scope="module")
def tables():
    draw = np.random.default_rng(0)

    def rows(n):
        size = draw.normal(10, 3, n).round(2)
        return pa.table({"size": size, "twice": (2 * size + draw.normal(0, 1, n)).round(1), "kind": draw.choice(["a", "b", "c"], n)})

    return rows(1000), rows(500), rows(1000)


def test_a_refit_fits_a_fresh_synthesizer_and_repeats_itself(tables, tmp_path):
    train = Table(tables[0])
    schema = sl.infer_schema(train)
    model = sl.IndependentColumns().fit(train, schema, seed=1)
    model.save(tmp_path / "model")
    for source in (model, tmp_path / "model"):
        refit = refit_like(source, schema, RunContext())
        made = refit(train.slice(0, 400), 3)
        assert made.n_rows == 400
        assert made.names == train.names
        assert made.arrow.equals(refit(train.slice(0, 400), 3).arrow)
        assert not made.arrow.equals(refit(train.slice(0, 400), 4).arrow)


def test_a_user_s_function_gets_its_own_kind_of_frame(tables):
    frame = Table.from_frame(tables[0].to_pandas())
    refit = refit_by(lambda rows, seed: rows.sample(frac=1, random_state=seed), frame)
    assert sorted(refit(frame, 0).column("size").to_pylist()) == sorted(frame.column("size").to_pylist())


def test_evaluate_plants_canaries_where_a_refit_is_given(tables, monkeypatch):
    from synthloom.evaluation.privacy.canaries import Canaries

    monkeypatch.setattr("synthloom.evaluation.registry.METRICS", {"canaries": Canaries})
    train, holdout, fresh = tables
    common = {"train": train, "holdout": holdout, "synthetic": fresh, "seed": 0}
    assert [f.name for f in sl.evaluate(**common).findings] == []
    leaky = sl.evaluate(**common, refit=lambda rows, seed: rows).findings
    assert [f.name for f in leaky] == ["canaries"]
    assert leaky[0].verdict == "poor"
    honest = sl.evaluate(**common, refit=sl.IndependentColumns()).findings
    assert honest[0].verdict in ("good", "unknown")  # a hundred canaries make ten sure guesses
    assert honest[0].value < leaky[0].value - 0.2


def test_the_command_line_takes_the_model_that_made_the_rows(tables, tmp_path, monkeypatch):
    import json

    from typer.testing import CliRunner

    from synthloom.cli.main import app
    from synthloom.evaluation.privacy.canaries import Canaries

    monkeypatch.setattr("synthloom.evaluation.registry.METRICS", {"canaries": Canaries})
    files = {}
    for part, table in zip(("train", "holdout", "synthetic"), tables, strict=True):
        files[part] = tmp_path / f"{part}.parquet"
        pq.write_table(table, files[part])
    sl.IndependentColumns().fit(tables[0], seed=1).save(tmp_path / "model")
    given = [word for part, file in files.items() for word in (f"--{part}", str(file))]
    model, report = str(tmp_path / "model"), tmp_path / "report"
    done = CliRunner().invoke(app, ["evaluate", *given, "--model", model, "--seed", "0", "--output", str(report)])
    assert done.exit_code == 0, done.output
    assert "canaries" in [f["name"] for f in json.loads((report / "report.json").read_text())["findings"]]

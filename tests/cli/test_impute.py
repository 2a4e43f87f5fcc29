"""The verbs that speak of conditions, constraints and gaps."""

import json

import pyarrow.csv
import pytest

from synthloom.cli.main import _run
from synthloom.testing import mixed_table


def cli(capsys, *arguments):
    code = _run([str(a) for a in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    pyarrow.csv.write_csv(mixed_table(400).arrow.drop_columns(["nothing"]), path)
    return path


@pytest.fixture
def model(capsys, table, tmp_path):
    arguments = ("fit", table, "--output", tmp_path / "model", "--seed", "1", "--synthesizer", "gaussian_copula")
    assert cli(capsys, *arguments)[0] == 0
    return tmp_path / "model"


def test_where_and_constraints(capsys, model, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "- {kind: inequality, columns: [count, amount]}\n- {kind: monotone, column: when}\n"
    )
    out = tmp_path / "out.csv"
    arguments = ("sample", model, "--rows", "60", "--seed", "1", "--output", out)
    code, text, _ = cli(
        capsys,
        *arguments,
        "--where",
        "count between 2 and 4",
        "--where",
        "size in (large, small)",
        "--constraints",
        tmp_path / "c.yaml",
    )
    assert code == 0
    assert "Effective sample size" in text
    made = pyarrow.csv.read_csv(out).to_pandas()
    assert len(made) == 60
    assert made["count"].between(2, 4).all()
    assert set(made["size"]) <= {"large", "small"}
    assert (made["amount"].isna() | (made["count"] <= made["amount"])).all()
    assert made["when"].is_monotonic_increasing


def test_filled_rows(capsys, model, tmp_path):
    (tmp_path / "given.csv").write_text("size,count\nlarge,\nsmall,3\n,5\n")
    code, _, _ = cli(
        capsys, "sample", model, "--fill", tmp_path / "given.csv", "--output", tmp_path / "out.csv", "--seed", "1"
    )
    assert code == 0
    made = pyarrow.csv.read_csv(tmp_path / "out.csv").to_pandas()
    assert made["size"].tolist()[:2] == ["large", "small"]
    assert made["count"].tolist()[1:] == [3, 5]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--rows", "5", "--where", "cuont = 3"), 'did you mean "count"'),
        (("--rows", "5", "--where", "count around 3"), "character 7"),
        (("--rows", "5", "--where", "count > 100000"), "count goes from"),
        (("--rows", "5", "--constraints", "nowhere.yaml"), "cannot read"),
        ((), "no number of rows"),
    ],
)
def test_mistakes(capsys, model, tmp_path, more, words):
    code, _, err = cli(capsys, "sample", model, "--output", tmp_path / "out.csv", *more)
    assert code == 2
    assert words in " ".join(err.split())
    assert not (tmp_path / "out.csv").exists()


def test_impute(capsys, table, model, tmp_path):
    out = tmp_path / "filled"
    code, text, err = cli(capsys, "impute", table, "--output", out, "--model", model, "--draws", "1", "--seed", "1")
    assert code == 0, err
    assert "real rows" in text
    real, made = (pyarrow.csv.read_csv(p).to_pandas() for p in (table, out / "table.csv"))
    assert made["amount"].notna().all()
    there = real["amount"].notna()
    assert made["amount"][there].equals(real["amount"][there])
    assert (out / "table.draw-1.csv").is_file()
    cells = pyarrow.csv.read_csv(out / "imputed_cells.csv").to_pandas()
    assert len(cells) == real["amount"].isna().sum() + (real["size"].isna() | (real["size"] == "")).sum()
    assert json.loads((out / "manifest.json").read_text())["label"] == "imputed"
    assert cli(capsys, "verify", out)[0] == 0
    assert cli(capsys, "impute", table, "--output", out, "--model", model)[0] == 2
    assert cli(capsys, "impute", table, "--output", tmp_path / "x", "--column", "nobody", "--model", model)[0] == 2
    assert not (tmp_path / "x").exists()


def test_schema_proposes(capsys, table):
    code, text, _ = cli(capsys, "schema", table)
    assert code == 0
    assert "# constraints:" in text
    code, text, _ = cli(capsys, "schema", table, "--constraints")
    assert code == 0
    assert "\nconstraints:" in text

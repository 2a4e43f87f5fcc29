import os
import signal
import subprocess
import sys
import time

import pyarrow.csv
import pytest

from synthloom.cli.main import _run
from synthloom.testing import mixed_table


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    pyarrow.csv.write_csv(mixed_table(500).arrow, path)
    return path


def cli(capsys, *arguments):
    code = _run([str(a) for a in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_run(capsys, table, tmp_path):
    code, out, err = cli(capsys, "run", table, "--target", "paid", "--output", tmp_path / "out", "--seed", "1")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("● ")][0].startswith("● Useful?")
    assert "Private?" in out and "Hidden or dropped?" in out
    assert "Forecast: about" in err and "A first look" in err
    assert (tmp_path / "out/release/synthetic.csv").is_file()


def test_fit_sample_verify(capsys, table, tmp_path):
    assert cli(capsys, "fit", table, "--output", tmp_path / "model", "--seed", "1")[0] == 0
    assert cli(capsys, "verify", tmp_path / "model")[0] == 0
    sample = ("sample", tmp_path / "model", "--rows", "50", "--seed", "2", "--where", "size=large", "--output")
    for name in ("a.csv", "b.csv", "c.parquet", "d.csv.gz", "e.xlsx"):
        assert cli(capsys, *sample, tmp_path / name)[0] == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").read_text().count("large") == 50
    with (tmp_path / "model" / "schema.yaml").open("a") as file:
        file.write("# changed\n")
    code, _, err = cli(capsys, "verify", tmp_path / "model")
    assert code == 2
    assert "changed" in err


def test_evaluate_and_schema(capsys, table, tmp_path):
    arguments = ("--train", table, "--holdout", table, "--synthetic", table, "--target", "paid")
    code, out, _ = cli(capsys, "evaluate", *arguments, "--output", tmp_path / "evidence")
    assert code == 0
    assert (tmp_path / "evidence" / "report.html").is_file()
    assert cli(capsys, "schema", table, "--output", tmp_path / "s.yaml")[0] == 0
    text = (tmp_path / "s.yaml").read_text().replace("kind: categorical", "kind: categorial", 1)
    (tmp_path / "s.yaml").write_text(text)
    code, _, err = cli(capsys, "run", table, "--schema", tmp_path / "s.yaml", "--output", tmp_path / "out")
    assert code == 2
    assert "line" in err and "column" in err


def test_step_by_step(capsys, table, tmp_path):
    """What run does at once, one verb after the other."""
    parts = tmp_path / "parts"
    assert cli(capsys, "split", table, "--output", parts, "--seed", "1")[0] == 0
    lines = [len((parts / name).read_text().splitlines()) - 1 for name in ("train.csv", "holdout.csv")]
    assert lines == [375, 125]
    model, made = tmp_path / "model", tmp_path / "made.csv"
    assert cli(capsys, "fit", parts / "train.csv", "--output", model, "--seed", "1")[0] == 0
    assert cli(capsys, "sample", model, "--rows", "375", "--output", made, "--seed", "1")[0] == 0
    arguments = ("--train", parts / "train.csv", "--holdout", parts / "holdout.csv", "--synthetic", made)
    assert cli(capsys, "evaluate", *arguments, "--output", tmp_path / "evidence")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nowhere.csv"),
        ("run", "TABLE", "--target", "nobody"),
        ("run", "TABLE", "--synthesizer", "magic"),
        ("run", "TABLE", "--rows", "many"),
        ("run", "TABLE", "--rows", "0"),
        ("run",),
        ("dance",),
        ("verify", "TABLE"),
        ("sample", "TABLE", "--rows", "5", "--output", "x.csv"),
        ("fit", "TABLE", "--output", "TABLE"),
        ("schema", "TABLE", "--output", "no/such/folder/x.yaml"),
        ("run", "TABLE", "--policy", "none.yaml"),
        ("run", "TABLE", "--time-limit", "soon"),
        ("run", "TABLE", "--memory-limit", "2XB"),
        ("run", "TABLE", "--time-limit", "10ms"),
        ("fit", "TABLE", "--output", "m", "--memory-limit", "64MB"),
        ("audit", "TABLE", "--against", "TABLE"),
        ("audit", "nowhere", "--against", "TABLE"),
    ],
)
def test_a_users_mistake_is_exit_code_two(capsys, table, arguments, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    code, _, err = cli(capsys, *(table if a == "TABLE" else a for a in arguments))
    assert code == 2
    assert err.strip()
    assert "Traceback" not in err
    assert sorted(p.name for p in tmp_path.iterdir()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_nothing(number, tmp_path):
    path = tmp_path / "table.csv"
    pyarrow.csv.write_csv(mixed_table(20_000).arrow, path)
    command = [sys.executable, "-m", "synthloom", "run", str(path), "--output", str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"COLUMNS": "200"})
    while not (line := process.stderr.readline()).startswith(b"Forecast"):
        assert line or process.poll() is None
    time.sleep(0.3)
    process.send_signal(number)
    rest = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    assert sorted(p.name for p in tmp_path.iterdir()) == ["table.csv"]

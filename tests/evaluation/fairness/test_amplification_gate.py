"""Biased rows are held back by a policy that speaks of amplification, and fresh rows pass it."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from synthloom.cli.main import _run

POLICY = """\
clauses:
  - finding: amplification
    evidence: value
    at_most: 0.1
  - finding: amplification
    column: sex
    evidence: verdict
    one_of: [good, fair, unknown]
"""


def write(path, n, seed, bias=0.0):
    draw = np.random.default_rng(seed)
    sex, skill = draw.choice(["f", "m"], n), draw.normal(size=n)
    hired = np.where(skill - (0.2 + bias) * (sex == "f") + 0.5 * draw.normal(size=n) > 0, "yes", "no")
    pyarrow.csv.write_csv(pa.table({"sex": sex.tolist(), "skill": skill, "hired": hired.tolist()}), path)
    return str(path)


@pytest.mark.parametrize(("bias", "code"), [(0.0, 0), (1.5, 3)])
def test_the_gate(tmp_path, capsys, bias, code):
    train, holdout = write(tmp_path / "train.csv", 1500, 1), write(tmp_path / "holdout.csv", 800, 2)
    made = write(tmp_path / "synthetic.csv", 1500, 3, bias)
    (tmp_path / "policy.yaml").write_text(POLICY)
    files = ["--train", train, "--holdout", holdout, "--synthetic", made, "--output", str(tmp_path / "out")]
    options = ["--target", "hired", "--sensitive", "sex", "--seed", "1", "--policy", str(tmp_path / "policy.yaml")]
    assert _run(["evaluate", *files, *options, "--workers", "1"]) == code
    said = capsys.readouterr()
    assert "Fair?" in said.out if code == 0 else "2 of 2 clauses" in said.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Is it fair?" in page and "Group by group" in page


def test_an_unknown_sensitive_column_is_told(tmp_path, capsys):
    made = write(tmp_path / "rows.csv", 300, 1)
    files = ["--train", made, "--holdout", made, "--synthetic", made, "--output", str(tmp_path / "out")]
    assert _run(["evaluate", *files, "--sensitive", "sxe"]) == 2
    assert 'no column "sxe" for sensitive' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [["--shift-column", "skill"], ["--depth", "deep"], ["--shift-from", "1"]])
def test_wrong_options_of_a_run_are_told(tmp_path, options):
    made = write(tmp_path / "rows.csv", 400, 1)
    verb = ["run", made, "--output", str(tmp_path / "out"), "--synthesizer", "independent_columns", "--workers", "1"]
    assert _run([*verb, *options]) == 2
    assert not (tmp_path / "out").exists()

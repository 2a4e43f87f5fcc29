import pyarrow.csv
import pytest

from synthloom.cli.main import _run
from synthloom.testing import mixed_table

STRICT = "name: strict\nclauses:\n  - finding: c2st_auc\n    at_most: 0.5\n"
EASY = "name: easy\nclauses:\n  - {finding: pair_trend, evidence: value, at_least: 0.1}\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    pyarrow.csv.write_csv(mixed_table(400).arrow, path)
    pyarrow.csv.write_csv(mixed_table(300, seed=9).arrow, tmp_path / "other.csv")
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "easy.yaml").write_text(EASY)
    return path


def cli(capsys, *arguments):
    code = _run([str(a) for a in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_run_evaluate_and_audit_under_a_policy(capsys, table, tmp_path):
    common = ("--target", "paid", "--seed", "1", "--synthesizer", "independent_columns")
    strict, easy = tmp_path / "strict.yaml", tmp_path / "easy.yaml"
    code, out, err = cli(capsys, "run", table, *common, "--output", tmp_path / "a", "--policy", strict)
    assert code == 3
    assert "c2st_auc" in err and "No data were given out" in err and "Traceback" not in err
    assert not (tmp_path / "a/release").exists()
    code, out, err = cli(capsys, "run", table, *common, "--output", tmp_path / "b", "--policy", easy)
    assert code == 0
    assert "Meets the policy" in out
    copies = ("--train", table, "--holdout", tmp_path / "other.csv", "--synthetic", table, "--seed", "1")
    code, _, err = cli(capsys, "evaluate", *copies, "--output", tmp_path / "e", "--policy", "default")
    assert code == 3  # every synthetic row is a training row
    assert "exact_copies" in err and "given out" not in err
    assert "Not met" in (tmp_path / "e/report.html").read_text()
    code, out, err = cli(capsys, "audit", tmp_path / "b", "--against", table, "--seed", "1")
    assert code == 0, err
    assert "Added to the history" in out
    assert cli(capsys, "verify", tmp_path / "b")[0] == 0


def test_fit_under_a_time_limit_says_what_it_chose(capsys, table, tmp_path):
    code, out, err = cli(capsys, "fit", table, "--output", tmp_path / "m", "--seed", "1", "--time-limit", "10m")
    assert code == 0
    assert "Synthesizer: boosted_chain" in err
    assert "Model: " in out

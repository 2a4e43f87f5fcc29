"""``synthloom augment`` and ``synthloom rebalance``, run as a user runs them."""

import json

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from synthloom.artifact import verify_folder
from synthloom.cli.main import _run


def cli(capsys, *arguments):
    code = _run([str(a) for a in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture
def table(tmp_path):
    """Real rows; YAML would read the classes as true and false if they were not kept as words."""
    frame = load_breast_cancer(as_frame=True).frame[["mean radius", "mean texture", "target"]].head(200)
    frame = frame.assign(target=frame["target"].map({0: "yes", 1: "no"}))
    frame.to_csv(tmp_path / "cells.csv", index=False)
    return tmp_path / "cells.csv"


QUICK = ("--splits", 3, "--inner", 2, "--multiple", 1, "--seed", 1, "--workers", 1, "--learner", "linear")
COPULA = ("--synthesizer", "gaussian_copula")


def test_augment_says_what_it_found(capsys, table, tmp_path):
    out = tmp_path / "out"
    arguments = ("augment", table, "--target", "target", "--output", out, "--add", "balanced:0.5", *QUICK, *COPULA)
    code, text, _ = cli(capsys, *arguments)
    assert code == 0
    assert "Synthetic rows" in text
    assert {path.name for path in out.iterdir()} == {
        "cells.csv", "augmentation.json", "augmentation.md", "augmentation.html", "manifest.json",
    }  # fmt: skip
    manifest = verify_folder(out)
    assert manifest.label == "augmented"
    found = json.loads((out / "augmentation.json").read_text())
    assert found["added"] == {"kind": "balanced", "rows": 100}
    made = pd.read_csv(out / "cells.csv")
    assert made["provenance"].value_counts().to_dict() == {"real": 200, "synthetic": 100}
    pd.testing.assert_frame_equal(made[:200].drop(columns="provenance"), pd.read_csv(table))
    page = (out / "augmentation.html").read_text()
    assert found["sentence"].split(":")[0] in page
    assert "<script" not in page
    assert found["against_advice"] == (manifest.facts["against_advice"] is True)
    # there already: nothing is touched without being told to
    code, _, err = cli(capsys, *arguments)
    assert code == 2
    assert "--overwrite" in err


def test_without_gain_no_table_is_written(capsys, table, tmp_path):
    out = tmp_path / "out"
    code, text, _ = cli(capsys, "augment", table, "--target", "target", "--output", out, *QUICK, *COPULA)
    assert code == 0
    found = json.loads((out / "augmentation.json").read_text())
    assert (out / "cells.csv").exists() == found["recommended"]
    if not found["recommended"]:
        assert "No rows were added" in text
        assert found["added"] is None


@pytest.mark.parametrize(
    "given",
    [
        "target: {yes: 0.5, no: 0.5}",
        "target: balanced",
        "mean radius: {'< 12': 0.5}",
        "mean radius: [0.5, 0.25, 0.25]",
    ],
)
def test_rebalance(capsys, table, tmp_path, given):
    out = tmp_path / "out"
    code, text, _ = cli(capsys, "rebalance", table, "--mix", given, "--output", out, "--seed", 1, *COPULA)
    assert code == 0
    made = pd.read_csv(out / "cells.csv")
    assert verify_folder(out).label == "augmented"
    assert (made["provenance"] == "real").sum() == 200
    largest = made["target"].value_counts() if "target:" in given else (made["mean radius"] < 12).value_counts()
    if "[" not in given:
        assert largest.iloc[0] == largest.iloc[1]
    written = json.loads((out / "rebalancing.json").read_text())["counts"]
    assert sum(c["real"] + c["synthetic"] for c in written) == len(made)
    assert written[0]["words"] in text


def test_rebalance_from_a_file_without_real_rows(capsys, table, tmp_path):
    (tmp_path / "mix.yaml").write_text("target:\n  yes: 0.9\n")
    out = tmp_path / "out"
    arguments = ("--mix", tmp_path / "mix.yaml", "--real", "none", "--size", 50, "--output", out, "--seed", 1)
    assert cli(capsys, "rebalance", table, *arguments, *COPULA)[0] == 0
    made = pd.read_csv(out / "cells.csv")
    assert made["target"].value_counts().to_dict() == {"yes": 45, "no": 5}
    assert verify_folder(out).label == "synthetic"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("augment", "--target", "tarket"), 'did you mean "target"'),
        (("augment", "--target", "target", "--add", "more"), "plain:K"),
        (("augment", "--target", "target", "--splits", "1"), "3 or more"),
        (("rebalance", "--mix", "target: {yes: 1.0}"), "no share to"),
        (("rebalance", "--mix", "target: {yes: much}"), "from 0 to 1"),
        (("rebalance", "--mix", "target: {yes: 0.5"), "cannot be read"),
        (("rebalance", "--mix", "yes"), "YAML"),
        (("rebalance", "--mix", "target: balanced", "--real", "some"), '"keep" or "none"'),
        (("rebalance", "--mix", "target: balanced", "--size", "20"), "rows or more"),
    ],
)
def test_mistakes(capsys, table, tmp_path, arguments, words):
    verb, *rest = arguments
    code, _, err = cli(capsys, verb, table, *rest, "--output", tmp_path / "out")
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["cells.csv"]

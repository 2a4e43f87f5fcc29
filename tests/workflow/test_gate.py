import json

import pytest

import synthloom as sl
from synthloom.cli.main import _run
from synthloom.errors import ArtifactError, InputError, OptionError, PolicyError
from synthloom.policy import Clause, Policy, read_policy
from synthloom.report import read_report_json

NAME = "independent_columns"
MET = Policy(
    name="easy",
    clauses=(
        Clause(finding="pair_trend", evidence="value", at_least=0.1, reason="Pairs <here> agree a little."),
        Clause(finding="column_shape", column="*", evidence="value", at_least=0.0),
        Clause(finding="amplification", at_most=0.1, allow=("not_applicable",)),
    ),
)
STRICT = Policy(name="strict", clauses=(*MET.clauses, Clause(finding="c2st_auc", at_most=0.5, reason="No trace.")))


@pytest.fixture(scope="module")
def frame(fair):
    return fair.slice(0, 1_200)


@pytest.fixture(scope="module")
def later(fair):
    return fair.slice(3_000, 600)


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def released(frame, tmp_path_factory):
    """A run that met its policy; tests copy it."""
    folder = tmp_path_factory.mktemp("released") / "out"
    sl.run(frame, target="affairs", output=folder, seed=1, synthesizer=NAME, policy=MET)
    return folder


@pytest.fixture
def copy(released, tmp_path):
    import shutil

    return shutil.copytree(released, tmp_path / "copy")


def test_a_policy_that_is_met_is_shown_clause_by_clause(released):
    card, report = ((released / name).read_text() for name in ("release/card.html", "private/report.html"))
    for page in (card, report):
        assert "Meets the policy" in page
        assert "Pairs &lt;here&gt; agree a little." in page
        assert "figure ≥ 0.1" in page
        assert "Unknown, allowed" in page
    assert read_policy(released / "private/policy.yaml") == MET
    assert json.loads((released / "run.json").read_text())["policy"] == {"name": "easy", "met": True}
    stored = read_report_json((released / "release/card.json").read_text())
    assert stored.policy.met
    assert not any(clause.measured for clause in stored.policy.clauses)  # figures of single columns stay at home
    assert stored.facts == stored.warnings == stored.suppressed == ()


def test_data_are_withheld_where_the_evidence_falls_short(frame, tmp_path):
    with pytest.raises(PolicyError, match=r"strict.*\n.*c2st_auc.*\n?No data were given out") as caught:
        sl.run(frame, target="affairs", output=tmp_path / "out", seed=1, synthesizer=NAME, policy=STRICT)
    assert caught.value.exit_code == 3
    names = set(files_of(tmp_path / "out"))
    assert not any(name.startswith("release") or "synthetic" in name or "card" in name for name in names)
    assert {"private/report.html", "private/report.json", "private/model/manifest.json", "run.json"} <= names
    report = (tmp_path / "out/private/report.html").read_text()
    assert "Not met" in report and "Falls short of the policy" in report and "No trace." in report
    assert caught.value.report.content.policy.shortfalls
    assert json.loads((tmp_path / "out/run.json").read_text())["policy"]["met"] is False
    assert sl.load(tmp_path / "out/private/model").name == NAME  # the model stays, to be mended
    with pytest.raises(InputError, match="holds no release"):
        sl.audit(tmp_path / "out", against=frame)


def test_without_a_folder_no_data_come_back_either(frame):
    with pytest.raises(PolicyError) as caught:
        sl.run(frame.slice(0, 400), seed=1, synthesizer=NAME, policy=STRICT)
    assert caught.value.folder is None
    assert not hasattr(caught.value.report, "data")


def test_a_wrong_policy_is_told_before_anything_is_read(tmp_path):
    (tmp_path / "p.yaml").write_text("clauses:\n  - finding: exact_copyes\n    at_most: 1\n")
    with pytest.raises(OptionError, match=r"p.yaml, line 2, column 5.*did you mean"):
        sl.run(tmp_path / "no such file.csv", policy=tmp_path / "p.yaml")


def test_every_finding_of_a_run_can_be_named(released):
    from synthloom.evaluation import known_findings

    stored = read_report_json((released / "private/report.json").read_text())
    assert {finding.name for finding in stored.findings} <= known_findings()


def test_an_audit_is_appended_and_nothing_else_changes(copy, frame, later):
    before = files_of(copy)
    view = sl.audit(copy, against=later, train=frame, seed=1)
    assert view.content.policy.met  # the policy of the run
    assert "fingerprint" in view.content.warnings[0]  # the training rows were found in the input
    assert dict(view.content.facts)["Rows, train"] == "900"
    sl.audit(copy, against=later, seed=1, policy=STRICT.model_copy(update={"clauses": MET.clauses}))
    after = files_of(copy)
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {
        "release/card.html", "release/card.json", "release/manifest.json", "private/manifest.json",
        "private/audits/001/report.html", "private/audits/001/report.json",
        "private/audits/002/report.html", "private/audits/002/report.json",
    }  # fmt: skip
    assert _run(["verify", str(copy)]) == 0
    assert json.loads(after["release/manifest.json"])["facts"]["audits"] == 2
    history = read_report_json(after["release/card.json"].decode()).history
    assert [(entry.policy.name, entry.policy.met) for entry in history] == [("easy", True), ("strict", True)]
    private = [next(line for line in entry.verdicts if line.question == "Private?").level for entry in history]
    assert private[1] == "unknown"  # without the training rows
    assert "History: audits after the release" in after["release/card.html"].decode()


def test_an_audit_that_falls_short_says_so_on_the_card(copy, later):
    with pytest.raises(PolicyError, match="strict"):
        sl.audit(copy, against=later, policy=STRICT, seed=1)
    card = (copy / "release/card.html").read_text()
    assert "An audit after the release fell short." in card
    assert (copy / "release/synthetic.parquet").is_file()
    assert _run(["verify", str(copy)]) == 0


def test_a_release_alone_can_be_audited(copy, later, tmp_path):
    release = copy / "release"
    view = sl.audit(release, against=later, target="affairs", seed=1, output=tmp_path / "full")
    assert view.content.policy is None
    assert (tmp_path / "full/report.html").is_file()
    assert {p.name for p in release.iterdir()} == {"synthetic.parquet", "card.html", "card.json", "manifest.json"}
    assert _run(["verify", str(release)]) == 0


def test_a_changed_release_is_not_audited(copy, later):
    (copy / "release/card.json").write_text("{}")
    before = files_of(copy)
    with pytest.raises(ArtifactError, match="changed"):
        sl.audit(copy, against=later)
    assert files_of(copy) == before


def test_an_audit_that_breaks_leaves_the_old_state(copy, later, monkeypatch):
    before = files_of(copy)

    def broken(*_, **__):
        raise OSError(28, "no space left")

    monkeypatch.setattr("synthloom.workflow.auditing.write_manifest", broken)
    with pytest.raises(sl.UserError, match="disk is full"):
        sl.audit(copy, against=later, seed=1)
    assert files_of(copy) == before
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]


def test_the_card_of_an_audit_holds_no_real_value(copy, fair):
    """The history is held against the same bar as the card."""
    import pyarrow as pa

    canary = "CANARY-7261"
    later = fair.slice(3_000, 400)
    named = later.arrow.append_column("note", pa.array([canary] * later.n_rows))
    with pytest.raises(sl.UserError):
        sl.audit(copy, against=named)  # a column that the release does not have
    sl.audit(copy, against=later, seed=1)
    stored = read_report_json((copy / "release/card.json").read_text())
    for entry in stored.history:
        assert all(finding.column is None and finding.note is None for finding in entry.findings)
        assert all(set(finding.detail) <= {"attacker"} for finding in entry.findings)

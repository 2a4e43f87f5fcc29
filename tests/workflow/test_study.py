import json

import pytest

import synthloom as sl
from synthloom.cli.main import _run
from synthloom.errors import Cancelled, InputError, OptionError, OutputError
from synthloom.execution import SerialExecutor
from synthloom.workflow.step_shift import split_shifted

BANNED = ("anonymous", "compliant", "guaranteed", "safe to release")


@pytest.fixture(scope="module")
def frame(fair):
    frame = fair.to_frame()
    frame["had"] = (frame["affairs"] > 0).map({True: "yes", False: "no"})
    return frame.drop(columns="affairs")


def small(frame, **options):
    given = {"learners": ["linear"], "synthesizer": "independent_columns", "splits": 3, "rows": 2000, "seed": 5}
    return sl.study({"fair": (frame, "had")}, **(given | options))


@pytest.fixture(scope="module")
def done(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "out"
    return small(frame, output=folder), folder


def test_columns_made_independently_are_found_worse(frame):
    result = small(frame, learners=["linear", "neighbours"], splits=6, rows=None)
    assert [(t.table, t.learner, t.score, t.splits) for t in result.tests] == [
        ("fair", "linear", "AUC", 6),
        ("fair", "neighbours", "AUC", 6),
    ]
    for test in result.tests:
        assert test.real > 0.7
        assert test.synthetic < 0.65  # such a model points the right way one time in two
        assert not test.equivalent
        assert test.holdout_rows == round(0.25 * len(frame))
        assert test.training_rows == len(frame) - test.holdout_rows
    assert any(test.status == "worse" and test.significant for test in result.tests)
    assert (result.summary.equivalent, result.summary.tests) == (0, 2)


def test_a_copula_does_as_well_for_a_linear_model(frame):
    result = small(frame, synthesizer="gaussian_copula", splits=5, rows=None)
    (test,) = result.tests
    assert test.difference < 0.02
    assert test.interval[0] < test.difference < test.interval[1]
    assert 0 < test.power <= 1


def test_more_synthetic_rows_than_real_ones(frame):
    result = small(frame, splits=2, multiple=2.5)
    scores = [split["scores"]["linear"] for split in result.splits]
    assert {(s["training_rows"], s["synthetic_rows"], s["holdout_rows"]) for s in scores} == {(1500, 3750, 500)}
    with pytest.raises(OptionError, match="multiple is 0"):
        small(frame, multiple=0)


def test_it_writes_json_markdown_and_html(done):
    result, folder = done
    assert {p.name for p in folder.iterdir()} == {"plan.json", "splits", "study.json", "study.md", "study.html"}
    state = json.loads((folder / "study.json").read_text())
    assert state["sentence"] == result.summary.sentence
    assert state["summary"]["tests"] == 1
    assert len(state["splits"]) == 3
    assert "| fair | linear | AUC |" in (folder / "study.md").read_text()
    page = (folder / "study.html").read_text()
    assert "<svg" in page and "<script" not in page and "worse" in page
    for text in (page, (folder / "study.md").read_text()):
        assert not [word for word in BANNED if word in text.lower()]
    assert len(list((folder / "splits").iterdir())) == 3


def test_it_goes_on_where_it_was_stopped(frame, done, tmp_path):
    whole, _ = done
    context = sl.RunContext(
        SerialExecutor(), listener=lambda event: event.step == "study" and event.fraction > 0.3 and context.cancel()
    )
    with pytest.raises(Cancelled):
        small(frame, output=tmp_path / "out", context=context)
    kept = {p.name: p.read_bytes() for p in (tmp_path / "out" / "splits").iterdir()}
    assert 1 <= len(kept) < 3
    assert not (tmp_path / "out" / "study.json").exists()
    result = small(frame, output=tmp_path / "out")
    assert [t.to_json() for t in result.tests] == [t.to_json() for t in whole.tests]
    assert {name: (tmp_path / "out" / "splits" / name).read_bytes() for name in kept} == kept
    more = small(frame, output=tmp_path / "out", splits=4)
    assert more.tests[0].splits == 4


def test_another_study_is_not_mixed_in(frame, done, tmp_path):
    _, folder = done
    with pytest.raises(OutputError, match=r"holds another study \(it differs in seed") as caught:
        small(frame, output=folder, seed=6)
    assert caught.value.exit_code == 2
    with pytest.raises(OutputError, match="differs in rows, tables"):
        small(frame.iloc[::-1], output=folder, rows=None)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds no study"):
        small(frame, output=tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


def test_the_time_limit_reports_what_there_is(frame, tmp_path):
    result = small(frame, context=sl.RunContext(SerialExecutor(), time_limit=0.01), splits=50)
    assert result.tests[0].splits == 2
    assert "the time was up after 2 of 50 splits" in result.warnings[0]


def test_the_time_limit_does_not_cut_the_models_short(frame):
    given = {"synthesizer": "boosted_chain", "splits": 2, "rows": 400}
    limited = small(frame, context=sl.RunContext(SerialExecutor(), time_limit=0.01), **given)
    free = small(frame, context=sl.RunContext(SerialExecutor()), **given)
    assert [split["scores"] for split in limited.splits] == [split["scores"] for split in free.splits]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"learners": ["bosting"]}, OptionError, "boosting"),
        ({"splits": 1}, OptionError, "one split tells nothing"),
        ({"holdout": 1.0}, OptionError, "holdout is 1.0"),
        ({"margin": 0}, OptionError, "margin is 0"),
        ({"rows": 10}, OptionError, "rows is 10"),
        ({"synthesizer": "nobody"}, OptionError, "there is no synthesizer"),
        ({"synthesizer": "auto"}, OptionError, "must be named"),
    ],
)
def test_wrong_options_are_told(frame, options, error, words, tmp_path):
    with pytest.raises(error, match=words):
        small(frame, output=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_wrong_tables_are_told(frame):
    with pytest.raises(OptionError, match='no column "hat"'):
        sl.study({"fair": (frame, "hat")})
    with pytest.raises(InputError, match="has 50 rows"):
        sl.study({"fair": (frame.head(50), "had")})
    with pytest.raises(OptionError, match="no table was given"):
        sl.study({})
    with pytest.raises(OptionError, match='no column "hat" to leave out'):
        sl.study({"fair": sl.StudyTable(frame, "had", exclude=("hat",))})


def test_the_command_line(frame, tmp_path, capsys):
    frame.iloc[::4].to_csv(tmp_path / "survey.csv", index=False)
    verb = ["study", f"here={tmp_path / 'survey.csv'}:had", "--output", str(tmp_path / "out"), "--seed", "1"]
    verb += ["--learner", "linear", "--splits", "2", "--synthesizer", "independent_columns", "--workers", "1"]
    assert _run([*verb, "--exclude", "here:religious"]) == 0
    said = capsys.readouterr()
    assert "In 0 of 1 tests" in said.out or "In 1 of 1 tests" in said.out
    assert "398 holdout rows" in said.err
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["tables"]["here"]["rows"] == 1592
    assert _run(["study", str(tmp_path / "survey.csv"), "--output", str(tmp_path / "out2")]) == 2
    assert _run([*verb, "--exclude", "there:religious"]) == 2
    assert not (tmp_path / "out2").exists()


def test_shifted_rows_are_cut_off(fair):
    schema = sl.infer_schema(fair)
    rest, moved, words = split_shifted(fair, schema, "age", "37")
    assert min(moved.column("age").to_pylist()) >= 37 > max(rest.column("age").to_pylist())
    assert rest.n_rows + moved.n_rows == fair.n_rows
    assert f"{moved.n_rows:,} rows" in words
    for column, value, said in (("aeg", 3, "no column"), ("age", "old", "no number"), ("age", 500, "0 of 6,366 rows")):
        with pytest.raises(OptionError, match=said):
            split_shifted(fair, schema, column, value)


def test_shifts_by_date_and_by_category():
    import pandas as pd

    n = 400
    days = pd.date_range("2020-01-01", periods=n, freq="D")
    table = sl.Table.from_frame(pd.DataFrame({"day": days, "region": ["north", "south"] * (n // 2), "x": range(n)}))
    schema = sl.infer_schema(table)
    rest, moved, _ = split_shifted(table, schema, "day", "2021-01-01")
    assert (rest.n_rows, moved.n_rows) == (366, 34)
    rest, moved, _ = split_shifted(table, schema, "region", "south")
    assert set(moved.column("region").to_pylist()) == {"south"}
    with pytest.raises(OptionError, match='did you mean "south"'):
        split_shifted(table, schema, "region", "souht")


def test_a_run_tells_how_models_fare_on_shifted_rows_and_between_groups(frame, tmp_path):
    result = sl.run(
        frame.head(3000),
        target="had",
        sensitive=["religious"],
        shift=("age", 37),
        synthesizer="gaussian_copula",
        seed=1,
        output=tmp_path / "out",
    )
    found = result.evaluation.find("generalisation_gap")
    assert found.detail["shifted_rows"] == int((frame.head(3000)["age"] >= 37).sum())
    assert result.data["age"].max() < 37
    assert [line.question for line in result.report.verdicts][:3] == ["Useful?", "Private?", "Fair?"]
    assert result.evaluation.find("amplification", "religious").value is not None
    assert "sensitive:\n- religious" in (tmp_path / "out" / "private" / "schema.yaml").read_text()
    assert "37" not in [value for _, value in result.report.content.card_facts]

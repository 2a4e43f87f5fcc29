import json

import numpy as np
import pyarrow as pa
import pytest

from synthloom.errors import ArtifactError, Cancelled, InputError, OptionError, SchemaError
from synthloom.evaluation import Evaluation, combine, evaluate
from synthloom.evaluation.registry import METRICS, choose_metrics
from synthloom.execution import LocalExecutor, SerialExecutor
from synthloom.finding import Finding
from synthloom.run_context import RunContext
from synthloom.schema import infer_schema

BANNED = ("anonymous", "compliant", "guaranteed", "safe to release")


@pytest.fixture(scope="module")
def tables(mixed):
    return mixed(1500, 1), mixed(1000, 2), mixed(1500, 3)


@pytest.fixture(scope="module")
def schema(tables):
    return infer_schema(tables[0]).with_roles(target="answer")


@pytest.fixture(scope="module")
def fresh(tables, schema):
    return evaluate(*tables, schema, seed=1)


@pytest.fixture(scope="module")
def copied(tables, schema, workshop):
    return evaluate(tables[0], tables[1], workshop.bootstrap(tables[0]), schema, seed=1)


@pytest.fixture(scope="module")
def shuffled(tables, schema, workshop):
    return evaluate(tables[0], tables[1], workshop.shuffled(tables[0]), schema, seed=1)


def test_every_metric_reports_in_the_registry_s_order(fresh):
    names = [f.name for f in fresh.findings if f.column is None]
    firsts = [name for name in names if name in METRICS]
    assert firsts == [name for name in METRICS if name in firsts]
    # what has nothing to measure here: no sensitive columns, no shifted rows, nothing personal, no refit
    left_out = {"generalisation_gap", "representation", "outcome_parity", "demographic_parity", "amplification"}
    assert left_out <= set(METRICS) - set(firsts) <= left_out | {"canaries", "personal_replay"}
    assert fresh.rows == {"train": 1500, "holdout": 1000, "synthetic": 1500}
    assert fresh.find("column_shape", "size").column == "size"
    assert fresh.find("column_shape", "no such column") is None


def test_fresh_rows_are_useful_and_not_accused(fresh):
    verdict, sentence = fresh.useful
    assert verdict == "good"
    assert sentence.startswith("Useful: a model trained on the synthetic rows reaches AUC 0.")
    verdict, sentence = fresh.private
    assert verdict in ("good", "unknown")
    assert "no better than chance" in sentence or "cannot be judged" in sentence
    assert [f.name for f in fresh.findings if f.verdict in ("fair", "poor")] == []


def test_copies_are_useful_and_not_private(copied):
    assert copied.useful[0] == "good"
    verdict, sentence = copied.private
    assert verdict == "poor"
    assert "Not private enough: attacks tell training rows from unseen ones far better than chance" in sentence
    assert "exact copies" in sentence


def test_independent_columns_are_private_and_not_useful(shuffled):
    verdict, sentence = shuffled.useful
    assert verdict == "poor"
    assert sentence.startswith("Not useful enough: ")
    assert shuffled.find("membership_inference").verdict == "good"
    assert shuffled.find("exact_copies").verdict == "good"


def test_the_words_promise_no_more_than_evidence(fresh, copied, shuffled):
    for found in (fresh, copied, shuffled):
        assert "not proof" in found.private[1]
        text = json.dumps(found.to_json()).lower()
        assert not [word for word in BANNED if word in text]


def test_json_brings_the_same_back(fresh, copied):
    for found in (fresh, copied):
        text = json.dumps(found.to_json(), allow_nan=False)
        assert Evaluation.from_json(json.loads(text)) == found


@pytest.mark.parametrize("state", [{"format": 99}, {}])
def test_a_foreign_format_is_refused(state):
    with pytest.raises(ArtifactError, match="format"):
        Evaluation.from_json(state)


def test_the_number_of_workers_does_not_matter(tables, schema, fresh):
    for executor in (SerialExecutor(), LocalExecutor(3)):
        found = evaluate(
            *tables, schema, seed=1, run=RunContext(executor=executor), metrics=["c2st_auc", "near_copies"]
        )
        for finding in found.findings:
            assert finding.to_json() == fresh.find(finding.name).to_json()


def test_another_seed_other_draws(tables, schema, fresh):
    found = evaluate(*tables, schema, seed=2, metrics=["c2st_auc"])
    assert found.find("c2st_auc").value != fresh.find("c2st_auc").value


def test_quick_takes_the_quick_metrics(tables, schema):
    found = evaluate(*tables, schema, seed=1, quick=True)
    assert found.quick
    assert found.find("c2st_auc") is None
    assert found.find("tstr_gap").value is not None
    assert found.useful[0] == "good"
    assert found.find("membership_inference").value is not None


def test_progress_runs_to_its_end_and_names_the_metrics(tables, schema):
    events = []
    evaluate(*tables, schema, seed=1, run=RunContext(listener=events.append), metrics=["column_shape", "exact_copies"])
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {event.message for event in events} >= {"column_shape", "exact_copies"}


def test_a_stopped_run_ends_between_two_metrics(tables, schema):
    run = RunContext(executor=SerialExecutor())
    seen = []

    def stop(event):
        seen.append(event.message)
        if event.message == "pair_trend":
            run.cancel()

    run.listener = stop
    with pytest.raises(Cancelled):
        evaluate(*tables, schema, seed=1, run=run, metrics=["pair_trend", "column_shape", "exact_copies"])
    assert "exact_copies" not in seen


def test_tables_that_do_not_fit_are_refused(tables, schema):
    train, holdout, synthetic = tables
    with pytest.raises(SchemaError, match='synthetic table lacks "colour"'):
        evaluate(train, holdout, synthetic.select(["size", "amount", "count", "member", "answer"]), schema)
    with pytest.raises(InputError, match="synthetic table has no rows"):
        evaluate(train, holdout, synthetic.slice(0, 0), schema)


def test_unknown_metrics_are_refused_with_the_nearest_name(tables, schema):
    with pytest.raises(OptionError, match='did you mean "c2st_auc"'):
        evaluate(*tables, schema, metrics=["c2st_aux"])
    assert [metric.name for metric in choose_metrics("tail_quantiles")] == ["tail_quantiles"]


def test_warnings_say_what_limits_the_evidence(mixed, workshop):
    key = pa.array([f"k{n}" for n in range(60)])
    table = mixed(60, 1).with_column("key", key)
    found = evaluate(
        table,
        table.slice(0, 30),
        table.slice(0, 20),
        workshop.schema_of(table.arrow, kinds={"key": "identifier"}),
        seed=0,
    )
    text = " | ".join(found.warnings)
    assert "only 30 rows" in text
    assert "fewer synthetic rows (20) than holdout rows (30)" in text
    assert "no target" in text
    assert "copied values only: key" in text


@pytest.mark.parametrize("rows", [1, 5, 12, 40, 90])
def test_small_holdouts_give_wide_intervals_or_unknown_never_a_crash(mixed, schema, rows):
    found = evaluate(mixed(200, 1), mixed(rows, 2), mixed(200, 3), schema, seed=0)
    assert found.find("membership_inference").verdict == "unknown"
    assert found.private[0] == "unknown"
    assert "Privacy is unknown" in found.private[1]
    for finding in found.findings:
        assert finding.value is not None or finding.note


# -------------------------------------------------------------------------------------- folds


def test_folds_are_averaged_and_judged_together(mixed, schema):
    folds = [evaluate(mixed(400, 10 + k), mixed(100, 20 + k), mixed(400, 30 + k), schema, seed=k) for k in range(4)]
    mean = combine(folds)
    assert mean.rows == {"train": 400, "holdout": 400, "synthetic": 400}
    first, found = folds[0].find("pair_trend"), mean.find("pair_trend")
    assert found.value == pytest.approx(np.mean([fold.find("pair_trend").value for fold in folds]))
    assert found.detail["error"] < first.detail["error"]
    assert found.interval[1] - found.interval[0] < first.interval[1] - first.interval[0]
    assert found.detail["names"] == first.detail["names"]
    gap = mean.find("tstr_gap")
    assert gap.detail["real"] == pytest.approx(
        np.mean([fold.find("tstr_gap").detail["real"] for fold in folds]), abs=1e-4
    )
    assert "4 folds" in mean.warnings[0]
    json.dumps(mean.to_json(), allow_nan=False)


def fold(value, error, verdict, name="c2st_auc"):
    detail = {} if error is None else {"error": error}
    finding = Finding(
        name,
        "fidelity",
        value,
        "What it means.",
        reference=0.5,
        direction="lower_is_better",
        verdict=verdict,
        interval=(value - 0.2, value + 0.2),
        range=(0.0, 1.0),
        detail=detail,
    )
    return Evaluation((finding,), {"train": 10, "holdout": 5, "synthetic": 10})


def test_several_unsure_folds_can_be_sure_together():
    mean = Evaluation.average([fold(0.50 + 0.01 * k, 0.15, "unknown") for k in range(-4, 5)])
    assert mean.find("c2st_auc").verdict == "good"


def test_folds_that_disagree_widen_the_interval():
    mean = Evaluation.average([fold(0.5, 0.001, "good"), fold(0.9, 0.001, "poor")])
    assert mean.find("c2st_auc").detail["error"] > 0.1


def test_the_worst_verdict_holds_where_there_is_no_rule():
    mean = Evaluation.average([fold(0.5, None, "good", "mine"), fold(0.5, None, "fair", "mine")])
    assert mean.find("mine").verdict == "fair"


def test_one_fold_is_itself_and_none_is_an_error(fresh):
    assert combine([fresh]) is fresh
    with pytest.raises(OptionError):
        combine([])

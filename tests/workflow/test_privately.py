"""run and fit under a privacy budget: what is released, what is recorded, what is refused."""

import json

import pyarrow as pa
import pytest

import synthloom as sl
from synthloom.cli.main import _run
from synthloom.data import Table
from synthloom.errors import OptionError, PolicyError
from synthloom.policy import Clause, Policy
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.schema import PublicSchema
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals
from synthloom.workflow import fit
from synthloom.workflow.forecast import PROBE_ROWS
from synthloom.workflow.planning import Job, _Planner
from synthloom.workflow.step_split import split_by_coins


@pytest.fixture(scope="module")
def release(fair, tmp_path_factory):
    place = tmp_path_factory.mktemp("private")
    table = fair.arrow.slice(0, 1_600)
    result = sl.run(table, epsilon=2.0, seed=1, output=place / "out", ledger=place / "spent.json")
    return place, result


def test_the_card_quotes_only_what_was_paid_for(release):
    place, result = release
    card = json.loads((place / "out" / "release" / "card.json").read_text())
    assert card["card_figures"] == []
    assert not card["findings"]
    assert not card["verdicts"]
    facts = dict(map(tuple, card["card_facts"]))
    assert "ε = 1.9" in facts["Privacy budget"] or "ε = 2" in facts["Privacy budget"]
    assert facts["Rows learned from"].startswith("about ")
    assert result.report.content.findings, "the private report keeps its figures"


def test_the_number_of_rows_is_the_noisy_one(release):
    place, result = release
    assert result.data.num_rows == round(result.model.total_)
    manifest = json.loads((place / "out" / "release" / "manifest.json").read_text())
    assert manifest["facts"]["rows"] == result.data.num_rows
    assert manifest["facts"]["differential_privacy"]["ledger"] == result.model.ledger_.to_json()


def test_the_schema_holds_nothing_guessed_from_rows(release):
    _, result = release
    assert {column.kind for column in result.schema} == {"numeric"}
    assert result.schema.relations == "ignore"


def test_a_second_release_of_the_same_data_adds_up(release, fair):
    place, result = release
    first = json.loads((place / "spent.json").read_text())
    model = fit(fair.arrow.slice(0, 1_600), epsilon=1.0, ledger=place / "spent.json")
    both = json.loads((place / "spent.json").read_text())
    assert both["entries"] == first["entries"] + model.ledger_.to_json()["entries"]
    with pytest.raises(OptionError, match="protects one row"):
        fit(fair.arrow, epsilon=1.0, ledger=place / "spent.json", public_schema=sl_public("age"))


def sl_public(entity):
    return PublicSchema(entity=entity)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epsilon": 1.0, "schema": "schema.yaml"}, "no budget pays for it"),
        ({"epsilon": 1.0, "policy": "default"}, "no budget pays for it"),
        ({"epsilon": 1.0, "time": "age"}, "no budget pays for it"),
        ({"epsilon": 1.0, "synthesizer": "boosted_chain"}, "cannot keep a privacy budget"),
        ({"synthesizer": "private_marginals"}, "was asked for without epsilon"),
        ({"synthesizer": PrivateMarginals(), "schema": "schema.yaml"}, "no budget pays for it"),
        ({"epsilon": -1.0}, "epsilon is"),
        ({"epsilon": 1.0, "delta": 0.4}, "delta is"),
        ({"delta": 1e-5}, "without epsilon"),
        ({"public_schema": "public.yaml"}, "without epsilon"),
        ({"ledger": "spent.json"}, "without epsilon"),
    ],
)
def test_what_no_budget_pays_for_is_refused(fair, options, words):
    with pytest.raises(OptionError, match=words):
        sl.run(fair.arrow, **options)


def test_a_private_synthesizer_that_is_handed_in_brings_its_budget(fair):
    """Its manifest claims the budget, so nothing may be guessed from the rows beside it."""
    table = fair.arrow.slice(0, 1_600)
    model = fit(table, synthesizer=PrivateMarginals(epsilon=2.0, delta=1e-6, rounds=4))
    assert {column.kind for column in model.schema_} == {"numeric"}
    assert (model.epsilon, model.delta, model.rounds) == (2.0, 1e-6, 4)
    result = sl.run(table, synthesizer=PrivateMarginals(epsilon=0.5, delta=1e-6), seed=1)
    assert result.report.content.card_figures == ()
    assert 0.49 < result.model.epsilon_spent_ <= 0.5
    lowered = fit(table, synthesizer=PrivateMarginals(epsilon=2.0, delta=1e-6), epsilon=1.0)
    assert (lowered.epsilon, lowered.delta) == (1.0, 1e-6)


def test_no_synthesizer_with_a_budget_learns_rows_made_fair(fair):
    with pytest.raises(OptionError, match="no budget pays for it"):
        sl.FairSynthesizer(PrivateMarginals(), sensitive="religious", target="affairs").fit(fair)


def test_an_audit_adds_no_figure_to_the_card(release, fair):
    """Real rows speak in the private report alone: no remark, verdict, figure or outcome of a policy."""
    place, _ = release
    policy = Policy(name="strict", clauses=(Clause(finding="exact_copies", at_most=0.0),))
    sl.audit(place / "out", against=fair.arrow.slice(3_000, 400), train=fair.arrow.slice(3_000, 1_000), seed=1)
    with pytest.raises(PolicyError):
        sl.audit(place / "out", against=fair.arrow.slice(3_000, 400), train=fair.arrow, policy=policy, seed=1)
    full = [json.loads(p.read_text()) for p in sorted((place / "out" / "private" / "audits").glob("*/report.json"))]
    assert any("% of the new rows equal a training row" in text for text in full[0]["warnings"])
    assert full[1]["policy"]["clauses"]
    card = json.loads((place / "out" / "release" / "card.json").read_text())
    assert len(card["history"]) == 2
    for entry in card["history"]:
        assert not entry["verdicts"]
        assert not entry["findings"]
        assert entry["policy"] is None
        (remark,) = entry["remarks"]
        assert not any(sign.isdigit() for sign in remark)
    page = (place / "out" / "release" / "card.html").read_text()
    assert "strict" not in page
    assert "new rows equal" not in page


def test_an_audit_finds_the_training_rows_of_a_private_run(release, fair):
    place, _ = release
    view = sl.audit(place / "out", against=fair.arrow.slice(3_000, 400), train=fair.arrow.slice(0, 1_600), seed=1)
    record = json.loads((place / "out" / "run.json").read_text())
    assert any("by its fingerprint" in text for text in view.content.warnings)
    assert dict(view.content.facts)["Rows, train"] == f"{record['learned_rows']:,}"


@pytest.mark.parametrize("entity", [None, "owner"])
@pytest.mark.parametrize("n", [299, 300, 1_001, 1_002, 1_003])
def test_one_row_more_moves_no_other_row_across_the_holdout(n, entity):
    owners = [f"{i % 97}" if i % 5 else None for i in range(n)]
    table = Table(pa.table({"x": list(range(n + 1)), "owner": [*owners, "new"]}))
    schema = PublicSchema(entity=entity).resolve(table)[0]
    few, more = (split_by_coins(Table(table.arrow.slice(0, k)), schema, RandomStream(7)) for k in (n, n + 1))
    held = set(few.folds[0][1].tolist())
    assert set(more.folds[0][1].tolist()) - {n} == held
    assert abs(len(held) / n - 0.25) < 0.08
    if entity is not None:
        sides = {owner: {i in held for i in range(n) if owners[i] == owner} for owner in set(owners) - {None}}
        assert all(len(side) == 1 for side in sides.values())


def test_a_limit_costs_no_trial_fit_no_rows_and_tells_the_model_no_count(fair):
    """A trial would spend budget; fewer rows drawn from all would let one row push out another."""
    table = Table(fair.arrow.slice(0, 4_000))
    result = sl.run(table.arrow, epsilon=1.0, seed=1, context=RunContext(time_limit=600.0, memory_limit=4 * 2**30))
    assert result.model.choice_["given_up"] == []
    assert "4,000" not in json.dumps(dict(result.model.choice_))
    many = Table(pa.concat_tables([table.arrow] * (2 * PROBE_ROWS // table.n_rows + 1)))
    schema = PublicSchema().resolve(many)[0]
    for seconds in (100.0, 1_000.0, 10_000.0):  # refused, near the limit, far from it
        prototype = PrivateMarginals(epsilon=1.0)
        planner = _Planner(prototype, many, schema, Job(many.n_rows), 1, RunContext(time_limit=seconds))
        plan = planner.fitting()
        assert planner._try(many.n_rows)
        assert planner.trial is None
        assert plan is None or plan.rows == many.n_rows


def test_the_command_line_fits_with_a_public_schema(fair, tmp_path, capsys):
    import pyarrow.parquet as pq

    pq.write_table(fair.arrow.slice(0, 2_000), tmp_path / "fair.parquet")
    (tmp_path / "public.yaml").write_text(
        "columns:\n  - {name: age, minimum: 15, maximum: 60}\n  - {name: children, minimum: 0, maximum: 10}\ntarget: affairs\n"
    )
    arguments = ["fit", str(tmp_path / "fair.parquet"), "--epsilon", "1", "--delta", "1e-6"]
    arguments += ["--public-schema", str(tmp_path / "public.yaml"), "--output", str(tmp_path / "model")]
    assert _run(arguments) == 0
    assert "Privacy budget spent" in capsys.readouterr().out
    model = sl.load(tmp_path / "model")
    assert model.epsilon_spent_ <= 1.0
    assert model.schema_.target == "affairs"
    (tmp_path / "public.yaml").write_text("columns:\n  - {name: age, minimum: 60, maximum: 15}\n")
    assert _run(arguments) == 2
    (tmp_path / "public.yaml").write_text("columns: [{name: aeg}]")
    assert _run([*arguments[:-1], str(tmp_path / "other")]) == 2

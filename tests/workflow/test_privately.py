"""run and fit under a privacy budget: what is released, what is recorded, what is refused."""

import json

import pytest

import synthloom as sl
from synthloom.cli.main import _run
from synthloom.errors import OptionError
from synthloom.workflow import fit


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
    from synthloom.schema import PublicSchema

    return PublicSchema(entity=entity)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epsilon": 1.0, "schema": "schema.yaml"}, "no budget pays for it"),
        ({"epsilon": 1.0, "policy": "default"}, "no budget pays for it"),
        ({"epsilon": 1.0, "synthesizer": "boosted_chain"}, "cannot keep a privacy budget"),
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

import json

import pytest

import synthloom as sl
from synthloom.errors import OptionError
from synthloom.schema import infer_schema
from synthloom.synthesizers import SYNTHESIZERS
from synthloom.synthesizers.choice import CHEAPER, LEAST_ROWS, RULES, TableTraits, choose


def test_the_rules_are_sound():
    assert RULES[-1].at_most == {}, "the last rule must fit every table"
    for rule in RULES:
        assert rule.synthesizer in SYNTHESIZERS
        assert rule.reason and rule.ground
        assert set(rule.at_most) <= set(TableTraits.__dataclass_fields__)
    assert set(CHEAPER) == set(LEAST_ROWS) <= set(SYNTHESIZERS)
    costs = [SYNTHESIZERS[name].forecast(50_000, 20).fit_seconds for name in CHEAPER]
    assert costs == sorted(costs, reverse=True)


def test_traits_are_those_of_the_table(fair):
    schema = infer_schema(fair)
    traits = TableTraits.of(fair, schema, rows=4_000)
    assert (traits.rows, traits.learned) == (4_000, len([c for c in schema if c.learned]))
    assert choose(traits).synthesizer == "boosted_chain"
    assert choose(TableTraits.of(fair.slice(0, 200), schema)).synthesizer == "gaussian_copula"


def test_a_single_column_is_learned_alone(fair):
    model = sl.fit(fair.select(["age"]).slice(0, 1_000), seed=1)
    assert model.name == "independent_columns"


def test_the_choice_is_told_everywhere_and_loaded_again(fair, tmp_path):
    told = []
    result = sl.run(fair.slice(0, 150), output=tmp_path / "out", seed=1, on_choice=told.append)
    assert told[0].synthesizer == "gaussian_copula" == result.model.name
    assert told[0].asked == "auto"
    reason = told[0].reason
    assert reason in dict(result.report.content.facts)["Chosen because"]
    assert reason in (tmp_path / "out/release/card.html").read_text()
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["choice"] == told[0].to_json()
    manifest = json.loads((tmp_path / "out/private/model/manifest.json").read_text())
    assert manifest["facts"]["choice"]["reason"] == reason
    loaded = sl.load(tmp_path / "out/private/model")
    assert type(loaded) is sl.GaussianCopula
    assert loaded.choice_ == told[0].to_json()
    # how many rows were learned from is no business of the card
    assert "rows to learn from" not in (tmp_path / "out/release/card.html").read_text()


def test_fit_takes_auto_a_name_a_synthesizer_or_a_file(fair, tmp_path):
    small = fair.slice(0, 200)
    assert sl.fit(small, synthesizer="auto", seed=1).name == "gaussian_copula"
    assert sl.fit(small, synthesizer="independent_columns", seed=1).choice_["asked"] == "independent_columns"
    sl.write_table(small, tmp_path / "t.parquet")
    model = sl.fit(tmp_path / "t.parquet", synthesizer=sl.GaussianCopula(shrinkage=0.1), seed=1)
    assert model.shrinkage == 0.1
    model.save(tmp_path / "m")
    again = sl.load(tmp_path / "m").sample(50, seed=2)
    assert sl.Table.from_frame(again).arrow.equals(sl.Table.from_frame(model.sample(50, seed=2)).arrow)
    with pytest.raises(OptionError, match="auto"):
        sl.fit(small, synthesizer="auto_magic")

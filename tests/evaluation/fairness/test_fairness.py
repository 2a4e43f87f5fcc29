import json

import numpy as np
import pyarrow as pa
import pytest

from synthloom.evaluation import evaluate
from synthloom.evaluation.fairness.amplification import Amplification
from synthloom.evaluation.fairness.groups import MISSING, groupings
from synthloom.evaluation.fairness.model_parity import ModelParity, model_disparities
from synthloom.evaluation.fairness.outcome_parity import OutcomeParity
from synthloom.evaluation.fairness.outcomes import data_disparities, find_outcomes
from synthloom.evaluation.fairness.representation import Representation
from synthloom.evaluation.utility.bench import Bench

BANNED = ("anonymous", "compliant", "guaranteed", "safe to release")


def people(n, seed, bias=0.0, crossed=0.0, extra=0.0):
    """Rows whose outcome hangs on skill; ``bias`` lowers it for women, ``crossed`` for women of group c alone."""
    draw = np.random.default_rng(seed)
    sex = draw.choice(["f", "m"], n)
    race = draw.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    age = draw.integers(18, 80, n)
    skill = draw.normal(size=n)
    lift = skill + 0.01 * (age - 45) - (0.4 + extra) * (sex == "f") - crossed * ((sex == "f") & (race == "c"))
    hired = np.where(lift - bias * (sex == "f") + 0.7 * draw.normal(size=n) > 0.2, "yes", "no")
    return pa.table({"sex": sex.tolist(), "race": race.tolist(), "age": age, "skill": skill, "hired": hired.tolist()})


def audited(workshop, synthetic, seed=0, sensitive=("sex", "race", "age"), sizes=(3000, 1500), **roles):
    train, holdout = people(sizes[0], 10 * seed + 1), people(sizes[1], 10 * seed + 2)
    roles = {"target": "hired", **roles}
    return workshop.data(train, holdout, synthetic, seed=seed, sensitive=sensitive, **roles)


def rate(table, outcome="hired", **group):
    rows = np.ones(table.num_rows, bool)
    for name, value in group.items():
        rows &= np.array(table[name].to_pylist()) == value
    return float(np.mean(np.array(table[outcome].to_pylist())[rows] == "yes"))


def test_disparity_of_the_data_is_the_largest_less_the_smallest_rate(workshop):
    fresh = people(3000, 3)
    data = audited(workshop, fresh, sensitive=("race",))
    found = data_disparities(data)[0]
    holdout = people(1500, 2)
    for table, figure in ((fresh, found.value), (holdout, found.reference)):
        rates = [rate(table, race=group) for group in "abc"]
        assert figure == pytest.approx(max(rates) - min(rates), abs=1e-12)
    assert found.outcome in ("hired = yes", "hired = no")


def test_disparities_of_models_keep_fairlearn_s_definitions(workshop):
    data = audited(workshop, people(3000, 3, bias=0.8), sensitive=("sex", "race"))
    bench, outcome = Bench.of(data, "boosting"), find_outcomes(data)[0]
    holdout = people(1500, 2)
    truth = np.array(holdout["hired"].to_pylist()) == outcome.words.split(" = ")[1]
    found = {(d.notion, d.grouping): d for d in model_disparities(data)}
    for grouping in ("sex", "race"):
        group = np.array(holdout[grouping].to_pylist())
        for source, side in (("real", "reference"), ("synthetic", "value")):
            chance = bench.predictions(source)[0][:, outcome.code]
            selected = chance > 0.5
            figures = {}
            for notion, rows in (("demographic_parity", truth | ~truth), ("tpr", truth), ("fpr", ~truth)):
                rates = [selected[rows & (group == g)].mean() for g in np.unique(group)]
                figures[notion] = max(rates) - min(rates)
            surplus = [(chance - truth)[group == g].mean() for g in np.unique(group)]
            wanted = {
                "demographic_parity": figures["demographic_parity"],
                "equal_opportunity": figures["tpr"],
                "equalised_odds": max(figures["tpr"], figures["fpr"]),
                "calibration_gap": max(surplus) - min(surplus),
            }
            for notion, figure in wanted.items():
                assert getattr(found[notion, grouping], side) == pytest.approx(figure, abs=1e-9), (notion, grouping)


def test_a_bias_planted_in_the_synthetic_rows_is_found(workshop):
    biased = people(3000, 3, bias=0.8)
    found = Amplification().measure(audited(workshop, biased))
    in_data, in_models = found[:2]
    assert in_data.name == "amplification" and in_models.name == "amplification_model"
    assert in_data.verdict == in_models.verdict == "poor"
    assert "sex" in in_data.detail["grouping"]
    alone = Amplification().measure(audited(workshop, biased, sensitive=("sex",)))[0]
    gap = abs(rate(biased, sex="m") - rate(biased, sex="f"))
    real = abs(rate(people(1500, 2), sex="m") - rate(people(1500, 2), sex="f"))
    assert alone.value == pytest.approx(gap - real, abs=1e-9)
    assert {f.column for f in found if f.column} == {"sex", "race", "age"}


def test_a_bias_in_a_crossing_alone_is_found_there(workshop):
    data = audited(workshop, people(9000, 3, crossed=2.0), sensitive=("sex", "race"), sizes=(9000, 5000))
    found = Amplification().measure(data)[0]
    assert found.verdict == "poor"
    assert found.detail["grouping"] == "sex × race"
    assert OutcomeParity().measure(data)[0].detail["grouping"] == "sex × race"


def test_a_bias_that_the_synthetic_rows_mend_is_no_fault(workshop):
    data = audited(workshop, people(9000, 3, extra=-0.4), sensitive=("sex",), sizes=(9000, 6000))
    found = OutcomeParity().measure(data)[0]
    assert found.value < found.reference - 0.03
    assert found.verdict == "good"


def test_fresh_rows_are_seldom_accused(workshop):
    accused = {"data": 0, "shares": 0}
    for seed in range(40):
        data = audited(workshop, people(1500, 10 * seed + 3), seed=seed, sizes=(1500, 800))
        accused["data"] += OutcomeParity().measure(data)[0].verdict in ("fair", "poor")
        shares = [f for f in Representation().measure(data) if f.column is None]
        accused["shares"] += any(f.verdict in ("fair", "poor") for f in shares)
    assert accused["data"] <= 3, accused  # one in forty is allowed for: 1 is expected, 4 or more come once in fifty
    assert accused["shares"] <= 4, accused  # two figures


def test_models_on_fresh_rows_are_seldom_accused(workshop):
    accused = 0
    for seed in range(6):
        data = audited(workshop, people(1200, 10 * seed + 3), seed=seed, sensitive=("sex", "race"), sizes=(1200, 800))
        accused += Amplification().measure(data)[1].verdict in ("fair", "poor")
    assert accused <= 1


def test_a_group_that_is_gone_is_missed(workshop):
    fresh = people(3000, 3)
    without = fresh.filter(pa.compute.not_equal(fresh["race"], "c"))
    share, *_, least = Representation().measure(audited(workshop, without, sensitive=("race",)))
    assert share.verdict == "poor"
    assert (least.name, least.value, least.verdict) == ("least_represented", 0.0, "poor")
    assert "c of" in least.note


def test_numbers_are_cut_at_edges_that_are_told_and_gaps_are_a_group(workshop):
    def holed(table):
        age = table["age"].to_pylist()
        table = table.set_column(2, "age", pa.array([None if n % 10 == 0 else v for n, v in enumerate(age)]))
        return table.append_column("children", pa.array([n % 3 for n in range(table.num_rows)]))

    tables = [holed(people(n, seed)) for n, seed in ((2000, 1), (1000, 2), (2000, 3))]
    data = workshop.data(*tables, target="hired", sensitive=("age", "children"))
    age, children, crossed = groupings(data)
    known = np.array([v for v in tables[0]["age"].to_pylist() if v is not None])
    edges = [int(np.quantile(known, q, method="lower")) for q in (0.25, 0.5, 0.75)]
    assert age.labels == (
        f"under {edges[0]}",
        f"{edges[0]} to under {edges[1]}",
        f"{edges[1]} to under {edges[2]}",
        f"{edges[2]} or more",
        MISSING,
    )
    assert age.counts("train").tolist() == [
        *(int(((known >= low) & (known < high)).sum()) for low, high in zip([0, *edges], [*edges, 999])),
        200,
    ]
    assert children.labels == ("0", "1", "2")
    assert crossed.crossed and crossed.name == "age × children"


def test_small_groups_are_named_and_not_judged(workshop):
    def with_few(table, seed):
        race = np.array(table["race"].to_pylist(), dtype=object)
        race[np.random.default_rng(seed).permutation(len(race))[:15]] = "z"
        return table.set_column(1, "race", pa.array(race.tolist()))

    tables = [with_few(people(n, seed), seed) for n, seed in ((2000, 1), (1000, 2), (2000, 3))]
    found = OutcomeParity().measure(workshop.data(*tables, target="hired", sensitive=("race",)))[0]
    assert "too few rows to judge: z (15)" in found.note
    assert [row[0] for row in found.detail["groups"]] == ["a", "b", "c"]
    for _, rows, real, low, high, *_ in found.detail["groups"]:
        assert rows >= 30
        assert low <= real <= high


@pytest.mark.parametrize("target", ["skill", "race"])
def test_numbers_and_several_classes_are_outcomes_too(workshop, target):
    data = audited(workshop, people(1500, 3), sensitive=("sex",), target=target, sizes=(1500, 1500))
    outcomes = [o.words for o in find_outcomes(data)]
    assert (
        outcomes[0].startswith("skill above ")
        if target == "skill"
        else outcomes == ["race = a", "race = b", "race = c"]
    )
    for metric in (OutcomeParity(), ModelParity()):
        for found in metric.measure(data):
            assert 0 <= found.value <= 1
            assert found.verdict in ("good", "unknown", "fair")


def test_what_cannot_be_audited_says_why(workshop):
    tables = [people(n, seed) for n, seed in ((300, 1), (200, 2), (300, 3))]
    plain = workshop.data(*tables, target="hired")
    for metric in (Representation(), OutcomeParity(), ModelParity(), Amplification()):
        assert not metric.applies(plain)
        assert "no sensitive column was named" in metric.measure(plain)[0].note
    keyed = workshop.data(*tables, target="hired", sensitive=("race",), kinds={"race": "identifier"})
    assert 'race" is identifier' in Representation().measure(keyed)[0].note
    untargeted = workshop.data(*tables, sensitive=("race",))
    assert "no target was given" in Amplification().measure(untargeted)[0].note
    assert Representation().measure(untargeted)[0].value is not None


def test_the_verdict_names_columns_and_no_value(workshop):
    train, holdout, biased = (
        workshop.table(**t.to_pydict()) for t in (people(2000, 1), people(1000, 2), people(2000, 3, bias=0.9))
    )
    schema = workshop.schema_of(train.arrow, "hired").with_roles(sensitive=["sex"])
    names = ["representation", "outcome_parity", "demographic_parity", "amplification"]
    found = evaluate(train, holdout, biased, schema, seed=1, metrics=names)
    level, sentence = found.fair
    assert level == "poor"
    assert sentence.startswith("Less fair than the real rows: ")
    assert '"sex"' in sentence and "yes" not in sentence
    assert dict(found.answers)["Fair?"] == found.fair
    assert found.to_json()["fair"]["verdict"] == "poor"
    assert not [word for word in BANNED if word in json.dumps(found.to_json()).lower()]
    assert evaluate(train, holdout, biased, schema, seed=1, metrics=["column_shape"]).fair is None


def test_sex_in_adult(real_data, workshop):
    table = real_data("adult")
    train, holdout, fresh = workshop.parts(table, 9000, 6000, 9000)
    from synthloom.schema import infer_schema

    schema = infer_schema(table).with_roles(target="income", sensitive=["sex", "race"])
    found = evaluate(
        train, holdout, fresh, schema, seed=1, metrics=["representation", "demographic_parity", "amplification"]
    )
    assert found.fair[0] in ("good", "unknown")
    parity = found.find("demographic_parity", "sex")
    assert 0.15 < parity.reference < 0.25  # models of adult select men far more often: 0.17 to 0.20 in the literature
    assert found.find("amplification").verdict == "good"

"""Every attack on planted leaks, on rows that betray nobody, and where it can prove nothing."""

import numpy as np
import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.errors import OptionError
from synthloom.evaluation import EvaluationData
from synthloom.evaluation.privacy.attribute_inference import AttributeInference
from synthloom.evaluation.privacy.canaries import Canaries, make_canaries
from synthloom.evaluation.privacy.linkability import Linkability
from synthloom.evaluation.privacy.membership_density import MembershipDensity, density_ratio
from synthloom.evaluation.privacy.membership_inference import MembershipInference
from synthloom.evaluation.privacy.membership_rare import MembershipRare
from synthloom.evaluation.privacy.personal_replay import PersonalReplay
from synthloom.evaluation.privacy.predicates import axes_of, distinct_rows
from synthloom.evaluation.privacy.singling_out import SinglingOut
from synthloom.evaluation.privacy.singling_out_univariate import SinglingOutUnivariate
from synthloom.evaluation.registry import METRICS
from synthloom.evaluation.verdicts import ATTACKS, FALSE_ALARM, MARGINS
from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, TableSchema
from synthloom.testing.leaks import LEAKS, plant_leak

ACCUSED = ("fair", "poor")
NEW = (
    MembershipDensity,
    MembershipRare,
    SinglingOut,
    SinglingOutUnivariate,
    Linkability,
    AttributeInference,
)
OWNER = {"membership_inference_tpr": "membership_inference", "membership_inference_outliers": "membership_inference"}


@pytest.fixture(scope="module")
def rows(mixed):
    """Training rows, holdout rows, and fresh rows that betray nobody."""
    return [mixed(n, seed) for n, seed in ((3000, 1), (1500, 2), (3000, 3))]


# -------------------------------------------------------------------------------- planted leaks


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught_by_the_attacks_made_for_it(workshop, rows, mixed, leak):
    # a tenth of the rows are outliers, so it takes a larger table to judge them alone
    train, holdout, fresh = [mixed(n, s) for n, s in ((8000, 1), (4000, 2), (8000, 3))] if leak == "outliers" else rows
    data = workshop.data(train, holdout, plant_leak(leak, train, fresh, seed=1))
    found = {}
    for metric in sorted({OWNER.get(name, name) for name in LEAKS[leak].caught_by}):
        found |= {f.name: f for f in METRICS[metric]().measure(data) if f.column is None}
    for name in LEAKS[leak].caught_by:
        assert found[name].verdict in ACCUSED, found[name]
        assert found[name].value > found[name].reference


@pytest.mark.parametrize("seed", range(2))
def test_leaks_in_a_real_table_are_caught(real_data, workshop, seed):
    # the twin on made-up rows is above
    from synthloom.schema import infer_schema

    table = real_data("adult")
    train, holdout, fresh = workshop.parts(table, 4000, 2000, 4000, seed=seed)
    schema = infer_schema(table)
    for leak in ("copies", "near_copies", "outliers"):
        planted = plant_leak(leak, train, fresh, seed=seed)
        data = EvaluationData.of(train, holdout, planted, schema, RandomStream(seed, ("evaluation",)))
        metrics = {OWNER.get(name, name) for name in LEAKS[leak].caught_by}
        accused = {f.name for m in sorted(metrics) for f in METRICS[m]().measure(data) if f.verdict in ACCUSED}
        assert accused & set(LEAKS[leak].caught_by), leak


def test_a_planted_leak_has_a_name_and_as_many_rows(rows):
    train, _, fresh = rows
    for leak in LEAKS:
        assert plant_leak(leak, train, fresh).n_rows == fresh.n_rows
    with pytest.raises(OptionError, match="bootstrap"):
        plant_leak("bootstrp", train, fresh)


@pytest.mark.parametrize("metric", NEW)
def test_fresh_rows_are_not_accused_and_every_yardstick_is_told(workshop, rows, metric):
    for found in metric().measure(workshop.data(*rows)):
        assert found.verdict in ("good", "unknown"), found
        assert found.interval[0] <= found.value <= found.interval[1]
        assert {"attacker", "baseline", "control", "power", "error"} <= set(found.detail)
        assert found.detail["power"] > found.value or found.column is not None


def test_rare_values_that_only_the_holdout_holds_do_not_look_like_a_leak(workshop):
    # names seen once: a code shared by all values unseen in training would tell training rows at a glance
    draw = np.random.default_rng(0)

    def people(start, n=2000):
        names = [f"name {number}" for number in range(start, start + n)]
        return workshop.table(name=names, **{f"x{place}": draw.normal(size=n) for place in range(3)})

    data = workshop.data(people(0), people(2000), people(4000))
    for metric in (MembershipInference, MembershipDensity, MembershipRare, SinglingOut, SinglingOutUnivariate):
        for found in metric().measure(data):
            assert found.verdict not in ACCUSED, found


# -------------------------------------------------------------------------- what each one can see


def test_the_density_ratio_is_high_where_synthetic_rows_crowd():
    draw = np.random.default_rng(0)
    real, spread, crowd = (draw.normal(size=(500, 3)).astype(np.float32) for _ in range(3))
    crowd[:250] = 0.05 * crowd[:250] + 2
    centre = np.full((1, 3), 2, np.float32)
    assert density_ratio(centre, crowd, real)[0] > density_ratio(centre, spread, real)[0] + 2


def test_people_with_rare_values_are_recognised_though_nobody_else_is(workshop):
    draw = np.random.default_rng(0)

    def people(n):
        rare = draw.random((n, 2)) < 0.12
        values = [np.where(rare[:, c], 1000 + draw.integers(0, 3000, n), draw.integers(0, 5, n)) for c in (0, 1)]
        columns = {f"c{place}": [str(v) for v in value] for place, value in enumerate(values)}
        return workshop.table(**columns, x=draw.integers(0, 4, n), y=draw.integers(0, 4, n))

    train, holdout, fresh = people(4000), people(2000), people(4000)
    both = np.array([len(a) > 3 or len(b) > 3 for a, b in zip(*(train.column(c).to_pylist() for c in ("c0", "c1")))])
    planted = Table.concatenate([train.take(np.flatnonzero(both)), fresh.slice(int(both.sum()))])
    assert MembershipRare().measure(workshop.data(train, holdout, fresh))[0].verdict not in ACCUSED
    assert MembershipRare().measure(workshop.data(train, holdout, planted))[0].verdict == "poor"


def test_a_single_sensitive_column_that_leaks_is_named(workshop, rows):
    train, holdout, fresh = rows
    secret = [str(code) for code in np.random.default_rng(0).integers(0, 8, 10_000)]
    tables = [
        table.with_column("secret", pa.array(secret[start : start + table.n_rows]))
        for table, start in ((train, 0), (holdout, 3000), (train, 0))
    ]
    found = AttributeInference().measure(workshop.data(*tables, sensitive=("secret",)))
    assert [f.column for f in found] == [None, "secret"]
    assert found[1].verdict == "poor"
    assert found[1].value > 0.9
    assert found[1].reference == pytest.approx(1 / 8, abs=0.04)
    assert found[1].detail["baseline"] == pytest.approx(1 / 8, abs=0.04)
    honest = AttributeInference().measure(workshop.data(tables[0], tables[1], tables[1], sensitive=("secret",)))
    assert honest[1].value < 0.2


def test_what_columns_tell_of_each_other_is_no_leak(workshop):
    draw = np.random.default_rng(0)

    def people(n):
        size = draw.integers(0, 50, n)
        return workshop.table(a=size, b=size * 2, c=size % 7, d=draw.integers(0, 50, n))

    found = AttributeInference().measure(workshop.data(people(3000), people(1500), people(3000)))
    assert found[0].value > 0.7
    assert {f.verdict for f in found} <= {"good", "unknown"}


def test_a_row_written_twice_is_still_singled_out(workshop, rows):
    train, holdout, _ = rows
    twice = train.take(np.repeat(np.arange(2000), 2))
    data = workshop.data(train, holdout, twice)
    assert len(distinct_rows(data, "synthetic")) == 2000
    assert SinglingOut().measure(data)[0].value > 0.5


def test_a_claim_fits_its_own_row(workshop, rows):
    data = workshop.data(*rows)
    claims = distinct_rows(data, "synthetic")[:50]
    for axis in axes_of(data, "synthetic", claims, own=claims):
        for claim in range(50):
            assert claim in axis.first(claim)
            assert len(axis.among(axis.first(claim), claim)) == len(axis.first(claim))


def test_a_table_in_which_no_value_is_unique_proves_nothing(workshop):
    draw = np.random.default_rng(0)
    tables = [workshop.table(x=draw.integers(0, 8, n)) for n in (3000, 1500, 3000)]
    found = SinglingOutUnivariate().measure(workshop.data(*tables))[0]
    assert found.value is None
    assert "this attack proves nothing here" in found.note


# ------------------------------------------------------------------------------------- canaries


def refit_to(made):
    return lambda rows, seed: made(rows, np.random.default_rng(seed))


def with_canaries(workshop, rows, refit, **options):
    train, holdout, fresh = rows
    usual = workshop.data(train, holdout, fresh)
    data = EvaluationData.of(train, holdout, fresh, usual.schema, RandomStream(3, ("evaluation",)), refit=refit)
    return Canaries(**options).measure(data)[0]


def test_canaries_are_found_where_a_fifth_of_the_rows_is_copied(workshop, rows):
    def leaky(table, draw):
        count = table.n_rows // 5
        return Table.concatenate([table.take(draw.permutation(table.n_rows)[:count]), rows[2].slice(count)])

    found = with_canaries(workshop, rows, refit_to(leaky))
    assert found.verdict == "poor"
    assert found.detail["epsilon_at_least"] > 0.5
    assert found.detail["exposure_bits"] > 1


def test_canaries_are_not_found_where_nothing_leaks(workshop, rows):
    from synthloom.synthesizers.tabular.independent_columns import IndependentColumns

    schema = workshop.data(*rows).schema

    def independent(table, seed):
        return Table.from_frame(IndependentColumns().fit(table, schema, seed=seed).sample(table.n_rows, seed=seed))

    for refit in (independent, refit_to(lambda table, draw: rows[2])):
        found = with_canaries(workshop, rows, refit, refits=2)
        assert found.verdict == "good"
        assert found.detail["refits"] == 2
        assert found.detail["epsilon_at_least"] < 0.5


def test_canaries_are_made_of_real_values_and_need_a_refit(workshop, rows):
    canaries = make_canaries(rows[0], 50, RandomStream(0))
    for name in canaries.names:
        assert set(canaries.column(name).to_pylist()) <= set(rows[0].column(name).to_pylist())
    found = Canaries().measure(workshop.data(*rows))[0]
    assert found.value is None
    assert "no way to do so" in found.note
    assert not Canaries().applies(workshop.data(*rows))


# ------------------------------------------------------------------------------- personal replay


def people_table(n, seed, names=None):
    draw = np.random.default_rng(seed)
    first, last = ([f"{kind}{draw.integers(0, 400)}" for _ in range(n)] for kind in ("First", "Last"))
    phone = [f"+43 555 {draw.integers(10**6, 10**7)}" for _ in range(n)]
    note = [f"please call {draw.integers(10**6, 10**7)} today, thank you" for _ in range(n)]
    return Table(pa.table({"first": first, "last": last, "phone": phone, "note": note, "x": draw.integers(0, 9, n)}))


PEOPLE = TableSchema(
    columns=(
        ColumnSchema(name="first", kind="text", type="string", personal="first_name"),
        ColumnSchema(name="last", kind="text", type="string", personal="last_name"),
        ColumnSchema(name="phone", kind="text", type="string", personal="phone"),
        ColumnSchema(name="note", kind="text", type="string"),
        ColumnSchema(name="x", kind="numeric", type="int64"),
    )
)


def replayed(train, holdout, synthetic):
    data = EvaluationData.of(train, holdout, synthetic, PEOPLE, RandomStream(0, ("evaluation",)))
    return PersonalReplay().measure(data)[0]


def test_names_that_meet_by_chance_accuse_nobody():
    found = replayed(people_table(3000, 1), people_table(1500, 2), people_table(3000, 3))
    assert found.value > 0.005  # chance brings some together
    assert found.verdict == "good"


def test_a_person_s_two_names_together_are_caught():
    train, fresh = people_table(3000, 1), people_table(3000, 3)
    planted = fresh
    for name in ("first", "last"):
        values = train.column(name).to_pylist()[:150] + fresh.column(name).to_pylist()[150:]
        planted = planted.with_column(name, pa.array(values))
    found = replayed(train, people_table(1500, 2), planted)
    assert found.verdict == "poor"
    assert found.detail["excess"] > 0.02
    assert found.detail["baseline"] < found.value


def test_a_person_s_value_inside_a_text_is_caught():
    train, fresh = people_table(3000, 1), people_table(3000, 3)
    phones = train.column("phone").to_pylist()
    notes = [f"Call ({phone.upper()}), please!" for phone in phones[:100]] + fresh.column("note").to_pylist()[100:]
    found = replayed(train, people_table(1500, 2), fresh.with_column("note", pa.array(notes)))
    assert found.verdict == "poor"


# ------------------------------------------------------------------------------- proving nothing


@pytest.mark.parametrize("metric", NEW)
def test_too_few_rows_prove_nothing(workshop, mixed, metric):
    found = metric().measure(workshop.data(mixed(30, 1), mixed(8, 2), mixed(30, 3)))[0]
    assert found.verdict == "unknown" or found.value is not None
    if found.value is None:
        assert found.note


@pytest.mark.parametrize("metric", [MembershipDensity, Linkability, SinglingOut])
def test_a_coarse_table_proves_nothing_and_says_so(workshop, metric):
    draw = np.random.default_rng(0)
    tables = [workshop.table(**{c: draw.integers(0, 2, 3000) for c in "abcd"}) for _ in range(3)]
    found = metric().measure(workshop.data(*tables))[0]
    assert found.verdict == "unknown"
    assert "this attack proves nothing here" in found.note


def test_one_person_s_rows_count_once(workshop):
    draw = np.random.default_rng(0)
    centre = draw.normal(size=(900, 4)) * 3

    def rows_of(people):
        values = np.repeat(centre[people], 10, axis=0) + 0.1 * draw.normal(size=(10 * len(people), 4))
        owners = np.repeat(people, 10).astype(str).tolist()
        return pa.table({"who": owners, **{f"x{n}": values[:, n] for n in range(4)}})

    parts = [rows_of(np.arange(start, start + 300)) for start in (0, 300, 600)]
    data = workshop.data(*parts, kinds={"who": "identifier"}, entity="who")
    for metric in (MembershipDensity, SinglingOut, Linkability, AttributeInference):
        found = metric().measure(data)
        assert not [f for f in found if f.verdict in ACCUSED], metric
    assert Linkability().measure(data)[0].detail["targets"] == 300


def test_false_alarms_are_shared_out_among_all_attacks():
    from statistics import NormalDist

    assert all(name in MARGINS for name in ATTACKS)
    chances = [1 - NormalDist().cdf(MARGINS[name].errors) for name in ATTACKS]
    assert sum(chances) == pytest.approx(FALSE_ALARM)
    judged = {name for name, kind in METRICS.items() if kind.family == "privacy" and kind.direction != "information"}
    assert judged <= {name.removesuffix("/column") for name in ATTACKS}

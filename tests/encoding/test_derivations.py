"""Relations between columns: found where they hold in all rows, kept exactly, and not found by chance."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthloom as sl
from synthloom.data import Table
from synthloom.encoding import TableEncoder
from synthloom.encoding.derivations import Derivations
from synthloom.randomness import RandomStream
from synthloom.schema import infer_schema
from synthloom.synthesizers import SYNTHESIZERS
from synthloom.synthesizers.base import read_model

ROWS = 3_000


def find(columns):
    table = Table.from_frame(columns)
    return Derivations.find(table, infer_schema(table, find_personal=False))


def orders(rng, n=ROWS):
    """A table of orders with a total, a tax, a ratio with zero divisors, and unit conversions."""
    frame = pd.DataFrame(
        {
            "price": np.round(np.exp(rng.normal(3, 1, n)), 2),
            "quantity": rng.integers(0, 30, n),
            "fee": np.round(rng.gamma(2, 5, n), 2),
            "kilograms": np.round(rng.normal(70, 12, n), 1),
            "celsius": np.round(rng.normal(12, 9, n), 1),
            "grade": rng.integers(1, 90, n),
        }
    )
    frame["amount"] = (frame.price * frame.quantity).round(2)
    frame["total"] = (frame.amount + frame.fee + 2.5).round(2)
    frame["each"] = (frame.total / frame.quantity.replace(0, np.nan)).round(3)
    frame["share"] = np.where(frame.quantity > 0, (100 * frame.fee / frame.quantity.replace(0, 1)).round(1), 0.0)
    frame["pounds"] = np.round(frame.kilograms * 2.20462, 1)
    frame["fahrenheit"] = np.round(frame.celsius * 1.8 + 32, 2)
    frame["score"] = np.round(0.3 * frame.fee + 0.7 * frame.kilograms - 1.25 * frame.grade, 1)
    frame["passed"] = frame.grade >= 40
    return frame


def holds_for_orders(f):
    shown = f.quantity > 0
    return {
        "product": np.isclose(f.amount, (f.price * f.quantity).round(2), atol=1e-9),
        "total": np.isclose(f.total, f.amount + f.fee + 2.5, atol=1e-9),
        "ratio": np.where(shown, np.isclose(f.each, (f.total / f.quantity.where(shown)).round(3), atol=1e-9), f.each.isna()),
        "share": np.where(shown, np.isclose(f.share, (100 * f.fee / f.quantity.where(shown)).round(1), atol=1e-9), f.share == 0),
        "conversion": np.isclose(f.pounds, np.round(f.kilograms * 2.20462, 1), atol=1e-9),
        "affine": np.isclose(f.fahrenheit, np.round(f.celsius * 1.8 + 32, 2), atol=1e-9),
        "weighted": np.isclose(f.score, np.round(0.3 * f.fee + 0.7 * f.kilograms - 1.25 * f.grade, 1), atol=1e-9),
        "threshold": f.passed == (f.grade >= 40),
    }  # fmt: skip


NATIONS = {"Ulm": "DE", "Bonn": "DE", "Rome": "IT", "Pisa": "IT", "Nice": "FR", "Lyon": "FR"}
BANDS = ["junior", "middle", "senior", "elder"]


def visits(rng, n=ROWS):
    """A table of visits with dates, their parts, copies as other types, lookups and gaps together."""
    start = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700 * 24 * 4, n) * 15, "m")
    frame = pd.DataFrame({"start": start, "hours": rng.integers(1, 300, n), "age": rng.integers(18, 90, n)})
    frame["end"] = frame.start + pd.to_timedelta(frame.hours, "h")
    frame["days"] = (frame.end - frame.start).dt.days
    frame["year"] = frame.start.dt.year
    frame["month"] = frame.start.dt.month
    frame["quarter"] = frame.start.dt.quarter
    frame["weekday"] = frame.start.dt.day_name()
    frame["hour"] = frame.start.dt.hour
    frame["day"] = frame.start.dt.floor("D")
    frame["city"] = rng.choice(list(NATIONS), n)
    frame["nation"] = frame.city.map(NATIONS)
    frame["band"] = np.array(BANDS)[np.searchsorted([25, 45, 65], frame.age, side="right")]
    frame["flag"] = rng.integers(0, 2, n)
    frame["flag_text"] = frame.flag.astype(str)
    frame["flag_bool"] = frame.flag == 1
    frame["rating"] = np.where(rng.random(n) < 0.2, np.nan, np.round(rng.random(n) * 5, 1))
    frame["reviewed"] = np.where(frame.rating.isna(), np.nan, rng.integers(0, 100, n))
    frame["children"] = rng.poisson(1, n)
    frame["youngest"] = np.where(frame.children == 0, np.nan, rng.integers(0, 18, n))
    return frame


def holds_for_visits(f):
    return {
        "end": f.end == f.start + pd.to_timedelta(f.hours, "h"),
        "days": f.days == (f.end - f.start).dt.days,
        "year": f.year == f.start.dt.year,
        "month": f.month == f.start.dt.month,
        "quarter": f.quarter == f.start.dt.quarter,
        "weekday": f.weekday == f.start.dt.day_name(),
        "hour": f.hour == f.start.dt.hour,
        "day": f.day == f.start.dt.floor("D"),
        "nation": f.nation == f.city.map(NATIONS),
        "band": f.band == np.array(BANDS)[np.searchsorted([25, 45, 65], f.age, side="right")],
        "copy as text": f.flag_text == f.flag.astype(str),
        "copy as boolean": f.flag_bool == (f.flag == 1),
        "gaps together": f.rating.isna() == f.reviewed.isna(),
        "gaps at a value": f.youngest.isna() == (f.children == 0),
    }


TABLES = {"orders": (orders, holds_for_orders), "visits": (visits, holds_for_visits)}


@pytest.fixture(scope="module", params=list(TABLES))
def planted(request):
    make, holds = TABLES[request.param]
    frame = make(np.random.default_rng(11))
    assert all(np.all(rows) for rows in holds(frame).values())
    return frame, holds


# under a budget relations are not read off the rows
@pytest.mark.parametrize("name", [name for name, cls in SYNTHESIZERS.items() if not cls.capabilities.private])
def test_every_synthesizer_keeps_planted_relations(planted, name):
    frame, holds = planted
    made = SYNTHESIZERS[name]().fit(frame, seed=1).sample(2_000, seed=2)
    assert list(made.dtypes) == list(frame.dtypes)
    assert {what: float(np.mean(rows)) for what, rows in holds(made).items() if not np.all(rows)} == {}


def test_a_saved_model_keeps_them_too(planted, tmp_path):
    frame, holds = planted
    model = sl.IndependentColumns().fit(frame, seed=1)
    loaded = read_model(model.save(tmp_path / "model"), SYNTHESIZERS)
    made = loaded.sample(500, seed=3)
    assert Table.from_frame(made).arrow.equals(Table.from_frame(model.sample(500, seed=3)).arrow)
    made = made.to_pandas()
    assert all(np.all(rows) for rows in holds(made).values())
    assert loaded.encoder_.derivations == model.encoder_.derivations


def test_the_state_is_plain_and_round_trips(planted):
    frame, _ = planted
    derivations = find(frame)
    plain = json.loads(json.dumps(derivations.state(), allow_nan=False))
    assert Derivations.from_state(plain) == derivations
    assert Derivations.from_state(plain).sentences == derivations.sentences


def test_few_rows_or_none_can_be_sampled(planted):
    frame, holds = planted
    model = sl.IndependentColumns().fit(frame, seed=1)
    assert len(model.sample(0, seed=1)) == 0
    for seed in range(10):
        assert all(np.all(rows) for rows in holds(model.sample(1, seed=seed)).values())


def test_a_damaged_state_with_a_circle_is_refused():
    a = np.random.default_rng(0).integers(0, 500, ROWS)
    plain = find({"a": a, "b": 2 * a}).state()
    plain["relations"].append({**plain["relations"][0], "target": "a", "sources": ["b"]})
    with pytest.raises(ValueError, match="derived from itself"):
        Derivations.from_state(plain)


def test_sentences_say_it_plainly():
    rng = np.random.default_rng(0)
    casual, registered = rng.poisson(20, ROWS), rng.poisson(90, ROWS)
    found = find({"casual": casual, "registered": registered, "cnt": casual + registered})
    assert found.sentences == ("cnt = casual + registered",)
    assert found.in_place(["casual", "registered", "cnt"]) == ("cnt",)


def test_a_total_is_derived_from_its_parts_wherever_it_stands():
    rng = np.random.default_rng(0)
    a, b = rng.poisson(20, ROWS), rng.poisson(90, ROWS)
    found = find({"sum": a + b, "a": a, "b": b})
    assert found.sentences == ("sum = a + b",)  # b = sum - a could fall below zero
    assert found.in_place(["sum", "a", "b"]) == ()


def test_the_later_column_is_derived_where_signs_do_not_matter():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=ROWS).round(3), rng.normal(size=ROWS).round(3)
    found = find({"a": a, "sum": (a + b).round(3), "b": b})
    assert found.sentences == ("b = -a + sum",)
    assert found.in_place(["a", "sum", "b"]) == ("b",)


def test_relations_compose_without_circles():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 500, ROWS)
    found = find({"a": a, "b": 2 * a, "c": 2 * a + 7, "d": a.astype(str), "e": a // 100})
    assert set(found.relations) == {"b", "c", "d", "e"}
    for name in found.relations:
        assert not found._may_follow(name, (name,))
    assert len(found.sentences) == 4


def test_exact_on_decimals_where_floats_are_not():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9_999, ROWS) / 100, rng.integers(0, 9_999, ROWS) / 100
    frame = pd.DataFrame({"a": a, "b": b, "c": (a + b).round(2)})
    made = sl.IndependentColumns().fit(frame, seed=1).sample(3_000, seed=2)
    cents = (made * 100).round().astype(int)
    assert (cents.a + cents.b == cents.c).all()
    assert (made.c == made.c.round(2)).all()


def test_own_gaps_stay_learned():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 99, ROWS), rng.integers(0, 99, ROWS)
    total = pd.array(a + b, dtype="Int64")
    total[rng.random(ROWS) < 0.1] = pd.NA
    frame = pd.DataFrame({"a": a, "b": b, "total": total})
    model = sl.IndependentColumns().fit(frame, seed=1)
    assert model.encoder_.derivations.relations["total"].gaps == "own"
    assert model.encoder_.in_place == ()
    made = model.sample(3_000, seed=2)
    assert abs(made.total.isna().mean() - 0.1) < 0.03
    shown = made.total.notna()
    assert (made.total[shown] == made.a[shown] + made.b[shown]).all()


def test_gaps_follow_the_sources():
    rng = np.random.default_rng(0)
    a = pd.Series(rng.integers(0, 99, ROWS)).astype("Int64")
    b = pd.Series(rng.integers(0, 99, ROWS)).astype("Int64")
    a[rng.random(ROWS) < 0.1], b[rng.random(ROWS) < 0.1] = pd.NA, pd.NA
    frame = pd.DataFrame({"a": a, "b": b, "total": a + b})
    model = sl.IndependentColumns().fit(frame, seed=1)
    made = model.sample(3_000, seed=2)
    assert model.encoder_.derivations.relations["total"].gaps == "sources"
    assert (made.total.isna() == (made.a.isna() | made.b.isna())).all()
    assert (made.total == made.a + made.b).fillna(True).all()


def test_a_condition_on_a_derived_column_wins():
    rng = np.random.default_rng(0)
    city = rng.choice(list(NATIONS), ROWS)
    frame = pd.DataFrame({"city": city, "nation": pd.Series(city).map(NATIONS), "x": rng.normal(size=ROWS)})
    model = sl.GaussianCopula().fit(frame, seed=1)
    assert "nation" in model.encoder_.derivations.relations
    assert set(model.sample(200, where={"nation": "IT"}, seed=2).nation) == {"IT"}
    assert set(model.sample(200, where={"city": "Rome"}, seed=2).nation) == {"IT"}


def test_the_switch():
    frame = orders(np.random.default_rng(0))
    schema = infer_schema(Table.from_frame(frame), find_personal=False).model_copy(update={"relations": "ignore"})
    assert not TableEncoder(schema).fit(Table.from_frame(frame)).derivations


def test_derive_gives_a_chain_what_decode_will_give():
    table = Table.from_frame(orders(np.random.default_rng(0)))
    encoder = TableEncoder(infer_schema(table, find_personal=False)).fit(table)
    encoded, stream = encoder.encode(table), RandomStream(1)
    decoded = encoder.decode(encoded, 0, stream)
    assert "amount" in encoder.in_place
    for name in encoder.in_place:
        parts = encoder.derive(name, encoded.columns, np.arange(table.n_rows), stream)
        for spec, again in zip(encoder.encodings[name].parts, encoder.encodings[name].encode(decoded.column(name))):
            if set(encoder.derivations.relations[name].sources) & set(encoder.derivations.relations):
                continue  # its sources are derived themselves, and lose digits when encoded
            assert (parts[spec.name].codes == again.codes).all()
            assert (parts[spec.name].nulls == again.nulls).all()
    assert encoder.derive("price", encoded.columns, np.arange(table.n_rows), stream) is None


def test_no_rare_value_is_stored():
    rng = np.random.default_rng(0)
    zips = np.array([f"Z{i:03d}" for i in np.minimum(rng.geometric(0.05, ROWS), 300)])
    towns = {z: f"town {int(z[1:]) // 4}" for z in zips}
    found = find({"zip": zips, "town": np.array([towns[z] for z in zips])})
    lookup = found.relations["town"]
    counts = pd.Series(zips).value_counts()
    assert all(counts[key] >= 5 for key in lookup.keys)
    assert 0 < len(lookup.keys) < len(counts)


def test_one_hot_flags_never_leave_zero_and_one():
    code = np.random.default_rng(0).integers(0, 3, ROWS)
    frame = pd.DataFrame({f"is_{k}": (code == k).astype(int) for k in range(3)})
    made = sl.IndependentColumns().fit(frame, seed=1).sample(500, seed=2)
    assert set(np.unique(made)) <= {0, 1}


def test_the_complement_of_a_flag():
    flag = np.random.default_rng(0).integers(0, 2, ROWS)
    assert find({"a": flag, "b": 1 - flag}).sentences == ("b = -a + 1",)


def test_times_of_day_are_not_added():
    seconds = np.random.default_rng(0).integers(0, 86_000, ROWS)
    frame = {"a": pa.array(seconds, pa.int32()).cast(pa.time32("s")), "b": pa.array(seconds + 300, pa.int32()).cast(pa.time32("s"))}
    made = sl.IndependentColumns().fit(pa.table(frame), seed=1).sample(500, seed=2)
    assert made.column("b").to_pylist()


def test_keys_text_and_personal_columns_take_no_part():
    n = 400
    keys = [f"K{i:05d}" for i in range(n)]
    found = find({"key": keys, "copy": keys, "x": np.arange(n) % 7})
    assert not found.relations


def random_table(seed):
    """Columns that know nothing of each other: numbers, whole numbers, categories, flags, dates, gaps."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 800))
    columns = {}
    for place in range(int(rng.integers(2, 12))):
        kind = rng.integers(0, 7)
        if kind == 0:
            values = np.round(rng.normal(size=n) * 10, int(rng.integers(0, 4)))
        elif kind == 1:
            values = rng.integers(0, int(rng.integers(2, 60)), n)
        elif kind == 2:
            values = np.array([f"v{i}" for i in range(60)])[rng.integers(0, int(rng.integers(2, 60)), n)]
        elif kind == 3:
            values = rng.random(n) < rng.choice([0.5, 0.1, 0.02])
        elif kind == 4:
            values = np.datetime64("2020-01-01") + rng.integers(0, 900, n).astype("timedelta64[D]")
        elif kind == 5:
            values = (rng.random(n) < 0.03) * rng.integers(1, 9, n)
        else:
            values = rng.normal(size=n)
        columns[f"c{place}"] = pa.array(values, mask=rng.random(n) < rng.choice([0.0, 0.0, 0.1]))
    return pa.table(columns)


def test_nothing_is_found_in_two_hundred_random_tables():
    found = {seed: derivations.sentences for seed in range(200) if (derivations := find(random_table(seed)))}
    assert found == {}


@settings(max_examples=40, deadline=None)
@given(st.integers(1_000, 2**31))
def test_nothing_is_found_in_any_random_table(seed):
    assert find(random_table(seed)).sentences == ()


@pytest.mark.parametrize("make", [orders, visits])
def test_what_holds_only_nearly_is_not_found(make):
    frame = make(np.random.default_rng(5))
    clean = find(frame)
    rng = np.random.default_rng(6)
    for name, relation in clean.relations.items():
        other = frame.copy()
        rows = rng.choice(len(frame), 3, replace=False)  # 99.9 % hold
        swapped = other[name].to_numpy().copy()
        pool = frame[name][frame[name].notna()].unique()
        for row in rows:
            swapped[row] = next(v for v in pool if v != swapped[row])
        other[name] = swapped
        found = find(other[[*relation.sources, name]])
        assert not found.relations, name


def test_a_near_relation_of_a_real_table_is_not_found(fair):
    frame = fair.to_frame().copy()
    assert find(frame).sentences == ()
    frame["double"] = frame["age"].where(np.arange(len(frame)) % 1000 != 0, 22.0) * 2
    assert find(frame).sentences == ()


def test_planted_in_a_table_that_statsmodels_carries(randhie):
    frame = randhie.to_frame().copy()
    base = find(frame).sentences
    frame["visits_twice"] = 2 * frame["mdvis"] + 1
    frame["per_year"] = (frame["mdvis"] / frame["lncoins"].where(frame["lncoins"] != 0)).round(2)
    frame["heavy"] = frame["mdvis"] >= 10
    found = find(frame)
    assert len(set(found.sentences) - set(base)) >= 3
    made = sl.IndependentColumns().fit(frame, seed=1).sample(3_000, seed=2)
    assert (made.visits_twice == 2 * made.mdvis + 1).all()
    assert (made.heavy == (made.mdvis >= 10)).all()
    ratio = (made.mdvis / made.lncoins.where(made.lncoins != 0)).round(2)
    assert (np.isclose(made.per_year, ratio, atol=1e-9) | (made.per_year.isna() & ratio.isna())).all()


def test_planted_in_a_table_that_scikit_learn_carries():
    from sklearn.datasets import load_wine

    frame = load_wine(as_frame=True).frame
    frame["sum"] = (frame["alcohol"] + frame["malic_acid"] - frame["ash"]).round(2)
    found = find(frame)
    assert any("alcohol" in s and "ash" in s for s in found.sentences)
    made = sl.BoostedChain().fit(frame, seed=1).sample(500, seed=2)
    assert np.allclose(made["sum"], made["alcohol"] + made["malic_acid"] - made["ash"], atol=1e-9)


def test_bike_sharing(real_data):
    found = Derivations.find(table := real_data("bike_sharing"), infer_schema(table))
    assert "cnt = casual + registered" in found.sentences
    assert {"yr", "mnth", "weekday"} <= set(found.relations)


def test_adult(real_data):
    found = Derivations.find(table := real_data("adult"), infer_schema(table))
    assert found.sentences == ("education_num is determined by education (16 values)",)


def test_airbnb(real_data):
    found = Derivations.find(table := real_data("airbnb_nyc"), infer_schema(table))
    assert "neighbourhood_group" in found.relations
    assert {"last_review", "reviews_per_month"} == set(found.gap_rules)


def test_a_ratio_of_which_rounding_leaves_little():
    """Nearly all rows round to 0.00 or 0.01: the few that tell something are enough to look for it."""
    rng = np.random.default_rng(3)
    income, people = rng.gamma(4.0, 1.0, 8_000).round(4), rng.lognormal(7.0, 0.7, 8_000).round() + 1
    frame = pd.DataFrame({"income": income, "people": people, "share": (income / people).round(2)})
    assert frame.share.nunique() < 20
    model = sl.GaussianCopula().fit(frame, seed=0)
    made = model.sample(5_000, seed=1)
    assert any("income / people" in sentence for sentence in model.encoder_.derivations.sentences)
    assert np.isclose(made.share, (made.income / made.people).round(2), atol=1e-9).all()

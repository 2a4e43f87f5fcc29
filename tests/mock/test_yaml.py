"""What a YAML schema can ask for, through the public verb."""

import datetime as dt
import math
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

import synthloom as sl
from synthloom.errors import OptionError, SchemaError
from synthloom.mock import MockEngine, mock, read_mock_schema
from synthloom.mock.read import schema_from_mock_yaml


def made(columns, rows=400, seed=1, **table):
    """The columns of a table with these specifications, as lists."""
    schema = {"tables": {"t": {"columns": columns, **table}}}
    return mock(schema, rows=rows, seed=seed)["t"].to_pydict()


def test_people_of_a_row_agree_and_two_people_differ():
    rows = made(
        {
            "name": {"kind": "name"},
            "first": {"kind": "first_name"},
            "mail": {"kind": "email"},
            "other": {"kind": "name", "person": "spouse"},
        }
    )
    assert all(name.startswith(first) for name, first in zip(rows["name"], rows["first"]))
    assert sum(a == b for a, b in zip(rows["name"], rows["other"])) < 5
    assert sum(re.sub("[^a-z]", "", n.split()[-1].lower()) in m for n, m in zip(rows["name"], rows["mail"])) > 390


def test_locales_are_mixed_by_weight_and_agree_within_a_row():
    schema = {
        "locale": {"de_DE": 3, "fr_FR": 1},
        "tables": {
            "t": {"columns": {"country": {"kind": "country"}, "iban": {"kind": "iban"}, "city": {"kind": "city"}}}
        },
    }
    rows = mock(schema, rows=2000, seed=1)["t"].to_pydict()
    share = sum(c == "Deutschland" for c in rows["country"]) / 2000
    assert 0.7 < share < 0.8
    assert all((c == "Deutschland") == i.startswith("DE") for c, i in zip(rows["country"], rows["iban"]))
    french = mock(schema, rows=50, seed=1, locale="fr_FR")["t"].to_pydict()
    assert set(french["country"]) == {"France"}


def test_values_weights_and_missing_shares():
    rows = made({"plan": {"values": {"free": 8, "pro": 2}, "missing": 0.25}, "n": [1, 2, 3]}, rows=4000)
    known = [p for p in rows["plan"] if p is not None]
    assert 0.22 < 1 - len(known) / 4000 < 0.28
    assert 0.77 < known.count("free") / len(known) < 0.83
    assert set(rows["n"]) == {1, 2, 3}


@pytest.mark.parametrize(
    ("distribution", "low", "high", "mean", "sd"),
    [
        ({"name": "normal", "mean": 50, "sd": 5}, None, None, 50, 5),
        ({"name": "normal", "mean": 50, "sd": 5}, 50, 60, 53.5, 2.6),
        ({"name": "exponential", "mean": 4}, 0, None, 4, 4),
        ({"name": "poisson", "mean": 6}, None, None, 6, 6**0.5),
        ({"name": "lognormal", "median": 10, "spread": 0.5}, None, None, 11.33, 6.0),
        ({"name": "triangular", "mean": 2}, 0, 10, 4, 2.16),
        ({"name": "pareto", "shape": 3}, 1, None, 1.5, 0.87),
        ("uniform", 0, 12, 6, 3.46),
    ],
)
def test_distributions_have_their_moments(distribution, low, high, mean, sd):
    spec = {"type": "float", "decimals": 6, "distribution": distribution, "min": low, "max": high}
    values = np.array(made({"x": spec}, rows=40_000)["x"])
    assert math.isclose(values.mean(), mean, rel_tol=0.03)
    assert math.isclose(values.std(), sd, rel_tol=0.12)
    assert low is None or values.min() >= low
    assert high is None or values.max() <= high


def test_types_bounds_and_decimals():
    rows = made(
        {
            "i": {"type": "integer", "min": -3, "max": 3},
            "f": {"type": "float", "min": 0, "max": 1, "decimals": 2},
            "d": {"type": "decimal", "min": 0, "max": 9.99},
            "b": {"type": "boolean"},
            "day": {"type": "date", "min": dt.date(2024, 1, 1), "max": "2024-01-31"},
            "at": {"type": "datetime", "min": "2024-01-01", "max": "2024-01-01T23:59:59"},
            "clock": {"type": "time"},
            "u": {"type": "uuid"},
            "j": {"type": "json"},
            "s": {"type": "string", "max_length": 3},
        }
    )
    assert set(rows["i"]) == set(range(-3, 4))
    assert all(round(v, 2) == v for v in rows["f"])
    assert all(v.as_tuple().exponent == -2 for v in rows["d"])
    assert set(rows["b"]) == {True, False}
    assert {d.month for d in rows["day"]} == {1}
    assert {d.day for d in rows["at"]} == {1}
    assert len(set(rows["u"])) == 400
    assert max(map(len, rows["s"])) <= 3


def test_conditional_columns():
    rows = made(
        {
            "plan": {"values": ["free", "pro", "team"]},
            "age": {"type": "integer", "min": 10, "max": 80},
            "discount": {
                "type": "float", "min": 0.5, "max": 0.9, "decimals": 2,
                "cases": [
                    {"when": {"plan": "free"}, "then": None},
                    {"when": {"plan": ["pro"], "age": {"min": 65}}, "then": {"type": "float", "min": 0.1, "max": 0.2, "decimals": 2}},
                ],
            },
        }
    )  # fmt: skip
    for plan, age, discount in zip(rows["plan"], rows["age"], rows["discount"]):
        if plan == "free":
            assert discount is None
        elif plan == "pro" and age >= 65:
            assert 0.1 <= discount <= 0.2
        else:
            assert 0.5 <= discount <= 0.9


def test_dates_in_order_along_columns_and_keys():
    schema = {
        "tables": {
            "customer": {
                "columns": {"id": {"sequence": {}, "type": "integer"}, "joined": {"type": "date"}},
                "primary_key": "id",
            },
            "visit": {
                "columns": {
                    "customer": {"references": "customer.id"},
                    "came": {"type": "datetime", "after": "customer.joined", "within": "90 days"},
                    "left": {"type": "datetime", "after": "came", "least": "1 min", "within": "3 h"},
                }
            },
        }
    }
    data = mock(schema, rows=500, seed=2)
    joined = dict(zip(data["customer"]["id"].to_pylist(), data["customer"]["joined"].to_pylist()))
    for row in data["visit"].to_pylist():
        assert joined[row["customer"]] <= row["came"].date() <= joined[row["customer"]] + dt.timedelta(days=91)
        assert dt.timedelta(minutes=1) <= row["left"] - row["came"] <= dt.timedelta(hours=3)


def test_templates_formulas_lookups_and_constants():
    pytest.importorskip("sqlglot")
    schema = {
        "tables": {
            "product": {
                "columns": {"sku": {"pattern": "[A-Z]{4}"}, "price": {"type": "decimal", "min": 1, "max": 50}},
                "primary_key": ["sku"],
            },
            "sale": {
                "columns": {
                    "sku": {"references": "product.sku"},
                    "price": {"lookup": "sku.price", "type": "decimal"},
                    "quantity": {"type": "integer", "min": 1, "max": 5},
                    "total": {"formula": "price * quantity", "type": "decimal"},
                    "text": {"template": "{quantity} x {sku}"},
                    "source": {"constant": "shop"},
                }
            },
        }
    }
    data = mock(schema, rows=300, seed=2)
    price = dict(zip(data["product"]["sku"].to_pylist(), data["product"]["price"].to_pylist()))
    for row in data["sale"].to_pylist():
        assert row["price"] == price[row["sku"]]
        assert row["total"] == row["price"] * row["quantity"]
        assert row["text"] == f"{row['quantity']} x {row['sku']}"
        assert row["source"] == "shop"


def test_time_series_along_each_parent():
    schema = {
        "tables": {
            "sensor": {"columns": {"id": {"sequence": {}, "type": "integer"}}, "primary_key": "id", "rows": 40},
            "reading": {
                "per": {"parent": "sensor", "min": 200, "max": 300},
                "columns": {
                    "sensor": {"references": "sensor.id"},
                    "at": {"type": "datetime", "sequence": {"start": "2024-01-01", "step": "1 h"}},
                    "value": {
                        "series": {"level": 20, "level_sd": 3, "period": 24, "season": 5, "noise": 1, "memory": 0.8}
                    },
                },
                "primary_key": ["sensor", "at"],
            },
        }
    }
    table = mock(schema, seed=3)["reading"].to_pandas()
    counts = table.groupby("sensor").size()
    assert counts.between(200, 300).all()
    assert len(counts) == 40
    assert (table.groupby("sensor")["at"].diff().dropna() == dt.timedelta(hours=1)).all()
    assert (table.groupby("sensor")["at"].min() == dt.datetime(2024, 1, 1)).all()
    noise = table["value"] - 5 * np.sin(2 * np.pi * table.groupby("sensor").cumcount() / 24)
    noise = noise - noise.groupby(table["sensor"]).transform("mean")
    assert 0.8 < noise.std() < 1.2
    assert 0.65 < noise.groupby(table["sensor"]).apply(lambda s: s.autocorr(1)).mean() < 0.85
    assert table.groupby("sensor")["value"].mean().std() > 1.5


def test_keys_hold_and_skew_gathers_children():
    schema = {
        "tables": {
            "a": {
                "columns": {"x": {"pattern": "[A-Z]{3}"}, "y": {"type": "integer", "min": 1, "max": 9}},
                "primary_key": ["x", "y"],
            },
            "b": {
                "columns": {"x": {}, "y": {}, "n": {"references": "c.id", "skew": 1}},
                "foreign_keys": [{"columns": ["x", "y"], "table": "a", "to": ["x", "y"]}],
            },
            "c": {"columns": {"id": {"type": "integer", "unique": True}}, "rows": 100},
        }
    }
    data = mock(schema, rows=3000, seed=4)
    pairs = set(zip(*(data["a"][c].to_pylist() for c in "xy")))
    assert len(pairs) == 3000
    assert set(zip(*(data["b"][c].to_pylist() for c in "xy"))) <= pairs
    assert set(data["b"]["n"].to_pylist()) <= set(data["c"]["id"].to_pylist())
    counts = pc.value_counts(data["b"]["n"]).field("counts").to_numpy()
    assert counts.max() > 10 * np.median(counts)


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "email"}, {"kind": "name"}, {"pattern": "[A-Z]{2}[0-9]{5}"}, {"type": "integer"}, {"type": "string"}, {"type": "uuid"},
        {"type": "datetime"}, {"type": "float"}, {"type": "decimal", "min": 0, "max": 100_000}, {"type": "string", "max_length": 5},
        {"kind": "title"}, {"type": "integer", "min": 5, "max": 70_004}, {"kind": "phone"},
    ],
)  # fmt: skip
def test_unique_columns_do_not_repeat(spec):
    values = made({"x": {**spec, "unique": True}}, rows=70_000)["x"]
    assert len(set(values)) == 70_000


def test_a_table_gets_no_more_rows_than_its_keys_allow():
    data = mock({"tables": {"t": {"columns": {"code": {"values": ["a", "b", "c"], "unique": True}}}}}, rows=10, seed=1)
    assert sorted(data["t"]["code"].to_pylist()) == ["a", "b", "c"]
    assert "3 rows instead of 10" in data.notes[0]


def test_equal_seeds_give_equal_rows_whatever_the_cut():
    schema = read_mock_schema(
        {"tables": {"t": {"columns": {"n": {"kind": "name"}, "x": {"type": "float"}, "p": {"pattern": "[a-z]{3,6}"}, "u": {"type": "integer", "unique": True}}}}}
    )  # fmt: skip
    engine = MockEngine(schema, 140_000, 5)
    whole = pa.concat_tables(engine.batches("t"))
    assert whole.num_rows == 140_000
    some = np.array([139_999, 0, 65_536, 70_000])
    for name, values in engine.columns("t", ["n", "x", "p", "u"], some).items():
        assert values.to_pylist() == whole[name].take(pa.array(some)).to_pylist()
    again = MockEngine(schema, 100, 5)
    assert pa.concat_tables(again.batches("t"))["n"].to_pylist() == whole["n"].slice(0, 100).to_pylist()
    assert not pa.concat_tables(MockEngine(schema, 100, 6).batches("t"))["n"].equals(whole["n"].slice(0, 100))


def test_results_as_frames_and_the_callable_package():
    import polars as pl

    data = sl.mock({"tables": {"t": {"columns": {"n": {"kind": "name"}}}}}, rows=5, seed=1)
    assert data.label == "mock"
    assert list(data) == ["t"]
    assert list(data.frame().columns) == ["n"]
    assert isinstance(data.frame("polars"), pl.DataFrame)
    with pytest.raises(OptionError, match="did you mean"):
        data["tt"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tables:\n  t:\n    columns:\n      a: {kind: nmae}\n", "line 4, column 7"),
        ("tables:\n  t:\n    columns:\n      a: {kinds: name}\n", "line 4, column 11"),
        ("tables:\n  t:\n    columns:\n      a: {kind: name, pattern: x}\n", "give one of kind, pattern"),
        ("tables:\n  t:\n    columns:\n      a: {type: integer, min: 5, max: 1}\n", "more than max"),
        ("tables:\n  t:\n    columns:\n      a: {after: b}\n", 'needs "b"'),
        ("tables:\n  t:\n    columns:\n      a: {after: b, type: date}\n      b: {after: a, type: date}\n", "circle"),
        ("tables:\n  t:\n    columns:\n      a: {references: u.id}\n", 'refers to the table "u"'),
        ("tables:\n  t:\n    columns:\n      a: {references: t.b}\n      b: {type: integer}\n", "not unique"),
        ("tables:\n  t:\n    columns:\n      a: {pattern: '(?=x)'}\n", "look-around"),
        (
            "tables:\n  t:\n    columns:\n      a: {type: date, after: b, within: soon}\n      b: {type: date}\n",
            "no duration",
        ),
        ("tables: [\n", "line"),
        ("- a\n", "not a mapping"),
        ("tables:\n  t:\n    columns: {}\n", "columns"),
        ("locale: xx_XX\ntables:\n  t:\n    columns:\n      a: {kind: name}\n", "xx_XX"),
        ("tables:\n  t:\n    columns:\n      a: {values: {x: -1}}\n", "negative"),
        ("tables:\n  t:\n    columns:\n      a: {kind: city, unique: true}\n    rows: 5\n", "repeat|instead"),
    ],
)
def test_mistakes_are_named(text, words):
    with pytest.raises((SchemaError, OptionError), match=words):
        data = mock(schema_from_mock_yaml(text), rows=10, seed=1)
        if data.notes:
            raise SchemaError(data.notes[0])


def test_faker_serves_the_long_tail():
    pytest.importorskip("faker")
    rows = made(
        {"plate": {"faker": "license_plate", "pool": 50}, "name": {"kind": "name", "locale": "ja_JP"}}, rows=300
    )
    assert len(set(rows["plate"])) <= 50
    assert any(ord(c) > 0x3000 for c in rows["name"][0])
    with pytest.raises(SchemaError, match="did you mean"):
        made({"x": {"faker": "licence_plate"}})


def test_the_example_of_the_documentation_works():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "mock.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        data = mock(schema_from_mock_yaml(block), rows=200, seed=1)
        assert all(table.num_rows for table in data.values())
        assert yaml.safe_load(block)["tables"].keys() == data.keys()


def test_the_page_for_those_who_come_from_faker_works():
    from pathlib import Path

    pytest.importorskip("faker")
    page = (Path(__file__).parents[2] / "docs" / "coming-from-faker.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)
    assert list(names["frame"].columns) == list(names["rows"][0])
    assert len(names["frame"]) == len(names["rows"]) == 1000


def test_unique_names_still_agree_with_the_rest_of_the_person():
    rows = made(
        {
            "name": {"kind": "name", "unique": True},
            "mail": {"kind": "email", "unique": True},
            "last": {"kind": "last_name"},
        },
        rows=5000,
    )
    assert len(set(rows["name"])) == len(set(rows["mail"])) == 5000
    assert all(name.endswith(last) for name, last in zip(rows["name"], rows["last"]))
    assert all(re.sub("[^a-z]", "", last.lower()) in mail for mail, last in zip(rows["mail"], rows["last"]))

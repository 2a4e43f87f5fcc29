import numpy as np
import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.errors import SchemaError
from synthloom.schema import infer_schema

RNG = np.random.default_rng(3)
N = 400


def column_of(values, name="c", kind=None):
    return infer_schema(Table(pa.table({name: pa.array(values, kind)}))).column(name)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("age", RNG.integers(0, 90, N), "numeric"),
        ("row", np.arange(1, N + 1), "identifier"),
        ("customer_id", RNG.permutation(10**6)[:N], "identifier"),
        ("population", RNG.permutation(10**6)[:N], "numeric"),
        ("code", [f"AB-{n:05d}" for n in RNG.permutation(99_999)[:N]], "identifier"),
        ("colour", RNG.choice(["red", "blue"], N), "categorical"),
        ("paid", RNG.random(N) < 0.5, "boolean"),
        ("day", [f"{d:02d}.{m:02d}.2023" for d, m in zip(RNG.integers(1, 29, N), RNG.integers(1, 13, N))], "datetime"),
        ("unit", ["kg"] * N, "constant"),
        ("half", ["kg", None] * (N // 2), "categorical"),
        ("note", [" ".join(RNG.choice(["a", "big", "dog", "ran", "far"], 7)) for _ in range(N)], "text"),
    ],
)
def test_kind_of_column(name, values, kind):
    assert column_of(values, name).kind == kind


def test_empty_column():
    assert column_of([None] * 30, kind=pa.float64()).kind == "empty"


def test_ambiguous_dates_stay_text():
    days = [f"{d:02d}/{m:02d}/2023" for d, m in zip(RNG.integers(1, 13, N), RNG.integers(1, 13, N))]
    assert column_of(days).kind == "categorical"


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([1.0, 2.0, 3.0], 0), ([1.25, 3.5], 2), (RNG.random(50), None), ([0.1, 0.2, np.nan], 1), ([1e300, 1.0], None)],
)
def test_decimals(values, decimals):
    assert column_of(values, "x").decimals == decimals


def test_noise_of_single_precision_is_not_decimals():
    assert column_of(RNG.normal(size=200).astype("float32")).decimals is None
    assert column_of(np.round(RNG.normal(size=200), 2).astype("float32")).decimals == 2


def test_nested_columns_are_refused_by_name():
    with pytest.raises(SchemaError, match='"deep"'):
        infer_schema(Table(pa.table({"deep": [[1], [2]]})))


def test_personal_columns_are_found():
    table = Table(pa.table({"email": [f"p{i}@mail.org" for i in range(50)], "amount": RNG.random(50)}))
    schema = infer_schema(table)
    assert schema.column("email").personal == "email"
    assert not schema.column("email").learned
    assert schema.column("amount").personal is None
    assert infer_schema(table, find_personal=False).column("email").personal is None


def test_one_account_number_in_every_row_is_personal():
    table = Table(pa.table({"iban": ["DE89370400440532013000"] * 40, "unit": ["kg"] * 40, "month": ["May"] * 40}))
    schema = infer_schema(table)
    assert schema.column("iban").personal == "iban"
    assert schema.column("unit").kind == schema.column("month").kind == "constant"
    assert schema.column("month").personal is None


def test_real_tables(real_data):
    adult = infer_schema(real_data("adult"))
    assert {c.kind for c in adult} == {"numeric", "categorical"}
    assert not [c.name for c in adult if c.personal]
    bikes = infer_schema(real_data("bike_sharing"))
    assert bikes.column("instant").kind == "identifier"
    assert bikes.column("dteday").granularity == "day"
    assert infer_schema(real_data("diabetes_hospitals")).column("encounter_id").kind == "identifier"

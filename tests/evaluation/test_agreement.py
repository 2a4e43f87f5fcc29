import datetime

import pyarrow as pa
import pytest

from synthloom.data import Table
from synthloom.errors import InputError, SchemaError
from synthloom.evaluation.agreement import agreeing_tables


def agree(workshop, train, holdout, synthetic):
    tables = [Table(pa.table(columns)) for columns in (train, holdout, synthetic)]
    return agreeing_tables(*tables, workshop.schema_of(tables[0].arrow))


def test_columns_come_in_the_schema_s_order(workshop):
    out = agree(workshop, {"a": [1], "b": ["x"]}, {"b": ["y"], "a": [2]}, {"b": ["z"], "a": [3]})
    assert [table.names for table in out] == [["a", "b"]] * 3


def test_a_missing_and_an_unknown_column_are_named(workshop):
    with pytest.raises(SchemaError, match='synthetic table lacks "b" and has "c"'):
        agree(workshop, {"a": [1], "b": [2]}, {"a": [1], "b": [2]}, {"a": [1], "c": [2]})


def test_a_table_without_rows_is_refused(workshop):
    with pytest.raises(InputError, match="holdout table has no rows"):
        agree(workshop, {"a": [1]}, {"a": pa.array([], pa.int64())}, {"a": [1]})


@pytest.mark.parametrize(
    ("train", "other", "wanted"),
    [
        (pa.array([1, 2]), pa.array([1.0, None]), pa.int64()),  # pandas holds whole numbers with gaps as floats
        (pa.array([1, 2]), pa.array([1.5, 2.0]), pa.float64()),
        (pa.array([1, 2], pa.int8()), pa.array([300, 2]), pa.int64()),
        (pa.array([1.5, 2.0]), pa.array(["1.25", "2"]), pa.float64()),
        (pa.array(["1", "x"]), pa.array([1, 2]), pa.string()),
        (pa.array([True, False]), pa.array(["true", "false"]), pa.bool_()),
        (pa.array(["a", "b"]), pa.nulls(2), pa.string()),
        (
            pa.array([datetime.date(2020, 1, 1)] * 2),
            pa.array([datetime.datetime(2020, 1, 1, 3)] * 2, pa.timestamp("ns")),
            pa.timestamp("us"),
        ),
    ],
)
def test_types_that_only_look_different_are_brought_together(workshop, train, other, wanted):
    out = agree(workshop, {"a": train}, {"a": train}, {"a": other})
    assert {table.column("a").type for table in out} <= {wanted}


def test_values_of_another_kind_are_refused(workshop):
    with pytest.raises(SchemaError, match='column "a" holds values of different kinds'):
        agree(workshop, {"a": [1, 2]}, {"a": [1, 2]}, {"a": ["one", "two"]})

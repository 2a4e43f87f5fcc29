"""The language of conditions: what it reads, where a mistake is, what meets it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from synthloom.conditions import (
    Among,
    Conditions,
    FilledRows,
    Missing,
    Present,
    Range,
    between,
    parse_conditions,
    read_where,
)
from synthloom.errors import ConditionError

COLUMNS = ["age", "capital gain", "income", "when"]
KINDS = {"age": pa.int64(), "capital gain": pa.float64(), "income": pa.string(), "when": pa.timestamp("us")}


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("age = 3", Among(("3",))),
        ("age != 3", Among(("3",), excluded=True)),
        ("age >= 3", Range(low="3")),
        ("age<3", Range(high="3", high_open=True)),
        ("age between 3 and 4", Range("3", "4")),
        ("age NOT BETWEEN 3 and 4", Range("3", "4", excluded=True)),
        ("income in (<=50K, '>50K', 'a ''quoted'' b')", Among(("<=50K", ">50K", "a 'quoted' b"))),
        ("income = <=50K", Among(("<=50K",))),
        ("income = Sales and marketing", None),
        ("income = 'Sales and marketing'", Among(("Sales and marketing",))),
        ("capital gain > 5", Range(low="5", low_open=True)),
        ('"capital gain" > 5', Range(low="5", low_open=True)),
        ("when is missing", Missing()),
        ("when is not null", Present()),
    ],
)
def test_clauses(text, condition) -> None:
    if condition is None:
        with pytest.raises(ConditionError, match="character 20"):
            parse_conditions(text, COLUMNS)
        return
    (clause,) = parse_conditions(text, COLUMNS)
    assert clause.condition == condition


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("ag = 3", "character 1 ", 'did you mean "age"'),
        ("age betwen 3", "character 5 ", "an operator was expected"),
        ("age in (3", "at the end", '"," or "\\)" was expected'),
        ("age = 3 or age = 4", "character 9", "joined by and"),
        ("age between 3", "at the end", "upper end"),
        ("income = 'x", "character 10", "not closed"),
        ("", "at the end", "a column was expected"),
    ],
)
def test_mistakes_are_placed(text, place, words) -> None:
    import re

    with pytest.raises(ConditionError, match=words) as caught:
        parse_conditions(text, COLUMNS)
    assert re.search(place, str(caught.value))


def test_what_meets() -> None:
    columns = {
        "age": pa.array([20, 30, 40, None]),
        "capital gain": pa.array([0.1 + 0.2, 0.3, np.nan, 5.0]),
        "income": pa.array(["a", "b", None, "c"]),
        "when": pa.array([dt.datetime(2020, 1, d) for d in (1, 2, 3, 4)]),
    }

    def met(where) -> list[bool]:
        read = read_where(where, COLUMNS)
        assert isinstance(read, Conditions)
        return read.typed(KINDS).meets(columns).tolist()

    assert met({"age": between(20, 30)}) == [True, True, False, False]
    assert met({"age": [20, None]}) == [True, False, False, True]
    assert met("age not in (20)") == [False, True, True, True]
    assert met({"capital gain": 0.3}) == [True, True, False, False]
    assert met("capital gain is missing") == [False, False, True, False]
    assert met("income >= b") == [False, True, False, True]
    assert met("when > 2020-01-02") == [False, False, True, True]
    assert met(["age > 20", "age < 40"]) == [False, True, False, False]
    assert met({"income": None}) == [False, False, True, False]


def test_wrong_values_and_names() -> None:
    with pytest.raises(ConditionError, match="no value for"):
        read_where("age > old", COLUMNS).typed(KINDS)
    with pytest.raises(ConditionError, match="smaller end first"):
        read_where({"age": between(4, 3)}, COLUMNS).typed(KINDS)
    with pytest.raises(ConditionError, match="no column"):
        read_where({"agee": 3}, COLUMNS)
    with pytest.raises(ConditionError, match="where is of type"):
        read_where(3, COLUMNS)
    assert isinstance(read_where(pa.table({"age": [1, None]}), COLUMNS), FilledRows)

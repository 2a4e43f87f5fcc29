"""Constraints as values: when they hold, how they are written, what is proposed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthloom as sl
from synthloom.constraints import (
    Combinations,
    Comparison,
    Custom,
    Formula,
    Implication,
    Inequality,
    Monotone,
    OneHot,
    Pattern,
    Presence,
    Sum,
    Unique,
    ValueRange,
    constraints_from_plain,
    read_constraints,
)
from synthloom.data import Table
from synthloom.errors import ConstraintError, SchemaError
from synthloom.schema import proposals_as_comment, propose_constraints, schema_from_yaml, schema_to_yaml

FRAME = pd.DataFrame(
    {
        "a": [1, 2, 3, 4],
        "b": [2.0, 2.0, 1.0, np.nan],
        "c": ["x", "y", "x", None],
        "d": [1, 0, 0, 0],
        "e": [0, 1, 1, 0],
        "net sum": [3.0, 4.0, 4.0, 9.0],
    }
)


@pytest.mark.parametrize(
    ("constraint", "wanted"),
    [
        (Inequality(columns=("a", "b")), [1, 1, 0, 1]),
        (Inequality(columns=("a", "b"), strict=True), [1, 0, 0, 1]),
        (Inequality(columns=("a", "b", "net sum")), [1, 1, 0, 1]),
        (ValueRange(column="a", min=2, max=3), [0, 1, 1, 0]),
        (ValueRange(column="b", min=2), [1, 1, 0, 1]),
        (Combinations(columns=("c", "d"), allowed=(("x", 1), ("y", 0), (None, 0))), [1, 1, 0, 1]),
        (Formula(column="net sum", equals="a + b"), [1, 1, 1, 1]),
        (Formula(column="a", equals="`net sum` / 3", decimals=0), [1, 0, 0, 0]),
        (Sum(total="net sum", parts=("a", "d")), [0, 0, 0, 0]),
        (Comparison(expression="a * 2 > b and not d == 1"), [0, 1, 1, 1]),
        (OneHot(columns=("d", "e")), [1, 1, 1, 0]),
        (OneHot(columns=("d", "e"), at_most=True), [1, 1, 1, 1]),
        (Unique(columns=("d", "e")), [1, 0, 0, 1]),
        (Monotone(column="b"), [1, 1, 0, 1]),
        (Monotone(column="a", by="c"), [1, 1, 1, 1]),
        (Monotone(column="a", falling=True), [1, 0, 0, 0]),
        (Presence(columns=("b",), when="a <= 3"), [1, 1, 1, 1]),
        (Presence(columns=("b",), when="a <= 2"), [1, 1, 0, 1]),
        (Presence(columns=("b",), when="a <= 2", otherwise="any"), [1, 1, 1, 1]),
        (Implication(**{"if": "c = x", "then": "d = 1"}), [1, 1, 0, 1]),
        (Pattern(column="c", regex="[xz]"), [1, 0, 1, 1]),
        (Custom(columns=("a",), function=lambda v: v["a"] % 2 == 0), [0, 1, 0, 1]),
    ],
)
def test_holds(constraint, wanted) -> None:
    table = Table.from_frame(FRAME)
    columns = {name: table.column(name) for name in table.names}
    assert constraint.holds(columns).astype(int).tolist() == wanted
    assert constraint.sentence
    assert set(constraint.names) <= set(table.names)


def test_yaml_round_trip_and_mistakes(tmp_path) -> None:
    schema = sl.infer_schema(Table.from_frame(pd.concat([FRAME] * 10)))
    items = [
        {"kind": "inequality", "columns": ["a", "b"]},
        {"kind": "implication", "if": "c = x", "then": "d = 1"},
        {"kind": "combinations", "columns": ["c", "d"], "allowed": [["x", 1], [None, 0]]},
    ]
    whole = schema.model_copy(update={"constraints": constraints_from_plain(items)})
    assert schema_from_yaml(schema_to_yaml(whole)) == whole
    assert "constraints" not in schema_to_yaml(schema)
    for wrong, words in (
        ("- {kind: inequal}", "line .*does not match any of the expected"),
        ("- {kind: range, column: a}", "line .*give min, max or both"),
        ("- {kind: expression, expression: 'a +'}", "cannot be read"),
        ("- {kind: expression, expression: '__import__(1)'}", "is not known"),
        ("- {kind: presence, columns: [a], when: 'b on 3'}", "character 3"),
        ("- {kind: unique, columns: [nobody]}", "nobody"),
    ):
        with pytest.raises(SchemaError, match=words):
            schema_from_yaml(schema_to_yaml(schema) + "constraints:\n" + wrong)
    (tmp_path / "c.py").write_text(
        "from synthloom.constraints import Custom\nconstraints = [Custom(columns=('a',), function=lambda v: v['a'] > 0)]\n"
    )
    (custom,) = read_constraints(tmp_path / "c.py")
    with pytest.raises(ValueError, match="custom"):
        schema.model_validate({**schema.model_dump(), "constraints": [custom]})
    (tmp_path / "c.yaml").write_text("constraints: [{kind: range, column: a, min: 0}]")
    assert read_constraints(tmp_path / "c.yaml") == (ValueRange(column="a", min=0),)
    (tmp_path / "d.yaml").write_text("[{kind: range, colum: a, min: 0}]")
    with pytest.raises(ConstraintError, match="constraint 1"):
        read_constraints(tmp_path / "d.yaml")


def _planted(n: int = 2_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, n)
    region = rng.integers(0, 3, n)
    low = rng.normal(50, 10, n).round(1)
    state = rng.choice(["open", "closed"], n)
    return pd.DataFrame(
        {
            "low": low,
            "high": (low + rng.exponential(8, n)).round(1),
            "other": rng.normal(50, 10, n).round(1),
            "one": (kind == 0).astype(int),
            "two": (kind == 1).astype(int),
            "three": (kind == 2).astype(int),
            "region": np.array(["n", "s", "w"])[region],
            "town": np.array(["p", "q", "r", "t"])[(region + rng.integers(0, 2, n)) % 4],
            "state": state,
            "left": np.where(state == "closed", rng.normal(0, 1, n).round(2), np.nan),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 900, n)), unit="D"),
            "count": rng.poisson(2, n),
        }
    )


def test_what_holds_beyond_chance_is_proposed() -> None:
    table = Table.from_frame(_planted())
    schema = sl.infer_schema(table)
    proposals = propose_constraints(table, schema)
    found = {proposal.constraint.sentence for proposal in proposals}
    assert {"low <= high", "exactly one of one, two, three is set", "count >= 0"} <= found
    assert "day never falls from row to row" in found
    assert any("combinations of region, town" in sentence for sentence in found)
    assert any(sentence.startswith("left present where") for sentence in found)
    columns = {name: table.column(name) for name in table.names}
    assert all(proposal.constraint.holds(columns).all() for proposal in proposals)
    text = schema_to_yaml(schema) + proposals_as_comment(proposals, table.n_rows)
    assert schema_from_yaml(text) == schema
    taken = schema_from_yaml(
        "\n".join(
            line.removeprefix("# ")
            if "constraints:" in text and number >= len(schema_to_yaml(schema).splitlines()) + 2
            else line
            for number, line in enumerate(text.splitlines())
        )
    )
    assert taken.constraints == tuple(proposal.constraint for proposal in proposals)


def test_nothing_is_proposed_for_noise() -> None:
    rng = np.random.default_rng(1)
    noise = pd.DataFrame({f"n{i}": rng.normal(size=1_500).round(3) for i in range(8)})
    noise = noise.assign(**{f"c{i}": rng.choice(list("abcd"), 1_500) for i in range(4)})
    table = Table.from_frame(noise)
    assert propose_constraints(table, sl.infer_schema(table)) == ()

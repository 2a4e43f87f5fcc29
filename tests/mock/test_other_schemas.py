"""JSON Schema, pydantic models and inferred schemas as sources; files, folders and the command line."""

import json
from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel, Field

from synthloom.errors import OptionError, OutputError, SchemaError
from synthloom.mock import mock, read_mock_schema, write_mock
from synthloom.mock.read_json_schema import schema_from_json_schema
from synthloom.mock.result import make_engine
from synthloom.schema import ColumnSchema, TableSchema, schema_to_yaml

DOCUMENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Customer",
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "format": "email"},
        "age": {"type": "integer", "minimum": 18, "exclusiveMaximum": 30},
        "score": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.25},
        "step": {"type": "integer", "minimum": 3, "maximum": 20, "multipleOf": 5},
        "tier": {"enum": ["a", "b", None]},
        "kind": {"const": "person"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}$"},
        "joined": {"type": "string", "format": "date"},
        "address": {"$ref": "#/$defs/address"},
        "note": {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 1, "maxItems": 2},
        "phone": {"type": ["string", "null"], "x-synthloom": {"kind": "phone", "locale": "de_DE"}},
    },
    "required": ["id", "email", "age", "address", "code", "kind"],
    "$defs": {
        "address": {
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            "required": ["city"],
        }
    },
}


def test_json_schema():
    rows = mock(DOCUMENT, rows=500, seed=1)["Customer"].to_pydict()
    assert all("@example." in e for e in rows["email"])
    assert set(rows["age"]) == set(range(18, 30))
    assert set(rows["step"]) - {None} == {5, 10, 15, 20}
    assert set(rows["tier"]) == {"a", "b", None}
    assert set(rows["kind"]) == {"person"}
    assert all(len(c) == 4 for c in rows["code"])
    assert {"address.street", "address.city"} <= set(rows)
    assert None in rows["address.street"]
    assert None not in rows["address.city"]
    assert max(len(n) for n in rows["note"] if n) <= 10
    assert all(1 <= len(json.loads(t)) <= 2 for t in rows["tags"] if t)
    assert all(p.startswith("0") for p in rows["phone"] if p)
    assert all(isinstance(d, date) for d in rows["joined"] if d)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"a": {"type": "array", "items": {"type": "object", "properties": {"x": {}}}}}, "list of objects"),
        ({"a": {"$ref": "#/nowhere"}}, "points to nothing"),
        ({"a": {"$ref": "https://example.com/x.json"}}, "another document"),
        ({"a": {"not": {"type": "string"}}}, "uses not"),
        ({"a": 5}, "is 5"),
        ({"a": {"type": "string", "pattern": "(?!x)"}}, "look-around"),
    ],
)
def test_what_a_json_schema_cannot_say_is_refused(change, words):
    with pytest.raises(SchemaError, match=words):
        mock({"type": "object", "properties": change}, rows=5, seed=1)


def test_a_schema_that_holds_itself_is_refused():
    node = {"type": "object", "properties": {"child": {"$ref": "#"}, "n": {"type": "integer"}}}
    with pytest.raises(SchemaError, match="refer to"):
        schema_from_json_schema(node)


class Colour(Enum):
    red = "red"
    blue = "blue"


class Address(BaseModel):
    street: str
    postcode: str


class Person(BaseModel):
    id: int = Field(ge=1, le=1000)
    full_name: str
    born: date
    colour: Colour
    level: Literal["low", "high"]
    address: Address
    nickname: str | None = None
    ratio: Annotated[float, Field(gt=0, lt=1)]


def test_rows_of_a_pydantic_model_validate():
    data = mock(Person, rows=300, seed=1)["Person"].to_pylist()
    for row in data:
        address = {k.split(".")[1]: row.pop(k) for k in list(row) if k.startswith("address.")}
        Person.model_validate({**row, "address": address})
    assert any(row["nickname"] is None for row in data)


def test_an_inferred_schema_and_its_yaml():
    schema = TableSchema(
        columns=(
            ColumnSchema(name="id", kind="identifier", type="string", pattern="C[0-9]{6}"),
            ColumnSchema(name="who", kind="text", type="string", personal="name"),
            ColumnSchema(name="phone", kind="identifier", type="int64", personal="phone"),
            ColumnSchema(name="amount", kind="numeric", type="double", decimals=2),
            ColumnSchema(name="day", kind="datetime", type="date32[day]"),
            ColumnSchema(name="group", kind="categorical", type="string"),
            ColumnSchema(name="flag", kind="boolean", type="bool"),
            ColumnSchema(name="nothing", kind="empty", type="null"),
        )
    )
    data = mock(schema, rows=100, seed=1)
    rows = data["table"].to_pydict()
    assert len(set(rows["id"])) == 100
    assert rows["id"][0].startswith("C")
    assert " " in rows["who"][0]
    assert isinstance(rows["phone"][0], int)
    assert set(rows["nothing"]) == {None}
    assert "how its values are spread" in data.notes[0]
    from synthloom.mock.read import schema_from_mock_yaml

    assert mock(schema_from_mock_yaml(schema_to_yaml(schema)), rows=100, seed=1)["table"].equals(data["table"])


def test_mysql_and_sql_server_words_are_understood():
    pytest.importorskip("sqlglot")
    from synthloom.mock.read_sql import schema_from_sql

    mysql = "CREATE TABLE `t` (`id` INT UNSIGNED NOT NULL AUTO_INCREMENT, `s` ENUM('a','b') NOT NULL, `n` VARCHAR(20), PRIMARY KEY (`id`)) ENGINE=InnoDB;"
    rows = mock(schema_from_sql(mysql), rows=50, seed=1)["t"].to_pydict()
    assert rows["id"] == list(range(1, 51))
    assert set(rows["s"]) == {"a", "b"}
    tsql = (
        "CREATE TABLE [dbo].[t] ([id] INT IDENTITY(1,1) PRIMARY KEY, [name] NVARCHAR(50) NOT NULL, [ok] BIT NOT NULL)"
    )
    assert set(mock(schema_from_sql(tsql), rows=5, seed=1)["t"].column_names) == {"id", "name", "ok"}


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1", "creates no table"),
        ("CREATE TABLE t (a INT REFERENCES u(id))", 'refers to the table "u"'),
        ("CREATE TABLE t (a GEOGRAPHY)", "has the type"),
        ("CREATE TABLE t (a INT CHECK (is_good(a)))", "cannot be evaluated"),
        ("CREATE TABLE t (a INT, a2 INT, CHECK (b > 1))", 'names "b"'),
        ("CREATE TABLE t (a INT,", "cannot be read"),
        ("CREATE TABLE t (a INT NOT NULL CHECK (a > 5 AND a < 3))", "more than max|not found"),
    ],
)
def test_sql_that_cannot_be_kept_is_refused(sql, words):
    pytest.importorskip("sqlglot")
    from synthloom.mock.read_sql import schema_from_sql

    with pytest.raises(SchemaError, match=words):
        mock(schema_from_sql(sql), rows=5, seed=1)


def test_files_of_all_kinds_are_told_apart(tmp_path):
    (tmp_path / "customer.json").write_text(json.dumps({k: v for k, v in DOCUMENT.items() if k != "title"}))
    assert list(read_mock_schema(tmp_path / "customer.json").tables) == ["customer"]
    (tmp_path / "x.txt").write_text("?")
    with pytest.raises(SchemaError, match="does not say what it is"):
        read_mock_schema(tmp_path / "x.txt")
    with pytest.raises(SchemaError, match="cannot read"):
        read_mock_schema(tmp_path / "none.yaml")
    with pytest.raises(SchemaError, match="got int"):
        read_mock_schema(3)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(SchemaError, match="no JSON"):
        read_mock_schema(tmp_path / "bad.json")


SHOP = {
    "tables": {
        "a": {
            "columns": {"id": {"type": "integer", "sequence": {}}, "text": {"kind": "free_text"}},
            "primary_key": "id",
        },
        "b": {"columns": {"a": {"references": "a.id"}, "phone": {"kind": "phone", "locale": "de_DE"}}},
    }
}


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_written_tables_are_labelled_and_equal_those_in_memory(tmp_path, format):
    engine = make_engine(SHOP, 70_000, 9)
    write_mock(engine, tmp_path / "out", format=format)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["label"] == "mock"
    assert manifest["facts"]["seed"] == 9
    assert manifest["facts"]["tables"]["b"]["rows"] == 70_000
    assert set(manifest["files"]) == {f"a.{format}", f"b.{format}"}
    read = pq.read_table if format == "parquet" else pyarrow.csv.read_csv
    table = read(tmp_path / "out" / f"a.{format}")
    assert table["id"].to_pylist() == list(range(1, 70_001))
    again = tmp_path / "again"
    write_mock(make_engine(SHOP, 70_000, 9), again, format=format)
    assert json.loads((again / "manifest.json").read_text())["files"] == manifest["files"]
    with pytest.raises(OutputError, match="already there"):
        write_mock(engine, again, format=format)


def test_names_of_files_and_formats_are_checked(tmp_path):
    with pytest.raises(OptionError, match="csv, parquet"):
        write_mock(make_engine(SHOP, 5, 1), tmp_path / "x", format="xlsx")
    clash = {"tables": {"a b": {"columns": {"x": [1]}}, "a_b": {"columns": {"x": [1]}}}}
    with pytest.raises(OptionError, match="rename"):
        write_mock(make_engine(clash, 5, 1), tmp_path / "x")
    with pytest.raises(OptionError, match="rows is -1"):
        mock(SHOP, rows=-1)
    assert mock(SHOP, rows=0, seed=1)["a"].num_rows == 0


def test_the_command_line(tmp_path):
    import typer
    from typer.testing import CliRunner

    from synthloom.cli.mock import mock as verb

    app = typer.Typer()
    app.command()(verb)
    schema = tmp_path / "shop.yaml"
    schema.write_text(json.dumps(SHOP))
    arguments = [str(schema), "--rows", "20", "--output", str(tmp_path / "out"), "--seed", "3"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "a: 20 rows" in result.output
    assert "label: mock" in result.output
    assert (tmp_path / "out" / "a.csv").exists()
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, OutputError)

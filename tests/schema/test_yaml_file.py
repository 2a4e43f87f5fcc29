import pytest

from synthloom.errors import SchemaError
from synthloom.schema import infer_schema, read_schema, schema_from_yaml, schema_to_yaml
from synthloom.testing import mixed_table

SCHEMA = infer_schema(mixed_table())
TEXT = schema_to_yaml(SCHEMA)


def test_round_trip():
    assert schema_from_yaml(TEXT) == SCHEMA


def test_the_file_explains_itself():
    assert "numbers whose size matters" in TEXT


def edited(old: str, new: str) -> tuple[str, int]:
    """The text with one edit, and the line that it stands on."""
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    return text, text[: text.index(new)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: numeric", "kind: number", "numeric"),
        ("type: string", "type: strnig", "strnig"),
        ("decimals: 2", "decimals: -2", "greater than or equal to 0"),
        ("decimals: 2", "decimal: 2", "not permitted"),
        ("minimum_support: 5", "minimum_support: many", "integer"),
    ],
)
def test_a_wrong_edit_names_its_line(old, new, words):
    text, line = edited(old, new)
    with pytest.raises(SchemaError, match=words) as caught:
        schema_from_yaml(text, source="my.yaml")
    assert f"my.yaml, line {line}, column " in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "columns: [", "columns: 3", "a: b: c", "\t", "schema_version: 99\ncolumns: []"]
)
def test_what_is_no_schema_is_refused(text):
    with pytest.raises(SchemaError):
        schema_from_yaml(text)


def test_roles_must_exist():
    with pytest.raises(SchemaError, match="target names the column"):
        schema_from_yaml(TEXT + "target: nowhere\n")


def test_missing_file(tmp_path):
    with pytest.raises(SchemaError, match="cannot read"):
        read_schema(tmp_path / "none.yaml")

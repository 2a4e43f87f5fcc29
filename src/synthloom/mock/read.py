"""Turns whatever describes tables into a :class:`MockSchema`: a file, a text, a mapping, a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from synthloom.errors import SchemaError
from synthloom.mock.read_inferred import schema_from_inferred
from synthloom.mock.read_json_schema import schema_from_json_schema
from synthloom.mock.read_sql import schema_from_sql
from synthloom.mock.specification import MockSchema
from synthloom.schema import TableSchema, schema_from_yaml

_ACCEPTED = "a .yaml, .sql or .json file, a pydantic model, a mapping, a TableSchema or a MockSchema"


def read_mock_schema(source: Any, *, dialect: str | None = None) -> MockSchema:
    """The schema that a source describes.

    Args:
        source: a path to a YAML file (in the mock format or written by ``synthloom schema``), to SQL or to a JSON
            Schema; a pydantic model; a mapping in the mock format or a JSON Schema; a :class:`TableSchema`.
        dialect: the SQL dialect, where it cannot be told.

    Raises:
        SchemaError: if the source is none of these or wrong; of YAML, with the line and column.
    """
    if isinstance(source, MockSchema):
        return source
    if isinstance(source, TableSchema):
        return schema_from_inferred(source)
    if isinstance(source, type) and issubclass(source, BaseModel):
        return schema_from_json_schema(source.model_json_schema(), name=source.__name__)
    if isinstance(source, Mapping):
        return _from_mapping(dict(source), "the mapping", None)
    if isinstance(source, (str, Path)):
        return _from_file(Path(source), dialect)
    raise SchemaError(f"got {type(source).__name__} as a schema", accepted=_ACCEPTED)


def _from_file(path: Path, dialect: str | None) -> MockSchema:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(
            f'cannot read the schema "{path}": {error}', accepted=_ACCEPTED, hint="check the path"
        ) from error
    suffix = path.suffix.lower()
    if suffix in (".sql", ".ddl"):
        return schema_from_sql(text, dialect=dialect)
    if suffix == ".json":
        try:
            document = json.loads(text)
        except ValueError as error:
            raise SchemaError(f"{path.name} is no JSON: {error}", hint="mend it") from error
        if not isinstance(document, dict):
            raise SchemaError(f"{path.name} holds no object", accepted="a JSON Schema")
        return _from_mapping(document, path.name, None, name=path.stem)
    if suffix in (".yaml", ".yml"):
        return schema_from_mock_yaml(text, source=path.name, name=path.stem)
    raise SchemaError(f'"{path.name}" does not say what it is', accepted=_ACCEPTED, hint="change the suffix")


def schema_from_mock_yaml(text: str, *, source: str = "schema.yaml", name: str = "table") -> MockSchema:
    """The schema that a YAML text describes.

    Raises:
        SchemaError: with the line and column of the first mistake.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        plain = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SchemaError(f"{source}{where}: {error.problem}", accepted="YAML", hint="mend the line") from error
    except (yaml.YAMLError, ValueError) as error:
        raise SchemaError(f"{source}: {error}", accepted="YAML") from error
    if not isinstance(plain, dict):
        raise SchemaError(f"{source} is not a mapping", accepted="a mapping with tables")
    if isinstance(plain.get("columns"), list):
        return schema_from_inferred(schema_from_yaml(text, source=source), name=name)
    return _from_mapping(plain, source, node)


def _from_mapping(plain: dict[str, Any], source: str, node: Any, *, name: str | None = None) -> MockSchema:
    if "tables" not in plain and (
        {"properties", "$ref", "$schema", "allOf"} & set(plain) or plain.get("type") in ("object", "array")
    ):
        return schema_from_json_schema(plain, name=plain.get("title") or name)
    try:
        return MockSchema.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = _position(node, first["loc"])
        where = f", line {place[0]}, column {place[1]}" if place else ""
        path = ".".join(str(part) for part in first["loc"])
        given = first.get("input")
        shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
        message = first["msg"].removeprefix("Value error, ")
        raise SchemaError(
            f"{source}{where}: {path}: {message}{shown}", hint="mend it; docs/mock.md lists every word"
        ) from error


def _position(node: Any, path: tuple[int | str, ...]) -> tuple[int, int] | None:
    """Line and column (from 1) of the deepest part of ``path`` that is there."""
    if node is None:
        return None
    place = node.start_mark
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if getattr(key, "value", None) == str(part)]
            if not found:
                break
            node, place = found[0][1], found[0][0].start_mark
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            place = node.start_mark
        else:
            break
    return place.line + 1, place.column + 1

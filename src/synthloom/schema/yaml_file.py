"""A table's schema as an editable YAML file; a wrong edit is named by line and column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from synthloom.constraints import Constraint
from synthloom.errors import SchemaError, did_you_mean
from synthloom.schema.column import KIND_MEANINGS
from synthloom.schema.proposals import Proposal
from synthloom.schema.table_schema import TableSchema

SCHEMA_VERSION = 1
_HEADER = """\
# The schema of a table: what Synthloom took each column for. Edit it and hand it back with --schema.
# kind is one of:
"""


def schema_to_yaml(schema: TableSchema) -> str:
    """The schema as YAML text with a short explanation at its head."""
    kinds = "".join(f"#   {kind:12} {meaning}\n" for kind, meaning in KIND_MEANINGS.items())
    plain = schema.model_dump(exclude_none=True)
    plain["columns"] = [dict(column) for column in plain["columns"]]
    del plain["constraints"]
    if schema.constraints:
        plain["constraints"] = [plain_constraint(constraint) for constraint in schema.constraints]
    plain["sensitive"] = list(schema.sensitive)
    body = yaml.safe_dump({"schema_version": SCHEMA_VERSION, **plain}, sort_keys=False, allow_unicode=True, width=100)
    return _HEADER + kinds + body


def schema_from_yaml(text: str, *, source: str = "schema.yaml") -> TableSchema:
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
    except yaml.YAMLError as error:
        raise SchemaError(f"{source}: {error}", accepted="YAML") from error
    if not isinstance(plain, dict):
        raise SchemaError(f"{source} is not a mapping", accepted="a mapping with a list named columns")
    version = plain.pop("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise SchemaError(
            f"{source} has schema_version {version!r}",
            accepted=str(SCHEMA_VERSION),
            hint="a newer Synthloom may have written it",
        )
    try:
        schema = TableSchema.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = _position(node, first["loc"])
        where = f", line {place[0]}, column {place[1]}" if place else ""
        path = ".".join(str(part) for part in first["loc"])
        given = first.get("input")
        shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
        raise SchemaError(
            f"{source}{where}: {path}: {first['msg']}{shown}", hint="mend the line and try again"
        ) from error
    _check_references(schema, node, source)
    return schema


def read_schema(path: str | Path) -> TableSchema:
    """The schema in a YAML file.

    Raises:
        SchemaError: if the file is missing or wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(
            f'cannot read the schema file "{path}": {error}', hint="write one with `synthloom schema INPUT`"
        ) from error
    return schema_from_yaml(text, source=str(path))


def proposals_as_comment(proposals: Sequence[Proposal], rows: int) -> str:
    """Proposed constraints as comments at the end of a schema file, to be taken in by taking the marks away."""
    if not proposals:
        return ""
    plain = [plain_constraint(proposal.constraint) for proposal in proposals]
    body = yaml.safe_dump({"constraints": plain}, sort_keys=False, allow_unicode=True, width=100)
    head = f"\n# These hold in all {rows:,} rows, beyond chance. Without the marks they hold in every synthetic row.\n"
    return head + "".join(f"# {line}\n" for line in body.splitlines())


def plain_constraint(constraint: Constraint) -> dict[str, Any]:
    """A constraint as it is written in YAML: its kind, and what is not left out.

    Raises:
        SchemaError: if it is a Python function, which no file can hold.
    """
    plain = constraint.model_dump(mode="json", exclude_defaults=True, exclude_none=True, by_alias=True)
    kind = getattr(constraint, "kind", "")
    if kind == "custom":
        raise SchemaError(
            f"the constraint ({constraint.sentence}) is a Python function and cannot be written to a file",
            hint="hand it to sample as constraints=[...] each time",
        )
    return {"kind": kind, **plain}


def _check_references(schema: TableSchema, node: Any, source: str) -> None:
    names = schema.names
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SchemaError(f"{source}: these columns stand twice: {', '.join(repeated)}")
    for role in ("target", "entity", "time"):
        name = getattr(schema, role)
        if name is not None and name not in names:
            line, column = _position(node, (role,)) or (0, 0)
            raise SchemaError(
                f'{source}, line {line}, column {column}: {role} names the column "{name}", which is not there',
                accepted=", ".join(names[:8]),
            )
    for place, name in enumerate(schema.sensitive):
        if name not in names:
            line, column = _position(node, ("sensitive", place)) or (0, 0)
            raise SchemaError(
                f'{source}, line {line}, column {column}: sensitive names the column "{name}", which is not there',
                accepted=", ".join(names[:8]),
            )
    for place, constraint in enumerate(schema.constraints):
        unknown = [name for name in constraint.names if name not in names]
        if unknown:
            line, column = _position(node, ("constraints", place)) or (0, 0)
            raise SchemaError(
                f'{source}, line {line}, column {column}: the constraint names the column "{unknown[0]}", '
                "which is not there",
                hint=did_you_mean(unknown[0], names),
            )
    for place, column_schema in enumerate(schema.columns):
        try:
            _ = column_schema.arrow_type
        except SchemaError as error:
            line, column = _position(node, ("columns", place, "type")) or (0, 0)
            raise SchemaError(
                f"{source}, line {line}, column {column}: {error.problem}", accepted=error.accepted, hint=error.hint
            ) from error


def _position(node: Any, path: tuple[int | str, ...]) -> tuple[int, int] | None:
    """Line and column (from 1) of the deepest part of ``path`` that is there."""
    place = node.start_mark if node is not None else None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if getattr(key, "value", None) == part]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = [node.value[part]]
        else:
            break
        if not found:
            break
        node = found[0]
        place = node.start_mark
    return (place.line + 1, place.column + 1) if place else None

"""Schemas written as JSON Schema (draft 2020-12 and before), and so of pydantic models.

One object is one table. Objects inside it become columns with dotted names; lists become JSON texts. Understood:
type, enum, const, bounds, multipleOf, lengths, pattern, format, required, $ref, allOf and a choice with null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synthloom.errors import SchemaError
from synthloom.mock.guess import guess_column, order_dates
from synthloom.mock.specification import ColumnSpec, MockSchema, TableSpec

_MISSING_SHARE = 0.1
_DEEPEST = 8
_URL = "https://www\\.example\\.com/[a-z]{4,10}"
_FORMATS: dict[str, dict[str, Any]] = {
    "email": {"kind": "email"}, "idn-email": {"kind": "email"}, "uuid": {"type": "uuid"}, "date": {"type": "date"},
    "date-time": {"type": "datetime"}, "time": {"type": "time"}, "ipv4": {"kind": "ip_address"},
    "phone": {"kind": "phone"},
    "ipv6": {"pattern": "2001:db8(:[0-9a-f]{4}){6}"}, "hostname": {"pattern": "[a-z]{6}\\.example\\.com"},
    "uri": {"pattern": _URL}, "url": {"pattern": _URL},
    "decimal": {"type": "decimal"},
}  # fmt: skip
_REFUSED = ("not", "if", "patternProperties", "dependentSchemas", "propertyNames", "dependencies", "prefixItems")


def schema_from_json_schema(document: Mapping[str, Any], *, name: str | None = None) -> MockSchema:
    """The schema that a JSON Schema of an object describes: one table.

    Own words may stand in ``x-synthloom`` of a property, as in the YAML format.

    Raises:
        SchemaError: if it describes no object, or uses what mock data cannot keep to.
    """
    reader = _Reader(document)
    root = reader.resolved(document)
    if root.get("type") == "array" and isinstance(root.get("items"), Mapping):
        root = reader.resolved(root["items"])
    if "properties" not in root:
        raise SchemaError(
            "the JSON Schema describes no object", accepted="an object with properties, or a list of them"
        )
    columns = order_dates(reader.columns(root, "", 0))
    title = name or str(document.get("title") or "table")
    table = "".join(c if c.isalnum() else "_" for c in title.strip()) or "table"
    return MockSchema(tables={table: TableSpec(columns=columns)}, notes=tuple(reader.notes))


class _Reader:
    """Walks through a document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document, self.notes = document, list[str]()
        self.title = str(document.get("title") or "")

    def resolved(self, node: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
        """The node with references followed and ``allOf`` put together."""
        if depth > _DEEPEST:
            raise SchemaError("the JSON Schema refers to itself", accepted="objects that end", hint="cut the circle")
        result: dict[str, Any] = {}
        if "$ref" in node:
            result.update(self.resolved(self._target(str(node["$ref"])), depth + 1))
        for part in node.get("allOf", ()):
            inner = self.resolved(part, depth + 1)
            properties = {**result.get("properties", {}), **inner.get("properties", {})}
            required = [*result.get("required", []), *inner.get("required", [])]
            result.update(inner)
            if properties:
                result.update(properties=properties, required=required)
        own = {key: value for key, value in node.items() if key not in ("$ref", "allOf")}
        if "properties" in result and "properties" in own:
            own["properties"] = {**result["properties"], **own["properties"]}
        result.update(own)
        return result

    def _target(self, reference: str) -> Mapping[str, Any]:
        if not reference.startswith("#"):
            raise SchemaError(
                f'"{reference}" lies in another document', accepted="references inside the document (#/…)"
            )
        node: Any = self.document
        for part in reference.lstrip("#").strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if key and (not isinstance(node, Mapping) or key not in node):
                raise SchemaError(f'"{reference}" points to nothing', hint="mend the reference")
            node = node[key] if key else node
        if not isinstance(node, Mapping):
            raise SchemaError(f'"{reference}" points to no schema', hint="mend the reference")
        return node

    def columns(self, node: Mapping[str, Any], prefix: str, depth: int) -> dict[str, ColumnSpec]:
        """The columns of an object."""
        if depth > _DEEPEST:
            raise SchemaError(
                "objects are nested too deeply, or refer to themselves", accepted=f"up to {_DEEPEST} levels"
            )
        required = set(node.get("required", ()))
        found: dict[str, ColumnSpec] = {}
        for key, raw in node.get("properties", {}).items():
            name = f"{prefix}{key}"
            if raw is True:
                raw = {}
            if not isinstance(raw, Mapping):
                raise SchemaError(f'the property "{name}" is {raw!r}', accepted="a schema")
            part, optional = self._without_null(name, self.resolved(raw))
            if _kind_of(part) == "object" and part.get("properties"):
                found.update(self.columns(part, f"{name}.", depth + 1))
                continue
            spec = self._column(name, part)
            if (key not in required and "default" not in part) or optional:
                spec = spec.model_copy(update={"missing": spec.missing or _MISSING_SHARE})
            found[name] = spec
        if not found:
            raise SchemaError("an object has no properties", accepted="at least one property")
        return found

    def _without_null(self, name: str, node: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """The schema of the value, and whether it may be null."""
        optional = False
        for word in ("anyOf", "oneOf"):
            options = node.get(word)
            if not options:
                continue
            rest = [self.resolved(option) for option in options if self.resolved(option).get("type") != "null"]
            optional = len(rest) < len(options)
            if len(rest) > 1:
                self.notes.append(f'"{name}" may be several things; the first is made')
            if rest:
                node = {**rest[0], **{k: v for k, v in node.items() if k != word}}
        kinds = node.get("type")
        if isinstance(kinds, list):
            optional = optional or "null" in kinds
            real = [kind for kind in kinds if kind != "null"]
            node = {**node, "type": real[0] if real else "null"}
        return node, optional

    def _column(self, name: str, node: Mapping[str, Any]) -> ColumnSpec:
        refused = [word for word in _REFUSED if word in node]
        if refused:
            raise SchemaError(
                f'"{name}" uses {refused[0]}',
                accepted="type, enum, const, bounds, lengths, pattern, format, $ref, allOf",
                hint="say it with an enum, a pattern or bounds",
            )
        own = node.get("x-synthloom")
        if isinstance(own, Mapping):
            return ColumnSpec.model_validate({**_plain(node), **own})
        if "const" in node:
            return (
                ColumnSpec(constant=node["const"])
                if node["const"] is not None
                else ColumnSpec(type="string", missing=1.0)
            )
        if "enum" in node:
            values = [v for v in node["enum"] if v is not None]
            return ColumnSpec(values=values, missing=_MISSING_SHARE if len(values) < len(node["enum"]) else 0.0)
        kind = _kind_of(node)
        if kind == "array":
            return ColumnSpec(type="string", values=self._lists(name, node))
        if kind == "object":
            return ColumnSpec(type="json")
        spec = ColumnSpec.model_validate(_plain(node))
        return (
            guess_column(name.rsplit(".", maxsplit=1)[-1], spec) if spec.kind is None and spec.pattern is None else spec
        )

    def _lists(self, name: str, node: Mapping[str, Any]) -> list[str]:
        """Some JSON texts of a list: short lists of what its items are."""
        items = self.resolved(node.get("items") or {})
        if _kind_of(items) in ("object", "array"):
            raise SchemaError(
                f'"{name}" is a list of objects or lists',
                accepted="lists of plain values",
                hint="make it a table of its own (YAML)",
            )
        usual: dict[str, list[Any]] = {"integer": [1, 2, 3, 5, 8], "number": [0.5, 1.5, 2.5], "boolean": [True, False]}
        options: list[Any] = items.get("enum") or usual.get(_kind_of(items), ["alpha", "beta", "gamma", "delta"])
        least, most = int(node.get("minItems", 0)), int(node.get("maxItems", max(3, node.get("minItems", 0))))
        lengths = range(least, min(most, least + 3) + 1)
        return [
            json.dumps([options[(start + i) % len(options)] for i in range(n)])
            for n in lengths
            for start in range(len(options))
        ]


def _kind_of(node: Mapping[str, Any]) -> str:
    kind = node.get("type")
    if kind is None:
        return "object" if "properties" in node else "array" if "items" in node else "string"
    return str(kind)


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a column that a plain schema says."""
    kind = _kind_of(node)
    if kind in ("integer", "number"):
        return _number(node, "integer" if kind == "integer" else "float")
    if kind == "boolean":
        return {"type": "boolean"}
    if kind == "null":
        return {"type": "string", "missing": 1.0}
    fields: dict[str, Any] = {"type": "string"}
    if node.get("maxLength") is not None:
        fields["max_length"] = max(1, int(node["maxLength"]))
    form = _FORMATS.get(str(node.get("format", "")))
    if form is not None:
        fields.update(form)
    if "pattern" in node:
        fields.pop("kind", None)
        fields["pattern"] = str(node["pattern"])
    elif form is None and int(node.get("minLength", 0)) > 3:
        least = int(node["minLength"])
        fields["pattern"] = f"[a-z]{{{least},{min(int(node.get('maxLength', least + 6)), least + 6)}}}"
    return fields


def _number(node: Mapping[str, Any], kind: str) -> dict[str, Any]:
    step = node.get("multipleOf")
    fields: dict[str, Any] = {"type": kind}
    if kind == "float" and step is not None:
        fields["decimals"] = max(0, len(f"{step:.12f}".rstrip("0").partition(".")[2]))
    unit = 1 if kind == "integer" else 10.0 ** -fields.get("decimals", 3)
    low, high = node.get("minimum"), node.get("maximum")
    strict_low, strict_high = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if isinstance(strict_low, bool):  # draft 4
        strict_low, low = (low, None) if strict_low else (None, low)
    if isinstance(strict_high, bool):
        strict_high, high = (high, None) if strict_high else (None, high)
    fields["min"] = low if strict_low is None else strict_low + unit
    fields["max"] = high if strict_high is None else strict_high - unit
    if kind == "integer" and step not in (None, 1):
        start = -(-int(fields["min"] or 0) // int(step)) * int(step)
        end = int(fields["max"]) if fields["max"] is not None else start + 100 * int(step)
        return {"type": "integer", "values": list(range(start, end + 1, int(step)))[:1000]}
    return fields

"""Which columns a column needs first, and in which order a table's columns are therefore made."""

from __future__ import annotations

import re

from synthloom.errors import SchemaError, did_you_mean
from synthloom.mock.specification import ColumnSpec, MockSchema, TableSpec
from synthloom.mock.sql_expressions import columns_of
from synthloom.mock.sql_text import parse_condition

_FIELD = re.compile(r"\{([^{}]+)\}")


def template_fields(template: str) -> list[str]:
    """The columns that a template names in braces."""
    return _FIELD.findall(template)


def formula_columns(formula: str) -> list[str]:
    """The columns that a formula names."""
    return columns_of(parse_condition("formula", formula))


def needs(spec: ColumnSpec) -> list[str]:
    """The columns of the same row that a column is made from (for ``key.column`` the key)."""
    found = [spec.lookup.split(".")[0]] if spec.lookup else []
    found += [spec.after.split(".")[0]] if spec.after else []
    found += template_fields(spec.template) if spec.template else []
    found += formula_columns(spec.formula) if spec.formula else []
    for case in spec.cases:
        found += list(case.when)
        found += needs(case.then) if case.then is not None else []
    return found


def evaluation_order(name: str, table: TableSpec, schema: MockSchema) -> tuple[str, ...]:
    """The table's columns, each after those it needs.

    Raises:
        SchemaError: if a column needs one that is not there, or needs itself in a circle.
    """
    order: list[str] = []
    open_columns: list[str] = []

    def visit(column: str) -> None:
        if column in order:
            return
        if column in open_columns:
            circle = " → ".join([*open_columns[open_columns.index(column) :], column])
            raise SchemaError(f'columns of "{name}" need each other in a circle: {circle}', hint="break it")
        open_columns.append(column)
        for needed in needs(table.columns[column]):
            if needed not in table.columns:
                raise SchemaError(f'"{name}.{column}" needs "{needed}"', hint=did_you_mean(needed, table.columns))
            visit(needed)
        open_columns.pop()
        order.append(column)

    for column, spec in table.columns.items():
        visit(column)
        for path in (spec.lookup, spec.after):
            if path is not None and "." in path:
                _check_path(name, column, path, table, schema)
    return tuple(order)


def _check_path(name: str, column: str, path: str, table: TableSpec, schema: MockSchema) -> None:
    key_column, _, wanted = path.partition(".")
    key = next((k for k in table.keys if key_column in k.columns), None)
    if key is None:
        raise SchemaError(
            f'"{name}.{column}" looks along "{key_column}", which is no key', hint="name a column with references"
        )
    if key.table in schema.tables and wanted not in schema.tables[key.table].columns:
        hint = did_you_mean(wanted, schema.tables[key.table].columns)
        raise SchemaError(f'"{name}.{column}" needs "{key.table}.{wanted}"', hint=hint)

"""Conditions and formulas in SQL, parsed and taken apart."""

from __future__ import annotations

from typing import Any

from synthloom.errors import MissingExtraError, SchemaError


def parse_condition(table: str, text: str, dialect: str | None = None) -> Any:
    """The tree of a condition.

    Raises:
        MissingExtraError: if sqlglot is not installed.
        SchemaError: if the text is no condition.
    """
    try:
        import sqlglot
        from sqlglot.errors import SqlglotError
    except ImportError as error:
        raise MissingExtraError(
            f'checks and formulas (of "{table}") are SQL, which needs sqlglot', hint='pip install "synthloom[mock]"'
        ) from error
    try:
        return sqlglot.parse_one(text, read=dialect or "postgres")
    except SqlglotError as error:
        raise SchemaError(f'the check {text} of "{table}" is no condition in SQL', hint="mend it") from error


def conjuncts(node: Any) -> list[Any]:
    """The parts of a condition that are joined by AND."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.And):
        return [*conjuncts(node.this), *conjuncts(node.expression)]
    return [node]


def disjuncts(node: Any) -> list[Any]:
    """The parts of a condition that are joined by OR."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Or):
        return [*disjuncts(node.this), *disjuncts(node.expression)]
    return [node]

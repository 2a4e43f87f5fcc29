"""Whatever is handed in as ``where``, as conditions or as partly filled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthloom.conditions.clauses import Among, Clause, Condition, Conditions, Missing
from synthloom.conditions.grammar import parse_conditions
from synthloom.data import Table
from synthloom.errors import ConditionError, did_you_mean


@dataclass(frozen=True)
class FilledRows:
    """Rows of which some cells are given; a missing cell is open.

    Attributes:
        table: only columns that were given; as many rows as are wanted.
    """

    table: Table


def read_where(where: Any, columns: Sequence[str]) -> Conditions | FilledRows:
    """Conditions from a mapping, a text, a list of texts or clauses; filled rows from a frame.

    In a mapping, a plain value must be equal, ``None`` stands for missing, a list, tuple or set for
    one of several values, and :class:`Condition` for itself.

    Raises:
        ConditionError: if it is none of these, or names a column that is not there.
    """
    if where is None:
        return Conditions()
    if isinstance(where, (Conditions, FilledRows)):
        _check_names(where.columns if isinstance(where, Conditions) else where.table.names, columns)
        return where
    if isinstance(where, str):
        return parse_conditions(where, columns)
    if isinstance(where, Mapping):
        _check_names(list(where), columns)
        return Conditions(tuple(Clause(str(name), _condition(value)) for name, value in where.items()))
    if isinstance(where, (list, tuple)) and all(isinstance(item, (str, Clause)) for item in where):
        clauses: list[Clause] = []
        for item in where:
            clauses += [item] if isinstance(item, Clause) else parse_conditions(item, columns)
        _check_names([clause.column for clause in clauses], columns)
        return Conditions(tuple(clauses))
    if hasattr(where, "columns") or hasattr(where, "column_names") or isinstance(where, Table):
        table = Table.from_frame(where)
        _check_names(table.names, columns)
        return FilledRows(table)
    raise ConditionError(
        f"where is of type {type(where).__name__}",
        accepted="a mapping from columns to values, a text, a list of texts, or a frame of partly filled rows",
    )


def _condition(value: Any) -> Condition:
    if isinstance(value, Condition):
        return value
    if value is None:
        return Missing()
    if isinstance(value, (list, tuple, set, frozenset)):
        return Among(tuple(sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value))
    if isinstance(value, range):
        return Among(tuple(value))
    return Among((value,))


def _check_names(names: Sequence[Any], known: Sequence[str]) -> None:
    for name in names:
        if str(name) not in known:
            raise ConditionError(f'there is no column "{name}" to condition on', hint=did_you_mean(str(name), known))

"""Checks: conditions in SQL that every row must meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import SchemaError
from synthloom.mock.specification import TableSpec
from synthloom.mock.sql_expressions import Unsupported, columns_of, evaluate, refuse
from synthloom.mock.sql_text import conjuncts, parse_condition

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Check:
    """One condition of a table."""

    table: str
    text: str
    tree: Any

    def passes(self, columns: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
        """Whether each row meets it; as in SQL, what is unknown counts as met.

        Raises:
            SchemaError: if the condition cannot be evaluated.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        n = len(next(iter(columns.values())))
        try:
            value = evaluate(self.tree, columns)
        except Unsupported as error:
            raise refuse(self.table, self.text, error) from error
        if isinstance(value, pa.Scalar):
            return np.full(n, value.as_py() is not False)
        if not pa.types.is_boolean(value.type):
            value = pc.not_equal(value.cast(pa.float64()), 0.0)
        return np.asarray(pc.fill_null(value, True).to_numpy(zero_copy_only=False), dtype=bool)


def compile_checks(name: str, table: TableSpec) -> tuple[Check, ...]:
    """The checks of a table, parsed.

    Raises:
        SchemaError: if one cannot be read, or names a column that is not there.
    """
    compiled = []
    known = {column.lower() for column in table.columns}
    for text in table.checks:
        tree = parse_condition(name, text)
        missing = [column for column in columns_of(tree) if column.lower() not in known]
        if missing:
            raise SchemaError(f'the check {text} of "{name}" names "{missing[0]}"', accepted=", ".join(table.columns))
        compiled.append(Check(name, text, tree))
    return tuple(compiled)


def compared_columns(name: str, table: TableSpec) -> list[tuple[str, str, str]]:
    """Pairs of columns that a check compares by ``<>`` or ``<``: the lower one first, and ``NEQ`` or ``LT``."""
    found = []
    known = {column.lower(): column for column in table.columns}
    for text in table.checks:
        for part in conjuncts(parse_condition(name, text)):
            kind = type(part).__name__
            if kind not in ("NEQ", "LT", "GT"):
                continue
            sides = [known.get(side.unnest().name.lower()) for side in (part.this, part.expression)]
            if all(type(side.unnest()).__name__ == "Column" for side in (part.this, part.expression)) and all(sides):
                left, right = (str(side) for side in sides)
                found.append((right, left, "LT") if kind == "GT" else (left, right, kind))
    return found

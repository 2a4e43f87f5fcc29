"""The order in which tables can be loaded: parents first, circles opened where a key may be missing or waits."""

from __future__ import annotations

from synthloom.errors import SchemaError
from synthloom.mock.specification import ForeignKey, MockSchema, TableSpec


def is_optional(table: TableSpec, key: ForeignKey) -> bool:
    """Whether a row may do without the key: SQL does not check keys of which any part is missing."""
    return any(table.columns[column].missing > 0 for column in key.columns)


def load_order(schema: MockSchema) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Tables with parents first; keys that may be empty, or are checked late, are given up where there is a circle."""
    edges = {name: [k for k in table.keys if k.table != name] for name, table in schema.tables.items()}
    order: list[str] = []
    broken: list[tuple[str, tuple[str, ...]]] = []
    waiting = list(schema.tables)
    while waiting:
        ready = next((n for n in waiting if all(k.table in order for k in edges[n])), None)
        if ready is None:
            ready = _break_circle(schema, waiting, edges, order, broken)
        order.append(ready)
        waiting.remove(ready)
    return tuple(order), tuple(broken)


def _break_circle(
    schema: MockSchema,
    waiting: list[str],
    edges: dict[str, list[ForeignKey]],
    order: list[str],
    broken: list[tuple[str, tuple[str, ...]]],
) -> str:
    """The table that can go next if some of its optional keys are filled in afterwards."""

    def open_keys(name: str) -> list[ForeignKey]:
        return [k for k in edges[name] if k.table not in order]

    for name in sorted(waiting, key=lambda n: (len(open_keys(n)), waiting.index(n))):
        keys = open_keys(name)
        table = schema.tables[name]
        if all(is_optional(table, k) or k.deferrable for k in keys) and _in_circle(name, edges, order):
            broken += [(name, tuple(c for c in k.columns if table.columns[c].missing) or k.columns) for k in keys]
            return name
    circle = " → ".join(_circle(waiting[0], edges, order))
    raise SchemaError(
        f"the keys of {circle} form a circle in which no value may be missing, so that no table can be loaded first",
        accepted="a circle with at least one key that may be null, or is deferrable",
        hint="allow null in one of these keys, or declare it DEFERRABLE INITIALLY DEFERRED",
    )


def _in_circle(name: str, edges: dict[str, list[ForeignKey]], order: list[str]) -> bool:
    seen, queue = set(), [k.table for k in edges[name] if k.table not in order]
    while queue:
        table = queue.pop()
        if table == name:
            return True
        if table not in seen:
            seen.add(table)
            queue += [k.table for k in edges[table] if k.table not in order]
    return False


def _circle(start: str, edges: dict[str, list[ForeignKey]], order: list[str]) -> list[str]:
    path = [start]
    while path[-1] not in path[:-1]:
        path.append(next(k.table for k in edges[path[-1]] if k.table not in order))
    return path[path.index(path[-1]) :]

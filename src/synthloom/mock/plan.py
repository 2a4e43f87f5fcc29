"""Before any row is made: checks the schema, and decides order, numbers of rows and keys."""

from __future__ import annotations

from synthloom.errors import SchemaError, did_you_mean
from synthloom.mock.domains import domain_size
from synthloom.mock.layout import ChildLayout
from synthloom.mock.load_order import load_order
from synthloom.mock.paths import evaluation_order
from synthloom.mock.shared_keys import implied, owners
from synthloom.mock.specification import ForeignKey, MockSchema, TableSpec
from synthloom.mock.table_plan import PLENTY, Plan, TablePlan
from synthloom.mock.unique_sets import keepers
from synthloom.randomness import RandomStream

_MOST_ROWS = 10**9


def make_plan(schema: MockSchema, rows: int, stream: RandomStream) -> Plan:
    """Decides order, numbers of rows and keys.

    Raises:
        SchemaError: if a key points nowhere, a circle of keys cannot be loaded, or uniqueness cannot be kept.
    """
    for name, table in schema.tables.items():
        _check_names(schema, name, table)
    _check_values_end(schema)
    order, broken = load_order(schema)
    notes = list(schema.notes)
    tables: dict[str, TablePlan] = {}
    for name in order:
        tables[name] = _plan_table(schema, name, rows, tables, stream.child("table", name), notes)
    ordered = {name: tables[name] for name in schema.tables}
    return Plan(ordered, order, broken, tuple(notes))


def _check_names(schema: MockSchema, name: str, table: TableSpec) -> None:
    sets = [("primary_key", table.primary_key), *(("unique", names) for names in table.unique)]
    sets += [("foreign_keys", key.columns) for key in table.foreign_keys]
    for where, names in sets:
        for column in names:
            if column not in table.columns:
                raise SchemaError(f'{where} of "{name}" names "{column}"', hint=did_you_mean(column, table.columns))
    for key in table.keys:
        if key.table not in schema.tables:
            raise SchemaError(
                f'"{name}" refers to the table "{key.table}"', hint=did_you_mean(key.table, schema.tables)
            )
        parent = schema.tables[key.table]
        if len(key.to) != len(key.columns):
            raise SchemaError(f'a key of "{name}" has {len(key.columns)} columns and points to {len(key.to)}')
        for column in key.to:
            if column not in parent.columns:
                hint = did_you_mean(column, parent.columns)
                raise SchemaError(f'"{name}" refers to "{key.table}.{column}"', hint=hint)
        if not any(set(names) <= set(key.to) for names in parent.unique_sets):
            raise SchemaError(
                f'"{name}" refers to {key.table}({", ".join(key.to)}), which is not unique',
                accepted="a primary key, or columns that are unique",
                hint=f'make them the primary_key of "{key.table}", or list them under unique',
            )


def _check_values_end(schema: MockSchema) -> None:
    """Refuses key columns whose values are made of each other: each the other's copy, and nobody's own."""
    points: dict[tuple[str, str], tuple[str, str]] = {}
    for name, table in schema.tables.items():
        keys = table.keys
        for column, (number, place) in owners(keys)[0].items():
            points[name, column] = (keys[number].table, keys[number].to[place])
    for start in points:
        path = [start]
        while path[-1] in points:
            path.append(points[path[-1]])
            if path[-1] == start:
                circle = " → ".join(f"{table}.{column}" for table, column in path)
                raise SchemaError(
                    f"the values of these key columns are made of each other: {circle}",
                    accepted="keys that end in a column of a table's own",
                    hint="leave one of these keys out of the schema for the mock",
                )
            if path[-1] in path[:-1]:
                break


def _plan_table(
    schema: MockSchema,
    name: str,
    rows: int,
    done: dict[str, TablePlan],
    stream: RandomStream,
    notes: list[str],
) -> TablePlan:
    table = schema.tables[name]
    keys = table.keys
    key_of, follows = owners(keys)
    _check_shared(schema, name, keys, key_of, follows)
    wanted = table.rows if table.rows is not None else rows
    layout = None
    if table.per is not None:
        layout = _layout(schema, name, table, done, stream)
        wanted = layout.rows
    draft = TablePlan(table, wanted, evaluation_order(name, table, schema), keys, key_of, follows, layout=layout)
    groups, driven, alone = keepers(schema, name, draft, done, stream)
    limit = min(
        [_capacity(schema, name, draft, done, column) for column in alone] + [g.size for g in groups], default=PLENTY
    )
    if wanted > limit:
        notes.append(f'"{name}" has {limit:,} rows instead of {wanted:,}: its keys allow no more')
        wanted = limit
    if any(done[k.table].rows == 0 for k in keys if k.table in done) and wanted:
        empty = next(k.table for k in keys if k.table in done and done[k.table].rows == 0)
        alike = [k for k in keys if k.table in done and done[k.table].rows == 0]
        if not all(table.columns[column].missing for k in alike for column in k.columns):
            notes.append(f'"{name}" has no rows, because "{empty}" has none')
            wanted = 0
    if wanted > _MOST_ROWS:
        raise SchemaError(f'"{name}" would have {wanted:,} rows', accepted=f"up to {_MOST_ROWS:,}")
    fixed = _fixed_columns(schema, name, table, keys, alone)
    return TablePlan(table, wanted, draft.order, keys, key_of, follows, groups, driven, alone, layout, fixed)


def _fixed_columns(
    schema: MockSchema, name: str, table: TableSpec, keys: tuple[ForeignKey, ...], alone: frozenset[str]
) -> frozenset[str]:
    """Columns of unique sets, and those that other tables point to; a foreign key is fixed as a whole."""
    pointed_at = {c for other in schema.tables.values() for k in other.keys if k.table == name for c in k.to}
    fixed = pointed_at | alone | {column for names in table.unique_sets for column in names}
    for _ in keys:  # keys that share columns are fixed together
        for key in keys:
            if fixed & set(key.columns):
                fixed |= set(key.columns)
    return frozenset(fixed)


def _check_shared(
    schema: MockSchema,
    name: str,
    keys: tuple[ForeignKey, ...],
    key_of: dict[str, tuple[int, int]],
    follows: dict[int, tuple[str, ...]],
) -> None:
    """Refuses keys that share columns in a way that no choice of parents is known to keep."""
    for number, shared in follows.items():
        key = keys[number]
        makers = {key_of[column][0] for column in shared}
        whole = len(shared) == len(key.columns)
        if (whole and implied(schema, name, number)) or (not whole and not makers & set(follows) and key.table != name):
            continue
        raise SchemaError(
            f'the keys of "{name}" to "{key.table}" and "{keys[min(makers)].table}" share {", ".join(shared)}',
            accepted="keys that share columns which lead to the same table",
            hint="drop one of the keys from the schema for the mock, or give the key columns of its own",
        )


def _layout(
    schema: MockSchema, name: str, table: TableSpec, done: dict[str, TablePlan], stream: RandomStream
) -> ChildLayout:
    assert table.per is not None
    parent = table.per.parent
    if parent not in schema.tables:
        raise SchemaError(f'per of "{name}" names the table "{parent}"', hint=did_you_mean(parent, schema.tables))
    if not any(key.table == parent for key in table.keys) or parent not in done:
        raise SchemaError(
            f'"{name}" has rows per "{parent}", but no key to it', hint=f"add a column with references: {parent}.…"
        )
    return ChildLayout(done[parent].rows, table.per.min, table.per.max, stream.child("layout"))


def _capacity(schema: MockSchema, name: str, plan: TablePlan, done: dict[str, TablePlan], column: str) -> int:
    """How many different values a column can have by itself."""
    if column in plan.key_of:
        key = plan.keys[plan.key_of[column][0]]
        return plan.rows if key.table == name else done[key.table].rows if key.table in done else plan.rows
    size = domain_size(plan.spec.columns[column], schema)
    return PLENTY if size is None else size

"""Before any row is made: in which order tables can be loaded, how many rows they get, and what keeps keys unique."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from synthloom.errors import SchemaError, did_you_mean
from synthloom.mock.checks import compared_columns
from synthloom.mock.domains import domain_size
from synthloom.mock.layout import ChildLayout
from synthloom.mock.paths import evaluation_order
from synthloom.mock.shared_keys import implied, owners
from synthloom.mock.specification import ForeignKey, MockSchema, TableSpec
from synthloom.randomness import RandomStream

_PLENTY = 2**62
_MOST_ROWS = 10**9
_COUNTED = 1000  # a whole number with so many values, in a key with others, numbers the rows of its parent


@dataclass(frozen=True)
class KeyMember:
    """One digit of a composite key: a foreign key or a column with a countable set of values."""

    kind: Literal["key", "column", "line"]
    name: str
    size: int


@dataclass(frozen=True)
class KeyGroup:
    """Columns that no two rows share, made together from the digits of one permuted number.

    ``pair`` names two digits that must differ (its third part false) or of which the first must be the lower one.
    """

    members: tuple[KeyMember, ...]
    layout: ChildLayout | None = None
    pair: tuple[int, int, bool] | None = None

    @property
    def size(self) -> int:
        """How many different keys there are."""
        if self.layout is not None:
            return self.layout.rows
        return min(math.prod(self.radices), _PLENTY)

    @property
    def radices(self) -> tuple[int, ...]:
        """The size of each digit; of a pair, both digits are counted at the first, and one at the second."""
        sizes = [member.size for member in self.members]
        if self.pair is not None:
            first, second, ordered = self.pair
            n = sizes[first]
            sizes[first], sizes[second] = n * (n - 1) // (2 if ordered else 1), 1
        return tuple(sizes)


@dataclass(frozen=True)
class TablePlan:
    """What was decided for one table.

    Attributes:
        spec: the table as it was asked for.
        rows: how many rows it gets.
        order: its columns, each after those it depends on.
        keys: its foreign keys.
        key_of: for each column of a foreign key, the number of the key that makes it and its place in that key.
        follows: keys some of whose columns another key makes, with those columns; their parents must agree in them.
        groups: composite keys.
        driven: for each column or foreign key (``#0`` …) in a group, group number and digit.
        alone: columns that are unique by themselves.
        layout: rows for each row of a parent, where asked for.
        fixed: columns whose values never change when a row is drawn again to meet a check.
    """

    spec: TableSpec
    rows: int
    order: tuple[str, ...]
    keys: tuple[ForeignKey, ...]
    key_of: dict[str, tuple[int, int]]
    follows: dict[int, tuple[str, ...]]
    groups: tuple[KeyGroup, ...] = ()
    driven: dict[str, tuple[int, int]] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    layout: ChildLayout | None = None
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """The plan of all tables.

    Attributes:
        tables: by name, as in the schema.
        load_order: table names, parents first.
        filled_afterwards: keys that close a circle, ``(table, columns)``: load them empty and update, or defer.
        notes: what the user should know.
    """

    tables: dict[str, TablePlan]
    load_order: tuple[str, ...]
    filled_afterwards: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]


def make_plan(schema: MockSchema, rows: int, stream: RandomStream) -> Plan:
    """Decides order, numbers of rows and keys.

    Raises:
        SchemaError: if a key points nowhere, a circle of keys cannot be loaded, or uniqueness cannot be kept.
    """
    for name, table in schema.tables.items():
        _check_names(schema, name, table)
    _check_values_end(schema)
    load_order, broken = _load_order(schema)
    notes = list(schema.notes)
    tables: dict[str, TablePlan] = {}
    for name in load_order:
        tables[name] = _plan_table(schema, name, rows, tables, stream.child("table", name), notes)
    ordered = {name: tables[name] for name in schema.tables}
    return Plan(ordered, load_order, broken, tuple(notes))


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


def _is_optional(table: TableSpec, key: ForeignKey) -> bool:
    """Whether a row may do without the key: SQL does not check keys of which any part is missing."""
    return any(table.columns[column].missing > 0 for column in key.columns)


def _load_order(schema: MockSchema) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
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
        if all(_is_optional(table, k) or k.deferrable for k in keys) and _in_circle(name, edges, order):
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
    groups, driven, alone = _uniqueness(schema, name, draft, done, stream)
    limit = min(
        [_capacity(schema, name, draft, done, column) for column in alone] + [g.size for g in groups], default=_PLENTY
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
    return _PLENTY if size is None else size


def _uniqueness(
    schema: MockSchema, name: str, plan: TablePlan, done: dict[str, TablePlan], stream: RandomStream
) -> tuple[tuple[KeyGroup, ...], dict[str, tuple[int, int]], frozenset[str]]:
    """Who keeps which unique set: one column alone, or several together."""
    table = plan.spec
    groups: list[KeyGroup] = []
    driven: dict[str, tuple[int, int]] = {}
    alone: set[str] = set()
    kept: list[frozenset[str]] = []
    for names in sorted(table.unique_sets, key=len):
        if any(done_set <= set(names) for done_set in kept):
            continue
        if _counted_in_parent(names, plan):
            kept.append(frozenset(names))
            continue
        names = _telling(schema, name, names, plan)
        if any(done_set <= set(names) for done_set in kept):
            continue
        single = _column_alone(schema, names, plan, driven)
        if single is not None:
            alone.add(single)
            kept.append(frozenset((single,)))
            continue
        if any(_unit(column, plan) in driven for column in names) or _has_follower(names, plan):
            raise SchemaError(
                f'the unique columns {", ".join(names)} of "{name}" overlap with another unique set or foreign key',
                accepted="unique sets and keys that share no column, or a column that can be unique by itself",
                hint="leave one of the two out of the schema for the mock",
            )
        group = _group(schema, name, names, plan, done, stream)
        for digit, member in enumerate(group.members):
            driven[member.name] = (len(groups), digit)
        groups.append(group)
        kept.append(frozenset(names))
    return tuple(groups), driven, frozenset(alone)


def _counted_in_parent(names: tuple[str, ...], plan: TablePlan) -> bool:
    """Whether a set is unique of itself: a parent, and a sequence that counts the rows of each parent."""
    if plan.layout is None or plan.spec.per is None:
        return False
    to_parent = any(
        key.table == plan.spec.per.parent and set(key.columns) <= set(names) and number not in plan.follows
        for number, key in enumerate(plan.keys)
    )
    return to_parent and any(plan.spec.columns[name].sequence is not None for name in names)


def _telling(schema: MockSchema, name: str, names: tuple[str, ...], plan: TablePlan) -> tuple[str, ...]:
    """The columns of a set without those that are a part of a key which does not tell parents apart.

    What is unique without them is unique with them.
    """
    weak: set[str] = set()
    for key in plan.keys:
        pointed = {target for column, target in zip(key.columns, key.to, strict=True) if column in names}
        upward = key.table == name and not set(names) <= set(key.columns)  # rows before a row are drawn freely
        if upward or not any(set(unique) <= pointed for unique in schema.tables[key.table].unique_sets):
            weak |= set(key.columns)
    kept = tuple(column for column in names if column not in weak)
    if not kept:
        raise SchemaError(
            f'the unique columns {", ".join(names)} of "{name}" are parts of keys that do not tell rows apart',
            accepted="unique sets with a whole key, or with a column of the table's own",
            hint="leave the unique set out of the schema for the mock",
        )
    return kept


def _has_follower(names: tuple[str, ...], plan: TablePlan) -> bool:
    return any(column in plan.key_of and plan.key_of[column][0] in plan.follows for column in names)


def _unit(column: str, plan: TablePlan) -> str:
    """The name under which a column is driven: its foreign key's, or its own."""
    return f"#{plan.key_of[column][0]}" if column in plan.key_of else column


def _column_alone(
    schema: MockSchema, names: tuple[str, ...], plan: TablePlan, driven: dict[str, tuple[int, int]]
) -> str | None:
    """A column of the set that has so many values that it is made unique by itself, or the only one."""
    if len(names) == 1:
        return names[0] if _unit(names[0], plan) not in driven and not _has_follower(names, plan) else None
    spec = plan.spec.columns
    free = [c for c in names if c not in plan.key_of and c not in driven]
    for column in free:
        if spec[column].unique or spec[column].sequence is not None:
            return column
    for column in free:
        size = domain_size(spec[column], schema)
        whole = spec[column].type == "integer" and spec[column].kind is None and spec[column].pattern is None
        if not whole and (size is None or size >= 100 * max(1, plan.rows)):
            return column
    return None


def _group(
    schema: MockSchema,
    name: str,
    names: tuple[str, ...],
    plan: TablePlan,
    done: dict[str, TablePlan],
    stream: RandomStream,
) -> KeyGroup:
    members: list[KeyMember] = []
    lines: list[str] = []
    for unit in dict.fromkeys(_unit(column, plan) for column in names):
        if unit.startswith("#"):
            key = plan.keys[int(unit[1:])]
            size = plan.rows if key.table == name else done[key.table].rows if key.table in done else plan.rows
            members.append(KeyMember("key", unit, max(1, size)))
            continue
        size_or_none = domain_size(plan.spec.columns[unit], schema)
        if size_or_none is None or (plan.spec.columns[unit].type == "integer" and size_or_none >= _COUNTED):
            lines.append(unit)
        else:
            members.append(KeyMember("column", unit, size_or_none))
    if not lines:
        return KeyGroup(tuple(members), pair=_pair(name, plan, members))
    if len(members) == 1 and members[0].kind == "key" and len(lines) == 1:
        layout = plan.layout if _to_parent(plan, members[0]) else None
        layout = layout or _lines_layout(members[0].size, plan.rows, stream.child("lines"))
        return KeyGroup((members[0], KeyMember("line", lines[0], 1)), layout)
    others = max(1, math.prod(member.size for member in members))
    size = -(-max(1, plan.rows) // others)
    members += [KeyMember("line", unit, size if place == 0 else 1) for place, unit in enumerate(lines)]
    return KeyGroup(tuple(members))


def _pair(name: str, plan: TablePlan, members: list[KeyMember]) -> tuple[int, int, bool] | None:
    """Two keys to one table, of which a check says that they differ (``a <> b``) or stand in order (``a < b``)."""
    single = {
        plan.keys[int(m.name[1:])].columns[0]: place
        for place, m in enumerate(members)
        if m.kind == "key" and len(plan.keys[int(m.name[1:])].columns) == 1
    }
    for left, right, operator in compared_columns(name, plan.spec):
        if left in single and right in single:
            first, second = single[left], single[right]
            parents = {plan.keys[int(members[place].name[1:])].table for place in (first, second)}
            if len(parents) == 1 and members[first].size > 1:
                return (first, second, False) if operator == "NEQ" else (first, second, True)
    return None


def _lines_layout(parents: int, rows: int, stream: RandomStream) -> ChildLayout:
    """Numbered lines for each parent: as many on average as the rows need, some more and some fewer."""
    most = 2 * -(-max(1, rows) // parents) - 1
    layout = ChildLayout(parents, 1, most, stream)
    while layout.rows < rows:
        most += 2
        layout = ChildLayout(parents, 1, most, stream)
    return layout


def _to_parent(plan: TablePlan, member: KeyMember) -> bool:
    return plan.spec.per is not None and plan.keys[int(member.name[1:])].table == plan.spec.per.parent

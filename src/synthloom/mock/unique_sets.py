"""Who keeps each unique set of columns: one column by itself, or several as the digits of one permuted number."""

from __future__ import annotations

import math

from synthloom.errors import SchemaError
from synthloom.mock.checks import compared_columns
from synthloom.mock.domains import domain_size
from synthloom.mock.layout import ChildLayout
from synthloom.mock.specification import MockSchema
from synthloom.mock.table_plan import KeyGroup, KeyMember, TablePlan
from synthloom.randomness import RandomStream

_COUNTED = 1000  # a whole number with so many values, in a key with others, numbers the rows of its parent


def keepers(
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

"""Replaces the personal data of real tables by made-up values, so that one person stays one person.

Rows speak of the same person if they share an identity number, an e-mail address or a user name, in one table or in
several; without any of these, if they share the full name. Phones, addresses and accounts are shared by families and
link nobody. Each person found gets one made-up person, whose name, e-mail address and all else agree.

Who somebody was can still show in the columns that are left as they are: replacing names is no protection of a whole
table, and no statement that nobody can be recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthloom.randomness import RandomStream
from synthloom.values.column_names import words_of
from synthloom.values.finder import PersonalFinding, find_personal_columns
from synthloom.values.kinds import PersonalKind
from synthloom.values.position_noise import Integers
from synthloom.values.provider import make_values, unique_capacity
from synthloom.values.style import ValueStyle, find_style, find_table_locale
from synthloom.values.word_lists import column_terms, fold

if TYPE_CHECKING:
    import pyarrow as pa

_LINKS = ("national_id", "email", "username")
_PLAIN_KINDS = ("name", "address", "ip_address")  # unique ones would no longer agree with the person's other values
_MOST_NAMES = 3  # a value that stands beside more names than this belongs to an office, not to a person


@dataclass(frozen=True)
class Replacement:
    """What was found in one column and what took its place.

    Attributes:
        table: the table's name.
        column: the column's name.
        finding: kind, confidence and reason.
        different: how many different values it had.
        example: one of the made-up values.
    """

    table: str
    column: str
    finding: PersonalFinding
    different: int
    example: str


@dataclass(frozen=True)
class _Group:
    """The personal columns of one table that speak of one person a row (sender and receiver are two groups)."""

    table: str
    columns: dict[str, PersonalFinding]


@dataclass(frozen=True)
class _Writing:
    """How new values are written, and whether they are kept from repeating."""

    style: ValueStyle
    unique: bool


def replace_personal(
    tables: Mapping[str, pa.Table],
    stream: RandomStream,
    *,
    findings: Mapping[str, Mapping[str, PersonalFinding]] | None = None,
) -> tuple[dict[str, pa.Table], tuple[Replacement, ...]]:
    """The tables with their personal columns replaced, and a report of what was found, why, and what replaced it.

    Args:
        tables: tables by name; persons are recognised across all of them.
        stream: equal streams give equal replacements.
        findings: the personal columns of each table, where the finder's answer is to be overruled.

    Returns:
        Tables with the same columns, types, order and gaps.
    """
    groups = []
    for name, table in tables.items():
        columns = {column: table.column(column) for column in table.column_names}
        found = dict(findings[name]) if findings and name in findings else find_personal_columns(columns)
        groups += _groups(name, {column: f for column, f in found.items() if f.treat_as_personal})
    people = _people(tables, groups)
    done, report = dict(tables), list[Replacement]()
    writing: dict[PersonalKind, _Writing] = {}
    for group, positions in zip(groups, people, strict=True):
        kinds = {column: finding.kind for column, finding in group.columns.items()}
        source = tables[group.table]
        locale = find_table_locale({c: source.column(c) for c in kinds}, kinds)
        for column, finding in group.columns.items():
            values = source.column(column)
            own = _how_written(finding.kind, values, locale)
            # what links tables is written one way in all of them, or the link would be lost
            how = writing.setdefault(finding.kind, own) if finding.kind in _LINKS else own
            made, entry = _replaced(group.table, column, values, finding, positions, stream, how)
            done[group.table] = done[group.table].set_column(source.column_names.index(column), column, made)
            report.append(entry)
    return done, tuple(report)


def _replaced(
    table: str,
    column: str,
    values: pa.ChunkedArray,
    finding: PersonalFinding,
    positions: Integers,
    stream: RandomStream,
    how: _Writing,
) -> tuple[pa.Array, Replacement]:
    import pyarrow as pa
    import pyarrow.compute as pc

    different = pc.count_distinct(values).as_py()
    made = make_values(
        finding.kind, positions, stream.child("people"), style=how.style, unique=how.unique, arrow_type=values.type
    )
    made = pc.if_else(values.is_null().combine_chunks(), pa.scalar(None, made.type), made)
    example = next((str(v.as_py()) for v in made[:100] if v.is_valid), "")
    return made, Replacement(table, column, finding, different, example)


def _how_written(kind: PersonalKind, values: pa.ChunkedArray, locale: str | None) -> _Writing:
    """The style of a column's values, and whether new ones must never repeat.

    Values that link persons differ from person to person, so new ones must too, however often a
    person appears.
    """
    import pyarrow.compute as pc

    style = find_style(kind, values, locale=locale)
    different = pc.count_distinct(values).as_py()
    no_repeats = kind in _LINKS or (different == len(values) - values.null_count and different > 1)
    return _Writing(style, no_repeats and unique_capacity(kind, style) is None and kind not in _PLAIN_KINDS)


def _groups(table: str, found: dict[str, PersonalFinding]) -> list[_Group]:
    """One group a table, or one for each role (``sender_name``, ``receiver_name``) where a kind stands twice."""
    kinds = [finding.kind for finding in found.values()]
    if len(kinds) == len(set(kinds)):
        return [_Group(table, found)] if found else []
    roles: dict[str, dict[str, PersonalFinding]] = {}
    for column, finding in found.items():
        roles.setdefault(_role(column), {})[column] = finding
    # two columns of one kind in one role (phone and mobile) still speak of one person
    return [_Group(table, columns) for columns in roles.values()]


def _role(column: str) -> str:
    """The words of a column's name that do not say the kind: ``sender`` of ``sender_first_name``."""
    strong = (terms for section, terms in column_terms().items() if section.startswith("strong"))
    said = {word for terms in strong for term in terms for word in term.split()} | {"name", "nr", "no", "number", "id"}
    return " ".join(word for word in words_of(column) if word not in said)


def _people(tables: Mapping[str, pa.Table], groups: list[_Group]) -> list[Integers]:
    """For each group the number of the person in each row, counted over all groups."""
    texts = [_texts(tables[group.table], group) for group in groups]
    sizes = [tables[group.table].num_rows for group in groups]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    total = int(starts[-1])
    if not total:
        return [np.zeros(n, dtype=np.int64) for n in sizes]
    names = _stacked("name", texts, sizes)
    rows: list[Integers] = []
    tokens: list[Integers] = []
    count, linked = 0, np.zeros(total, dtype=bool)
    for kind in _LINKS:
        codes, here = _codes(_stacked(kind, texts, sizes), names)
        linked[here] = True
        rows.append(here)
        tokens.append(codes + count)
        count += int(codes.max(initial=-1)) + 1
    # names link only rows that nothing better links, and to a better linked person if there is exactly one
    codes, here = _name_codes(names, linked, _components(total, rows, tokens, count))
    rows.append(here)
    tokens.append(codes + count)
    count += int(codes.max(initial=-1)) + 1
    labels = _components(total, rows, tokens, count)
    _, first, person = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))  # persons are numbered as they first appear
    numbers = order[person].astype(np.int64)
    return [numbers[starts[i] : starts[i + 1]] for i in range(len(groups))]


def _stacked(kind: str, texts: list[dict[str, NDArray[np.object_]]], sizes: list[int]) -> NDArray[np.object_]:
    """The texts of a kind of all groups, one after the other; empty where a group has none."""
    parts = [t.get(kind, np.full(n, "", dtype=object)) for t, n in zip(texts, sizes, strict=True)]
    return np.concatenate(parts)


def _components(total: int, rows: list[Integers], tokens: list[Integers], count: int) -> NDArray[np.int32]:
    """A number for each row, equal for rows that tokens join, directly or over others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = (np.concatenate(rows), total + np.concatenate(tokens))
    edges = coo_matrix((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(total + count, total + count))
    labels: NDArray[np.int32] = connected_components(edges, directed=False)[1]
    return labels[:total]


def _texts(table: pa.Table, group: _Group) -> dict[str, NDArray[np.object_]]:
    """The linking values of a group's rows as folded texts, empty where missing; first and last names put together."""
    found: dict[str, NDArray[np.object_]] = {}
    for column, finding in group.columns.items():
        if finding.kind in (*_LINKS, "name", "first_name", "last_name") and finding.kind not in found:
            values = table.column(column).to_pylist()
            found[finding.kind] = np.array(
                [fold(str(v)).strip() if v is not None else "" for v in values], dtype=object
            )
    if "name" in found:
        found["name"] = np.array([" ".join(sorted(v.replace(",", " ").split())) for v in found["name"]], dtype=object)
    elif "first_name" in found and "last_name" in found:
        pairs = zip(found["first_name"], found["last_name"], strict=True)
        found["name"] = np.array([" ".join(sorted(f"{a} {b}".split())) for a, b in pairs], dtype=object)
    return found


def _codes(values: NDArray[np.object_], names: NDArray[np.object_]) -> tuple[Integers, Integers]:
    """Numbers of the values that link, and the rows they stand in; values beside many names link nobody."""
    here = np.flatnonzero(values != "")
    if not len(here):
        return np.zeros(0, dtype=np.int64), here
    _, codes = np.unique(values[here].astype(str), return_inverse=True)
    beside: dict[int, set[str]] = {}
    for code, name in zip(codes.tolist(), names[here], strict=True):
        if name:
            beside.setdefault(code, set()).add(name)
    crowded = np.array([code for code, known in beside.items() if len(known) > _MOST_NAMES], dtype=np.int64)
    keep = ~np.isin(codes, crowded)
    return codes[keep].astype(np.int64), here[keep]


def _name_codes(
    names: NDArray[np.object_], linked: NDArray[np.bool_], labels: NDArray[np.int32]
) -> tuple[Integers, Integers]:
    """Tokens for the names of rows without a better link, and for the only better linked person of that name."""
    persons: dict[str, set[int]] = {}
    for row in np.flatnonzero(linked & (names != "")):
        persons.setdefault(names[row], set()).add(int(labels[row]))
    wanted = {names[row] for row in np.flatnonzero(~linked & (names != ""))}
    chosen = [
        row for row in np.flatnonzero(names != "")
        if names[row] in wanted and (not linked[row] or len(persons[names[row]]) == 1)
    ]  # fmt: skip
    here = np.array(chosen, dtype=np.int64)
    if not len(here):
        return np.zeros(0, dtype=np.int64), here
    _, codes = np.unique(names[here].astype(str), return_inverse=True)
    return codes.astype(np.int64), here

"""Relations that hold in every training row, found once and kept exactly in every synthetic row.

A total of its parts, a copy in another unit, a year beside a date, a code beside its name: no
synthesizer that draws column after column keeps such relations exactly, and one row that breaks
them gives the table away. Here they are found on the training table (one file a family under
``derivation_kinds``), and the derived columns are computed from their sources after sampling.

A column is derived at most once, and never, by whatever way, from itself. Where a relation can be
solved for several columns, the later one in the table is derived, so that a chain in column order
can compute it in place, unless another keeps signs and whole numbers better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.data import Table
from synthloom.encoding.derivation_kinds import KINDS, Derivation, GapRule
from synthloom.encoding.derivation_kinds.find_calendar import find_calendar
from synthloom.encoding.derivation_kinds.find_gaps import find_gaps
from synthloom.encoding.derivation_kinds.find_linear import find_linear
from synthloom.encoding.derivation_kinds.find_lookups import find_lookups
from synthloom.encoding.derivation_kinds.find_products import find_products
from synthloom.encoding.derivation_kinds.search import Search
from synthloom.encoding.derivation_kinds.values import ColumnValues, read_values, write_values
from synthloom.randomness import RandomStream
from synthloom.schema import TableSchema

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Derivations:
    """The relations of one table.

    Attributes:
        relations: the derived columns by name, each with how it is computed.
        gap_rules: columns whose gaps another one determines, by name.
    """

    relations: dict[str, Derivation] = field(default_factory=dict)
    gap_rules: dict[str, GapRule] = field(default_factory=dict)

    @classmethod
    def find(cls, table: Table, schema: TableSchema) -> Derivations:
        """The relations that hold in all rows of ``table`` where the values involved are present.

        Only learned columns take part. What is stored of the rows is shared by as many of them as
        the schema's protection asks for; see :mod:`~synthloom.encoding.derivation_kinds.search`
        for when chance is excluded.
        """
        found = cls()
        if schema.relations == "ignore" or sum(column.learned for column in schema) < 2:
            return found
        search = Search(table, schema)
        for ways in _candidates(search, found.relations):
            for relation in ways:
                if relation.target not in found.relations and found._may_follow(relation.target, relation.sources):
                    found.relations[relation.target] = relation
                    break
        for rule in find_gaps(search):
            derived = found.relations.get(rule.target)
            open_gaps = (derived is None or derived.gaps == "own") and rule.target not in found.gap_rules
            if open_gaps and found._may_follow(rule.target, (rule.source,)):
                found.gap_rules[rule.target] = rule
        return found

    def __bool__(self) -> bool:
        return bool(self.relations or self.gap_rules)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every relation in words, in the order in which they are applied."""
        sentences = []
        for name in self._order():
            sentences += [rules[name].sentence for rules in (self.gap_rules, self.relations) if name in rules]
        return tuple(sentences)

    def in_place(self, names: list[str]) -> tuple[str, ...]:
        """Derived columns that a chain over ``names`` (in this order) can compute when it reaches them.

        All sources come before them and are final by then; their gaps follow from the sources.
        """
        place = {name: at for at, name in enumerate(names)}
        ready: list[str] = []
        for name in names:
            relation = self.relations.get(name)
            if relation is None or relation.gaps != "sources":
                continue
            sources = relation.sources
            final = all(s in ready or (s not in self.relations and s not in self.gap_rules) for s in sources)
            if final and all(place[s] < place[name] for s in sources):
                ready.append(name)
        return tuple(ready)

    def computed(self, name: str, arrays: Mapping[str, pa.Array], schema: TableSchema) -> pa.Array | None:
        """The derived column from its sources, ``None`` if it is not derived or its gaps are its own."""
        relation = self.relations.get(name)
        if relation is None or relation.gaps != "sources":
            return None
        views = {source: read_values(arrays[source], schema.column(source)) for source in relation.sources}
        result = relation.compute(views)
        return write_values(result.values, result.missing, schema.column(name))

    def apply(
        self,
        arrays: Mapping[str, pa.Array],
        schema: TableSchema,
        stream: RandomStream,
        draw: Callable[[str, int, RandomStream], pa.Array],
    ) -> dict[str, pa.Array]:
        """The columns with every relation made to hold.

        Columns that are derived with the gaps of their sources need not be among ``arrays``.
        ``draw(column, n, stream)`` gives values for gaps that must be filled where no row of these
        has a value to take.
        """
        out = dict(arrays)
        views: dict[str, ColumnValues] = {}

        def view(name: str) -> ColumnValues:
            if name not in views:
                views[name] = read_values(out[name], schema.column(name))
            return views[name]

        for name in self._order():
            rule, relation = self.gap_rules.get(name), self.relations.get(name)
            if rule is not None:
                missing, child = rule.missing(view(rule.source)), stream.child("gaps", name)
                if not missing.all() and out[name].null_count == len(out[name]):
                    out[name] = draw(name, len(missing), child)
                out[name] = _with_gaps(out[name], missing, child)
                views.pop(name, None)
            if relation is None:
                continue
            result = relation.compute({source: view(source) for source in relation.sources})
            made = write_values(result.values, result.missing, schema.column(name))
            out[name] = made if relation.gaps == "sources" else _where_present(made, out[name])
            views.pop(name, None)
        return out

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "relations": [relation.state() for relation in self.relations.values()],
            "gaps": [rule.state() for rule in self.gap_rules.values()],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Derivations:
        """The relations that :meth:`state` described.

        Raises:
            ValueError: if a column is derived from itself.
        """
        relations = [KINDS[plain["kind"]].from_state(plain) for plain in state["relations"]]
        rules = [GapRule(**plain) for plain in state["gaps"]]
        derivations = cls({r.target: r for r in relations}, {r.target: r for r in rules})
        for name in [*derivations.relations, *derivations.gap_rules]:
            if not derivations._may_follow(name, tuple(derivations._needs(name))):
                raise ValueError(f'"{name}" is derived from itself')
        return derivations

    def _needs(self, name: str) -> list[str]:
        needed = list(self.relations[name].sources) if name in self.relations else []
        return needed + ([self.gap_rules[name].source] if name in self.gap_rules else [])

    def _may_follow(self, target: str, sources: tuple[str, ...]) -> bool:
        """Whether no source follows from ``target``, by whatever way."""
        waiting, seen = list(sources), set()
        while waiting:
            name = waiting.pop()
            if name == target:
                return False
            if name not in seen:
                seen.add(name)
                waiting += self._needs(name)
        return True

    def _order(self) -> list[str]:
        """The derived columns, sources first."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in order:
                return
            for source in self._needs(name):
                visit(source)
            if name in self.relations or name in self.gap_rules:
                order.setdefault(name)

        for name in [*self.relations, *self.gap_rules]:
            visit(name)
        return list(order)


def _candidates(search: Search, taken: Mapping[str, Derivation]) -> Iterator[tuple[Derivation, ...]]:
    """Every proven relation, the plainest kinds first; ``taken`` grows while they are looked for."""
    yield from find_linear(search)
    yield from find_calendar(search, taken)
    yield from find_products(search, taken)
    yield from find_lookups(search, taken)


def _where_present(made: pa.Array, learned: pa.Array) -> pa.Array:
    """``made`` where both it and ``learned`` are present, else ``learned``."""
    import pyarrow.compute as pc

    both = pc.and_(made.is_valid(), learned.is_valid())
    return pc.if_else(both, made, learned)


def _with_gaps(values: pa.Array, missing: np.ndarray, stream: RandomStream) -> pa.Array:
    """The values with gaps exactly where ``missing``; other gaps are filled with values of other rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    gone = values.is_null().to_numpy(zero_copy_only=False)
    fill = np.flatnonzero(gone & ~missing)
    donors = np.flatnonzero(~gone)
    if len(fill) and len(donors):
        places = np.arange(len(values))
        places[fill] = donors[stream.generator().integers(0, len(donors), len(fill))]
        values = values.take(pa.array(places))
    return pc.if_else(pa.array(missing), pa.scalar(None, values.type), values)

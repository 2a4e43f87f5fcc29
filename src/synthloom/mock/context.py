"""The rows that are being made: positions, random numbers, and the columns that are already there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from synthloom.errors import SchemaError
from synthloom.mock.shared_keys import SharedIndex
from synthloom.mock.table_plan import KeyGroup, TablePlan
from synthloom.randomness import KeyedPermutation, RandomStream
from synthloom.values import People
from synthloom.values.position_noise import Integers, PositionNoise

if TYPE_CHECKING:
    import pyarrow as pa


class Rows(Protocol):
    """Whoever can make some columns of some rows of any table."""

    locales: dict[str, float]

    def columns(self, table: str, names: list[str], positions: Integers) -> dict[str, pa.Array]:
        """The columns of these names at these positions."""

    def table_rows(self, table: str) -> int:
        """How many rows the table has."""

    def shared_index(self, table: str, names: tuple[str, ...]) -> SharedIndex:
        """The rows of the table by the values of these columns."""


_ATTEMPTS = 100


@dataclass
class RowContext:
    """Some rows of one table while their columns are made.

    Attributes:
        table: the table's name.
        plan: what was decided for it.
        positions: which rows.
        stream: the table's random stream.
        source: where rows of other tables come from.
        attempt: how often these rows were drawn before because they failed a check; key columns do not change.
        made: columns that are there.
        people: the people of these rows, by word and locale.
    """

    table: str
    plan: TablePlan
    positions: Integers
    stream: RandomStream
    source: Rows
    attempt: int = 0
    made: dict[str, pa.Array] = field(default_factory=dict)
    people: dict[tuple[str, str], People] = field(default_factory=dict)
    _parents: dict[int, Integers] = field(default_factory=dict)
    _digits: dict[int, tuple[Integers, ...]] = field(default_factory=dict)

    def noise(self, column: str, *, fixed: bool = False) -> PositionNoise:
        """Random numbers for a column of these rows; others on each attempt unless the column is ``fixed``."""
        stream = self.stream.child("column", column)
        if self.attempt and not fixed and column not in self.plan.fixed:
            stream = stream.child("attempt", self.attempt)
        return PositionNoise(stream, self.positions)

    def subset(self, places: Integers) -> RowContext:
        """The same for some of the rows."""
        import pyarrow as pa

        index = pa.array(places)
        made = {name: values.take(index) for name, values in self.made.items()}
        return RowContext(self.table, self.plan, self.positions[places], self.stream, self.source, self.attempt, made)

    def column(self, path: str) -> pa.Array:
        """A column of these rows, or of the rows that a key of theirs points to (``key_column.column``)."""
        name, _, wanted = path.partition(".")
        if not wanted:
            return self.made[name]
        number = self.plan.key_of[name][0]
        key = self.plan.keys[number]
        parents = self.parents(number)
        if key.table == self.table:  # a row that points to itself has nobody above it
            parents = np.where(parents == self.positions, -1, parents)
        return _at(parents, self.source.columns(key.table, [wanted], parents[parents >= 0])[wanted])

    def parent_values(self, column: str) -> pa.Array:
        """The values of a foreign key column: its parent's key, missing where there is no parent."""
        number, place = self.plan.key_of[column]
        key = self.plan.keys[number]
        wanted, parents = key.to[place], self.parents(number)
        return _at(parents, self.source.columns(key.table, [wanted], parents[parents >= 0])[wanted])

    def parents(self, number: int) -> Integers:
        """The position of each row's parent under a foreign key, -1 for none."""
        if number not in self._parents:
            self._parents[number] = self._find_parents(number)
        return self._parents[number]

    def _find_parents(self, number: int) -> Integers:
        plan, key = self.plan, self.plan.keys[number]
        own = [name for name in key.columns if plan.key_of[name][0] == number]
        missing = min((plan.spec.columns[name].missing for name in own), default=0.0)
        noise = self.noise(f"#{number}", fixed=not plan.fixed.isdisjoint(key.columns))
        total = plan.rows if key.table == self.table else self.source.table_rows(key.table)
        if not total:
            return np.full(len(self.positions), -1, dtype=np.int64)
        if number in plan.follows:
            parents = self._agreeing(number, noise, optional=missing > 0)
        else:
            parents = self._drawn_parents(number, noise, total)
            parents = self._with_followers(number, noise, parents, total)
        if missing and key.table == self.table:
            parents[self.positions == 0] = -1
        if missing:
            parents[noise.uniform("null") < missing] = -1
        return parents

    def _drawn_parents(self, number: int, noise: PositionNoise, total: int) -> Integers:
        plan, key, unit = self.plan, self.plan.keys[number], f"#{number}"
        if key.table == self.table:
            return self._earlier_rows(noise, unique=set(key.columns) & plan.alone != set())
        if unit in plan.driven:
            group, digit = plan.driven[unit]
            return self.digits(group)[digit].copy()
        if set(key.columns) & plan.alone:
            return KeyedPermutation(total, noise.stream.child("one to one"))(self.positions)
        if plan.layout is not None and plan.spec.per is not None and key.table == plan.spec.per.parent:
            return plan.layout.locate(self.positions)[0].copy()
        skew = max(plan.spec.columns[name].skew for name in key.columns)
        # a power of the uniform number gathers children at the first of a shuffled list of parents
        place = np.minimum((noise.uniform("parent") ** (1 + 4 * skew) * total).astype(np.int64), total - 1)
        return KeyedPermutation(total, noise.stream.child("order"))(place) if skew else place

    def _shared(self, follower: int, parents: Integers | None = None) -> tuple[Integers, Integers, SharedIndex]:
        """Where the rows stand that a following key may point to: for the rows' parents, or for others proposed."""
        key, shared = self.plan.keys[follower], self.plan.follows[follower]
        targets = tuple(key.to[key.columns.index(name)] for name in shared)
        index = self.source.shared_index(key.table, targets)
        values = []
        for name in shared:
            maker, place = self.plan.key_of[name]
            at = self.parents(maker) if parents is None else parents
            wanted = self.plan.keys[maker].to[place]
            made = self.source.columns(self.plan.keys[maker].table, [wanted], at[at >= 0])[wanted]
            values.append(_at(at, made))
        return (*index.find(values), index)

    def _agreeing(self, number: int, noise: PositionNoise, *, optional: bool) -> Integers:
        """Parents that agree with those of the key that makes the shared columns."""
        if len(self.plan.follows[number]) == len(self.plan.keys[number].columns):
            return np.full(len(self.positions), -1, dtype=np.int64)  # all its columns are made elsewhere
        start, count, index = self._shared(number)
        if not optional and (count == 0).any():
            raise SchemaError(
                f'rows of "{self.table}" find no row of "{self.plan.keys[number].table}" that shares '
                f"{', '.join(self.plan.follows[number])}",
                hint="ask for more rows, or allow null in the key",
            )
        pick = start + (noise.uniform("agreeing") * count).astype(np.int64)
        return np.where(count > 0, index.rows[np.minimum(pick, len(index.rows) - 1)], -1)

    def _with_followers(self, number: int, noise: PositionNoise, parents: Integers, total: int) -> Integers:
        """Parents drawn again until every key that must follow finds one, where they may be drawn again."""
        plan = self.plan
        own = {n: [c for c in plan.keys[n].columns if plan.key_of[c][0] == n] for n in plan.follows}
        strict = [
            n for n, shared in plan.follows.items()
            if own[n] and not all(plan.spec.columns[c].missing for c in own[n])
            and all(plan.key_of[c][0] == number for c in shared)
        ]  # fmt: skip
        if not strict or f"#{number}" in plan.driven or plan.layout is not None:
            return parents
        for attempt in range(_ATTEMPTS):
            lonely = np.zeros(len(parents), dtype=bool)
            for follower in strict:
                lonely |= self._shared(follower, parents)[1] == 0
            if not lonely.any():
                break
            again = np.minimum((noise.uniform(f"parent {attempt}") * total).astype(np.int64), total - 1)
            parents = np.where(lonely, again, parents)
        return parents

    def _earlier_rows(self, noise: PositionNoise, *, unique: bool) -> Integers:
        """Rows before each row, so that children come after their parents; the first row points to itself."""
        if unique:
            return np.maximum(self.positions - 1, 0)
        return np.minimum(
            (noise.uniform("parent") * self.positions).astype(np.int64), np.maximum(self.positions - 1, 0)
        )

    def digits(self, group_number: int) -> tuple[Integers, ...]:
        """The digits of these rows under a composite key."""
        if group_number not in self._digits:
            group = self.plan.groups[group_number]
            self._digits[group_number] = _digits(group, self.positions, self.stream.child("key", group_number))
        return self._digits[group_number]

    def line_in_parent(self) -> Integers:
        """The place of each row among the rows of its parent, or its position where there are no parents."""
        return self.plan.layout.locate(self.positions)[1] if self.plan.layout is not None else self.positions


def _at(parents: Integers, values: pa.Array) -> pa.Array:
    """Values of those rows that have a parent, missing in the others."""
    import pyarrow as pa

    there = parents >= 0
    if there.all():
        return values
    index = np.where(there, np.cumsum(there) - 1, 0)
    return values.take(pa.array(index, mask=~there))


def _digits(group: KeyGroup, positions: Integers, stream: RandomStream) -> tuple[Integers, ...]:
    if group.layout is not None:
        return group.layout.locate(positions)
    if group.size >= 2**62:
        raise SchemaError("a composite key has more than 2**62 possible values", hint="narrow its columns")
    rest = KeyedPermutation(group.size, stream)(positions)
    found: list[Integers] = []
    for size in reversed(group.radices):
        rest, digit = np.divmod(rest, size)
        found.append(digit)
    digits = list(reversed(found))
    if group.pair is not None:
        first, second, ordered = group.pair
        digits[first], digits[second] = _pair(digits[first], group.members[first].size, ordered=ordered)
    return tuple(digits)


def _pair(rank: Integers, n: int, *, ordered: bool) -> tuple[Integers, Integers]:
    """Two different numbers below ``n``; the lower one first if they are ``ordered``."""
    if not ordered:
        first, step = np.divmod(rank, n - 1)
        return first, (first + 1 + step) % n
    # the pairs (i, j), i < j, counted by j: j is the largest number with j * (j - 1) / 2 <= rank
    high = ((1 + np.sqrt(1 + 8 * rank.astype(np.float64))) / 2).astype(np.int64)
    high += (high + 1) * high // 2 <= rank
    high -= high * (high - 1) // 2 > rank
    return rank - high * (high - 1) // 2, high

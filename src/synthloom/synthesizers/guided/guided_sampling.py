"""Rows that meet conditions and constraints: drawn within what is allowed, checked, drawn again, mended.

Whatever can be told from codes is met while drawing (see :mod:`proposals`). Finished rows are then
checked as a reader would: those that fail are drawn again, which leaves the synthesizer's own
distribution, given all that is asked. Only where that finds next to nothing are rows mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.conditions import Conditions
from synthloom.constraints import Constraint, Presence
from synthloom.data import Table
from synthloom.encoding import EncodedTable
from synthloom.errors import ConditionError, ConstraintError
from synthloom.randomness import RandomStream
from synthloom.synthesizers.guided.allowed import allowed_parts
from synthloom.synthesizers.guided.infeasible import explain
from synthloom.synthesizers.guided.mending import computed_columns, construct, mend
from synthloom.synthesizers.guided.proposals import Proposal, proposal, stacked

if TYPE_CHECKING:
    from synthloom.synthesizers.base import Synthesizer

LARGEST_BATCH = 65_536
_SMALLEST_BATCH = 256
_MOST_DRAWN_A_ROW = 100
_ALWAYS_DRAWN = 30_000
_HOPELESS = 20_000  # after so many rows without one that fits, mending is tried
_MOST_MENDINGS = 200
_USELESS_MENDINGS = 3
_MENDING_BATCH = 4_000
_TRIAL_ROWS = 1_000
_OFTEN_MET = 0.5  # a range that more rows meet of themselves is left to checking


@dataclass(frozen=True)
class GuidedRows:
    """Finished rows.

    Attributes:
        table: rows that meet everything.
        effective: how many independent rows they are worth, at most as many as there are.
        drawn: how many rows were drawn for them.
        mended: how many were changed to meet a constraint.
    """

    table: Table
    effective: float
    drawn: int
    mended: int = 0


@dataclass(frozen=True)
class Wish:
    """All that rows are asked for, typed and checked against a model's schema.

    Attributes:
        conditions: typed.
        constraints: of single rows.
        together: constraints of all rows together.
    """

    conditions: Conditions = field(default_factory=Conditions)
    constraints: tuple[Constraint, ...] = ()
    together: tuple[Constraint, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions or self.constraints or self.together)


class GuidedSampler:
    """Draws rows of one model that meet one wish; shards can be drawn in any order."""

    def __init__(self, model: Synthesizer, wish: Wish, stream: RandomStream) -> None:
        self.model, self.wish, self.stream = model, wish, stream
        self.checker = RowChecker(model, wish)
        try:
            allowed = allowed_parts(model.encoder_, Conditions((*wish.conditions, *self._implied())))
            self.source: Proposal = proposal(model, allowed, stream.child("plan"))
        except ConditionError as error:
            if wish.conditions and "made anew" not in error.problem:
                raise self._failure(0, 1) from error
            raise

    def _implied(self) -> list[Any]:
        """Ranges that constraints imply and that few rows meet of themselves, as conditions."""
        kinds = {column.name: column.arrow_type for column in self.model.schema_}
        open_columns = [c.name for c in self.model.schema_ if c.learned]
        computed = computed_columns(self.wish.constraints)
        clauses = [clause for constraint in self.wish.constraints for clause in constraint.implied(kinds)]
        clauses = [c for c in clauses if c.column in open_columns and c.column not in computed]
        if not clauses:
            return []
        encoded = self.model._sample(_TRIAL_ROWS, None, {}, self.stream.child("trial"))
        table = self.model.encoder_.decode(encoded, 0, self.stream.child("trial"))
        columns = {name: table.column(name) for name in table.names}
        return [c for c in clauses if Conditions((c,)).meets(columns, self.checker.forms).mean() < _OFTEN_MET]

    def rows(self, start: int, n: int, stream: RandomStream) -> GuidedRows:
        """``n`` rows that stand at ``start`` in the whole sample.

        Raises:
            ConditionError, ConstraintError: if they cannot be found; the message names the feasible part.
        """
        kept: list[tuple[EncodedTable, dict[str, Any]]] = []
        have = drawn = mended = 0
        worth, rate = 0.0, 1.0
        most = _MOST_DRAWN_A_ROW * n + _ALWAYS_DRAWN
        attempt = mendings = 0
        while have < n:
            hopeless = drawn > most or (have < 0.01 * n and drawn >= min(_HOPELESS, most))
            size = self._batch_size(n - have, rate, drawn, hopeless=hopeless)
            child = stream.child("batch", attempt)
            attempt += 1
            try:
                batch = self.source.draw(size, child)
            except ConditionError as error:
                raise self._failure(have, n) from error
            columns = self.checker.decoded(batch.rows, child)
            good = self.checker.good(columns)
            if hopeless:
                mendings += 1
                before = good.sum()
                columns, good = self.checker.mended(columns, good, child)
                mended += int(good.sum() - before)
                if mendings >= (_MOST_MENDINGS if good.any() else _USELESS_MENDINGS) and have + good.sum() < n:
                    raise self._failure(have + int(good.sum()), n)
            drawn += batch.drawn
            rows = np.flatnonzero(good)[: n - have]
            kept.append((batch.rows.take(rows), {name: column.take(rows) for name, column in columns.items()}))
            have += len(rows)
            worth += batch.effective * len(rows) / size
            rate = float(np.clip((good.sum() + 0.5) / size, 1e-4, 0.999))
        table = self.checker.finished(kept, start, stream, self.stream)
        return GuidedRows(table, min(worth, float(n)), drawn, mended)

    def _batch_size(self, left: int, rate: float, drawn: int, *, hopeless: bool) -> int:
        """How many rows to draw for ``left`` more, of which a share ``rate`` fits; not much more than so far."""
        if hopeless:
            return int(np.clip(2 * left, _SMALLEST_BATCH, _MENDING_BATCH))
        if not drawn:
            return left
        size = min(left / rate * 1.1 + 8, max(4 * drawn, _SMALLEST_BATCH))
        return int(np.clip(size, min(_SMALLEST_BATCH, 2 * left + 8), LARGEST_BATCH))

    def _failure(self, found: int, wanted: int) -> Exception:
        return explain(self.model, self.wish.conditions, self.wish.constraints, self.stream, found=found, wanted=wanted)


class RowChecker:
    """Decodes rows, constructs what follows, and says which rows meet a wish."""

    def __init__(self, model: Synthesizer, wish: Wish) -> None:
        self.model, self.wish = model, wish
        self.schema = model.schema_
        self.forms = {column.name: column.format for column in self.schema}
        self.learned = [column.name for column in self.schema if column.learned]
        wanted = {name for c in (*wish.constraints, *wish.together) for name in c.names} | set(wish.conditions.columns)
        self.seen = [name for name in self.schema.names if name in self.learned or name in wanted]
        anew = {c.name for c in self.schema if not c.learned and c.kind not in ("constant", "empty")}
        # what a value that is made anew looks like is only known in the end; its gaps are known before
        self.early = [c for c in wish.constraints if _about_gaps(c) or not set(c.names) & anew]
        self.late = [c for c in wish.constraints if c not in self.early]

    def decoded(self, rows: EncodedTable, stream: RandomStream) -> dict[str, Any]:
        """Columns that can be judged, as Arrow arrays, with what follows from others computed."""
        table = self.model.encoder_.decode(rows, 0, stream, names=self.seen)
        columns = {name: table.column(name).combine_chunks() for name in table.names}
        return construct(self.early, columns, self.schema)

    def good(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Which rows meet all that can be judged of them, bool [n]."""
        n = len(next(iter(columns.values())))
        good = np.ones(n, dtype=bool)
        if self.wish.conditions:
            good &= self.wish.conditions.meets(columns, self.forms)
        for constraint in self.early:
            good &= constraint.holds(columns)
        return good

    def mended(
        self, columns: dict[str, Any], good: np.ndarray, stream: RandomStream
    ) -> tuple[dict[str, Any], np.ndarray]:
        """The columns after mending, and which rows meet everything then."""
        for turn in range(2):
            for constraint in self.early:
                broken = ~constraint.holds(columns) & ~good
                if broken.any():
                    columns = mend(constraint, columns, self.schema, broken, stream.child("mending", turn))
            columns = construct(self.early, columns, self.schema)
        return columns, self.good(columns)

    def finished(
        self,
        kept: Sequence[tuple[EncodedTable, dict[str, Any]]],
        start: int,
        stream: RandomStream,
        keys: RandomStream,
    ) -> Table:
        """The accepted rows as a table; what is made anew comes from their place in the sample and ``keys``."""
        import pyarrow as pa

        arrays = {
            name: pa.chunked_array([columns[name] for _, columns in kept]).combine_chunks() for name in kept[0][1]
        }
        anew = [name for name in self.schema.names if name not in self.learned]
        if anew:
            rows = stacked([rows for rows, _ in kept])
            made = self.model.encoder_.decode(rows, start, keys, names=anew)
            for name in anew:
                column = made.column(name).combine_chunks()
                if name in arrays:  # gaps that a constraint asks for
                    column = _with_nulls_of(column, arrays[name])
                arrays[name] = column
        arrays = self._late(arrays, stream)
        return Table(pa.table([arrays[name] for name in self.schema.names], names=self.schema.names))

    def _late(self, arrays: dict[str, Any], stream: RandomStream) -> dict[str, Any]:
        """Constraints on values that are made anew, mended where they do not hold."""
        for constraint in self.late:
            broken = ~constraint.holds(arrays)
            if broken.any():
                arrays = mend(constraint, arrays, self.schema, broken, stream.child("late"))
        for constraint in self.late:
            if not constraint.holds(arrays).all():
                raise ConstraintError(
                    f"({constraint.sentence}) speaks of values that are made anew, and cannot be made to hold",
                    accepted="a pattern of literals, classes such as [0-9] and counts such as {4}; missing or not",
                )
        return arrays


def _about_gaps(constraint: Constraint) -> bool:
    return isinstance(constraint, Presence)


def _with_nulls_of(column: Any, other: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(other.is_valid(), column, pa.scalar(None, column.type))

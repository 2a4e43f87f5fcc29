"""Partly filled rows completed: each open cell drawn given all that is given, before and behind it.

A synthesizer draws columns in an order of its own, so what is given in later columns must speak
back: every row is completed many times, and one of the completions chosen in proportion to the
chance of the given cells (importance resampling: Rubin 1987, "The SIR algorithm").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synthloom.data import Table
from synthloom.encoding import EncodedColumn, EncodedTable
from synthloom.errors import ConditionError, ConstraintError
from synthloom.randomness import RandomStream
from synthloom.synthesizers.guided.allowed import Allowed, allowed_parts
from synthloom.synthesizers.guided.chain_walk import Chain, Known, Tilt, walk
from synthloom.synthesizers.guided.guided_sampling import GuidedRows, RowChecker, Wish
from synthloom.synthesizers.guided.mending import construct
from synthloom.synthesizers.guided.proposals import BLOCK_ROWS, stacked, within

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.synthesizers.base import Synthesizer

_COMPLETIONS = (16, 64, 256)
"""Completions of each row at the first, second and third attempt."""
_ATTEMPTS_WITHOUT = 8
_UNLIKELY = -1e6  # the log weight of a completion that is not allowed: taken only if all are
_MENDING_FROM = 2
_BLOCK = 4_096  # rows that are completed at once: memory goes with their completions


@dataclass(frozen=True)
class Completions:
    """Several completions of each row.

    Attributes:
        rows: encoded; the completions of a row stand together.
        log_weight: float64 [rows, completions].
    """

    rows: EncodedTable
    log_weight: np.ndarray

    @property
    def effective(self) -> np.ndarray:
        """How many equally weighted completions those of each row are worth, float64 [rows]."""
        weight = np.exp(self.log_weight - self.log_weight.max(axis=1, keepdims=True))
        return np.asarray(weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1))

    def picked(self, rng: np.random.Generator, good: np.ndarray | None = None) -> np.ndarray:
        """The place int64 [rows] of one completion of each row, in proportion to its weight.

        Of those that are ``good`` (bool [rows * completions]), if there are any.
        """
        n, many = self.log_weight.shape
        log_weight = np.where(np.isfinite(self.log_weight), self.log_weight, -1e300)
        if good is not None:
            log_weight = np.where(good.reshape(n, many), log_weight, -1e301)
        noise = rng.gumbel(size=(n, many))
        return np.asarray(np.arange(n) * many + np.argmax(log_weight + noise, axis=1), dtype=np.int64)


class Completer:
    """Completes the rows of one table.

    ``given`` are the rows (a missing cell is open), ``allowed`` what open parts may be, ``context``
    the rows that a synthesizer with a context needs. A missing value in a column of ``stay`` is given
    as missing.
    """

    def __init__(
        self,
        model: Synthesizer,
        given: Table,
        allowed: Mapping[str, Allowed],
        context: EncodedTable | None = None,
        stay: frozenset[str] = frozenset(),
    ) -> None:
        self.stay = stay
        self.model, self.allowed, self.context = model, dict(allowed), context
        self.given = Table(typed_columns(model, given))
        self.known = self._known()

    def _known(self) -> dict[str, Known]:
        known: dict[str, Known] = {}
        for name in self.given.names:
            column = self.given.column(name)
            there = column.is_valid().to_numpy()
            encoding = self.model.encoder_.encodings[name]
            for spec, part in zip(encoding.parts, encoding.encode(column), strict=True):
                known[spec.name] = Known(part, np.ones(len(there), dtype=bool) if name in self.stay else there)
        return known

    @property
    def looks_back(self) -> bool:
        """Whether what is given must speak back to columns that are drawn before it."""
        if not isinstance(self.model, Chain):
            return False
        some_open = False
        for name in self.model.links_:
            cells = self.known.get(name)
            if some_open and ((cells is not None and cells.given.any()) or name in self.allowed):
                return True
            some_open = some_open or cells is None or not cells.given.all()
        return False

    def complete(self, rows: np.ndarray, many: int, stream: RandomStream) -> Completions:
        """``many`` completions of each of these rows (int64 [k])."""
        if not isinstance(self.model, Chain):
            return self._by_pattern(rows, many, stream)
        tables, weights = [], []
        step = max(1, BLOCK_ROWS // many)
        for start in range(0, len(rows), step):
            block = np.repeat(rows[start : start + step], many)
            known = {name: Known(c.column.take(block), c.given[block]) for name, c in self.known.items()}
            tilts = {name: Tilt(allowed) for name, allowed in self.allowed.items()}
            context = self.context.take(block) if self.context is not None else None
            chain = cast(Chain, self.model)
            done = walk(chain, len(block), stream.child(start), tilts=tilts, known=known, context=context)
            specs = self.model.encoder_.specs
            tables.append(EncodedTable(specs, {s.name: done.columns[s.name] for s in specs}, len(block)))
            weights.append(done.log_weight)
        return Completions(stacked(tables), np.concatenate(weights).reshape(len(rows), many))

    def _by_pattern(self, rows: np.ndarray, many: int, stream: RandomStream) -> Completions:
        """Rows with the same open cells together, for synthesizers that meet conditions on all columns."""
        if self.model.capabilities.conditions != "all":
            raise ConditionError(
                f"{type(self.model).__name__} cannot complete rows",
                accepted="a synthesizer whose capabilities say conditions",
                hint="use boosted_chain or gaussian_copula",
            )
        names = list(self.known)
        block = np.repeat(rows, many)
        masks = np.column_stack([self.known[name].given[block] for name in names] or [np.zeros(len(block), dtype=bool)])
        patterns, place = np.unique(masks, axis=0, return_inverse=True)
        parts: list[EncodedTable] = []
        order: list[np.ndarray] = []
        for number, pattern in enumerate(patterns):
            mine = np.flatnonzero(place.reshape(-1) == number)
            fixed: dict[str, EncodedColumn] = {
                name: self.known[name].column.take(block[mine]) for name, on in zip(names, pattern, strict=False) if on
            }
            context = self.context.take(block[mine]) if self.context is not None else None
            parts.append(self.model._sample(len(mine), context, fixed, stream.child(number)))
            order.append(mine)
        back = np.argsort(np.concatenate(order), kind="stable")
        done = stacked(parts).take(back)
        fits = np.ones(done.n_rows, dtype=bool)
        for name, allowed in self.allowed.items():
            fits &= within(allowed, done.columns[name]) | self.known_in(name, block)
        return Completions(done, np.where(fits, 0.0, _UNLIKELY).reshape(len(rows), many))

    def known_in(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Where a part is given in these rows (int64 [k]), bool [k]."""
        return self.known[name].given[rows] if name in self.known else np.zeros(len(rows), dtype=bool)


class FilledSampler:
    """Rows that keep given cells and meet a wish; one row comes out for each that goes in.

    With ``allowed`` it says itself what open parts may be; see :class:`Completer` for ``stay``.
    """

    def __init__(
        self,
        model: Synthesizer,
        wish: Wish,
        given: Table,
        stream: RandomStream,
        *,
        allowed: Mapping[str, Allowed] | None = None,
        stay: frozenset[str] = frozenset(),
    ) -> None:
        self.model, self.wish, self.given, self.stream = model, wish, given, stream
        self.checker = RowChecker(model, wish)
        self.allowed = allowed_parts(model.encoder_, wish.conditions) if allowed is None else dict(allowed)
        self.stay = stay

    def rows(self, start: int, n: int, stream: RandomStream, context: EncodedTable | None = None) -> GuidedRows:
        """The rows from ``start`` on, completed.

        Raises:
            ConditionError, ConstraintError: naming the first rows that cannot be completed.
        """
        parts = []
        for offset in range(0, n, _BLOCK):
            size = min(_BLOCK, n - offset)
            mine = None if context is None else context.take(np.arange(offset, offset + size))
            parts.append(self._block(start + offset, size, stream.child("block", offset), mine))
        table = parts[0].table if len(parts) == 1 else Table.concatenate([part.table for part in parts])
        return GuidedRows(
            table, sum(p.effective for p in parts), sum(p.drawn for p in parts), sum(p.mended for p in parts)
        )

    def _block(self, start: int, n: int, stream: RandomStream, context: EncodedTable | None) -> GuidedRows:
        """A stretch of rows that is completed at once."""
        given = self.given.slice(start, n)
        completer = Completer(self.model, given, self.allowed, context, self.stay)
        plain = completer.given
        back = completer.looks_back
        left = np.arange(n)
        kept: list[tuple[EncodedTable, dict[str, Any]]] = []
        places: list[np.ndarray] = []
        worth, drawn, mended = 0.0, 0, 0
        for attempt in range(len(_COMPLETIONS) if back else _ATTEMPTS_WITHOUT):
            if not len(left):
                break
            many = _COMPLETIONS[attempt] if back else self._plain_completions
            child = stream.child("attempt", attempt)
            completions = completer.complete(left, many, child)
            rows, columns, good = self._picked(completions, plain, left, child, every=attempt > 0)
            if attempt >= _MENDING_FROM:
                before = int(good.sum())
                columns, good = self.checker.mended(columns, good, child)
                columns = with_given(columns, plain.take(left))
                good &= self.checker.good(columns)
                mended += int(good.sum()) - before
            drawn += len(left) * many
            worth += float(np.minimum(completions.effective[good], 1e9).sum()) if back else float(good.sum())
            chosen = np.flatnonzero(good)
            kept.append((rows.take(chosen), {name: column.take(chosen) for name, column in columns.items()}))
            places.append(left[chosen])
            left = left[~good]
        if len(left):
            raise self._failure(left, start)
        order = np.argsort(np.concatenate(places), kind="stable")
        table = self.checker.finished(_joined(kept, order), start, stream, self.stream)
        anew = with_given({name: table.column(name).combine_chunks() for name in table.names}, plain)
        import pyarrow as pa

        return GuidedRows(Table(pa.table(anew)), min(worth, float(n)), drawn, mended)

    def _picked(
        self, completions: Completions, plain: Table, left: np.ndarray, stream: RandomStream, *, every: bool
    ) -> tuple[EncodedTable, dict[str, Any], np.ndarray]:
        """A completion of each row, its finished columns, and which are good; chosen among ``every`` good one."""
        rng = stream.child("pick").generator()
        if not every:
            rows = completions.rows.take(completions.picked(rng))
            columns = self._judged(rows, plain, left, stream)
            return rows, columns, self.checker.good(columns)
        import pyarrow as pa

        many = completions.log_weight.shape[1]
        columns = self._judged(completions.rows, plain, np.repeat(left, many), stream)
        good = self.checker.good(columns) & np.isfinite(completions.log_weight).reshape(-1)
        chosen = completions.picked(rng, good)
        taken = {name: column.take(pa.array(chosen)) for name, column in columns.items()}
        return completions.rows.take(chosen), taken, good[chosen]

    @property
    def _plain_completions(self) -> int:
        """Completions of a row where nothing given speaks back: several if some may not be allowed."""
        return 1 if isinstance(self.model, Chain) or not self.allowed else 8

    def _judged(self, rows: EncodedTable, plain: Table, left: np.ndarray, stream: RandomStream) -> dict[str, Any]:
        """Finished columns with the given cells in place, and what follows from them computed."""
        encoder = self.model.encoder_
        table = encoder.decode(rows, 0, stream, names=self.checker.seen)
        given = plain.take(left)
        columns = with_given({name: table.column(name).combine_chunks() for name in table.names}, given)
        if encoder.derivations:
            columns = encoder.derivations.apply(columns, encoder.schema, stream, encoder._drawn)
            columns = with_given(columns, given)
        return with_given(construct(self.checker.early, columns, self.checker.schema), given)

    def _failure(self, left: np.ndarray, start: int) -> Exception:
        shown = ", ".join(str(start + int(row) + 1) for row in left[:5])
        words = [str(self.wish.conditions)] if self.wish.conditions else []
        words += [constraint.sentence for constraint in self.wish.constraints]
        kind = ConstraintError if self.wish.constraints else ConditionError
        return kind(
            f"{len(left):,} of the rows cannot be completed so that {'; '.join(words)} (row {shown})",
            accepted="rows whose given cells do not contradict what is asked for",
        )


def with_given(columns: Mapping[str, Any], given: Table) -> dict[str, Any]:
    """The columns with every given cell as it was given; not-a-number counts as missing."""
    import pyarrow.compute as pc

    out = dict(columns)
    for name in given.names:
        if name in out:
            cells = given.column(name).combine_chunks()
            out[name] = pc.if_else(cells.is_null(nan_is_null=True), out[name], cells)
    return out


def typed_columns(model: Synthesizer, given: Table) -> pa.Table:
    """The given columns in the types of the model's schema; not-a-number counts as missing.

    Raises:
        ConditionError: if a value does not fit its column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays = []
    for name in given.names:
        column = given.column(name)
        kind = model.schema_.column(name).arrow_type
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        try:
            arrays.append(column if column.type == kind else column.cast(kind))
        except pa.ArrowException as error:
            raise ConditionError(
                f'the given rows hold {column.type} in "{name}": {str(error).splitlines()[0]}',
                accepted=f"values of type {kind}",
            ) from error
    return pa.table(arrays, names=given.names)


def _joined(
    kept: list[tuple[EncodedTable, dict[str, Any]]], order: np.ndarray
) -> list[tuple[EncodedTable, dict[str, Any]]]:
    """The rows of all attempts in the order of the given ones."""
    import pyarrow as pa

    rows = stacked([part for part, _ in kept]).take(order)
    columns = {
        name: pa.chunked_array([part[name] for _, part in kept]).combine_chunks().take(pa.array(order))
        for name in kept[0][1]
    }
    return [(rows, columns)]

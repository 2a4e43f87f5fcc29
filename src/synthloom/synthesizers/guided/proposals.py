"""Rows that keep within what is allowed: where a synthesizer is a chain by weighted walks, else from a pool.

A chain walks only as far as the last column that is asked about, with many more rows than are
wanted; rows are then drawn in proportion to their weights (systematic resampling, Kitagawa 1996),
and each goes on by itself from there. Where weights are uneven, a pilot run shows which codes of the
earlier columns lead to what is asked for, and these are favoured (adaptive importance sampling:
Cappé and others 2004, "Population Monte Carlo"); the weights take the favour back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from synthloom.encoding import EncodedColumn, EncodedTable, PartSpec
from synthloom.errors import ConditionError
from synthloom.randomness import RandomStream
from synthloom.synthesizers.guided.allowed import Allowed
from synthloom.synthesizers.guided.chain_walk import Chain, Tilt, Walk, concatenate, joined, walk
from synthloom.synthesizers.guided.repeats import resampled
from synthloom.synthesizers.guided.resampling import effective_size

if TYPE_CHECKING:
    from synthloom.synthesizers.base import Synthesizer

PILOT_ROWS = 4_000
BLOCK_ROWS = 32_768
_EVEN_ENOUGH = (0.7, 0.3, 0.0)  # share of the effective sample size from which on another round does not pay
_MOST_FAVOUR = 30.0
_FAVOUR_GROUPS = 24
_FAVOUR_PRIOR = 4.0
_BEYOND_CHANCE = 2.0  # standard deviations of a chi square that a part must show to be favoured
_MOST_PARTICLES_A_ROW = 60
_FIRST_SHARE = 0.95  # of the rows that are likely to be needed; the rest when their worth is known
_SPARE = 1.03
_LEAST_EFFECTIVE = 30.0
_POOL_ROWS = 65_536
_MOST_POOLS = 40


@dataclass(frozen=True)
class Proposed:
    """Rows that keep within what is allowed.

    Attributes:
        rows: encoded rows, in random order.
        effective: how many independent rows those before resampling are worth.
        drawn: how many rows were drawn to get there.
    """

    rows: EncodedTable
    effective: float
    drawn: int


class Proposal(ABC):
    """A source of rows that keep within what is allowed."""

    @abstractmethod
    def draw(self, n: int, stream: RandomStream) -> Proposed:
        """``n`` rows.

        Raises:
            ConditionError: if (nearly) nothing is likely enough to be found.
        """


def proposal(model: Synthesizer, allowed: dict[str, Allowed], stream: RandomStream) -> Proposal:
    """The best source of rows of ``model`` within ``allowed`` (by part name)."""
    empty = [name for name, part in allowed.items() if part.nothing]
    if empty:
        raise ConditionError(f'"{empty[0]}" never takes such a value')
    if not allowed:
        return PlainProposal(model)
    if isinstance(model, Chain):
        return ChainProposal(model, allowed, stream)
    return PoolProposal(model, allowed, stream)


class PlainProposal(Proposal):
    """Rows as they come."""

    def __init__(self, model: Synthesizer) -> None:
        self.model = model

    def draw(self, n: int, stream: RandomStream) -> Proposed:
        return Proposed(self.model._sample(n, None, {}, stream), float(n), n)


class ChainProposal(Proposal):
    """Weighted walks along a chain, as far as the last part that is asked about."""

    def __init__(self, model: Synthesizer, allowed: dict[str, Allowed], stream: RandomStream) -> None:
        self.model, self.chain = model, cast(Chain, model)
        places = list(self.chain.links_)
        self.upto = max(allowed, key=places.index)
        self.tilts = {name: Tilt(part) for name, part in allowed.items()}
        self.share = self._prepare(stream)

    def _prepare(self, stream: RandomStream) -> float:
        """Favours codes that lead to what is asked for; gives the effective share of drawn rows."""
        if list(self.chain.links_)[: len(self.tilts)] == list(self.tilts):
            return 1.0
        best = 0.0
        for attempt, even in enumerate(_EVEN_ENOUGH):
            pilot = self._walk(PILOT_ROWS, stream.child("pilot", attempt))
            share = effective_size(pilot.log_weight) / PILOT_ROWS
            if share <= 1.2 * best:
                break
            best, kept = share, self.tilts
            if share >= even:
                return best
            self.tilts = self._favoured(pilot.columns, pilot.log_weight)
        if best == 0.0:
            raise ConditionError("none of the rows that were tried comes near these conditions")
        self.tilts = kept
        return best

    def _favoured(self, columns: dict[str, EncodedColumn], log_weight: np.ndarray) -> dict[str, Tilt]:
        """How much likelier each code should be drawn, so that the product comes near the weights."""
        weight = np.exp(log_weight - log_weight.max())
        size = effective_size(log_weight)
        weight /= weight.sum()
        done = np.ones(len(weight)) / len(weight)
        tilts: dict[str, Tilt] = {}
        for name in self.chain.models_:
            if name not in columns:
                continue
            link = self.chain.links_[name]
            spec: PartSpec = link.spec
            column = columns[name]
            codes = column.discrete(spec.n_codes)
            groups = _groups(link.order, codes, spec)
            base = np.bincount(groups[codes], weights=done, minlength=groups.max() + 1)
            goal = np.bincount(groups[codes], weights=weight, minlength=groups.max() + 1)
            if name not in self.tilts and not _differ(groups[codes], weight - done, goal - base):
                continue
            ratio = (size * goal + _FAVOUR_PRIOR) / (size * base + _FAVOUR_PRIOR)
            favour = np.clip(ratio, 1.0 / _MOST_FAVOUR, _MOST_FAVOUR)[groups]
            old = self.tilts.get(name, Tilt(Allowed.everything(spec)))
            tilts[name] = replace(old, favour=favour if old.favour is None else favour * old.favour)
            done *= favour[codes]
            done /= done.sum()
            if name == self.upto:
                break
        return tilts

    def draw(self, n: int, stream: RandomStream) -> Proposed:
        if n == 0:
            return Proposed(self.model._sample(0, None, {}, stream), 0.0, 0)
        pool, drawn = self._particles(n, stream)
        effective = effective_size(pool.log_weight)
        if effective < min(n, _LEAST_EFFECTIVE):
            raise ConditionError(f"{drawn:,} rows were drawn, and they are worth only {effective:.0f} that fit")
        rows = resampled(pool, n, self._walk, stream.child("resampling"))
        return Proposed(self.model._sample(n, None, rows.columns, stream.child("onwards")), effective, drawn)

    def _particles(self, n: int, stream: RandomStream) -> tuple[Walk, int]:
        """Weighted rows that are worth ``n``, as long as these are not too many; and how many were drawn."""
        most = n * _MOST_PARTICLES_A_ROW + 4 * PILOT_ROWS
        blocks: list[Walk] = []
        drawn, wanted = 0, int(np.ceil((1.0 if self.share == 1.0 else _FIRST_SHARE) * n / self.share))
        while drawn < min(wanted, most):
            size = int(min(BLOCK_ROWS, max(64, wanted - drawn), most - drawn))
            block = self._walk(size, stream.child("block", drawn))
            blocks.append(block.take(np.flatnonzero(np.isfinite(block.log_weight))))
            drawn += size
            if drawn >= wanted:
                effective = effective_size(np.concatenate([b.log_weight for b in blocks]))
                if effective < 0.999 * n:
                    wanted = int(drawn * min(_SPARE * n / max(effective, 1.0), 2.0)) + 1
        return joined(blocks), drawn

    def _walk(self, n: int, stream: RandomStream, begun: Mapping[str, EncodedColumn] | None = None) -> Walk:
        return walk(self.chain, n, stream, tilts=self.tilts, upto=self.upto, begun=begun)


class PoolProposal(Proposal):
    """Any synthesizer: what is asked about is taken from rows that happen to fit, the rest drawn given it.

    A synthesizer that meets conditions on all columns draws the rest anew; of others whole rows are kept.
    """

    def __init__(self, model: Synthesizer, allowed: dict[str, Allowed], stream: RandomStream) -> None:
        self.model, self.allowed = model, allowed
        self.redraws = model.capabilities.conditions == "all"
        self.pool: EncodedTable | None = None
        self.drawn = 0
        if self.redraws:
            self.pool = self._gather(_LEAST_EFFECTIVE * 10, stream.child("pool"))

    def _gather(self, wanted: float, stream: RandomStream) -> EncodedTable:
        """At least ``wanted`` rows that fit, or as many as a limited number of pools holds."""
        found: list[EncodedTable] = []
        count = 0
        for attempt in range(_MOST_POOLS):
            rows = self.model._sample(_POOL_ROWS, None, {}, stream.child(attempt))
            fits = np.ones(rows.n_rows, dtype=bool)
            for name, allowed in self.allowed.items():
                fits &= within(allowed, rows.columns[name])
            found.append(rows.take(fits))
            count += int(fits.sum())
            self.drawn += _POOL_ROWS
            if count >= wanted or (count == 0 and attempt >= _MOST_POOLS // 4):
                break
        fixed = single_values(self.allowed)
        if count == 0 and fixed is not None and self.redraws:
            return EncodedTable((), fixed, 1)
        if count < min(wanted, _LEAST_EFFECTIVE):
            raise ConditionError(f"{self.drawn:,} rows were drawn, and only {count} of them fit")
        return stacked(found)

    def draw(self, n: int, stream: RandomStream) -> Proposed:
        before = self.drawn
        if self.pool is None:
            pool = self._gather(n, stream.child("pool"))
            chosen = stream.child("order").generator().permutation(pool.n_rows)[:n]
            if len(chosen) < n:
                raise ConditionError(f"{self.drawn - before:,} rows were drawn, and only {pool.n_rows} of them fit")
            return Proposed(pool.take(chosen), float(n), self.drawn - before)
        pool = self.pool
        chosen = stream.child("order").generator().integers(0, pool.n_rows, n)
        fixed = {name: pool.columns[name].take(chosen) for name in self.allowed}
        return Proposed(self.model._sample(n, None, fixed, stream), float(n), n)


def within(allowed: Allowed, column: EncodedColumn) -> np.ndarray:
    """Which values of a part are allowed, bool [n]."""
    codes = column.codes
    inside = (allowed.share[codes] > 0) & (column.residuals >= allowed.low[codes] - 1e-12)
    inside &= column.residuals < allowed.high[codes] + (allowed.low[codes] == allowed.high[codes])
    return np.where(column.nulls, allowed.share[-1] > 0, inside)


def single_values(allowed: dict[str, Allowed]) -> dict[str, EncodedColumn] | None:
    """One encoded row, where each part may take a single value only."""
    row = {}
    for name, part in allowed.items():
        codes = np.flatnonzero(part.share > 0)
        if len(codes) != 1:
            return None
        null = codes == len(part.share) - 1
        code = np.where(null, 0, codes)
        row[name] = EncodedColumn(code.astype(np.int32), np.where(null, 0.0, part.low[code]), null)
    return row


def stacked(tables: list[EncodedTable]) -> EncodedTable:
    """Encoded tables of the same parts one below the other."""
    if len(tables) == 1:
        return tables[0]
    names = list(tables[0].columns)
    columns = {name: concatenate([table.columns[name] for table in tables]) for name in names}
    return EncodedTable(tables[0].specs, columns, sum(table.n_rows for table in tables))


def _differ(groups: np.ndarray, apart: np.ndarray, sums: np.ndarray) -> bool:
    """Whether the ``sums`` float64 [groups] of what weights [n] are ``apart`` are more than chance makes them."""
    noise = np.bincount(groups, weights=apart**2, minlength=len(sums))
    held = noise > 0
    return bool((sums[held] ** 2 / noise[held]).sum() > held.sum() + _BEYOND_CHANCE * np.sqrt(2 * held.sum()))


def _groups(order: np.ndarray, codes: np.ndarray, spec: PartSpec) -> np.ndarray:
    """The group int64 [n_codes + 1] of each code: neighbours of about equal mass, nulls apart."""
    counts = np.bincount(codes, minlength=spec.n_codes + 1)[: spec.n_codes]
    group = np.zeros(spec.n_codes + 1, dtype=np.int64)
    if spec.n_codes <= _FAVOUR_GROUPS or not spec.ordered:
        group[:-1] = np.arange(spec.n_codes)
    else:
        reached = np.cumsum(counts[order]) - counts[order]
        group[order] = reached * _FAVOUR_GROUPS // max(1, counts.sum())
        group[:-1] = np.unique(group[:-1], return_inverse=True)[1]
    group[-1] = group[:-1].max(initial=-1) + 1
    return group

"""A mix: which share of the rows each level of one or several columns is to have, as whole numbers of rows.

Several columns named apart set the shares of each alone; the joint shares are then those nearest to the
real ones, found by iterative proportional fitting (Deming and Stephan, "On a least squares adjustment
of a sampled frequency table when the expected marginal totals are known", 1940), which keeps the odds
ratios of the real rows. Shares become whole numbers of rows by the largest remainders; for several
margins at once by an integer program that meets every margin exactly (controlled rounding; Cox and
Ernst 1982).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.conditions import Clause, Conditions
from synthloom.errors import OptionError, did_you_mean
from synthloom.guidance.rebalancing_levels import FEWEST_ROWS, Level, LevelReader

if TYPE_CHECKING:
    from synthloom.data import Table
    from synthloom.schema import TableSchema

BALANCED = "balanced"
MOST_CELLS = 500
_SLACK = 1e-6
_SWEEPS = 1_000
_MORE_ROWS = 200
_FORMS = (
    '"balanced", a mapping from values or (low, high) ranges to shares, or a list of shares of quantile bands; '
    "for a joint mix a tuple of columns with tuples of values"
)


@dataclass(frozen=True)
class Cell:
    """One combination of levels.

    Attributes:
        levels: one for each column of the mix.
        rows: which real rows are in it, bool [n].
    """

    levels: tuple[Level, ...]
    rows: np.ndarray

    @property
    def count(self) -> int:
        """How many real rows are in it."""
        return int(self.rows.sum())

    @property
    def words(self) -> str:
        """Its levels in words."""
        return " and ".join(level.words for level in self.levels)

    @property
    def conditions(self) -> Conditions:
        """What a row in it meets."""
        return Conditions(tuple(Clause(level.column, c) for level in self.levels for c in level.conditions))


@dataclass(frozen=True)
class _Margin:
    """Shares over groups of cells: ``groups`` int64 [cells], ``shares`` float64 [groups]."""

    words: str
    groups: np.ndarray
    shares: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True)
class Mix:
    """A mix that was read against a table.

    Attributes:
        columns: whose shares it sets.
        cells: the combinations of levels that have real rows or are asked for.
        shares: the share of each, float64 [cells], of sum 1.
        left: levels that "balanced" leaves alone, because too few rows have them.
    """

    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    shares: np.ndarray
    left: tuple[str, ...]
    margins: tuple[_Margin, ...]

    @property
    def counts(self) -> np.ndarray:
        """Real rows of each cell, int64 [cells]."""
        return np.array([cell.count for cell in self.cells], dtype=np.int64)

    def sizes(self, total: int) -> np.ndarray:
        """Rows of each cell in ``total`` rows, int64 [cells]; exactly the margins, each rounded."""
        sizes = _rounded(self.shares * total, self.margins, total, np.zeros(len(self.cells), dtype=np.int64))
        if int(sizes.sum()) != total:
            raise OptionError(f"{total:,} rows cannot have this mix exactly", hint="ask for a few more rows")
        return sizes

    def sizes_beside(self, real: np.ndarray, total: int | None) -> np.ndarray:
        """Rows of each cell such that all ``real`` ones stay, int64 [cells]; as few as can be without ``total``.

        Raises:
            OptionError: if real rows are in the way; the message names them and the fewest rows that do.
        """
        blocked = (self.shares <= 0) & (real > 0)
        if blocked.any():
            cell = self.cells[int(np.flatnonzero(blocked)[0])]
            raise OptionError(
                f"the mix leaves no share to {cell.words}, which {cell.count:,} real rows have",
                accepted="with the real rows kept, a share above 0 for everything that they hold",
                hint="give it a share, or ask for synthetic rows only",
            )
        asked = self.shares > 0
        fewest = math.ceil((real[asked] / self.shares[asked]).max() - _SLACK)
        if total is not None and total < fewest:
            tight = int(np.argmax(np.where(asked, real / np.where(asked, self.shares, 1.0), 0.0)))
            raise OptionError(
                f"{total:,} rows cannot hold all real rows in this mix: {self.cells[tight].words} has "
                f"{self.cells[tight].count:,} of them and a share of {self.shares[tight]:.3g}",
                accepted=f"{fewest:,} rows or more, or no size",
                hint="or ask for synthetic rows only",
            )
        for rows in range(fewest, fewest + _MORE_ROWS) if total is None else (total,):
            sizes = _rounded(self.shares * rows, self.margins, rows, real)
            if (sizes >= real).all():
                return sizes
        raise OptionError("no number of rows keeps all real rows in this mix exactly", hint="ask for a few more rows")


def read_mix(mix: Any, table: Table, schema: TableSchema, *, raised: int = FEWEST_ROWS) -> Mix:
    """A mix as the user wrote it, against the rows of a table.

    Args:
        mix: by column ``"balanced"``, a mapping from values or ranges to shares, or a list of shares of
            quantile bands; a tuple of columns (or a text "a, b") with tuples of values sets joint shares.
            Shares that are left out go to all other values together.
        table: the real rows.
        schema: what their columns are.
        raised: rows of a level below which "balanced" leaves it alone.

    Raises:
        OptionError: for columns, values and shares that cannot be, in words.
    """
    if not isinstance(mix, Mapping) or not mix:
        raise OptionError(f"the mix is {mix!r}", accepted="a mapping from columns to shares", hint=_FORMS)
    reader = LevelReader(table, {column.name: column for column in schema})
    wishes = [(_names(key, table.names), wish) for key, wish in mix.items()]
    columns = tuple(dict.fromkeys(name for names, _ in wishes for name in names))
    if len(columns) < sum(len(names) for names, _ in wishes):
        raise OptionError("a column stands in the mix twice", accepted="each column alone or in one joint mix")
    for name in columns:
        if not schema.column(name).learned:
            raise OptionError(f'"{name}" is {schema.column(name).kind}: it has no mix', accepted="columns with values")
    levels: dict[str, list[Level]] = {}
    asked: list[dict[tuple[int, ...], float]] = []
    left: list[str] = []
    for names, wish in wishes:
        if len(names) == 1:
            levels[names[0]], shares, alone = _one_column(reader, names[0], wish, raised)
            left += alone
            asked.append({(place,): share for place, share in enumerate(shares)})
        else:
            asked.append(_joint(reader, names, wish, levels))
    cells, places = _cells(levels, columns, [(n, a) for (n, _), a in zip(wishes, asked, strict=True)])
    margins = tuple(
        _margin(names, shares, levels, columns, places) for (names, _), shares in zip(wishes, asked, strict=True)
    )
    counts = np.array([cell.count for cell in cells], dtype=np.float64)
    return Mix(columns, tuple(cells), _fitted(counts, margins), tuple(left), margins)


def _names(key: Any, known: Sequence[str]) -> tuple[str, ...]:
    """The columns that a key of a mix speaks of."""
    names = (
        tuple(map(str, key))
        if isinstance(key, tuple)
        else (str(key),)
        if str(key) in known
        else tuple(part.strip() for part in str(key).split(","))
    )
    for name in names:
        if name not in known:
            raise OptionError(f'there is no column "{name}"', hint=did_you_mean(name, known))
    return names


def _one_column(reader: LevelReader, name: str, wish: Any, raised: int) -> tuple[list[Level], list[float], list[str]]:
    """Levels, shares and what is left alone of one column's wish."""
    if wish == BALANCED:
        levels = reader.relevance(name) if reader.is_banded(name) else reader.values(name)
        counts = [int(level.rows.sum()) for level in levels]
        is_missing = [all(c.takes_missing and not c.takes_values for c in level.conditions) for level in levels]
        open_levels = [n >= raised and not gap for n, gap in zip(counts, is_missing, strict=True)]
        most = max((n for n, is_open in zip(counts, open_levels, strict=True) if is_open), default=0)
        if sum(open_levels) < 2:
            raise OptionError(f'"{name}" has fewer than two levels with {raised} rows or more', hint=_FORMS)
        sizes = [most if is_open else n for n, is_open in zip(counts, open_levels, strict=True)]
        alone = [level.words for level, is_open in zip(levels, open_levels, strict=True) if not is_open]
        return levels, [size / sum(sizes) for size in sizes], alone
    if isinstance(wish, Mapping) and wish:
        shares = _checked(name, list(wish.values()))
        levels = reader.named(name, list(wish))
        return levels, _with_rest(name, shares, len(levels)), []
    if isinstance(wish, Sequence) and not isinstance(wish, str) and len(wish) > 1:
        shares = _checked(name, list(wish))
        levels = reader.quantiles(name, len(shares))
        if len(levels) > len(shares):  # missing values keep their share
            gaps = float(levels[-1].rows.mean())
            shares = [share * (1 - gaps) for share in _with_rest(name, shares, len(shares))]
        return levels, _with_rest(name, shares, len(levels)), []
    raise OptionError(f'the mix of "{name}" is {wish!r}', accepted=_FORMS)


def _checked(name: str, shares: list[Any]) -> list[float]:
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0 <= share <= 1:
            raise OptionError(f'a share of "{name}" is {share!r}', accepted="a number from 0 to 1")
    if sum(shares) > 1 + _SLACK:
        raise OptionError(f'the shares of "{name}" add up to {sum(shares):.6g}', accepted="1 at most")
    return [float(share) for share in shares]


def _with_rest(name: str, shares: list[float], levels: int) -> list[float]:
    """The shares of all levels: what is left over goes to all other values together."""
    rest = 1.0 - sum(shares)
    if levels > len(shares):
        return [*shares, max(0.0, rest)]
    if rest > _SLACK:
        raise OptionError(
            f'the shares of "{name}" add up to {1 - rest:.6g}, and no row has any other value',
            accepted="shares of sum 1",
        )
    return [share / sum(shares) for share in shares]


def _joint(
    reader: LevelReader, names: tuple[str, ...], wish: Any, levels: dict[str, list[Level]]
) -> dict[tuple[int, ...], float]:
    """The shares of combinations by their places among the columns' levels, which it adds."""
    if not isinstance(wish, Mapping) or not wish:
        raise OptionError(f"the joint mix of {', '.join(names)} is {wish!r}", accepted=_FORMS)
    label = ", ".join(names)
    shares = _checked(label, list(wish.values()))
    keys = [key if isinstance(key, tuple) else tuple(part.strip() for part in str(key).split(",")) for key in wish]
    wrong = [key for key in keys if len(key) != len(names)]
    if wrong:
        raise OptionError(f"{wrong[0]!r} in the mix of {label}", accepted=f"{len(names)} values, one for each column")
    named = []
    for place, name in enumerate(names):
        values = list(dict.fromkeys(key[place] for key in keys))
        levels[name] = reader.named(name, values)
        named.append(values)
    out: dict[tuple[int, ...], float] = {}
    for key, share in zip(keys, shares, strict=True):
        out[tuple(values.index(part) for values, part in zip(named, key, strict=True))] = share
    rest = 1.0 - sum(shares)
    if rest > _SLACK:
        out[()] = rest  # all other combinations together
    return out


def _cells(
    levels: dict[str, list[Level]], columns: tuple[str, ...], asked: Sequence[tuple[tuple[str, ...], dict[Any, float]]]
) -> tuple[list[Cell], np.ndarray]:
    """The combinations with real rows or with a joint share, and their places among the levels [cells, columns]."""
    size = math.prod(len(levels[name]) for name in columns)
    if size > MOST_CELLS:
        raise OptionError(f"the mix has {size:,} combinations", accepted=f"{MOST_CELLS:,} at most: fewer levels")
    joint = [(tuple(columns.index(name) for name in names), shares) for names, shares in asked if len(names) > 1]
    cells, places = [], []
    for place in product(*(range(len(levels[name])) for name in columns)):
        chosen = tuple(levels[name][at] for name, at in zip(columns, place, strict=True))
        rows = np.logical_and.reduce([level.rows for level in chosen])
        wanted = any(shares.get(tuple(place[at] for at in ats), 0.0) > 0 for ats, shares in joint)
        if rows.any() or wanted:
            cells.append(Cell(chosen, rows))
            places.append(place)
    return cells, np.array(places, dtype=np.int64)


def _margin(
    names: tuple[str, ...],
    shares: dict[tuple[int, ...], float],
    levels: dict[str, list[Level]],
    columns: tuple[str, ...],
    places: np.ndarray,
) -> _Margin:
    """The groups of cells that a wish gives shares to."""
    at = [columns.index(name) for name in names]
    keys = list(shares)
    rest = keys.index(()) if () in shares else -1
    groups = np.array(
        [keys.index(key) if (key := tuple(int(row[i]) for i in at)) in shares else rest for row in places]
    )
    said = [
        " and ".join(levels[name][i].words for name, i in zip(names, key, strict=True)) if key else "all others"
        for key in keys
    ]
    values = np.array([shares[key] for key in keys], dtype=np.float64)
    if (groups < 0).any():  # combinations that no share is left for
        groups = np.where(groups < 0, len(values), groups)
        values, said = np.append(values, 0.0), [*said, "all others"]
    for place, share in enumerate(values):
        if share > 0 and not (groups == place).any():
            raise OptionError(f"no row has {said[place]}", accepted="shares for what is there")
    return _Margin(", ".join(names), groups, values, tuple(said))


def _fitted(counts: np.ndarray, margins: Sequence[_Margin]) -> np.ndarray:
    """Joint shares with these margins and the real rows' odds ratios, float64 [cells]."""
    # what is asked for and has no real row starts as a small part of one
    shares = np.where(counts > 0, counts, 1e-3) / counts.sum()
    for _ in range(_SWEEPS):
        worst = 0.0
        for margin in margins:
            sums = np.bincount(margin.groups, shares, len(margin.shares))
            worst = max(worst, float(np.abs(sums - margin.shares).max()))
            shares = shares * (margin.shares / np.where(sums > 0, sums, 1.0))[margin.groups]
        if worst < 1e-10:
            return np.asarray(shares / shares.sum())
    for margin in margins:
        off = np.bincount(margin.groups, shares, len(margin.shares)) - margin.shares
        if np.abs(off).max() > 1e-4:
            place = int(np.abs(off).argmax())
            raise OptionError(
                f"the mixes of {' and '.join(m.words for m in margins)} cannot hold together: "
                f"{margin.names[place]} cannot have a share of {margin.shares[place]:.3g}",
                accepted="shares that some combination of the rows that are there can have",
            )
    return np.asarray(shares / shares.sum())


def largest_remainders(wanted: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers of this total, nearest to ``wanted``: the largest remainders are rounded up."""
    floor = np.floor(wanted + 1e-9).astype(np.int64)
    order = np.argsort(-(wanted - floor), kind="stable")
    floor[order[: total - int(floor.sum())]] += 1
    return floor


def _rounded(wanted: np.ndarray, margins: Sequence[_Margin], total: int, least: np.ndarray) -> np.ndarray:
    """Whole numbers near ``wanted`` that meet every margin's rounded counts, int64 [cells]."""
    if len(margins) == 1 and len(np.unique(margins[0].groups)) == len(wanted):
        return largest_remainders(wanted, total)
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    size = len(wanted)
    blocks, sums = [], []
    for margin in margins:
        groups = len(margin.shares)
        # the unknowns are the numbers of rows, and above them how far each is from what was wanted
        block = csr_matrix((np.ones(size), (margin.groups, np.arange(size))), (groups, 2 * size))
        blocks.append(block.toarray())
        sums.append(largest_remainders(margin.shares * total, total))
    eye = np.eye(size)
    limits = LinearConstraint(np.vstack(blocks), np.concatenate(sums), np.concatenate(sums))
    apart = LinearConstraint(
        np.block([[eye, -eye], [-eye, -eye]]), np.full(2 * size, -np.inf), np.concatenate([wanted, -wanted])
    )
    low = np.maximum(
        np.maximum(np.floor(wanted) - 2, 0), np.where(wanted > 0, np.minimum(least, np.ceil(wanted) + 2), 0)
    )
    high = np.where(wanted > 0, np.ceil(wanted) + 2, 0)
    found = milp(
        np.concatenate([np.zeros(size), np.ones(size)]),
        constraints=[limits, apart],
        integrality=np.concatenate([np.ones(size), np.zeros(size)]),
        bounds=Bounds(np.concatenate([low, np.zeros(size)]), np.concatenate([high, np.full(size, 4.0)])),
    )
    if found.x is None:
        return np.zeros(size, dtype=np.int64)  # for the caller to try with more rows, or to refuse
    return np.round(found.x[:size]).astype(np.int64)


def filled_up(counts: np.ndarray, extra: int) -> np.ndarray:
    """How ``extra`` rows make ``counts`` as even as can be: the smallest are raised first, int64 [groups]."""
    order = np.argsort(counts, kind="stable")
    ordered = counts[order].astype(np.float64)
    for raised in range(1, len(counts) + 1):
        level = (extra + ordered[:raised].sum()) / raised
        if raised == len(counts) or level <= ordered[raised]:
            break
    added = np.zeros(len(counts), dtype=np.int64)
    added[order[:raised]] = largest_remainders(level - ordered[:raised], extra)
    return added

"""A walk along a chain of conditionals in which some columns are restricted, tilted or given.

Sequential importance sampling (Liu and Chen 1998, "Sequential Monte Carlo methods for dynamic
systems"): at a restricted column a row draws among what is allowed and takes over the chance that it
had of getting there as a weight; at a given cell the weight is the chance of that cell. Rows with
their weights stand for the chain's distribution given all that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from synthloom.encoding import EncodedColumn, EncodedTable, TableEncoder
from synthloom.randomness import RandomStream
from synthloom.synthesizers.guided.allowed import Allowed

_CONTEXT = "context\x1f"
_LEAST_MASS = 1e-12
_CONTRADICTION = 60.0  # nats taken off a row whose given cells do not follow from each other as they should


@runtime_checkable
class Chain(Protocol):
    """A synthesizer that draws one part after the other: what the walk needs of it."""

    encoder_: TableEncoder
    links_: dict[str, Any]
    models_: dict[str, Any]

    def _inputs(self, name: str, seen: Mapping[str, Any], n: int) -> Any: ...


class Known(NamedTuple):
    """Cells of one part that are given: their values, and in which rows (bool [n])."""

    column: EncodedColumn
    given: np.ndarray


@dataclass(frozen=True)
class Tilt:
    """What a part may and should be.

    Attributes:
        allowed: what may be.
        favour: float64 [n_codes + 1], how much likelier than by itself each code is to be drawn;
            the weights take it back.
    """

    allowed: Allowed
    favour: np.ndarray | None = None


@dataclass
class Walk:
    """Rows under way.

    Attributes:
        columns: the parts so far.
        log_weight: float64 [n].
        steps: what each part that weighs anything added to ``log_weight``, float64 [n].
    """

    columns: dict[str, EncodedColumn] = field(default_factory=dict)
    log_weight: np.ndarray = field(default_factory=lambda: np.zeros(0))
    steps: dict[str, np.ndarray] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> Walk:
        """Some of the rows, as arrays of their own."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Walk(columns, self.log_weight[rows], {name: step[rows] for name, step in self.steps.items()})

    def weigh(self, name: str, step: np.ndarray) -> None:
        """Adds the log weights float64 [n] of a part."""
        self.log_weight = self.log_weight + step
        self.steps[name] = step


def joined(walks: Sequence[Walk]) -> Walk:
    """Walks of the same parts one below the other."""
    columns = {name: concatenate([w.columns[name] for w in walks]) for name in walks[0].columns}
    steps = {name: np.concatenate([w.steps[name] for w in walks]) for name in walks[0].steps}
    return Walk(columns, np.concatenate([w.log_weight for w in walks]), steps)


def concatenate(columns: Sequence[EncodedColumn]) -> EncodedColumn:
    """Encoded columns one below the other."""
    return EncodedColumn(
        np.concatenate([c.codes for c in columns]),
        np.concatenate([c.residuals for c in columns]),
        np.concatenate([c.nulls for c in columns]),
    )


def walk(
    chain: Chain,
    n: int,
    stream: RandomStream,
    *,
    tilts: Mapping[str, Tilt] | None = None,
    known: Mapping[str, Known] | None = None,
    context: EncodedTable | None = None,
    upto: str | None = None,
    begun: Mapping[str, EncodedColumn] | None = None,
) -> Walk:
    """``n`` rows of the chain, column after column, as far as the part ``upto`` (to the end if left out).

    What is ``begun`` is taken as it is and weighs nothing.
    """
    tilts, known = tilts or {}, known or {}
    derived = chain.encoder_.derived_parts
    state = Walk(dict(begun or {}), np.zeros(n))
    seen: dict[str, Any] = {}
    if context is not None:
        for spec, column in context:
            state.columns[_CONTEXT + spec.name] = column
    for name, link in chain.links_.items():
        if name not in state.columns:
            cells = known.get(name)
            made = None
            if name in derived:
                made = chain.encoder_.derive(derived[name], state.columns, np.arange(n), stream.child("derived"))
            if made is not None:
                for part, column in made.items():
                    state.columns[part] = _mixed(column, known.get(part))
                    if part in known:
                        state.weigh(part, -_CONTRADICTION * _contradicted(column, known[part]))
            elif cells is not None and cells.given.all():
                state.weigh(name, _chance(chain, name, seen, cells.column, n))
                state.columns[name] = cells.column
            else:
                column, step = _partly_drawn(chain, name, seen, tilts.get(name), cells, stream.child(name), n)
                state.columns[name] = column
                if step is not None:
                    state.weigh(name, step)
        seen[name] = link.seen(state.columns[name])
        if name == upto:
            break
    return state


def _contradicted(made: EncodedColumn, cells: Known) -> np.ndarray:
    """Where what follows from earlier columns is not what is given, bool [n]."""
    same = (made.codes == cells.column.codes) & (made.nulls == cells.column.nulls)
    return np.asarray(cells.given & ~same)


def _partly_drawn(
    chain: Chain,
    name: str,
    seen: Mapping[str, Any],
    tilt: Tilt | None,
    cells: Known | None,
    stream: RandomStream,
    n: int,
) -> tuple[EncodedColumn, np.ndarray | None]:
    """A part of which some cells are given and the others drawn, and the log weights float64 [n], if any."""
    if cells is None or not cells.given.any():
        return _draw(chain, name, seen, tilt, stream, n)
    given, free = np.flatnonzero(cells.given), np.flatnonzero(~cells.given)
    log_weight = np.zeros(n)
    part = {other: values.take(given) for other, values in seen.items()}
    log_weight[given] = _chance(chain, name, part, cells.column.take(given), len(given))
    part = {other: values.take(free) for other, values in seen.items()}
    drawn, step = _draw(chain, name, part, tilt, stream, len(free))
    if step is not None:
        log_weight[free] = step
    codes, residuals, nulls = (
        array.copy() for array in (cells.column.codes, cells.column.residuals, cells.column.nulls)
    )
    codes[free], residuals[free], nulls[free] = drawn.codes, drawn.residuals, drawn.nulls
    return EncodedColumn(codes, residuals, nulls), log_weight


def _mixed(drawn: EncodedColumn, cells: Known | None) -> EncodedColumn:
    """The drawn values with the given ones in their place."""
    if cells is None:
        return drawn
    return EncodedColumn(
        np.where(cells.given, cells.column.codes, drawn.codes),
        np.where(cells.given, cells.column.residuals, drawn.residuals),
        np.where(cells.given, cells.column.nulls, drawn.nulls),
    )


def _chance(chain: Chain, name: str, seen: Mapping[str, Any], column: EncodedColumn, n: int) -> np.ndarray:
    """The log of the chance float64 [n] of a part's values given the earlier parts."""
    inputs = chain._inputs(name, seen, n)
    link = chain.links_[name]
    return np.asarray(chain.models_[name].log_share(inputs, link.codes(column)))


def _draw(
    chain: Chain, name: str, seen: Mapping[str, Any], tilt: Tilt | None, stream: RandomStream, n: int
) -> tuple[EncodedColumn, np.ndarray | None]:
    """A part drawn within what is allowed, and the log weights float64 [n] of doing so, if there are any."""
    link, model = chain.links_[name], chain.models_[name]
    rng = stream.generator()
    inputs = chain._inputs(name, seen, n)
    if tilt is None:
        return link.decode(model.sample(inputs, rng.random(n)), rng), None
    share = tilt.allowed.share if tilt.favour is None else tilt.allowed.share * tilt.favour
    mass = link.mass + _LEAST_MASS
    whole = np.add.reduceat(mass, link.first[:-1])
    wanted = np.add.reduceat(mass * share[:-1][link.order], link.first[:-1]) / whole
    potential = np.concatenate([[share[-1]], wanted]) if link.nulls else wanted
    codes, log_weight = tilted_codes(model, inputs, rng.random(n), potential)
    missing = codes < link.nulls
    code = np.maximum(codes - link.nulls, 0)
    bins = link.bins_within(code, mass * share[:-1][link.order], rng.random(n))
    low, high = tilt.allowed.low[bins], tilt.allowed.high[bins]
    places = low + rng.random(n) * np.maximum(high - low, 0.0)
    column = EncodedColumn.drawn(bins, missing, np.clip(places, 0.0, np.nextafter(1.0, 0.0)), link.spec)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.where(missing, len(share) - 1, bins)
        log_weight += np.log(potential[codes]) + np.log(tilt.allowed.share[at]) - np.log(share[at])
    return column, np.where(np.isfinite(log_weight), log_weight, -np.inf)


def tilted_codes(model: Any, inputs: Any, uniforms: np.ndarray, potential: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes int32 [n] drawn from p(code | inputs) times ``potential`` float64 [codes], digit by digit.

    Each digit is drawn by its share times the mean potential of the codes below it. Gives the log
    float64 [n] of chance over chance of drawing, up to the potential of the code reached: multiplied
    by that potential, rows stand for p times the potential.
    """
    from synthloom.synthesizers.boosting import kernels

    tree = model.tree
    mean = tree.mean(potential)
    nodes = np.zeros(len(uniforms), dtype=np.int32)
    left, log_weight = uniforms.copy(), np.zeros(len(uniforms))
    for level in range(len(model.levels)):
        active = np.flatnonzero(~tree.leaf[nodes])
        if not len(active):
            break
        kids = tree.children[nodes[active]]
        tilted = model.shares(level, inputs, nodes, active) * np.where(kids >= 0, mean[kids], 0.0)
        mass = tilted.sum(axis=1)
        stuck = mass <= 0
        tilted[stuck, 0] = 1.0
        kernels.descend(tilted, tree.children, nodes, active, left)
        with np.errstate(divide="ignore"):
            step = np.log(mass) - np.log(np.maximum(mean[nodes[active]], 1e-300))
        log_weight[active] += np.where(stuck, -np.inf, step)
    return tree.low[nodes], log_weight

"""A Gaussian copula over mixed columns: the statistical baseline.

Each part of a column is a cut of a standard normal variable into cells of its codes' frequencies
(Sklar 1959; for mixed data Hoff 2007, doi:10.1214/07-AOAS107). Two choices make it stronger than
the usual one:

* Correlations of the hidden normals are found by inverting what cutting does to a correlation. With
  the step functions f, g expanded in Hermite polynomials, corr(f, g) = sum a_k b_k rho^k (Mehler
  1866), so rare spikes and binary columns do not lose their dependence.
* Categories have no order of their own; they are put in the one in which they go along most with
  the other columns: the leading singular vector of their mean scores (optimal scaling, Gifi 1990).

Missing values are a hidden normal of their own, so that they depend on the other columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from synthloom.artifact import read_arrays, write_arrays
from synthloom.encoding import EncodedColumn, EncodedTable, PartSpec
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.synthesizers.base import Capabilities, Synthesizer
from synthloom.synthesizers.category_order import category_order

_BLOCK_ROWS = 65_536
_HERMITE_TERMS = 24
_SCALING_ROUNDS = 4
_SCALING_ROWS = 50_000
_GIBBS_SWEEPS = 10
_CONTEXT = "context\x1f"


@dataclass(frozen=True)
class _Latent:
    """One hidden normal: a part's codes in a certain order, or a part's gaps.

    Attributes:
        part: name of the part.
        gaps: whether it stands for the null mask (codes: 0 present, 1 missing).
        order: int [k], the code that stands at each place from low to high.
        mass: float [k], frequency of each place.
    """

    part: str
    gaps: bool
    order: np.ndarray
    mass: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """Cumulative frequencies float [k + 1] from 0 to 1."""
        total = np.concatenate([[0.0], np.cumsum(self.mass)])
        return total / total[-1]

    @property
    def sound(self) -> bool:
        """Whether the order is one of all codes, and the masses are masses."""
        whole = bool(np.array_equal(np.sort(self.order), np.arange(len(self.order))))
        return whole and self.mass.shape == self.order.shape and bool((self.mass >= 0).all() and self.mass.sum() > 0)

    def places(self, column: EncodedColumn) -> np.ndarray:
        """The place int [n] of each row's code."""
        if self.gaps:
            return column.nulls.astype(np.int64)
        rank = np.empty(len(self.order), dtype=np.int64)
        rank[self.order] = np.arange(len(self.order))
        return rank[column.codes]


class GaussianCopula(Synthesizer):
    """Learns every column's distribution exactly and one correlation a pair of columns.

    Parameters:
        shrinkage: share of the identity mixed into the correlation matrix; ``None`` takes
            columns / rows, which only matters for tables that are wide and short.
    """

    name: ClassVar[str] = "gaussian_copula"
    capabilities: ClassVar[Capabilities] = Capabilities(conditions="all", context=True, weights=True, update=True)

    def __init__(self, *, shrinkage: float | None = None) -> None:
        self.shrinkage = shrinkage

    def _fit(
        self,
        target: EncodedTable,
        context: EncodedTable | None,
        weights: np.ndarray | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        table = _joined(target, context)
        weights = np.ones(table.n_rows) if weights is None else weights
        reporter = run.reporter("fit")
        latents = _latents(table, weights)
        rows = np.sort(stream.child("scaling").generator().permutation(table.n_rows)[:_SCALING_ROWS])
        latents = _optimal_orders(latents, table.take(rows), weights[rows])
        reporter.update(0.5, "correlations")
        run.check()
        observed = _score_correlations(latents, table, weights)
        correlation = _uncut(observed, latents)
        shrinkage = min(0.5, len(latents) / table.n_rows) if self.shrinkage is None else self.shrinkage
        self.latents_ = latents
        self.correlation_ = _nearest_correlation((1 - shrinkage) * correlation + shrinkage * np.eye(len(latents)))
        reporter.update(1.0)

    def _sample(
        self, n: int, context: EncodedTable | None, fixed: Mapping[str, EncodedColumn], stream: RandomStream
    ) -> EncodedTable:
        given = dict(fixed)
        if context is not None:
            given |= {_CONTEXT + spec.name: column for spec, column in context}
        normals = self._normals(n, given, stream)
        columns: dict[str, EncodedColumn] = {}
        for spec in self.encoder_.specs:
            if spec.name in given:
                columns[spec.name] = given[spec.name]
            else:
                columns[spec.name] = self._column(spec, normals, n)
        return EncodedTable(self.encoder_.specs, columns, n)

    def _column(self, spec: PartSpec, normals: np.ndarray, n: int) -> EncodedColumn:
        from scipy.special import ndtr

        codes, residuals, nulls = np.zeros(n, dtype=np.int32), np.zeros(n), np.zeros(n, dtype=bool)
        for place, latent in enumerate(self.latents_):
            if latent.part != spec.name:
                continue
            uniform, edges = ndtr(normals[:, place]), latent.edges
            cell = np.clip(np.searchsorted(edges, uniform, side="right") - 1, 0, len(latent.mass) - 1)
            if latent.gaps:
                nulls = cell == 1
            else:
                codes = latent.order[cell].astype(np.int32)
                width = (edges[1:] - edges[:-1])[cell]
                residuals = np.clip((uniform - edges[cell]) / np.maximum(width, 1e-300), 0.0, 1.0 - 1e-12)
        always_null = spec.has_nulls and not any(latent.part == spec.name for latent in self.latents_)
        nulls = nulls | always_null
        return EncodedColumn(np.where(nulls, 0, codes).astype(np.int32), np.where(nulls, 0.0, residuals), nulls)

    def _normals(self, n: int, given: Mapping[str, EncodedColumn], stream: RandomStream) -> np.ndarray:
        """Hidden normals float [n, latents], those of given parts inside their cells."""
        rng = stream.generator()
        size = len(self.latents_)
        held = [i for i, latent in enumerate(self.latents_) if latent.part in given]
        free = [i for i in range(size) if i not in set(held)]
        normals = np.empty((n, size))
        noise = rng.standard_normal((n, len(free)))
        if not held:
            return noise @ np.linalg.cholesky(self.correlation_).T if size else normals
        known = self._held_normals(n, held, given, rng)
        inner = self.correlation_[np.ix_(held, held)]
        cross = self.correlation_[np.ix_(free, held)]
        gain = np.linalg.solve(inner, cross.T).T
        rest = self.correlation_[np.ix_(free, free)] - gain @ cross.T
        normals[:, held] = known
        normals[:, free] = known @ gain.T + noise @ np.linalg.cholesky(rest + 1e-9 * np.eye(len(free))).T
        return normals

    def _held_normals(
        self, n: int, held: list[int], given: Mapping[str, EncodedColumn], rng: np.random.Generator
    ) -> np.ndarray:
        """Normals inside the given cells and jointly distributed, by Gibbs sampling of truncated normals."""
        from scipy.special import ndtr, ndtri

        lows, highs = np.empty((n, len(held))), np.empty((n, len(held)))
        for place, index in enumerate(held):
            latent = self.latents_[index]
            column = given[latent.part]
            cell = latent.places(column)
            low, high = latent.edges[cell], latent.edges[cell + 1]
            hidden = column.nulls & (not latent.gaps)  # a missing value says nothing of where it would lie
            lows[:, place], highs[:, place] = np.where(hidden, 0.0, low), np.where(hidden, 1.0, high)
        tiny = 1e-12
        lows, highs = ndtri(np.clip(lows, tiny, 1 - tiny)), ndtri(np.clip(highs, tiny, 1 - tiny))
        uniform = rng.random((n, len(held)))
        normals = ndtri(np.clip(ndtr(lows) + uniform * (ndtr(highs) - ndtr(lows)), tiny, 1 - tiny))
        precision = np.linalg.inv(self.correlation_[np.ix_(held, held)])
        for _ in range(_GIBBS_SWEEPS if len(held) > 1 else 0):
            for i in range(len(held)):
                spread = 1.0 / np.sqrt(precision[i, i])
                others = normals @ precision[i] - normals[:, i] * precision[i, i]
                mean = -others * spread**2
                bottom, top = ndtr((lows[:, i] - mean) / spread), ndtr((highs[:, i] - mean) / spread)
                draw = np.clip(bottom + rng.random(n) * (top - bottom), tiny, 1 - tiny)
                normals[:, i] = np.clip(mean + spread * ndtri(draw), lows[:, i], highs[:, i])
        return normals

    def _state(self, folder: Path) -> dict[str, Any]:
        arrays = {"correlation": self.correlation_}
        for place, latent in enumerate(self.latents_):
            arrays[f"order.{place}"] = latent.order.astype(np.int64)
            arrays[f"mass.{place}"] = latent.mass.astype(np.float64)
        write_arrays(folder / "copula.safetensors", arrays)
        return {"latents": [[latent.part, latent.gaps] for latent in self.latents_]}

    def _restore(self, state: dict[str, Any], folder: Path) -> None:
        arrays = read_arrays(folder / "copula.safetensors")
        self.correlation_ = arrays["correlation"]
        self.latents_ = [
            _Latent(str(part), bool(gaps), arrays[f"order.{place}"], arrays[f"mass.{place}"])
            for place, (part, gaps) in enumerate(state["latents"])
        ]
        size = len(self.latents_)
        if self.correlation_.shape != (size, size) or not all(latent.sound for latent in self.latents_):
            raise ValueError("the hidden normals are damaged")


def _joined(target: EncodedTable, context: EncodedTable | None) -> EncodedTable:
    """Target and context side by side, the context's parts under names of their own."""
    if context is None:
        return target
    from dataclasses import replace

    specs = tuple(replace(spec, name=_CONTEXT + spec.name) for spec in context.specs)
    columns = {_CONTEXT + name: column for name, column in context.columns.items()}
    return EncodedTable((*target.specs, *specs), {**target.columns, **columns}, target.n_rows)


def _latents(table: EncodedTable, weights: np.ndarray) -> list[_Latent]:
    out = []
    for spec, column in table:
        present = ~column.nulls
        if spec.n_codes > 1 and present.any():
            mass = np.bincount(column.codes[present], weights=weights[present], minlength=spec.n_codes)
            out.append(_Latent(spec.name, False, np.arange(spec.n_codes), mass / max(mass.sum(), 1e-300)))
        share = float(weights[column.nulls].sum() / weights.sum())
        if 0.0 < share < 1.0:
            out.append(_Latent(spec.name, True, np.arange(2), np.array([1.0 - share, share])))
    return out


def _cell_means(latent: _Latent) -> np.ndarray:
    """The mean float [k] of a standard normal in each cell."""
    return _hermite(latent)[:, 0]


def _hermite(latent: _Latent) -> np.ndarray:
    """Mean float [k, terms] of the normalised Hermite polynomials He_1, He_2, … in each cell."""
    from scipy.special import ndtri

    edges = ndtri(np.clip(latent.edges, 1e-15, 1 - 1e-15))
    density = np.exp(-0.5 * edges**2) / np.sqrt(2 * np.pi)
    density[[0, -1]] = 0.0
    previous, current = np.zeros_like(edges), np.ones_like(edges)
    mass = np.maximum(latent.mass, 1e-300)
    out = np.empty((len(latent.mass), _HERMITE_TERMS))
    # the integral of He_k phi over a cell is He_{k-1} phi at its lower edge less that at its upper one;
    # "current" is He_{k-1} / sqrt((k-1)!), kept normalised so that high orders do not overflow
    for k in range(1, _HERMITE_TERMS + 1):
        weighted = current * density / np.sqrt(k)
        out[:, k - 1] = (weighted[:-1] - weighted[1:]) / mass
        following = (edges * current - np.sqrt(k - 1) * previous) / np.sqrt(k)
        previous, current = current, following
    return out


def _scores(latents: list[_Latent], table: EncodedTable) -> tuple[np.ndarray, np.ndarray]:
    """Normal scores float [n, latents], 0 where missing, and where they are present."""
    scores, present = np.empty((table.n_rows, len(latents))), np.ones((table.n_rows, len(latents)), dtype=bool)
    for place, latent in enumerate(latents):
        column = table.columns[latent.part]
        scores[:, place] = _cell_means(latent)[latent.places(column)]
        if not latent.gaps:
            present[:, place] = ~column.nulls
            scores[column.nulls, place] = 0.0
    return scores, present


def _optimal_orders(latents: list[_Latent], table: EncodedTable, weights: np.ndarray) -> list[_Latent]:
    """Orders the categories of unordered parts along their leading direction in the other columns' scores."""
    specs = {spec.name: spec for spec in table.specs}
    nominal = [
        i
        for i, latent in enumerate(latents)
        if not latent.gaps and not specs[latent.part].ordered and len(latent.mass) > 2
    ]
    latents = list(latents)
    for _ in range(_SCALING_ROUNDS if nominal else 0):
        scores, _ = _scores(latents, table)
        for index in nominal:
            latent = latents[index]
            column = table.columns[latent.part]
            rows = np.flatnonzero(~column.nulls)
            others = np.delete(scores[rows], index, axis=1)
            order = category_order(column.codes[rows], len(latent.order), others, weights[rows])
            shares = np.empty(len(order))
            shares[latent.order] = latent.mass
            latents[index] = _Latent(latent.part, False, order, shares[order])
    return latents


def _score_correlations(latents: list[_Latent], table: EncodedTable, weights: np.ndarray) -> np.ndarray:
    """Correlations float [latents, latents] of the scores over rows where both are present."""
    size = len(latents)
    products, squares, common = np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size))
    for start in range(0, table.n_rows, _BLOCK_ROWS):
        rows = np.arange(start, min(start + _BLOCK_ROWS, table.n_rows))
        scores, present = _scores(latents, table.take(rows))
        weight = weights[rows][:, None]
        products += scores.T @ (scores * weight)
        squares += (scores**2 * weight).T @ present
        common += present.T.astype(float) @ (present * weight)
    scale = np.sqrt(np.maximum(squares * squares.T, 1e-300))
    correlations = np.where(common > 0, products / scale, 0.0)
    np.fill_diagonal(correlations, 1.0)
    return np.clip(correlations, -1.0, 1.0)


def _uncut(observed: np.ndarray, latents: list[_Latent]) -> np.ndarray:
    """Correlations of the hidden normals whose cut scores correlate as ``observed``."""
    coefficients = []
    for latent in latents:
        hermite, mass = _hermite(latent), latent.mass
        means = hermite[:, 0]
        spread = np.sqrt(max(float(mass @ means**2), 1e-300))
        coefficients.append((mass * means) @ hermite / spread)
    size = len(latents)
    grid = np.linspace(-0.995, 0.995, 200)
    powers = grid[:, None] ** np.arange(1, _HERMITE_TERMS + 1)
    result = np.eye(size)
    for i in range(size):
        for j in range(i):
            curve = powers @ (coefficients[i] * coefficients[j])
            curve = np.maximum.accumulate(curve)
            result[i, j] = result[j, i] = float(np.interp(observed[i, j], curve, grid))
    return result


def _nearest_correlation(matrix: np.ndarray) -> np.ndarray:
    """A positive definite correlation matrix near a symmetric one: negative eigenvalues are lifted."""
    if len(matrix) == 0:
        return matrix
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    lifted = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(lifted))
    return lifted * scale * scale[:, None]

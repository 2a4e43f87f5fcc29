"""The most plausible distribution given noisy marginals: a graphical model fitted by mirror descent.

Among all distributions that fit the noisy counts of some cliques best in weighted squares, the one
of largest entropy is a graphical model over those cliques. Its log potentials are found by entropic
mirror descent with backtracking; the gradient of a measured clique is added to its potential
(McKenna, Sheldon, Miklau 2019, "Graphical-model based estimation and inference for differential
privacy"; Beck and Teboulle 2003). Touches no rows: it costs no budget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthloom.synthesizers.private.junction_tree import Clique, JunctionTree, project, spread

_GROWTH, _SHRINK = 1.4, 0.5
_MAX_HALVINGS = 25
_STILL = 1e-5


@dataclass(frozen=True)
class Measurement:
    """Noisy counts of one clique.

    Attributes:
        clique: the parts.
        counts: float64, one axis a part.
        variances: float64, of the same shape or a number.
    """

    clique: Clique
    counts: np.ndarray
    variances: np.ndarray | float


class GraphicalModel:
    """A distribution over parts of these sizes, and the noisy counts that it is fitted to.

    Attributes:
        sizes: how many codes each part has.
        total: the number of rows, as far as it is known.
        tree: the cliques and how they hang together.
        marginals: the marginal of each clique of the tree, summing to one.
    """

    def __init__(self, sizes: tuple[int, ...], total: float) -> None:
        self.sizes, self.total = sizes, total
        self.measurements: list[Measurement] = []
        self._logs: dict[Clique, np.ndarray] = {}
        self._step = 1.0
        self.tree = JunctionTree.build(sizes, [])
        self.marginals: list[np.ndarray] = self.tree.marginals(self.potentials())

    def add(self, measurements: list[Measurement]) -> None:
        """Takes in further noisy counts; the model is as before until :meth:`fit`."""
        self.measurements += measurements
        for found in measurements:
            self._logs.setdefault(found.clique, np.zeros(self.tree.shape(found.clique)))
        self.tree = JunctionTree.build(self.sizes, self._logs)
        self.marginals = self.tree.marginals(self.potentials())

    def potentials(self) -> list[np.ndarray]:
        """The log potential of each clique of the tree."""
        out = [np.zeros(self.tree.shape(clique)) for clique in self.tree.cliques]
        for clique, logs in self._logs.items():
            home = self.tree.home(clique)
            out[home] += spread(logs, clique, self.tree.cliques[home])
        return out

    def marginal(self, clique: Clique) -> np.ndarray:
        """The marginal of parts that lie within one clique of the tree."""
        home = self.tree.home(clique)
        return project(self.marginals[home], self.tree.cliques[home], clique)

    def fit(self, iterations: int) -> None:
        """Moves the potentials towards the noisy counts, at most this many steps."""
        weights = self._targets()
        homes = {clique: self.tree.home(clique) for clique in weights}
        potentials, marginals = self.potentials(), self.marginals
        loss, gradient, shares = self._loss(marginals, weights, homes)
        for _ in range(iterations):
            for _ in range(_MAX_HALVINGS):
                tried = [np.array(p) for p in potentials]
                for clique, slope in gradient.items():
                    tried[homes[clique]] -= self._step * spread(slope, clique, self.tree.cliques[homes[clique]])
                moved = self.tree.marginals(tried)
                new, slopes, reached = self._loss(moved, weights, homes)
                gain = sum(float((slope * (shares[c] - reached[c])).sum()) for c, slope in gradient.items())
                if loss - new >= 0.5 * gain:
                    break
                self._step *= _SHRINK
            else:
                break
            for clique, slope in gradient.items():
                self._logs[clique] -= self._step * slope
            self._step *= _GROWTH
            done = loss - new <= _STILL * loss
            potentials, marginals, loss, gradient, shares = tried, moved, new, slopes, reached
            if done:
                break
        self.marginals = marginals

    def _targets(self) -> dict[Clique, tuple[np.ndarray, np.ndarray]]:
        """The share of each cell by all measurements of a clique together, and its certainty."""
        out: dict[Clique, tuple[np.ndarray, np.ndarray]] = {}
        for found in self.measurements:
            certainty = np.broadcast_to(self.total**2 / np.asarray(found.variances), found.counts.shape)
            share, weight = out.get(found.clique, (np.zeros(found.counts.shape), np.zeros(found.counts.shape)))
            weight = weight + certainty
            out[found.clique] = share + certainty / weight * (found.counts / self.total - share), weight
        return out

    def _loss(
        self,
        marginals: list[np.ndarray],
        targets: dict[Clique, tuple[np.ndarray, np.ndarray]],
        homes: dict[Clique, int],
    ) -> tuple[float, dict[Clique, np.ndarray], dict[Clique, np.ndarray]]:
        """Half the weighted squares, their slope, and the model's share of each cell, by measured clique."""
        loss, gradient, shares = 0.0, {}, {}
        for clique, (share, weight) in targets.items():
            home = homes[clique]
            shares[clique] = project(marginals[home], self.tree.cliques[home], clique)
            error = shares[clique] - share
            gradient[clique] = weight * error
            loss += 0.5 * float((gradient[clique] * error).sum())
        return loss, gradient, shares

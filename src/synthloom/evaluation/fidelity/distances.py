"""Total variation distance of binned rows, with each row's influence on it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.statistics import mean_error


class MeanVariation:
    """The mean total variation distance from the training rows over many columns or pairs.

    Each call of :meth:`add` brings one column (or pair) as codes; the total variation distance is
    half the sum of absolute differences of shares, so a row moves it by half the sign of its code's
    difference. The influences are added up row by row, which gives the standard error of the mean
    with the dependence between columns in it, without a bootstrap.
    """

    def __init__(self, train: int, holdout: int, synthetic: int) -> None:
        self._train = np.zeros((2, train), np.float32)  # as compared with holdout, with synthetic rows
        self._holdout, self._synthetic = np.zeros(holdout, np.float32), np.zeros(synthetic, np.float32)
        self.count, self._sums = 0, np.zeros(2)

    def add(self, codes: Mapping[str, np.ndarray], size: int) -> tuple[float, float]:
        """Takes in one column's codes in the three tables; returns the distances of synthetic and holdout rows."""
        train, holdout, synthetic = (codes[part] for part in PARTS)
        base = np.bincount(train, minlength=size) / len(train)
        distances = []
        for place, (other, influence) in enumerate(((holdout, self._holdout), (synthetic, self._synthetic))):
            difference = np.bincount(other, minlength=size) / len(other) - base
            half_sign = (0.5 * np.sign(difference)).astype(np.float32)
            influence += half_sign[other]
            self._train[place] -= half_sign[train]
            distances.append(0.5 * float(np.abs(difference).sum()))
        self.count += 1
        self._sums += distances
        return distances[1], distances[0]

    @property
    def synthetic(self) -> float:
        """The mean distance of the synthetic rows."""
        return float(self._sums[1] / self.count)

    @property
    def holdout(self) -> float:
        """The mean distance of the holdout rows: the reference."""
        return float(self._sums[0] / self.count)

    @property
    def error(self) -> float:
        """Standard error of :attr:`synthetic`."""
        return math.hypot(mean_error(self._synthetic / self.count), mean_error(self._train[1] / self.count))

    @property
    def difference_error(self) -> float:
        """Standard error of :attr:`synthetic` less :attr:`holdout`, the shared training rows counted once."""
        shared = (self._train[1] - self._train[0]) / self.count
        sides = (self._synthetic / self.count, self._holdout / self.count, shared)
        return math.sqrt(sum(mean_error(side) ** 2 for side in sides))

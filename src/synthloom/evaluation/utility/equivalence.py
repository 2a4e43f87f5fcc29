"""Whether two scores differ, whether they are equivalent, and what a test could have seen.

A test that finds no difference does not show that there is none: it may have been too weak. So three
things are told of every difference: its interval; whether it is *equivalent to zero within a margin*,
by two one-sided tests (TOST; Schuirmann, "A comparison of the two one-sided tests procedure and the
power approach for assessing the equivalence of average bioavailability", 1987), which only enough
evidence passes; and the power, the chance that the test of a difference would have found one of a
stated size.

Scores of several random splits are not independent, because their training rows overlap. Their
variance is corrected as Nadeau and Bengio ("Inference for the Generalization Error", 2003) propose:
``(1/J + test rows / training rows)`` times the variance among ``J`` splits, and Student's t with
``J - 1`` degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

DEFAULT_MARGIN = 0.01
"""Difference of scores (AUC or R2) that is taken for none."""
LEVEL = 0.05
"""Chance of a false word that every test here allows itself."""

Status = Literal["equivalent", "worse", "better", "undecided"]
_NORMAL = 1e7
"""Degrees of freedom that stand for a normal distribution."""
_NODES = 200
_LEAST_ERROR = 1e-9


@dataclass(frozen=True)
class Difference:
    """A measured difference of two scores.

    Attributes:
        value: the difference.
        error: its standard error.
        degrees: degrees of freedom of the error (infinite: taken for known).
    """

    value: float
    error: float
    degrees: float = math.inf

    @property
    def _scale(self) -> float:
        return max(self.error, _LEAST_ERROR)

    @property
    def _df(self) -> float:
        return min(self.degrees, _NORMAL)

    def quantile(self, share: float) -> float:
        """Standard errors that the t distribution stays below with this chance."""
        from scipy.special import stdtrit

        return float(stdtrit(self._df, share))

    def interval(self, level: float = 1 - LEVEL) -> tuple[float, float]:
        """The interval that covers the true difference with this chance."""
        half = self.quantile(0.5 + level / 2) * self.error
        return self.value - half, self.value + half

    @property
    def p_difference(self) -> float:
        """Two-sided p-value of "there is no difference"."""
        from scipy.special import stdtr

        return float(2 * stdtr(self._df, -abs(self.value) / self._scale))

    def p_equivalence(self, margin: float = DEFAULT_MARGIN) -> float:
        """The p-value of "they differ by ``margin`` or more": the larger of two one-sided ones."""
        from scipy.special import stdtr

        return float(stdtr(self._df, (abs(self.value) - margin) / self._scale))

    def power(self, difference: float = DEFAULT_MARGIN, level: float = LEVEL) -> float:
        """The chance that the two-sided test would find a true difference of this size.

        The noncentral t as a mean over the error that may be found (Gauss and Legendre's nodes over its
        quantiles): the series of libraries fail where the power is next to certain.
        """
        from scipy.special import chdtri, ndtr

        shift, reach = difference / self._scale, self.quantile(1 - level / 2)
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        found = reach * np.sqrt(chdtri(self._df, (1 - nodes) / 2) / self._df)
        return float(np.clip(weights @ (ndtr(shift - found) + ndtr(-shift - found)) / 2, 0.0, 1.0))

    def status(self, margin: float = DEFAULT_MARGIN) -> Status:
        """In one word how the first score stands to the second (a positive difference: the second is worse)."""
        if self.p_equivalence(margin) < LEVEL:
            return "equivalent"
        if self.p_difference < LEVEL:
            return "worse" if self.value > 0 else "better"
        return "undecided"

    def words(self, margin: float = DEFAULT_MARGIN, unit: str = "", lacking: str = "holdout") -> str:
        """The status as a clause, such as "equivalent within 0.01 AUC" or "worse by 0.031 AUC, 95 % …".

        ``lacking`` names the rows of which there are too few where nothing can be said.
        """
        unit = f" {unit}" if unit else ""
        low, high = self.interval()
        status = self.status(margin)
        if status == "equivalent":
            return f"equivalent within {margin:g}{unit}"
        interval = f"95 % interval {_signed(low)} to {_signed(high)}"
        if status == "undecided":
            return f"undecided: too few {lacking} rows to tell {margin:g}{unit}, {interval}"
        said = f"{status} by {abs(self.value):.3f}{unit}, {interval}"
        beyond = low > margin if status == "worse" else high < -margin
        return said if beyond else f"{said}, which may or may not be more than {margin:g}"


def _signed(number: float) -> str:
    return f"{number:.3f}".replace("-", "−")


def corrected_difference(differences: Sequence[float], test_rows: float, training_rows: float) -> Difference:
    """The mean difference over random splits with the corrected error of Nadeau and Bengio (2003).

    With a single split nothing is known of the error: it is infinite.
    """
    count = len(differences)
    value = float(np.mean(differences))
    if count < 2:
        return Difference(value, math.inf, 1.0)
    factor = 1 / count + test_rows / training_rows
    return Difference(value, math.sqrt(factor * float(np.var(differences, ddof=1))), count - 1.0)


def combined_error(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Error and degrees of freedom of a sum of independent errors (Satterthwaite 1946).

    Args:
        parts: (standard error, its degrees of freedom) of each.
    """
    variances = [error**2 for error, _ in parts]
    total = sum(variances)
    spread = sum(variance**2 / degrees for variance, (_, degrees) in zip(variances, parts, strict=True))
    return math.sqrt(total), total**2 / spread if spread > 0 else math.inf


def holm(values: Sequence[float]) -> list[float]:
    """The p-values as they hold for all of them together (Holm 1979), in the given order."""
    order = np.argsort(values, kind="stable")
    adjusted = np.empty(len(order))
    running = 0.0
    for rank, place in enumerate(order):
        running = max(running, (len(order) - rank) * values[place])
        adjusted[place] = min(1.0, running)
    return [float(value) for value in adjusted]

"""Are copies more frequent than chance explains? Two controls, and the worse of them counts.

1. *Holdout rows*: real rows that no model has seen repeat training rows too, by nature. Synthetic
   rows should not do so more often.
2. *Holdout as target*: synthetic rows should repeat training rows no more often than they repeat as
   many holdout rows. This control also sees copies among synthetic rows that otherwise look unlike
   real ones, and that the first one would excuse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.evaluation.statistics import ONE_SIDED_95, share_error
from synthloom.evaluation.verdicts import judge, margins_for, worst
from synthloom.finding import Verdict


@dataclass(frozen=True)
class CopyControl:
    """Shares of copies with both controls.

    Attributes:
        share: share of synthetic rows that repeat a training row.
        natural: share of holdout rows that do.
        sides: both excesses, each with its standard error.
        detail: both controls, for the report.
    """

    share: float
    natural: float
    sides: tuple[tuple[float, float], tuple[float, float]]
    detail: dict[str, Any]

    @property
    def excess(self) -> float:
        """The excess with the larger one-sided 95 % lower bound."""
        return self._worse[0]

    @property
    def error(self) -> float:
        """The standard error of :attr:`excess`."""
        return self._worse[1]

    @property
    def _worse(self) -> tuple[float, float]:
        return max(self.sides, key=lambda side: side[0] - ONE_SIDED_95 * side[1])

    def verdict(self, name: str) -> Verdict:
        """The verdict of the metric ``name``; without a single copy there is nothing to accuse."""
        if self.share == 0:
            return "good"
        verdicts = [judge(excess, error, margins_for(name)) for excess, error in self.sides]
        return worst([verdict for verdict in verdicts if verdict != "unknown"])  # one control may be able to tell


def control_copies(
    synthetic: np.ndarray, holdout: np.ndarray, of_some_train: np.ndarray, of_holdout: np.ndarray, scale: float
) -> CopyControl:
    """Both controls from four masks.

    Args:
        synthetic: whether each synthetic row repeats any training row.
        holdout: whether each holdout row does.
        of_some_train: whether each synthetic row repeats one of as many training rows as there are
            holdout rows.
        of_holdout: whether it repeats a holdout row.
        scale: training rows over the rows in ``of_some_train``.
    """
    share, natural = float(synthetic.mean()), float(holdout.mean())
    first = share - natural
    first_error = math.hypot(
        share_error(float(synthetic.sum()), len(synthetic)), share_error(float(holdout.sum()), len(holdout))
    )
    only_train = int((of_some_train & ~of_holdout).sum())
    only_holdout = int((of_holdout & ~of_some_train).sum())
    second = scale * (only_train - only_holdout) / len(synthetic)
    # a popular row is repeated by many synthetic rows at once, hence the factor
    second_error = 1.5 * scale * math.sqrt(only_train + only_holdout + 1) / len(synthetic)
    control = CopyControl(share, natural, ((first, first_error), (second, second_error)), {})
    control.detail.update(
        control=round(natural, 6),
        excess=round(control.excess, 6),
        excess_low=round(control.excess - ONE_SIDED_95 * control.error, 6),
        excess_over_holdout=round(first, 6),
        excess_over_holdout_as_target=round(second, 6),
        copies=int(synthetic.sum()),
    )
    return control

"""Are copies more frequent than chance explains? Two controls.

1. *Holdout as target* decides where it can: a synthetic row should repeat training rows no more often
   than it repeats as many holdout rows. This holds whatever the synthetic rows look like.
2. *Holdout rows* decide where the first is too noisy (small holdouts), or where chance repeats more
   than half of the rows anyway: real rows that no model has
   seen repeat training rows too, by nature, and synthetic rows should not do so more often. It excuses
   copies among rows that are otherwise unlike real ones, and accuses honest rows of a table whose real
   rows never repeat; hence only the second choice, and not against what the first makes implausible.
   Its share is the reference that is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synthloom.evaluation.statistics import ONE_SIDED_95, share_error
from synthloom.evaluation.verdicts import Margins, judge, margins_for
from synthloom.finding import Verdict
from synthloom.randomness import RandomStream

MAXIMUM_SAMPLES = 4
"""Samples of training rows that are compared with the holdout; their mean is less noisy than one."""
_SATURATED = 0.5
"""Chance level from which the first control's scaling to all training rows means nothing any more …"""
_ROOM = 0.25
"""… as long as synthetic rows leave this share of the room that chance leaves."""


@dataclass(frozen=True)
class CopyControl:
    """The share of copies, and whether it is more than chance.

    Attributes:
        share: share of synthetic rows that repeat a training row.
        natural: share of holdout rows that do.
        excess: share of synthetic rows beyond what the deciding control explains.
        error: its standard error.
        verdict: the verdict on the excess.
        detail: both controls, for the report.
    """

    share: float
    natural: float
    excess: float
    error: float
    verdict: Verdict
    detail: dict[str, Any]


def control_copies(
    name: str,
    *,
    synthetic: np.ndarray,
    holdout: np.ndarray,
    found: Sequence[tuple[np.ndarray, np.ndarray]],
    scale: float,
) -> CopyControl:
    """Holds copies against both controls.

    Args:
        name: the metric, whose margins decide.
        synthetic: whether each synthetic row repeats any training row.
        holdout: whether each holdout row does.
        found: for each of some disjoint samples of the training rows, as large as the holdout (see
            :func:`samples_like_holdout`): for each synthetic row the key (uint64) of the row that it
            repeats in the sample, 0 for none; and the key of the holdout row that it repeats.
        scale: training rows over the rows of one sample.
    """
    share, natural = float(synthetic.mean()), float(holdout.mean())
    over = _Side.natural(synthetic, holdout)
    target = _Side.as_target(found, scale)
    margins = _margins(name, max(natural, float((found[0][1] != 0).mean())))
    verdict, deciding, control = judge(target.excess, target.error, margins), target, "holdout as target"
    saturated = natural > _SATURATED and 1 - share > _ROOM * (1 - natural)
    if saturated or (verdict == "unknown" and over.excess <= target.excess + margins.errors * target.error):
        verdict, deciding, control = judge(over.excess, over.error, margins), over, "holdout rows"
    if share == 0:
        verdict = "good"  # without a single copy there is nothing to accuse
    detail = {
        "control": round(natural, 6),
        "decided_by": control,
        "excess": round(min(deciding.excess, share), 6),
        "excess_low": round(deciding.low, 6),
        "excess_over_holdout_rows": round(over.excess, 6),
        "excess_over_holdout_rows_low": round(over.low, 6),
        "excess_with_holdout_as_target": round(target.excess, 6),
        "excess_with_holdout_as_target_low": round(target.low, 6),
        "copies": int(synthetic.sum()),
    }
    return CopyControl(share, natural, deciding.excess, deciding.error, verdict, detail)


def _margins(name: str, level: float) -> Margins:
    """The metric's margins, wider where chance repeats so many rows that one more or less says little."""
    margins = margins_for(name) or Margins(0.0, 0.0)
    return replace(margins, good=max(margins.good, 0.05 * level), poor=max(margins.poor, 0.1 * level))


@dataclass(frozen=True)
class _Side:
    """One control's excess with its standard error."""

    excess: float
    error: float

    @property
    def low(self) -> float:
        """The one-sided 95 % lower bound."""
        return self.excess - ONE_SIDED_95 * self.error

    @classmethod
    def natural(cls, synthetic: np.ndarray, holdout: np.ndarray) -> _Side:
        errors = (share_error(float(mask.sum()), len(mask)) for mask in (synthetic, holdout))
        return cls(float(synthetic.mean() - holdout.mean()), math.hypot(*errors))

    @classmethod
    def as_target(cls, found: Sequence[tuple[np.ndarray, np.ndarray]], scale: float) -> _Side:
        only_train = np.concatenate([train[(train != 0) & (holdout == 0)] for train, holdout in found])
        only_holdout = np.concatenate([holdout[(holdout != 0) & (train == 0)] for train, holdout in found])
        rows = len(found) * len(found[0][0])
        # rows that repeat the same row stand and fall together
        squares = sum(float((np.unique(keys, return_counts=True)[1] ** 2).sum()) for keys in (only_train, only_holdout))
        variance = len(found) ** 2 + squares
        return cls(scale * (len(only_train) - len(only_holdout)) / rows, scale * math.sqrt(variance) / rows)


def samples_like_holdout(train: int, holdout: int, stream: RandomStream) -> list[np.ndarray]:
    """Disjoint random samples of ``train`` places, each as large as the holdout, at most :data:`MAXIMUM_SAMPLES`."""
    order = stream.generator().permutation(train)
    size = min(train, holdout)
    return [order[start * size : (start + 1) * size] for start in range(min(MAXIMUM_SAMPLES, train // size))]

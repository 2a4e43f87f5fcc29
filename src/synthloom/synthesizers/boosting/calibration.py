"""How sure a boosted model should be: one factor for all its scores, from rows it did not learn from.

Shrunken trees that stop early say less than they know, and one tree of many leaves says more. What a
sampler draws from probabilities that say too little is noisier than the real rows, which a model that
learns from the rows then pays for.
"""

from __future__ import annotations

import numpy as np

_STEPS = 4
_LEAST, _MOST = 0.5, 2.0
_NEVER_ZERO = 1e-12


def stretch_of(begin: np.ndarray, scores: np.ndarray, target: np.ndarray, weights: np.ndarray) -> float:
    """By what ``scores - begin`` is multiplied for the least cross entropy.

    The factor is found by Newton's method (temperature scaling: Guo et al. 2017, "On Calibration of Modern
    Neural Networks"), and only what exceeds its standard error is believed (James and Stein 1961, the
    positive part).

    Args:
        begin: float32 [n, k], the scores that boosting began at: one a class, or the logit of two.
        scores: float32 [n, k], those that it came to.
        target: int32 [n], the class.
        weights: float32 [n].
    """
    start, grown, weight = (values.astype(np.float64) for values in (begin, scores - begin, weights))
    if start.shape[1] == 1:  # the logit of the second class against the first
        start, grown = np.pad(start, ((0, 0), (1, 0))), np.pad(grown, ((0, 0), (1, 0)))
    own = grown[np.arange(len(grown)), target]
    factor, curve = 1.0, 0.0
    for _ in range(_STEPS):
        score = start + factor * grown
        share = np.exp(score - score.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        mean = (share * grown).sum(axis=1)
        curve = float(weight @ ((share * grown**2).sum(axis=1) - mean**2))
        if curve <= _NEVER_ZERO:
            return 1.0
        factor = min(max(factor - float(weight @ (mean - own)) / curve, _LEAST), _MOST)
    error = float(weight @ weight) / float(weight.sum()) / curve  # as many rows as the weights are worth
    return 1.0 + (factor - 1.0) * max(0.0, 1.0 - error / max((factor - 1.0) ** 2, _NEVER_ZERO))

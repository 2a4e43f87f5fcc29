"""Scores that treat groups alike: for every cost of a mistake the best decision with equal rates.

Of all decisions d(x) at a cost t of a false alarm, the best with equal rates in every group selects
where r(x) − Σ_g λ_g(t) b_g(x) > t; r is the chance of the outcome and b_g how much likelier than on
average a row like x belongs among those whose rate counts in group g (Menon and Williamson 2018, "The cost of
fairness in binary classification"; Zeng, Dobriban and Cheng 2022, "Bayes-optimal classifiers under
group fairness"). The multipliers λ(t) with Σ λ_g = 0 minimise the convex dual E[(r − t − λ·b)₊], here
smoothed; where rates may differ by δ, it has the penalty δ/2 Σ|λ_g|, the conjugate of that range. Averaged
over all t the decisions give a score f(x) from 0 to 1: r itself where nothing is unfair. Labels drawn
with chance f make models whose decisions have equal rates at every threshold, whether they see the
sensitive columns or not, because f is a function of the other columns.
"""

from __future__ import annotations

import numpy as np

_LEVELS = 49
_SMOOTH = 0.015
_STEPS = 60
_RIDGE = 1e-9
_SMALL_STEP = 1e-7
_CORNER = 1e-3  # below it the absolute value of a multiplier is rounded off


def fair_scores(
    chance: np.ndarray,
    belonging: np.ndarray,
    target: np.ndarray | None = None,
    leeway: float = 0.0,
    difference: float = 0.0,
) -> np.ndarray:
    """Fair chances of the outcome, float64 [n].

    Args:
        chance: float64 [n], the chance of the outcome given the columns that a decision may use.
        belonging: float64 [n, groups], p(group, counted | x) / p(group, counted); mean 1 in every group.
        target: float64 [groups], by how much the rate of each group is to differ from the common one
            (a correction for what later steps bring back); nought if left out.
        leeway: from 0 to 1, by how much of it the correction is let go towards the costs 0 and 1; at
            0.5 all of it is kept. What is let go keeps the ranking nearer to the truth.
        difference: how far apart the rates of two groups may be.
    """
    goal = np.zeros(belonging.shape[1]) if target is None else target
    levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
    total = np.zeros(len(chance))
    multipliers = np.zeros(belonging.shape[1])
    for level in levels:
        # corrections matter where decisions are in doubt, and fade where nobody or all are selected
        multipliers = _solved(chance - level, belonging, multipliers, goal * 4 * level * (1 - level), difference)
        kept = 1 - leeway * abs(2 * level - 1)
        total += _selected(chance - level - belonging @ (kept * multipliers))
    return total / _LEVELS


def _selected(margin: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(margin / _SMOOTH, -50, 50))))


def _solved(
    margin: np.ndarray, belonging: np.ndarray, start: np.ndarray, goal: np.ndarray, difference: float
) -> np.ndarray:
    """The multipliers [groups] of one level: damped Newton steps on the dual, their sum kept at nought."""
    groups = belonging.shape[1]
    # a basis of multipliers that sum to nought
    basis = np.linalg.svd(np.ones((1, groups)))[2][1:].T
    share = belonging @ basis
    wanted = basis.T @ goal

    def dual(at: np.ndarray) -> float:
        gained = float(_SMOOTH * np.logaddexp(0.0, (margin - share @ at) / _SMOOTH).mean())
        return gained + float(at @ wanted) + difference / 2 * float(_rounded(basis @ at).sum())

    at = basis.T @ start
    value = dual(at)
    for _ in range(_STEPS):
        chosen, multipliers = _selected(margin - share @ at), basis @ at
        corner = _rounded(multipliers)
        slope = wanted - share.T @ chosen / len(margin) + difference / 2 * basis.T @ (multipliers / corner)
        bend = (share * (chosen * (1 - chosen))[:, None]).T @ share / (_SMOOTH * len(margin))
        bend += difference / 2 * (basis * (_CORNER**2 / corner**3)[:, None]).T @ basis
        step = np.linalg.solve(bend + (_RIDGE + 1e-3 * np.trace(bend)) * np.eye(groups - 1), slope)
        size = 1.0
        while size > 1e-4:
            trial = at - size * step
            found = dual(trial)
            if found < value:
                break
            size /= 2
        else:
            break
        gained, at, value = value - found, trial, found
        if gained < _SMALL_STEP * _SMOOTH:
            break
    return np.asarray(basis @ at)


def _rounded(multipliers: np.ndarray) -> np.ndarray:
    """Their absolute values, with a round corner at nought."""
    return np.asarray(np.sqrt(multipliers**2 + _CORNER**2))

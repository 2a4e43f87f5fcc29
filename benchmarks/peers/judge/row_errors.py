"""c2st, trend and utility once more, with what each row contributes, so that two systems can be paired.

The yardstick gives each figure as one number. To tell a difference of two systems from chance one needs
how the figure moves with the rows that it was computed on. Each figure here is a mean of row terms up to
second order (its influence function; Hampel 1974), so its variance is the sum of their squares, and two
systems that were judged on the same held-out or training rows are paired row by row. For an AUC the terms
are the placements of DeLong, DeLong and Clarke-Pearson (1988). The definitions follow the yardstick's
documented ones; how far the recomputed figures are from its own is kept beside them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from benchmarks.peers.judge.frames import as_codes, as_numbers_and_words

DETECTION_ROWS = 10_000
UTILITY_ROWS = 60_000
BINS = 10
TOP = 50


def row_errors(
    train: pd.DataFrame, holdout: pd.DataFrame, synthetic: pd.DataFrame, target: str, exclude: Sequence[str]
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The figures, and per figure the terms of held-out rows, training rows and the synthetic rows' variance.

    Returns:
        Figures by name; arrays ``NAME_holdout`` (rows), ``NAME_train`` (rows) and ``NAME_synthetic`` (one
        variance), each only where the figure depends on those rows.
    """
    frames, numeric = as_numbers_and_words(train, holdout, synthetic)
    codes = as_codes(frames, numeric)
    detected = detection_terms(codes[1], codes[2])
    trend = trend_terms(frames, numeric)
    useful = utility_terms(frames, codes, numeric, target, exclude)
    figures = {"c2st": detected[0], "trend": trend[0], "syn_gbm": useful[0]}
    arrays = {
        "c2st_holdout": detected[1], "c2st_synthetic": np.array(detected[2]),
        "trend_train": trend[1], "trend_synthetic": np.array(trend[2]),
        "gap_gbm_holdout": -useful[1],
    }  # fmt: skip
    return {k: round(float(v), 4) for k, v in figures.items()}, {k: v.astype(np.float64) for k, v in arrays.items()}


def auc_placements(low: np.ndarray, high: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The AUC of scores that should be low for one group and high for the other, and each row's placement.

    Args:
        low: Scores of the group that should score low, shape [m].
        high: Scores of the group that should score high, shape [n].

    Returns:
        The AUC; for each low row the share of high rows above it, [m]; for each high row the share of low
        rows below it, [n]; ties count one half.
    """
    low_order, high_order = np.sort(low), np.sort(high)
    above = 1 - 0.5 * (np.searchsorted(high_order, low, "left") + np.searchsorted(high_order, low, "right")) / len(high)
    below = 0.5 * (np.searchsorted(low_order, high, "left") + np.searchsorted(low_order, high, "right")) / len(low)
    return float(above.mean()), above, below


def detection_terms(holdout: pd.DataFrame, synthetic: pd.DataFrame) -> tuple[float, np.ndarray, float]:
    """AUC of boosted trees that tell synthetic from held-out rows, terms of the held-out rows, variance of the others."""
    import lightgbm as lgb
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    n = min(len(holdout), len(synthetic), DETECTION_ROWS)
    real = holdout.sample(n, random_state=1)
    x = np.vstack([real, synthetic.sample(n, random_state=1)])
    y = np.r_[np.zeros(n), np.ones(n)]
    model = lgb.LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1, random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_predict(model, x, y, cv=folds, method="predict_proba")[:, 1]
    auc, above, below = auc_placements(scores[:n], scores[n:])
    terms = np.zeros(len(holdout))
    terms[real.index] = (above - auc) / n
    return auc, terms, float(below.var() / n)


def trend_terms(frames: list[pd.DataFrame], numeric: list[str]) -> tuple[float, np.ndarray, float]:
    """1 - mean total variation distance over pairs of columns, terms of training rows, variance of synthetic rows."""
    train, holdout, synthetic = frames
    n = min(len(holdout), len(synthetic))
    parts = [train, synthetic.sample(n, random_state=3)]
    columns = [_binned(parts, name, name in numeric) for name in train]
    pairs, distance = 0, 0.0
    terms = [np.zeros(len(part)) for part in parts]
    for i, (first, _) in enumerate(columns):
        for second, k in columns[:i]:
            joint = [a * k + b for a, b in zip(first, second, strict=True)]
            size = int(max(j.max() for j in joint)) + 1
            shares = [np.bincount(j, minlength=size) / len(j) for j in joint]
            side = np.sign(shares[0] - shares[1])
            distance += 0.5 * np.abs(shares[0] - shares[1]).sum()
            terms[0] -= 0.5 * side[joint[0]]
            terms[1] += 0.5 * side[joint[1]]
            pairs += 1
    real, made = (t / max(1, pairs) for t in terms)
    return 1 - distance / max(1, pairs), (real - real.mean()) / len(real), float(made.var() / len(made))


def utility_terms(
    frames: list[pd.DataFrame], codes: list[pd.DataFrame], numeric: list[str], target: str, exclude: Sequence[str]
) -> tuple[float, np.ndarray]:
    """Held-out score (AUC, or R2 for a numeric target) of boosted trees that learned from synthetic rows, and terms."""
    import lightgbm as lgb

    features = [c for c in codes[0] if c != target and c not in exclude]
    regression = target in numeric and frames[0][target].nunique() > 20
    rows = frames[2][target].notna().to_numpy()
    learn, labels = codes[2].loc[rows, features], frames[2].loc[rows, target]
    if len(learn) > UTILITY_ROWS:
        learn = learn.sample(UTILITY_ROWS, random_state=4)
        labels = labels.loc[learn.index]
    known = frames[1][target].notna().to_numpy()
    truth = frames[1].loc[known, target]
    terms = np.zeros(len(frames[1]))
    kind = lgb.LGBMRegressor if regression else lgb.LGBMClassifier
    model = kind(n_estimators=200, learning_rate=0.05, verbose=-1, n_jobs=1, random_state=0)
    if not regression and labels.astype(str).nunique() < 2:
        return 0.5, terms
    model.fit(learn, labels if regression else labels.astype(str))
    x = codes[1].loc[known, features]
    if regression:
        score, terms[known] = _r2_terms(truth.to_numpy(dtype=float), model.predict(x))
    else:
        score, terms[known] = _class_terms(truth.astype(str).to_numpy(), model.predict_proba(x), list(model.classes_))
    return score, terms


def _r2_terms(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, np.ndarray]:
    errors, spread = (truth - predicted) ** 2, (truth - truth.mean()) ** 2
    ratio = errors.mean() / spread.mean()
    return 1 - ratio, -(errors - ratio * spread) / spread.mean() / len(truth)


def _class_terms(truth: np.ndarray, predicted: np.ndarray, known: list[str]) -> tuple[float, np.ndarray]:
    """The mean AUC over classes of at least five rows (of two classes, the second alone)."""
    classes = [c for c in sorted(set(truth)) if (truth == c).sum() >= 5]
    chosen = classes[1:] if len(classes) == 2 else classes
    terms, scores = np.zeros(len(truth)), []
    for name in chosen:
        hit = truth == name
        column = predicted[:, known.index(name)] if name in known else np.zeros(len(truth))
        auc, above, below = auc_placements(column[~hit], column[hit])
        terms[~hit] += (above - auc) / (~hit).sum() / len(chosen)
        terms[hit] += (below - auc) / hit.sum() / len(chosen)
        scores.append(auc)
    return float(np.mean(scores)), terms


def _binned(parts: list[pd.DataFrame], name: str, numeric: bool) -> tuple[list[np.ndarray], int]:
    """A column's codes in both frames: tenths of the training rows, or their 50 most frequent values."""
    first = parts[0][name]
    if numeric and first.nunique() > BINS:
        edges = np.unique(np.nanquantile(first, np.linspace(0, 1, BINS + 1)))[1:-1]
        k = len(edges) + 2
        return [np.where(p[name].isna(), k - 1, np.searchsorted(edges, p[name].fillna(0), side="right")) for p in parts], k
    filled = [p[name].fillna(-9e99) if numeric else p[name] for p in parts]
    top = {value: i for i, value in enumerate(filled[0].value_counts().index[:TOP])}
    return [p.map(top).fillna(len(top)).astype(int).to_numpy() for p in filled], len(top) + 1

"""The papers' protocol: Shape, Trend, weighted NMI error, C2ST-XGB and MLE, against the training rows.

Written from the definitions in Zhang et al. (TabSyn, ICLR 2024), Shi et al. (TabDiff, ICLR 2025) and the
TabPC paper (arXiv 2603.23016), so that figures can stand beside theirs:

- Shape: mean over columns of 1 - Kolmogorov-Smirnov distance (numbers) or 1 - total variation (categories).
- Trend: mean over pairs of 1 - |difference of Pearson correlations| / 2 (numbers), or 1 - total variation of
  the contingency table, numbers cut into ten equal widths of the real range.
- wNMI: |difference of normalised mutual information| averaged over pairs, weighted by real plus synthetic NMI.
- C2ST: XGBoost at its defaults tells training from synthetic rows, three folds; 1 - mean of max(0, 2 AUC - 1).
- MLE: XGBoost tuned over 36 settings on a ninth of the synthetic rows, learned from the rest, its AUC (or
  RMSE) on real test rows.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.peers.judge.frames import as_numbers_and_words

WIDTHS = 10
GRID = tuple(
    {"n_estimators": trees, "min_child_weight": weight, "max_depth": depth, "gamma": gamma}
    for trees, weight, depth, gamma in product((10, 50, 100), (1, 10), (5, 10, 20), (0.0, 1.0))
)


def published_figures(train: pd.DataFrame, holdout: pd.DataFrame, synthetic: pd.DataFrame, target: str) -> dict[str, float]:
    """The five figures, and MLE learned from the real training rows for reference.

    Categories are text columns, truth values and the target of a classification; the papers choose by hand.
    """
    frames, numeric = as_numbers_and_words(train, holdout, synthetic)
    if target in numeric and frames[0][target].nunique() <= 20:
        numeric = [name for name in numeric if name != target]
        for frame in frames:
            frame[target] = frame[target].astype(str)
    real, test, made = frames
    return {
        "shape": round(shape(real, made, numeric), 4),
        "trend": round(trend(real, made, numeric), 4),
        "wnmi_error": round(weighted_nmi_error(real, made, numeric), 4),
        "c2st_xgb": round(detection_score(real, made, numeric), 4),
        "mle": round(learned_score(made, test, numeric, target), 4),
        "mle_real": round(learned_score(real, test, numeric, target), 4),
    }


def shape(real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]) -> float:
    """Mean likeness of single columns, 1 is best."""
    from scipy.stats import ks_2samp

    scores = []
    for name in real:
        if name in numeric:
            scores.append(1 - ks_2samp(real[name].dropna(), made[name].dropna()).statistic)
        else:
            scores.append(1 - _variation(real[name], made[name]))
    return float(np.mean(scores))


def trend(real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]) -> float:
    """Mean likeness of pairs of columns, 1 is best."""
    cut = _cut(real, made, numeric)
    correlations = [frame[numeric].corr().to_numpy() if numeric else np.empty((0, 0)) for frame in (real, made)]
    place = {name: i for i, name in enumerate(numeric)}
    scores = []
    for first, second in combinations(real.columns, 2):
        if first in place and second in place:
            a, b = (c[place[first], place[second]] for c in correlations)
            scores.append(1 - abs(a - b) / 2)
        else:
            pairs = [frame[first].astype(str) + "\0" + frame[second].astype(str) for frame in cut]
            scores.append(1 - _variation(*pairs))
    return float(np.nanmean(scores))


def weighted_nmi_error(real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]) -> float:
    """Error of the dependence between columns, 0 is best."""
    cut = _cut(real, made, numeric)
    known = [np.column_stack([pd.factorize(frame[name])[0] for name in real]) for frame in cut]
    first, second = (_normalised_information(codes) for codes in known)
    errors, weights = np.abs(first - second), first + second
    return float((errors * weights).sum() / weights.sum())


def detection_score(real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]) -> float:
    """1 where XGBoost cannot tell the rows apart, 0 where it always can."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from xgboost import XGBClassifier

    x = _features(real, [real, made], numeric)
    x, y = np.vstack(x), np.r_[np.ones(len(real)), np.zeros(len(made))]
    scores = []
    for learn, test in StratifiedKFold(3, shuffle=True, random_state=0).split(x, y):
        model = XGBClassifier(eval_metric="logloss", random_state=0, n_jobs=1).fit(x[learn], y[learn])
        auc = roc_auc_score(y[test], model.predict_proba(x[test])[:, 1])
        scores.append(max(0.5, auc) * 2 - 1)
    return float(1 - np.mean(scores))


def learned_score(rows: pd.DataFrame, test: pd.DataFrame, numeric: list[str], target: str) -> float:
    """AUC (RMSE for a numeric target) on real test rows of XGBoost tuned on a ninth of the given rows."""
    from xgboost import XGBClassifier, XGBRegressor

    regression = target in numeric
    inputs = [name for name in numeric if name != target]
    x, x_test = _features(rows.drop(columns=target), [rows.drop(columns=target), test.drop(columns=target)], inputs)
    codes = {} if regression else {value: i for i, value in enumerate(sorted(set(rows[target])))}
    y, y_test = (
        part[target].to_numpy(dtype=float) if regression else np.array([codes.get(value, -1) for value in part[target]])
        for part in (rows, test)
    )
    order = np.random.default_rng(0).permutation(len(x))
    tune, learn = order[: len(x) // 9], order[len(x) // 9 :]
    kind = XGBRegressor if regression else XGBClassifier
    best: tuple[float, Any] = (-np.inf, None)
    for options in GRID:
        model = kind(**options, tree_method="hist", n_jobs=1, random_state=0).fit(x[learn], y[learn])
        score = _score(model, x[tune], y[tune], regression)
        if score > best[0]:
            best = (score, model)
    found = _score(best[1], x_test, y_test, regression)
    return -found if regression else found


def _score(model: Any, x: np.ndarray, y: np.ndarray, regression: bool) -> float:
    """AUC, one class against the rest; for numbers the negative RMSE."""
    from sklearn.metrics import roc_auc_score

    if regression:
        return -float(np.sqrt(np.mean((model.predict(x) - y) ** 2)))
    odds = model.predict_proba(x)
    classes = [1] if odds.shape[1] == 2 else range(odds.shape[1])
    return float(np.mean([roc_auc_score(y == c, odds[:, c]) for c in classes if 0 < (y == c).sum() < len(y)]))


def _variation(first: pd.Series, second: pd.Series) -> float:
    a, b = (part.value_counts(normalize=True) for part in (first, second))
    return float(0.5 * a.sub(b, fill_value=0).abs().sum())


def _cut(real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]) -> list[pd.DataFrame]:
    """Both frames with numbers as the number of their tenth of the real range, outliers in the outer tenths."""
    out = [real.copy(), made.copy()]
    for name in numeric:
        edges = np.histogram_bin_edges(real[name].dropna(), bins=WIDTHS)[1:-1]
        for frame in out:
            frame[name] = np.where(frame[name].isna(), -1, np.searchsorted(edges, frame[name], side="right"))
    return out


def _normalised_information(codes: np.ndarray) -> np.ndarray:
    """2 I(a; b) / (H(a) + H(b)) for every pair of columns of codes, shape [pairs]."""
    from sklearn.metrics import mutual_info_score

    entropies = [mutual_info_score(column, column) for column in codes.T]
    out = []
    for i, j in combinations(range(codes.shape[1]), 2):
        both = entropies[i] + entropies[j]
        out.append(2 * mutual_info_score(codes[:, i], codes[:, j]) / both if both > 0 else 0.0)
    return np.array(out)


def _features(known: pd.DataFrame, frames: list[pd.DataFrame], numeric: list[str]) -> list[np.ndarray]:
    """Numbers as they are and one column for each category of the first frame, as float32."""
    out = []
    for frame in frames:
        blocks = [frame[numeric].to_numpy(dtype="float32")]
        for name in known:
            if name not in numeric:
                categories = np.sort(known[name].unique())
                blocks.append((frame[name].to_numpy()[:, None] == categories[None]).astype("float32"))
        out.append(np.hstack(blocks))
    return out

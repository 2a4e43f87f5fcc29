"""What more rows of the rarer class are worth to a classifier: boosted trees with and without them, on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from benchmarks.peers.judge.frames import as_codes, as_numbers_and_words


def rebalance_figures(
    train: pd.DataFrame, holdout: pd.DataFrame, added: pd.DataFrame, target: str, exclude: Sequence[str]
) -> dict[str, float]:
    """AUC, average precision and balanced accuracy with the added rows, and each without them.

    Args:
        train: Real training rows.
        holdout: Real rows to predict.
        added: Made rows of the rarer class.
        target: The column of two classes.
        exclude: Columns that are no features.

    Returns:
        Six figures; the positive class is the rarer one.
    """
    import lightgbm as lgb
    from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

    train, holdout = (frame[frame[target].notna()].reset_index(drop=True) for frame in (train, holdout))
    frames, numeric = as_numbers_and_words(train, holdout, added)
    codes = as_codes(frames, numeric)
    features = [name for name in train if name != target and name not in exclude]
    rare = frames[0][target].astype(str).value_counts().index[-1]
    labels = [(frame[target].astype(str) == rare).to_numpy() for frame in frames]
    out = {}
    for suffix, parts in (("", (0, 2)), ("_without", (0,))):
        x, y = pd.concat([codes[p][features] for p in parts]), np.concatenate([labels[p] for p in parts])
        model = lgb.LGBMClassifier(n_estimators=200, learning_rate=0.05, verbose=-1, n_jobs=1, random_state=0).fit(x, y)
        odds = model.predict_proba(codes[1][features])[:, 1]
        out[f"auc{suffix}"] = round(float(roc_auc_score(labels[1], odds)), 4)
        out[f"precision{suffix}"] = round(float(average_precision_score(labels[1], odds)), 4)
        out[f"balanced{suffix}"] = round(float(balanced_accuracy_score(labels[1], odds > 0.5)), 4)
    return out

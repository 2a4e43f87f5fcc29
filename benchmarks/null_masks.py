"""Does missingness depend on the other columns as it does in real rows?

    python benchmarks/null_masks.py --data FOLDER [--tables airbnb_nyc,diabetes_hospitals] [--splits 0]

For every column with 1 to 99 % gaps: the AUC (3-fold, LightGBM) of predicting its null mask from the
other columns, in real holdout rows and in as many synthetic rows. Prints the largest difference.
Keys that are made anew tell nothing in synthetic rows: they are left out, unless --with-keys.
"""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd
from common import described_tables, parser_for, train_and_holdout
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from synthloom.synthesizers import synthesizer_class


def codes(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are, dates as days, everything else as codes by the real rows' frequency."""
    out = {}
    for name in like:
        values = table[name]
        if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
            if pd.api.types.is_datetime64_any_dtype(like[name]) or "date" in str(like[name].dropna().iloc[:1].map(type).to_list()):
                out[name] = (pd.to_datetime(values) - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
            else:
                rank = {value: place for place, value in enumerate(like[name].value_counts().index)}
                out[name] = values.map(rank).fillna(-1).astype(float)
        else:
            out[name] = values.astype(float)
    return pd.DataFrame(out)


def mask_auc(table: pd.DataFrame, name: str) -> float:
    mask = table[name].isna().to_numpy()
    model = lgb.LGBMClassifier(n_estimators=100, n_jobs=1, verbose=-1, random_state=0)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    guess = cross_val_predict(model, table.drop(columns=name).to_numpy(), mask, cv=folds, method="predict_proba")[:, 1]
    return roc_auc_score(mask, guess)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--tables", default="airbnb_nyc,diabetes_hospitals")
    parser.add_argument("--splits", default="0")
    parser.add_argument("--synthesizer", default="boosted_chain")
    parser.add_argument("--with-keys", action="store_true", help="keep the columns that datasets.json leaves out")
    options = parser.parse_args()
    described = described_tables(options.data)
    for table in options.tables.split(","):
        frame = pd.read_parquet(options.data / described[table]["file"])
        left_out = [] if options.with_keys else described[table].get("ml_exclude") or []
        for split in map(int, options.splits.split(",")):
            train, holdout = train_and_holdout(frame, split)
            synthetic = synthesizer_class(options.synthesizer)().fit(train, seed=split).sample(len(holdout), seed=split)
            shares = train.isna().mean()
            differences = {}
            for name in shares.index[(shares > 0.01) & (shares < 0.99)]:
                aucs = []
                for rows in (holdout, synthetic):
                    coded = codes(rows, train).drop(columns=[name, *left_out])
                    coded[name] = np.where(rows[name].isna(), np.nan, 0.0)
                    aucs.append(mask_auc(coded, name))
                differences[name] = aucs
            for name, (real, made) in differences.items():
                print(f"{table} split {split} {name}: real {real:.4f} synthetic {made:.4f}", flush=True)
            worst = max(abs(a - b) for a, b in differences.values())
            print(f"{table} split {split}: largest difference {worst:.4f}", flush=True)


if __name__ == "__main__":
    main()

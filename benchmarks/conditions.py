"""Conditions from common to 0.1 %: are they met, how good are the rows, how fast do they come?

    python benchmarks/conditions.py --data FOLDER [--tables adult] [--rows 10000] [--splits 0]

75 % of the rows train a BoostedChain. For each of ten conditions: whether every row meets it, the
effective sample size, rows a second of processor time, and (where at least 500 holdout rows meet it)
c2st: the area under the curve of a LightGBM classifier that tells as many synthetic from real holdout
rows, three-fold. The unconditional figure is the same test on as many rows as the conditions had on
average.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

import synthloom as sl

CONDITIONS = {
    "adult": [
        "income = >50K",
        "age between 30 and 40",
        "education in (Bachelors, Masters, Doctorate)",
        "sex = Female and hours_per_week < 40",
        "occupation is missing",
        "capital_gain > 0",
        "marital_status = Divorced and income = >50K",
        "race = Black and education_num >= 13 and sex = Female",
        "native_country = India and income = >50K",
        "age >= 80 and sex = Male and hours_per_week > 30",
    ],
    "bank_marketing": [
        "y = yes",
        "age between 30 and 35",
        "job in (student, retired)",
        "balance < 0",
        "housing = yes and loan = yes",
        "duration > 600 and y = yes",
        "pdays > 0 and poutcome = success",
        "month = dec",
        "job = student and y = yes and balance > 1000",
        "default = yes and education = tertiary",
    ],
    "credit_default": [
        "has_default = 1",
        "age < 30",
        "education = 1 and sex = 2",
        "limit_bal >= 300000",
        "pay_amt1 = 0",
        "bill_amt1 < 0",
        "has_default = 1 and limit_bal > 200000",
        "marriage = 3 and has_default = 1",
        "age > 60 and limit_bal >= 300000",
        "pay_amt6 > 50000 and has_default = 1",
    ],
}


def coded(parts: list[pd.DataFrame]) -> list[np.ndarray]:
    """The same codes for the same values in all parts."""
    whole = pd.concat(parts, ignore_index=True)
    out = {}
    for name in whole:
        values = whole[name]
        out[name] = (
            values.astype(float)
            if pd.api.types.is_numeric_dtype(values)
            else pd.Series(pd.factorize(values)[0], dtype=float)
        )
    matrix = pd.DataFrame(out).to_numpy()
    return np.split(matrix, np.cumsum([len(p) for p in parts])[:-1])


def c2st(real: pd.DataFrame, made: pd.DataFrame, seed: int = 0) -> float:
    import lightgbm as lgb
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    n = min(len(real), len(made), 5_000)
    rng = np.random.default_rng(seed)
    a, b = coded([real.iloc[rng.permutation(len(real))[:n]], made.iloc[rng.permutation(len(made))[:n]]])
    label = np.repeat([0, 1], n)
    model = lgb.LGBMClassifier(n_estimators=100, learning_rate=0.1, n_jobs=1, verbose=-1, random_state=seed)
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
    score = cross_val_predict(model, np.vstack([a, b]), label, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(label, score))


def main() -> None:
    from sklearn.model_selection import train_test_split

    from synthloom.conditions import parse_conditions
    from synthloom.data import Table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", default=",".join(CONDITIONS))
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--splits", default="0")
    options = parser.parse_args()
    described = {d["name"]: d for d in json.loads((options.data / "datasets.json").read_text())["datasets"]}
    for table in options.tables.split(","):
        frame = pd.read_parquet(options.data / described[table]["file"])
        for split in map(int, options.splits.split(",")):
            train, holdout = (t.reset_index(drop=True) for t in train_test_split(frame, random_state=split))
            model = sl.BoostedChain().fit(train, seed=split)
            start = time.process_time()
            plain = model.sample(options.rows, seed=split)
            speed = options.rows / (time.process_time() - start)
            kinds = {c.name: c.arrow_type for c in model.schema_}
            figures, sizes = [], []
            print(f"{table} split {split}: unconditional {speed:,.0f} rows/s", flush=True)
            for text in CONDITIONS[table]:
                conditions = parse_conditions(text, model.schema_.names).typed(kinds)

                def met(rows: pd.DataFrame, conditions=conditions) -> np.ndarray:
                    return conditions.meets({n: Table.from_frame(rows).column(n) for n in conditions.columns})

                real = holdout[met(holdout)]
                start = time.process_time()
                made = model.draw(options.rows, where=text, seed=split)
                speed = options.rows / (time.process_time() - start)
                line = f"  {text}: {met(frame).mean():.4%} of real rows, met by {met(made.data).mean():.2%}, effective {made.effective_sample_size:,.0f}, drawn {made.rows_drawn:,}, {speed:,.0f} rows/s"
                if len(real) >= 500:
                    figures.append(c2st(real, made.data))
                    sizes.append(min(len(real), 5_000))
                    same = c2st(holdout.sample(sizes[-1], random_state=split), plain)
                    line += f", c2st {figures[-1]:.3f} (unconditional, as many rows {same:.3f})"
                    sizes[-1] = same
                print(line, flush=True)
            print(
                f"{table} split {split}: mean c2st {np.mean(figures):.3f}, unconditional {np.mean(sizes):.3f}, difference {np.mean(figures) - np.mean(sizes):+.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

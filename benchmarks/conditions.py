"""Conditions from common to 0.1 %: are they met, how good are the rows, how fast do they come?

    python benchmarks/conditions.py --data FOLDER [--tables adult] [--rows 10000] [--splits 0,1] [--output FILE]

75 % of the rows train a BoostedChain. For each of ten conditions: whether every row meets it, the
effective sample size, and rows a second of processor time, planning included. Where at least 500
holdout rows meet it: c2st, the area under the curve of a LightGBM classifier that tells as many
synthetic from real holdout rows, three-fold, mean of three drawings of rows; the same for as many rows without a condition; and for
rows of a large unconditional sample that happen to meet the condition, which is what the model itself
has to say. With --output every condition is a line of JSON, and the same command goes on after a stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import KeptRecords, described_tables, kept_model, parser_for, train_and_holdout

import synthloom as sl
from synthloom.data import Table

POOL_ROWS = 100_000
LEAST_REAL = 500
MOST_JUDGED = 5_000
REPEATS = 3

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


def repeated(measure: Callable[[int], float]) -> float:
    """The mean over other rows and folds: one c2st of 500 rows is off by 0.02."""
    return float(np.mean([measure(seed) for seed in range(REPEATS)]))


def meets(model: sl.Synthesizer, text: str) -> Callable[[pd.DataFrame], np.ndarray]:
    """A function that says which rows meet a condition."""
    from synthloom.conditions import parse_conditions

    kinds = {c.name: c.arrow_type for c in model.schema_}
    conditions = parse_conditions(text, model.schema_.names).typed(kinds)
    return lambda rows: conditions.meets({n: Table.from_frame(rows).column(n) for n in conditions.columns})


def one_condition(
    model: sl.Synthesizer, text: str, tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], rows: int, split: int
) -> dict[str, Any]:
    """What a condition costs and what its rows are like; ``tables`` are all real rows, the holdout, and plain ones."""
    (frame, holdout, plain), met = tables, meets(model, text)
    start = time.process_time()
    made = model.draw(rows, where=text, seed=split)
    seconds = time.process_time() - start
    rows_made = made.data.to_pandas()
    found = {
        "share": float(met(frame).mean()),
        "met": float(met(rows_made).mean()),
        "effective": made.effective_sample_size,
        "drawn": made.rows_drawn,
        "rows_a_second": rows / seconds,
    }
    real, by_chance = holdout[met(holdout)], plain[met(plain)]
    if len(real) >= LEAST_REAL:
        n = min(len(real), MOST_JUDGED)
        found["c2st"] = repeated(lambda seed: c2st(real, rows_made, seed))
        found["unconditional"] = repeated(lambda seed: c2st(holdout.sample(n, random_state=seed), plain, seed))
        found["by_chance"] = repeated(lambda seed: c2st(real, by_chance, seed)) if len(by_chance) >= n else None
    return found


def told(record: dict[str, Any]) -> str:
    """A record as a line."""
    line = (
        f"{record['table']} split {record['split']}, {record['condition']}: {record['share']:.4%} of real rows, met by "
        f"{record['met']:.2%}, effective {record['effective']:,.0f} of {record['rows']:,}, "
        f"drawn {record['drawn']:,}, {record['rows_a_second']:,.0f} rows/s"
    )
    if "c2st" in record:
        line += f", c2st {record['c2st']:.3f} (unconditional, as many rows {record['unconditional']:.3f}"
        line += f", rows that meet it by chance {record['by_chance']:.3f})" if record["by_chance"] else ")"
    return line


def summary(records: list[dict[str, Any]]) -> None:
    """The means of each table over conditions and splits, and the slowest of the rare conditions."""
    for table in dict.fromkeys(r["table"] for r in records):
        mine = [r for r in records if r["table"] == table]
        judged = [r for r in mine if "c2st" in r]
        pairs = [(r["c2st"], r["by_chance"]) for r in judged if r["by_chance"]]
        rare = [r["rows_a_second"] for r in mine if r["share"] < 0.003]
        own, plain = (np.mean([r[key] for r in judged]) for key in ("c2st", "unconditional"))
        print(
            f"{table}: met by {np.mean([r['met'] for r in mine]):.2%}; mean c2st {own:.3f}, unconditional {plain:.3f}, "
            f"difference {own - plain:+.3f}; against rows that meet it by chance "
            f"{np.mean([a - b for a, b in pairs]):+.3f}; rarer than 0.3 %: {min(rare):,.0f} to {max(rare):,.0f} rows/s"
        )


def chain_of(train: pd.DataFrame, split: int) -> Callable[[], sl.Synthesizer]:
    """What fits a chain to these rows."""
    return lambda: sl.BoostedChain().fit(Table.from_frame(train).arrow, seed=split)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--tables", default=",".join(CONDITIONS))
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--splits", default="0")
    parser.add_argument("--models", type=Path, help="folder that fitted models are kept in")
    parser.add_argument("--output", type=Path, help="file of JSON lines that records are kept in")
    options = parser.parse_args()
    described = described_tables(options.data)
    records = KeptRecords(options.output) if options.output else []
    done: list[dict[str, Any]] = []
    for table in options.tables.split(","):
        frame = pd.read_parquet(options.data / described[table]["file"])
        for split in map(int, options.splits.split(",")):
            key = {"table": table, "split": split, "rows": options.rows}
            left = [t for t in CONDITIONS[table] if not (options.output and records.has({**key, "condition": t}))]
            if left:
                train, holdout = train_and_holdout(frame, split)
                model = kept_model(options.models, f"{table}-{split}", chain_of(train, split))
                plain = model.sample(POOL_ROWS, seed=split).to_pandas()
            for text in left:
                record = {
                    **key,
                    "condition": text,
                    **one_condition(model, text, (frame, holdout, plain), options.rows, split),
                }
                done.append(record)
                if options.output:
                    records.keep(record)
                print(told(record), flush=True)
    summary(list(records) or done)


if __name__ == "__main__":
    main()

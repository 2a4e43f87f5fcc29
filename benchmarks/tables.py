"""Fidelity, utility, privacy and time of a synthesizer on real tables, by an independent yardstick.

    python benchmarks/tables.py --data FOLDER --yardstick FILE [--synthesizer boosted_chain]
        [--tables adult,bank_marketing] [--splits 0,1,2] [--what synthetic,null,leak] [--output FILE]

FOLDER holds Parquet tables and a datasets.json (name, file, target, ml_exclude); FILE is a Python
module with measure(train, holdout, synthetic, target, exclude) that shares no code with Synthloom.
Each split trains on 75 % of the rows. ``synthetic`` are as many rows as were trained on; ``null``
are fresh real rows in their place (half of the holdout, judged against the other half); ``leak``
are synthetic rows of which 3 % are replaced by near copies: training rows with one number moved.
Prints the median and the worst split of each figure and appends every split to --output.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import append_record, described_tables, load_yardstick, parser_for, train_and_holdout
from sklearn.model_selection import train_test_split

from synthloom.synthesizers import synthesizer_class

FIGURES = (
    "c2st", "trend", "trend_real", "gap_gbm", "mia_auc", "mia_low", "mia_tpr1", "mia_outlier", "copies_excess",
    "near_excess", "fit_seconds", "sample_seconds", "peak_mb",
)  # fmt: skip
LOWEST_IS_WORST = {"trend", "trend_real"}


def plant_near_copies(synthetic: pd.DataFrame, train: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Replaces a share of the rows by training rows with one number moved by a few per cent of its spread."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(synthetic), round(share * len(synthetic)), replace=False)
    copied = train.iloc[rng.choice(len(train), len(rows))].reset_index(drop=True)
    numeric = [c for c in train if pd.api.types.is_numeric_dtype(train[c]) and train[c].nunique() > 10]
    column = max(numeric, key=lambda c: train[c].nunique())
    moved = copied[column] + rng.normal(0, 0.05 * train[column].std() + 1, len(copied))
    copied[column] = moved.round().astype(train[column].dtype) if train[column].dtype.kind == "i" else moved
    out = synthetic.copy()
    out.iloc[rows] = copied[out.columns].to_numpy()
    return out.astype(synthetic.dtypes)


def rows_to_measure(what: str, name: str, train: pd.DataFrame, holdout: pd.DataFrame, split: int):
    """The rows in the synthetic ones' place, the holdout to measure against, and what making them cost."""
    if what == "null":
        fresh, rest = train_test_split(holdout, test_size=0.5, random_state=split)
        return fresh.reset_index(drop=True), rest.reset_index(drop=True), {}
    start = time.perf_counter()
    model = synthesizer_class(name)().fit(train, seed=split)
    fitted = time.perf_counter()
    synthetic = model.sample(len(train), seed=split)
    cost = {"fit_seconds": fitted - start, "sample_seconds": time.perf_counter() - fitted}
    if what == "leak":
        synthetic = plant_near_copies(synthetic, train, 0.03, split)
    return synthetic, holdout, cost


def main() -> None:
    parser = parser_for(__doc__, yardstick=True)
    parser.add_argument("--synthesizer", default="boosted_chain")
    parser.add_argument("--tables", default="adult,bank_marketing,credit_default,online_shoppers")
    parser.add_argument("--splits", default="0,1,2")
    parser.add_argument("--what", default="synthetic")
    parser.add_argument("--output", type=Path, default=Path("benchmark.jsonl"))
    options = parser.parse_args()
    yardstick = load_yardstick(options.yardstick)
    described = described_tables(options.data)
    for table in options.tables.split(","):
        about = described[table]
        frame = pd.read_parquet(options.data / about["file"])
        for what in options.what.split(","):
            results = []
            for split in map(int, options.splits.split(",")):
                train, holdout = train_and_holdout(frame, split)
                made, against, cost = rows_to_measure(what, options.synthesizer, train, holdout, split)
                found = yardstick.measure(train, against, made, about["target"], about.get("ml_exclude") or ())
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                results.append({**found, **cost, "peak_mb": peak})
                record = {"table": table, "what": what, "synthesizer": options.synthesizer, "split": split, **results[-1]}
                append_record(options.output, record)
            shown = []
            for figure in FIGURES:
                values = [r[figure] for r in results if figure in r]
                if values:
                    worst = min(values) if figure in LOWEST_IS_WORST else max(values)
                    shown.append(f"{figure} {np.median(values):.4g} ({worst:.4g})")
            print(f"{table} {what}: {', '.join(shown)}", flush=True)


if __name__ == "__main__":
    main()

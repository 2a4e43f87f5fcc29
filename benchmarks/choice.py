"""Which synthesizer suits a table of how many rows: the measured ground of `synthesizers/choice.py`.

    python benchmarks/choice.py --data FOLDER --yardstick FILE [--tables adult,online_shoppers]
        [--sizes 60,120,250,500,1000] [--synthesizers boosted_chain,gaussian_copula] [--draws 4]

FOLDER holds Parquet tables and a datasets.json (name, file, target, ml_exclude); FILE is a Python
module with measure(train, holdout, synthetic, target, exclude) that shares no code with Synthloom.
Each draw takes so many training rows of the table at random, and up to 4,000 others as holdout.
Prints, for each table, size and synthesizer, the mean over the draws of what a model loses (gap, of
boosting and linear: positive is a loss), of the AUC of membership inference and of c2st.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from common import described_tables, load_yardstick, parser_for

from synthloom.synthesizers import synthesizer_class

FIGURES = ("c2st", "trend", "gap_gbm", "gap_lin", "mia_auc", "mia_outlier", "copies_excess", "fit_seconds")


def main() -> None:
    parser = parser_for(__doc__, yardstick=True)
    parser.add_argument("--tables", default="adult,online_shoppers,credit_default,german_credit")
    parser.add_argument("--sizes", default="60,120,250,500,1000")
    parser.add_argument("--synthesizers", default="boosted_chain,gaussian_copula,independent_columns")
    parser.add_argument("--draws", type=int, default=4)
    options = parser.parse_args()
    yardstick = load_yardstick(options.yardstick)
    described = described_tables(options.data)
    for table in options.tables.split(","):
        about = described[table]
        frame = pd.read_parquet(options.data / about["file"])
        for size in map(int, options.sizes.split(",")):
            if size > 0.7 * len(frame):
                continue
            results: dict[str, list[dict[str, float]]] = {}
            for draw in range(options.draws):
                order = np.random.default_rng(draw).permutation(len(frame))
                train = frame.iloc[order[:size]].reset_index(drop=True)
                holdout = frame.iloc[order[size : size + 4000]].reset_index(drop=True)
                for name in options.synthesizers.split(","):
                    start = time.process_time()
                    model = synthesizer_class(name)().fit(train, seed=draw)
                    spent = time.process_time() - start
                    made = model.sample(size, seed=draw)
                    found = yardstick.measure(train, holdout, made, about["target"], about.get("ml_exclude") or ())
                    results.setdefault(name, []).append({**found, "fit_seconds": spent})
            for name, measured in results.items():
                shown = [f"{key} {np.mean([m[key] for m in measured if key in m]):.3f}" for key in FIGURES]
                print(f"{table:16} {size:5} {name:20} {', '.join(shown)}", flush=True)


if __name__ == "__main__":
    main()

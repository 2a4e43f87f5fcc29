"""What an update without the old rows costs beside a fit on all rows.

    python benchmarks/updates.py --data FOLDER --yardstick FILE [--tables adult,online_shoppers] [--synthesizer boosted_chain]

75 % of a table trains: half of that is learned, the other half comes as an update; a second model
learns both at once. Prints the yardstick's c2st and gap of each.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split
from tables import load_yardstick

from synthloom.synthesizers import synthesizer_class


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--yardstick", type=Path, required=True)
    parser.add_argument("--tables", default="adult,online_shoppers")
    parser.add_argument("--synthesizer", default="boosted_chain")
    options = parser.parse_args()
    yardstick = load_yardstick(options.yardstick)
    described = {d["name"]: d for d in json.loads((options.data / "datasets.json").read_text())["datasets"]}
    cls = synthesizer_class(options.synthesizer)
    for name in options.tables.split(","):
        about = described[name]
        frame = pd.read_parquet(options.data / about["file"])
        train, holdout = (t.reset_index(drop=True) for t in train_test_split(frame, random_state=0))
        half = len(train) // 2
        models = {
            "half": cls().fit(train[:half], seed=0),
            "updated": cls().fit(train[:half], seed=0).update(train[half:], seed=1),
            "all at once": cls().fit(train, seed=0),
        }
        for what, model in models.items():
            made = model.sample(len(train), seed=2)
            found = yardstick.measure(train, holdout, made, about["target"], about.get("ml_exclude") or ())
            print(
                f"{name} {what}: c2st {found['c2st']:.4f}, gap {found['gap_gbm']:.4f}, mia {found['mia_auc']:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

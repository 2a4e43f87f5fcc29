"""What an update without the old rows costs beside a fit on all rows.

    python benchmarks/updates.py --data FOLDER --yardstick FILE [--tables adult,online_shoppers] [--synthesizer boosted_chain]

75 % of a table trains: half of that is learned, the other half comes as an update; a second model
learns both at once. Prints the yardstick's c2st and gap of each.
"""

from __future__ import annotations

import pandas as pd
from common import described_tables, load_yardstick, parser_for, train_and_holdout

from synthloom.synthesizers import synthesizer_class


def main() -> None:
    parser = parser_for(__doc__, yardstick=True)
    parser.add_argument("--tables", default="adult,online_shoppers")
    parser.add_argument("--synthesizer", default="boosted_chain")
    options = parser.parse_args()
    yardstick = load_yardstick(options.yardstick)
    described = described_tables(options.data)
    cls = synthesizer_class(options.synthesizer)
    for name in options.tables.split(","):
        about = described[name]
        frame = pd.read_parquet(options.data / about["file"])
        train, holdout = train_and_holdout(frame, 0)
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

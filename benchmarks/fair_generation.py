"""Fair generation on a real table: the gain in fairness and the price in accuracy, on real holdout rows.

    python benchmarks/fair_generation.py --data FOLDER [--table adult] [--sensitive sex,race] [--splits 0,1,2]
        [--synthesizer boosted_chain] [--rows N] [--leeway 0.25] [--cases real,plain,...] [--output FILE]

Trains on 75 % of the rows. Cases: ``real`` (training rows), ``plain`` (synthetic rows), and per notion and
grouping ``statistical_parity:sex``, ``equal_opportunity:sex``, ``reweighing:sex``, ``statistical_parity:sex+race``.
A judge (LightGBM, 200 trees) learns each of them, with and without the sensitive columns among its
inputs, and scores the real holdout. Printed: its AUC; the largest less the smallest selection rate and
true positive rate over the groups at threshold 0.5; the mean and the largest of these over the
thresholds 0.05 … 0.95; each for every sensitive column and for all of them crossed (groups of 100
holdout rows with the outcome counted, or more). Finished cases stand in --output and are not run again.
"""

from __future__ import annotations

import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from common import KeptRecords, as_codes, described_tables, parser_for, train_and_holdout
from sklearn.metrics import roc_auc_score

import synthloom as sl
from synthloom.data import Table
from synthloom.guidance.fairness import FairSynthesizer
from synthloom.synthesizers import synthesizer_class

THRESHOLDS = np.linspace(0.05, 0.95, 19)
SMALLEST = 100


def apart(chosen: np.ndarray, among: np.ndarray, groups: pd.Series) -> float:
    kept = [g for g in sorted(groups.unique()) if ((groups == g) & among).sum() >= SMALLEST]
    return float(np.ptp([chosen[(groups == g).to_numpy() & among].mean() for g in kept]))


def judge(made: pd.DataFrame, holdout: pd.DataFrame, about: dict, sensitive: list[str], hit: str) -> list[dict]:
    target, found = about["target"], []
    truth = (holdout[target].astype(str) == hit).to_numpy()
    for seen in (True, False):
        left_out = {target, *(about.get("ml_exclude") or ()), *(() if seen else sensitive)}
        names = [name for name in holdout if name not in left_out]
        labels = (made[target].astype(str) == hit).to_numpy().astype(int)
        settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "learning_rate": 0.05, "seed": 0}
        data = lightgbm.Dataset(as_codes(made[names], holdout[names]), labels)
        chance = lightgbm.train(settings, data, 200).predict(as_codes(holdout[names], holdout[names]))
        everyone = np.ones(len(truth), dtype=bool)
        groupings = {name: holdout[name].astype(str) for name in sensitive}
        groupings[" × ".join(sensitive)] = holdout[sensitive].astype(str).agg(", ".join, axis=1)
        for name, groups in groupings.items():
            parity = [apart(chance > t, everyone, groups) for t in THRESHOLDS]
            chances = [apart(chance > t, truth, groups) for t in THRESHOLDS]
            found.append(
                {"sees": seen, "groups": name, "auc": float(roc_auc_score(truth, chance)),
                 "parity": apart(chance > 0.5, everyone, groups), "parity_mean": float(np.mean(parity)),
                 "parity_max": float(np.max(parity)), "opportunity": apart(chance > 0.5, truth, groups),
                 "opportunity_mean": float(np.mean(chances)), "opportunity_max": float(np.max(chances))}
            )  # fmt: skip
    return found


def rows_of(case: str, train: pd.DataFrame, target: str, hit: str, name: str, leeway: float, seed: int) -> pd.DataFrame:
    if case == "real":
        return train
    base = synthesizer_class(name)()
    schema = sl.infer_schema(Table.from_frame(train))
    if case == "plain":
        return base.fit(train, schema, seed=seed).sample(len(train), seed=seed)
    notion, _, columns = case.partition(":")
    method = "reweighing" if notion == "reweighing" else "labels"
    notion = "statistical_parity" if notion == "reweighing" else notion
    model = FairSynthesizer(
        base, sensitive=columns.split("+"), target=target, outcome=hit, notion=notion, method=method, leeway=leeway
    )
    return model.fit(train, schema, seed=seed).sample(len(train), seed=seed)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--table", default="adult")
    parser.add_argument("--sensitive", default="sex,race")
    parser.add_argument("--splits", default="0,1,2")
    parser.add_argument("--synthesizer", default="boosted_chain")
    parser.add_argument("--rows", type=int, default=None, help="training rows at most")
    parser.add_argument("--leeway", type=float, default=0.25)
    parser.add_argument("--cases", default=None)
    parser.add_argument("--output", type=Path, default=Path("fair_generation.jsonl"))
    options = parser.parse_args()
    about = described_tables(options.data)[options.table]
    frame = pd.read_parquet(options.data / about["file"])
    hit, sensitive = str(about["positive_label"]), options.sensitive.split(",")
    first, crossed = sensitive[0], "+".join(sensitive)
    default = ["real", "plain", f"statistical_parity:{first}", f"equal_opportunity:{first}",
               f"statistical_parity:{crossed}", f"equal_opportunity:{crossed}", f"reweighing:{first}"]  # fmt: skip
    cases = options.cases.split(",") if options.cases else default
    done = KeptRecords(options.output)
    for split in map(int, options.splits.split(",")):
        train, holdout = train_and_holdout(frame, split)
        train = train.head(options.rows) if options.rows else train
        for case in cases:
            key = {"table": options.table, "case": case, "split": split, "synthesizer": options.synthesizer,
                   "rows": len(train), "leeway": options.leeway}  # fmt: skip
            if done.has(key):
                continue
            start = time.process_time()
            made = rows_of(case, train, about["target"], hit, options.synthesizer, options.leeway, split)
            done.keep({**key, "found": judge(made, holdout, about, sensitive, hit), "cpu": time.process_time() - start})
    show([row for row in done if row["table"] == options.table], cases)


def show(done: list[dict], cases: list[str]) -> None:
    """The mean over the splits."""
    rows = [{**{k: v for k, v in row.items() if k != "found"}, **found} for row in done for found in row["found"]]
    table = pd.DataFrame(rows)
    table = table[table["case"].isin(cases)]
    figures = ["auc", "parity", "parity_mean", "parity_max", "opportunity", "opportunity_mean", "opportunity_max"]
    keys = ["synthesizer", "rows", "leeway", "case", "sees", "groups"]
    mean = table.groupby(keys, sort=False)[figures].mean().round(4)
    mean["splits"] = table.groupby(keys, sort=False).size()
    print(mean.to_string())


if __name__ == "__main__":
    main()

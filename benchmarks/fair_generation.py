"""Fair generation on a real table: the gain in fairness and the price in accuracy, on real holdout rows.

    python benchmarks/fair_generation.py --data FOLDER [--table adult] [--sensitive sex,race] [--splits 0,1,2]
        [--synthesizer boosted_chain] [--rows N] [--leeway 0.4] [--difference 0.01] [--cases real,plain,...] [--output FILE]

Trains on 75 % of the rows. Cases: ``real`` (training rows), ``plain`` (synthetic rows), and per notion and
grouping ``statistical_parity:sex``, ``equal_opportunity:sex``, ``reweighing:sex``, ``statistical_parity:sex+race``.
A judge (LightGBM, 200 trees) learns each of them, with and without the sensitive columns among its
inputs, and scores the real holdout. Printed: its AUC; the largest less the smallest selection rate and
true positive rate over the groups at threshold 0.5; the mean and the largest of these over the
thresholds 0.05 … 0.95; each for every sensitive column and for all of them crossed (groups of 100
holdout rows with the outcome counted, or more). One holdout has few rows of some groups with the outcome, so
its difference is mostly chance: "apart" is the difference between the groups' rates averaged over the splits,
"chance" what it would be on average if all groups had the same rate. Finished cases stand in --output and are not run again.
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


def rates(chosen: np.ndarray, among: np.ndarray, groups: pd.Series) -> dict[str, tuple[int, int]]:
    """How many of each group's rows that count are chosen, and how many there are."""
    inside = {g: (groups == g).to_numpy() & among for g in sorted(groups.unique())}
    return {g: (int(chosen[rows].sum()), int(rows.sum())) for g, rows in inside.items() if rows.sum() >= SMALLEST}


def apart(chosen: np.ndarray, among: np.ndarray, groups: pd.Series) -> float:
    return float(np.ptp([hits / n for hits, n in rates(chosen, among, groups).values()]))


def over_splits(found: list[dict[str, tuple[int, int]]]) -> tuple[float, float]:
    """How far apart the groups' mean rates over the splits are, and what chance alone would make of equal rates."""
    names = sorted(set.intersection(*(set(each) for each in found)))
    counts = np.array([[each[name] for name in names] for each in found], dtype=float)  # [splits, groups, 2]
    share = counts[..., 0].sum() / counts[..., 1].sum()
    drawn = np.random.default_rng(0).binomial(counts[..., 1].astype(int), share, (2_000, *counts.shape[:2]))
    chance = np.ptp((drawn / counts[..., 1]).mean(axis=1), axis=1).mean()
    return float(np.ptp((counts[..., 0] / counts[..., 1]).mean(axis=0))), float(chance)


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
                 "opportunity_mean": float(np.mean(chances)), "opportunity_max": float(np.max(chances)),
                 "selected": rates(chance > 0.5, everyone, groups), "detected": rates(chance > 0.5, truth, groups)}
            )  # fmt: skip
    return found


def rows_of(case: str, train: pd.DataFrame, target: str, hit: str, key: dict, seed: int) -> pd.DataFrame:
    if case == "real":
        return train
    base = synthesizer_class(key["synthesizer"])()
    schema = sl.infer_schema(Table.from_frame(train))
    if case == "plain":
        return base.fit(train, schema, seed=seed).sample(len(train), seed=seed)
    notion, _, columns = case.partition(":")
    method = "reweighing" if notion == "reweighing" else "labels"
    notion = "statistical_parity" if notion == "reweighing" else notion
    model = FairSynthesizer(
        base, sensitive=columns.split("+"), target=target, outcome=hit, notion=notion, method=method,
        leeway=key["leeway"], difference=key["difference"],
    )  # fmt: skip
    return model.fit(train, schema, seed=seed).sample(len(train), seed=seed)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--table", default="adult")
    parser.add_argument("--sensitive", default="sex,race")
    parser.add_argument("--splits", default="0,1,2")
    parser.add_argument("--synthesizer", default="boosted_chain")
    parser.add_argument("--rows", type=int, default=None, help="training rows at most")
    parser.add_argument("--leeway", type=float, default=0.4)
    parser.add_argument("--difference", type=float, default=0.01)
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
                   "rows": len(train), "leeway": options.leeway, "difference": options.difference}  # fmt: skip
            if done.has(key):
                continue
            start = time.process_time()
            made = rows_of(case, train, about["target"], hit, key, split)
            done.keep({**key, "found": judge(made, holdout, about, sensitive, hit), "cpu": time.process_time() - start})
    show([row for row in done if row["table"] == options.table], cases)


def show(done: list[dict], cases: list[str]) -> None:
    """The mean over the splits."""
    rows = [{**{k: v for k, v in row.items() if k != "found"}, **found} for row in done for found in row["found"]]
    table = pd.DataFrame(rows)
    table = table[table["case"].isin(cases)]
    figures = ["auc", "parity", "parity_mean", "parity_max", "opportunity", "opportunity_mean", "opportunity_max"]
    keys = ["synthesizer", "rows", "leeway", "difference", "case", "sees", "groups"]
    grouped = table.groupby(keys, sort=False)
    mean = grouped[figures].mean().round(4)
    for name, counted in (("parity", "selected"), ("opportunity", "detected")):
        both = [over_splits(list(part[counted])) for _, part in grouped]
        place = list(mean.columns).index(name) + 1
        mean.insert(place, f"{name}_apart", [round(value, 4) for value, _ in both])
        mean.insert(place + 1, f"{name}_chance", [round(chance, 4) for _, chance in both])
    mean["splits"] = grouped.size()
    print(mean.reset_index().to_string(index=False))


if __name__ == "__main__":
    main()

"""Scenarios: rows of combinations that were taken out, and tails beyond what was seen.

    python benchmarks/scenarios.py --data FOLDER [--what unseen,tails] [--tables online_shoppers,bank_marketing,adult]
        [--synthesizer boosted_chain] [--output FILE]

unseen: from each table up to 4, 4 and 3 two-way combinations of categories (300 rows or more, at most 6 % of the
table; both values also elsewhere, and not a pair that rules itself out) are removed, all at once. A
model learns the rest and plays "combine" for each. The c2st (AUC of a boosted judge that tells rows apart
from the removed ones, 0.5 if it cannot; the two columns themselves left out) is printed for the
scenario's rows, for rows with every column drawn by itself, and for the real rows of the nearest seen
combination: (a, b') or (a', b), whichever turns out nearer to the removed rows in hindsight.

tails: of numeric columns with many different large values (no keys or coordinates, at least 50 different ones
above the 95th percentile, none with more than 5 % of those above the 70th) values above the 95th
percentile are removed; printed is whether the true 99.9th lies in the stated 95 % interval.
Finished tables stand in --output and are not run again.
"""

from __future__ import annotations

import json
import time
from itertools import combinations
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from common import KeptRecords, as_codes, described_tables, parser_for
from sklearn.metrics import roc_auc_score

from synthloom.errors import ScenarioError
from synthloom.guidance import play_scenario
from synthloom.guidance.scenarios_tail import fit_tail
from synthloom.synthesizers import synthesizer_class

NOT_QUANTITIES = ("latitude", "longitude", "_id", "instant", "nbr", "chapter", "verse")
COUNTS = (4, 4, 3)
MOST_DISTINCT = 15


def chosen_combinations(frame: pd.DataFrame, count: int, seed: int) -> list[tuple[str, str, str, str]]:
    """Column, value, column, value: in random order, no two of the same columns."""
    texts = {c: frame[c].astype(object).map(str) for c in frame if 2 <= frame[c].nunique() <= MOST_DISTINCT}
    texts = {c: t for c, t in texts.items() if not pd.api.types.is_float_dtype(frame[c])}
    found = []
    for first, second in combinations(texts, 2):
        table = pd.crosstab(texts[first], texts[second])
        margins = table.sum(axis=1), table.sum(axis=0)
        for a, b in [(a, b) for a in table.index for b in table.columns]:
            n = table.loc[a, b]
            rest = min(margins[0][a] - n, margins[1][b] - n)
            if 300 <= n <= 0.06 * len(frame) and rest >= 300 and "nan" not in (a, b):
                found.append((first, a, second, b))
    np.random.default_rng(seed).shuffle(found)
    kept: list[tuple[str, str, str, str]] = []
    for combination in found:
        if all(not {combination[0], combination[2]} & {k[0], k[2]} for k in kept):
            kept.append(tuple(map(str, combination)))
    return kept[:count]


def c2st(first: pd.DataFrame, second: pd.DataFrame, names: list[str], like: pd.DataFrame) -> float:
    n = min(len(first), len(second), 4_000)
    rows = [as_codes(part.sample(n, random_state=0)[names], like[names]) for part in (first, second)]
    inputs, label = np.vstack(rows), np.repeat([0, 1], n)
    fold = np.random.default_rng(0).permutation(2 * n) % 3
    score = np.zeros(2 * n)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 15, "learning_rate": 0.1}
    for part in range(3):
        model = lightgbm.train(settings, lightgbm.Dataset(inputs[fold != part], label[fold != part]), 60)
        score[fold == part] = model.predict(inputs[fold == part])
    return float(roc_auc_score(label, score))


def is_value(frame: pd.DataFrame, column: str, value: str) -> np.ndarray:
    return (frame[column].astype(object).map(str) == value).to_numpy()


def unseen(frame: pd.DataFrame, count: int, name: str) -> list[dict]:
    wanted = chosen_combinations(frame, count, seed=0)
    out = np.zeros(len(frame), dtype=bool)
    for first, a, second, b in wanted:
        out |= is_value(frame, first, a) & is_value(frame, second, b)
    train = frame[~out].reset_index(drop=True)
    start = time.process_time()
    model = synthesizer_class(name)().fit(train, seed=0)
    fitted = time.process_time() - start
    results = []
    for first, a, second, b in wanted:
        removed = frame[is_value(frame, first, a) & is_value(frame, second, b)]
        names = [c for c in frame if c not in (first, second)]
        where = f'"{first}" = "{a}" and "{second}" = "{b}"'
        scenario = {"name": "unseen", "clauses": [{"combine": {"where": where, "share": 1.0}}]}
        rng = np.random.default_rng(1)
        independent = pd.DataFrame({c: train[c].to_numpy()[rng.permutation(len(train))[: len(removed)]] for c in names})
        nearest = min(
            c2st(train[is_value(train, column, value) & is_value(train, other, near)], removed, names, frame)
            for column, value, other, apart in ((first, a, second, b), (second, b, first, a))
            for near in train[other].astype(object).map(str).unique()
            if near != apart and (is_value(train, column, value) & is_value(train, other, near)).sum() >= 100
        )
        row = {"where": where, "removed": len(removed), "nearest": nearest, "fit_cpu": fitted,
               "independent": c2st(independent, removed, names, frame)}  # fmt: skip
        try:
            played = play_scenario(model, scenario, len(removed), seed=0)
            row |= {"scenario": c2st(played.data, removed, names, frame), "effective": played.effective_sample_size,
                    "marked_assumed": float(played.assumed.mean())}  # fmt: skip
        except ScenarioError as error:
            row |= {"scenario": None, "refused": str(error)}
        results.append(row)
        print(json.dumps(row), flush=True)
    return results


def tails(frame: pd.DataFrame, about: dict, most: int = 3) -> list[dict]:
    types = {column["name"]: column["type"] for column in about.get("columns", ())}
    results: list[dict] = []
    for name in frame:
        values = frame[name]
        if types.get(name, "numeric") != "numeric" or not pd.api.types.is_numeric_dtype(values):
            continue
        if values.dtype == bool or any(word in name.lower() for word in NOT_QUANTITIES) or len(results) == most:
            continue
        values = values.dropna().astype(float).to_numpy()
        if len(values) < 10_000:
            continue
        cut, start = np.quantile(values, [0.95, 0.7])
        top = values[values > start]
        if len(np.unique(values[values > cut])) < 50 or np.unique(top, return_counts=True)[1].max() > 0.05 * len(top):
            continue
        below = values[values <= cut]
        true = float(np.quantile(values, 0.999))
        try:
            tail = fit_tail(below, start=0.9, quantile=0.999, known_to=len(below) / len(values))
        except ScenarioError as error:
            print(f"{name}: {error}")
            continue
        low, high = tail.interval
        results.append({"column": name, "true": true, "estimate": tail.estimate, "low": low, "high": high,
                        "inside": bool(low <= true <= high)})  # fmt: skip
        print(json.dumps(results[-1]), flush=True)
    return results


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--what", default="unseen,tails")
    parser.add_argument("--tables", default="online_shoppers,bank_marketing,adult")
    parser.add_argument("--tail-tables", default="")
    parser.add_argument("--synthesizer", default="boosted_chain")
    parser.add_argument("--output", type=Path, default=Path("scenarios.jsonl"))
    options = parser.parse_args()
    described = described_tables(options.data)
    done = KeptRecords(options.output)

    def once(what: str, table: str, make: object) -> None:
        key = {"what": what, "table": table, "synthesizer": options.synthesizer}
        if not done.has(key):
            done.keep({**key, "found": make()})

    if "unseen" in options.what:
        for table, count in zip(options.tables.split(","), COUNTS, strict=False):
            frame = pd.read_parquet(options.data / described[table]["file"])
            once("unseen", table, lambda frame=frame, count=count: unseen(frame, count, options.synthesizer))
    if "tails" in options.what:
        singles = [d["file"].removesuffix(".parquet") for d in described.values() if d["kind"] == "single"]
        for table in options.tail_tables.split(",") if options.tail_tables else singles:
            frame = pd.read_parquet(options.data / f"{table}.parquet")
            once("tails", table, lambda frame=frame, table=table: tails(frame, described.get(table, {})))
    rows = [row for r in done if r["what"] == "unseen" for row in r["found"]]
    nearer = [r for r in rows if r["scenario"] is not None and r["scenario"] < min(r["independent"], r["nearest"])]
    print(f"unseen: nearer than both in {len(nearer)} of {len(rows)} combinations")
    rows = [row for r in done if r["what"] == "tails" for row in r["found"]]
    print(f"tails: the true 99.9th percentile inside in {sum(r['inside'] for r in rows)} of {len(rows)} columns")


if __name__ == "__main__":
    main()

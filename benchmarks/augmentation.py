"""Augmentation at 100, 300 and 1,000 real rows: where it helps, hurts or neither, and what the advisor says.

    python benchmarks/augmentation.py --data FOLDER --output FILE.jsonl [--rows 100,300,1000]
        [--tables adult,bank_marketing,german_credit,california_housing,online_shoppers] [--seeds 0,1,2]
        [--splits 5] [--inner 2] [--learners boosting,linear] [--advised 1] [--report]

For each table, number of rows and seed that many random rows are the real ones. Truth: models of these rows alone
and with synthetic rows added in each way, scored on up to 5,000 other real rows; the mean over seeds with its
t-interval (the seeds' rows hardly overlap in tables of 10,000 rows or more). Advice: ``augment`` sees only the
real rows; it is asked on the first --advised seeds. A recommendation is wrong where the truth of what it
recommends lies below 0 beyond the truth's interval. What is done is kept in --output line by line; the same command goes
on after a stop. --report only prints.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from common import KeptRecords, described_tables, parser_for

from synthloom.evaluation.utility.equivalence import corrected_difference
from synthloom.execution import SerialExecutor
from synthloom.guidance.augmentation import augment, compare_ways
from synthloom.guidance.augmentation_advice import NONE
from synthloom.run_context import RunContext

TABLES = "adult,bank_marketing,german_credit,california_housing,online_shoppers"
TESTED = 5_000
LEAST_TESTED = 200
MULTIPLES = (0.5, 2.0)


def truth(
    real: pd.DataFrame, others: pd.DataFrame, target: str, exclude: list[str], learners: list[str], seed: int
) -> dict:
    """The score of each way on other real rows, by learner."""
    found = compare_ways(
        real, others, target, learners=learners, multiples=MULTIPLES, exclude=exclude, seed=seed,
        run=RunContext(SerialExecutor()),
    )  # fmt: skip
    return found.scores | {"measure": found.measure}


def advised(real: pd.DataFrame, target: str, exclude: list[str], options: argparse.Namespace, seed: int) -> dict:
    """What the advisor says, by learner."""
    result = augment(
        real, target, learners=options.learners, multiples=MULTIPLES, splits=options.splits, inner=options.inner,
        exclude=exclude, seed=seed, run=RunContext(SerialExecutor()),
    )  # fmt: skip
    return {a.learner: {"verdict": a.verdict, "way": f"{a.kind}:{a.multiple:g}", "sentence": a.sentence,
                        "worth": [a.worth.rows, a.worth.low, a.worth.high]} for a in result.advice}  # fmt: skip


def report(records: list[dict]) -> None:
    counts = {"helps": 0, "hurts": 0, "neither": 0}
    wrong = right = missed = 0
    for rows, table in sorted({(r["rows"], r["table"]) for r in records}):
        mine = [r for r in records if r["table"] == table and r["rows"] == rows]
        for learner in (key for key in mine[0]["truth"] if key != "measure"):
            gains = {
                way: corrected_difference([r["truth"][learner][way] - r["truth"][learner][NONE] for r in mine], 0, 1)
                for way in mine[0]["truth"][learner]
                if way != NONE
            }
            base = np.mean([r["truth"][learner][NONE] for r in mine])
            best = (
                max(gains.values(), key=lambda g: g.interval()[0])
                if len(mine) > 1
                else max(gains.values(), key=lambda g: g.value)
            )
            said = (
                "helps"
                if best.interval()[0] > 0
                else "hurts"
                if all(g.interval()[1] < 0 for g in gains.values())
                else "neither"
            )
            counts[said] += 1
            shown = ", ".join(f"{w} {g.value:+.3f}" for w, g in gains.items())
            print(
                f"{table}, {rows} rows, {learner} ({mine[0]['truth']['measure']}, {len(mine)} seeds): alone {base:.3f}; {shown}; {said}"
            )
            for r in mine:
                advice = (r.get("advice") or {}).get(learner)
                if advice:
                    gain = gains[advice["way"]]
                    own = r["truth"][learner][advice["way"]] - r["truth"][learner][NONE]
                    if advice["verdict"] == "helps":
                        bad = gain.interval()[1] < 0
                        wrong, right = wrong + bad, right + (not bad)
                        print(f"    advised, seed {r['seed']}: {advice['sentence']} True on these rows {own:+.3f}")
                    else:
                        missed += said == "helps"
                        print(f"    advised, seed {r['seed']}: {advice['verdict']}")
    print(
        f"\ntruth: {counts}; recommendations that hurt {wrong}, that do not {right}; not recommended where the truth helps {missed}"
    )


def main() -> None:
    parser = parser_for(__doc__, data_required=False)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--rows", default="100,300,1000")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--inner", type=int, default=2)
    parser.add_argument("--learners", default="boosting,linear")
    parser.add_argument("--advised", type=int, default=1, help="on how many of the seeds the advisor is asked")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    options.learners = options.learners.split(",")
    warnings.simplefilter("ignore")
    done = KeptRecords(options.output)
    if not options.report:
        described = described_tables(options.data)
        for rows in map(int, options.rows.split(",")):
            for place, seed in enumerate(map(int, options.seeds.split(","))):
                for table in options.tables.split(","):
                    key = {"table": table, "rows": rows, "seed": seed}
                    if done.has(key):
                        continue
                    about = described[table]
                    frame = pd.read_parquet(options.data / about["file"]).drop(columns=about.get("ml_exclude") or [])
                    frame = frame.dropna(subset=[about["target"]])
                    order = np.random.default_rng(seed).permutation(len(frame))
                    real, others = (
                        frame.iloc[p].reset_index(drop=True) for p in (order[:rows], order[rows : rows + TESTED])
                    )
                    if len(others) < LEAST_TESTED:
                        print(f"{table} has {len(frame):,} rows: after {rows:,} too few are left to judge by", flush=True)
                        continue
                    start = time.process_time()
                    record = key | {"truth": truth(real, others, about["target"], [], options.learners, seed)}
                    if place < options.advised:
                        record["advice"] = advised(real, about["target"], [], options, seed)
                    record["seconds"] = round(time.process_time() - start, 1)
                    done.keep(record)
                    print(f"{table}, {rows} rows, seed {seed}: {record['seconds']} s", flush=True)
    report(done)


if __name__ == "__main__":
    main()

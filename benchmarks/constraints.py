"""Random sets of constraints: do they always hold, are there always as many rows, what do they cost?

    python benchmarks/constraints.py --data FOLDER [--sets 1000] [--rows 200] [--judged 36] [--output FILE]

Each set has 3 to 6 constraints of different kinds. Every constraint holds in all rows of the table
that is learned from, and is broken by at least 5 % of the rows of the same model without constraints
(relations that would be kept anyway are switched off). Half of the sets come with a condition; one in
twenty is made to contradict itself. Counted are violations (by plain pandas, not by Synthloom), sets
with another number of rows, and errors that are not typed. c2st: a LightGBM classifier against
holdout rows, for some sets without a condition, as many rows with and without the constraints. With
--output every set is a line of JSON, and the same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from common import KeptRecords, described_tables, kept_model, parser_for

import synthloom as sl
from conditions import c2st, meets
from synthloom.constraints import (
    Combinations,
    Comparison,
    Constraint,
    Custom,
    Formula,
    Implication,
    Inequality,
    Monotone,
    OneHot,
    Pattern,
    Presence,
    Sum,
    Unique,
    ValueRange,
)
from synthloom.data import Table

LEAST_BROKEN = 0.05
CONTRADICTIONS = 0.05
JUDGED_ROWS = 1_500
PLANTED = ("first", "second", "third", "total", "charge", "net", "tax", "fee", "units")
Judge = Callable[[pd.DataFrame], Any]


def with_planted(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with columns that constraints can speak of: dates, parts and totals, flags, codes, gaps."""
    rng = np.random.default_rng(seed)
    n = len(frame)
    number = frame.select_dtypes("number").iloc[:, 0].rank(pct=True).to_numpy()
    out = frame.copy()
    out["first"] = np.round(np.exp(rng.normal(3 + number, 0.6)), 2)
    out["second"] = np.round(out["first"] * (1 + rng.exponential(0.5, n)), 2)
    out["third"] = np.round(out["second"] + rng.exponential(20, n), 2)
    out["units"] = rng.integers(1, 9, n)
    out["charge"] = np.round(out["first"] * out["units"] * rng.choice([0.9, 1.0], n), 2)
    out["net"] = np.round(np.exp(rng.normal(2 + number, 0.5)), 2)
    out["tax"] = np.round(rng.exponential(6, n) * (0.5 + number), 2)
    out["total"] = np.round(out["net"] + out["tax"], 2)
    out["fee"] = np.round(0.3 * out["net"] + 2.0 * out["units"], 2)
    kind = rng.integers(0, 3, n)
    for place, name in enumerate(("by_post", "by_phone", "by_web")):
        out[name] = (kind == place).astype(int)
    out["region"] = np.array(["north", "south", "west"])[rng.integers(0, 3, n)]
    towns = {"north": ["N-10", "N-20"], "south": ["S-10", "S-30", "S-40"], "west": ["W-10", "W-20"]}
    out["town"] = [towns[r][int(i)] for r, i in zip(out["region"], rng.integers(0, 2, n), strict=True)]
    out["state"] = np.where(rng.random(n) < 0.3 + 0.4 * number, "closed", "open")
    out["reason"] = pd.array(
        np.where(out["state"] == "closed", rng.choice(["paid", "moved", "lost"], n), None), dtype="str"
    )
    start = pd.Timestamp("2021-01-04") + pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    out["opened_on"] = start
    out["checked_on"] = start + pd.to_timedelta(rng.integers(0, 400, n), unit="D")
    return out


def pool(frame: pd.DataFrame) -> list[tuple[Constraint, Judge]]:
    """Constraints that hold in all rows, each with a judge in plain pandas (rows -> bool for each)."""
    c: list[tuple[Constraint, Judge]] = [
        (Inequality(columns=("first", "second")), lambda f: f["first"] <= f["second"]),
        (
            Inequality(columns=("first", "second", "third")),
            lambda f: (f["first"] <= f["second"]) & (f["second"] <= f["third"]),
        ),
        (Inequality(columns=("second", "third")), lambda f: f["second"] <= f["third"]),
        (Inequality(columns=("opened_on", "checked_on")), lambda f: f["opened_on"] <= f["checked_on"]),
        (
            OneHot(columns=("by_post", "by_phone", "by_web")),
            lambda f: f[["by_post", "by_phone", "by_web"]].sum(axis=1) == 1,
        ),
        (
            Combinations(
                columns=("region", "town"),
                allowed=tuple(sorted({(a, b) for a, b in zip(frame["region"], frame["town"], strict=True)})),
            ),
            lambda f: f["region"].str[0].str.upper() == f["town"].str[0],
        ),
        (
            Presence(columns=("reason",), when="state = closed"),
            lambda f: (f["state"] == "closed") == f["reason"].notna(),
        ),
        (
            Implication(**{"if": "region = north", "then": "town in (N-10, N-20)"}),
            lambda f: (f["region"] != "north") | f["town"].isin(["N-10", "N-20"]),
        ),
        (
            Implication(**{"if": "state = open", "then": "reason is missing"}),
            lambda f: (f["state"] != "open") | f["reason"].isna(),
        ),
        (
            Comparison(expression="charge <= first * units + 0.01"),
            lambda f: f["charge"] <= f["first"] * f["units"] + 0.02,
        ),
        (
            Comparison(expression="third - first >= 0 and charge > 0.5 * first"),
            lambda f: (f["third"] >= f["first"]) & (f["charge"] > 0.5 * f["first"]),
        ),
        (
            Custom(
                columns=("charge", "first", "units"),
                function=lambda v: v["charge"] >= 0.85 * v["first"] * v["units"],
                words="charge is at least 85 %",
            ),
            lambda f: f["charge"] >= 0.85 * f["first"] * f["units"],
        ),
        (Monotone(column="opened_on"), lambda f: f["opened_on"].diff().fillna(pd.Timedelta(0)) >= pd.Timedelta(0)),
        (Unique(columns=("units", "first")), lambda f: ~f.duplicated(["units", "first"], keep=False)),
        (
            Sum(total="total", parts=("net", "tax"), decimals=2),
            lambda f: (f["total"] - f["net"] - f["tax"]).abs() < 0.006,
        ),
        (
            Formula(column="fee", equals="0.3 * net + 2 * units", decimals=2),
            lambda f: (f["fee"] - 0.3 * f["net"] - 2 * f["units"]).abs() < 0.006,
        ),
        (Pattern(column="town", regex="[NSW]-[1-4]0"), lambda f: f["town"].str.fullmatch("[NSW]-[1-4]0")),
    ]
    numbers = [n for n in frame.select_dtypes("number") if frame[n].nunique() > 20 and n not in PLANTED][:3]
    for name in numbers:
        low, high = frame[name].quantile([0.0, 1.0])
        c.append(
            (
                ValueRange(column=name, min=float(low), max=float(high)),
                lambda f, n=name, a=low, b=high: f[n].between(a, b),
            )
        )
    return c


def conditions_for(frame: pd.DataFrame, rng: np.random.Generator) -> str:
    """A condition that some rows meet: on a category, a flag or a range."""
    texts = [n for n in frame if frame[n].dtype in (object, "str") and 2 <= frame[n].nunique() <= 12]
    kind = rng.integers(0, 3)
    if kind == 0 and texts:
        name = str(rng.choice(texts))
        return f"\"{name}\" = '{rng.choice(frame[name].dropna().unique())}'"
    if kind == 1:
        return f"units in ({', '.join(map(str, sorted(rng.choice(np.arange(1, 9), 3, replace=False))))})"
    low, high = frame["first"].quantile(sorted(rng.uniform(0, 1, 2))).round(2)
    return f"first between {low} and {max(high, low + 5)}"


def contradiction(rng: np.random.Generator) -> tuple[list[Constraint], str | None]:
    """A set that no row can meet."""
    choices = [
        ([ValueRange(column="first", min=10), ValueRange(column="first", max=5)], None),
        ([Implication(**{"if": "units >= 1", "then": "state = closed"})], "state = open"),
        ([Inequality(columns=("first", "second"), strict=True), Inequality(columns=("second", "first"))], None),
        ([Presence(columns=("reason",), when="state = closed")], "state = open and reason is not missing"),
    ]
    return choices[int(rng.integers(0, len(choices)))]


class Subject(NamedTuple):
    """A fitted model, its rows, and the constraints that it breaks by itself."""

    model: sl.Synthesizer
    train: pd.DataFrame
    holdout: pd.DataFrame
    usable: list[tuple[Constraint, Judge]]
    plain: pd.DataFrame


def prepared(frame: pd.DataFrame, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and holdout rows with planted columns, no two with the same units and first."""
    frame = frame.sample(size * 4 // 3, random_state=0).reset_index(drop=True)
    frame = with_planted(frame, 0).drop_duplicates(["units", "first"])
    frame = frame.sort_values("opened_on").reset_index(drop=True)
    held = np.random.default_rng(0).random(len(frame)) < 0.25
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)


def fitted(options: argparse.Namespace, table: str, name: str, train: pd.DataFrame) -> sl.Synthesizer:
    """A model of one table, fitted once for all its sets and, with --models, kept."""
    from synthloom.synthesizers import synthesizer_class

    def fit() -> sl.Synthesizer:
        schema = sl.infer_schema(Table.from_frame(train)).model_copy(update={"relations": "ignore"})
        return synthesizer_class(name)().fit(Table.from_frame(train).arrow, schema, seed=0)

    return kept_model(options.models, f"{table}-{name}-{options.train}", fit)


def subject(options: argparse.Namespace, table: str, name: str) -> Subject:
    """A model, its rows, and the constraints of the pool that it breaks."""
    frame = pd.read_parquet(options.data / described_tables(options.data)[table]["file"])
    train, holdout = prepared(frame, options.train)
    model = fitted(options, table, name, train)
    plain = model.sample(5_000, seed=0).to_pandas()
    known = pool(train)
    wrong = [c.sentence for c, judge in known if not judge(train).all()]
    if wrong:
        raise SystemExit(f"not all real rows meet {wrong}")
    broken = [float((~judge(plain)).mean()) for _, judge in known]
    usable = [item for item, share in zip(known, broken, strict=True) if share >= LEAST_BROKEN]
    print(f"{table}, {name}: " + "; ".join(f"{c.kind} {b:.0%}" for (c, _), b in zip(known, broken, strict=True)))
    print(
        f"  {len(usable)} constraints of {len({c.kind for c, _ in usable})} kinds are broken by 5 % of its rows or more"
    )
    return Subject(model, train, holdout, usable, plain)


def c2st_of(holdout: pd.DataFrame, made: pd.DataFrame) -> float:
    """The mean over two drawings of rows."""
    return float(np.mean([c2st(holdout.head(JUDGED_ROWS), made, seed) for seed in range(2)]))


def random_set(usable: list[tuple[Constraint, Judge]], rng: np.random.Generator) -> list[tuple[Constraint, Judge]]:
    """3 to 6 constraints of different kinds."""
    chosen: dict[str, tuple[Constraint, Judge]] = {}
    size = int(rng.integers(3, 7))
    for place in rng.permutation(len(usable)):
        if len(chosen) < size:
            chosen.setdefault(usable[place][0].kind, usable[place])
    return list(chosen.values())


def refused(at: Subject, rows: int, seed: int, rng: np.random.Generator) -> dict[str, Any]:
    """A set that contradicts itself: the error that comes, if one does."""
    wanted, where = contradiction(rng)
    record: dict[str, Any] = {"contradiction": True, "where": where, "kinds": [c.kind for c in wanted]}
    try:
        at.model.sample(rows, where=where, constraints=wanted, seed=seed)
    except sl.UserError as error:
        return {**record, "error": type(error).__name__, "accepted": "Accepted" in str(error)}
    return {**record, "error": None}


def kept(at: Subject, rows: int, seed: int, rng: np.random.Generator, *, judged: bool) -> dict[str, Any]:
    """A set that can be met: how many rows came, and how many of them do not meet it."""
    chosen = random_set(at.usable, rng)
    constraints = [c for c, _ in chosen]
    where = conditions_for(at.train, rng) if rng.random() < 0.5 and not judged else None
    record: dict[str, Any] = {"contradiction": False, "where": where, "kinds": [c.kind for c in constraints]}
    start = time.process_time()
    try:
        made = at.model.draw(rows, where=where, constraints=constraints, seed=seed)
    except sl.UserError as error:
        return {**record, "error": type(error).__name__, "words": str(error)}
    rows_made = made.data.to_pandas()
    record |= {"error": None, "rows": len(rows_made), "mended": made.rows_mended, "drawn": made.rows_drawn}
    record |= {"seconds": time.process_time() - start, "effective": made.effective_sample_size}
    record["violations"] = sum(int((~judge(rows_made)).sum()) for _, judge in chosen)
    if where is not None:
        record["outside"] = int((~meets(at.model, where)(rows_made)).sum())
    if judged:
        rows_like = at.model.sample(JUDGED_ROWS, constraints=constraints, seed=seed).to_pandas()
        without = at.plain.sample(JUDGED_ROWS, random_state=seed)
        record |= {"c2st": c2st_of(at.holdout, rows_like), "without": c2st_of(at.holdout, without)}
    return record


def summary(records: list[dict[str, Any]], rows: int) -> None:
    """What is to be shown, counted."""
    met = [r for r in records if not r["contradiction"]]
    made = [r for r in met if r["error"] is None]
    count: Counter[str] = Counter(kind for r in met for kind in r["kinds"])
    against = [r for r in records if r["contradiction"]]
    print(
        f"{len(records):,} sets; {len(met):,} that can be met, {sum(r['where'] is not None for r in met):,} with a condition; kinds "
        + ", ".join(f"{k} {v}" for k, v in count.most_common())
    )
    print(
        f"violations {sum(r['violations'] for r in made)}, rows outside the condition {sum(r.get('outside', 0) for r in made)}, "
        f"sets of another number of rows {sum(r['rows'] != rows for r in made)}, of {sum(r['rows'] for r in made):,} rows; "
        f"refused though they can be met {len(met) - len(made)}; rows mended {sum(r['mended'] for r in made):,} "
        f"in {sum(r['mended'] > 0 for r in made)} sets; median {np.median([r['seconds'] for r in made]):.2f} s, "
        f"slowest {max(r['seconds'] for r in made):.1f} s"
    )
    print(
        f"contradictions {len(against)}: refused with a typed error {sum(r['error'] is not None for r in against)}, "
        f"naming what is accepted {sum(bool(r.get('accepted')) for r in against)}"
    )
    for name in sorted({r["synthesizer"] for r in made}):
        differences = [r["c2st"] - r["without"] for r in made if "c2st" in r and r["synthesizer"] == name]
        if differences:
            print(
                f"{name}: c2st with constraints less without, {len(differences)} sets: mean {np.mean(differences):+.3f}, "
                f"worst {max(differences):+.3f}, more than 0.01 in {sum(d > 0.01 for d in differences)}"
            )


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--tables", default="adult,bank_marketing,credit_default")
    parser.add_argument("--synthesizers", default="boosted_chain,gaussian_copula,independent_columns")
    parser.add_argument("--sets", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--train", type=int, default=4_500)
    parser.add_argument("--judged", type=int, default=36, help="how many sets are judged by c2st")
    parser.add_argument("--models", type=Path, help="folder that fitted models are kept in")
    parser.add_argument("--output", type=Path, help="file of JSON lines that records are kept in")
    options = parser.parse_args()
    jobs = [(t, s) for s in options.synthesizers.split(",") for t in options.tables.split(",")]
    old = KeptRecords(options.output) if options.output else []
    records = list(old)
    every = max(1, options.sets // max(1, options.judged))
    for job, (table, name) in enumerate(jobs):
        key = {"table": table, "synthesizer": name}
        numbers = range(job, options.sets, len(jobs))
        left = [n for n in numbers if not (options.output and old.has({**key, "set": n}))]
        if not left:
            continue
        at = subject(options, table, name)
        for number in left:
            rng = np.random.default_rng([job, number])
            judged = number // len(jobs) % every == 0
            if rng.random() < CONTRADICTIONS and not judged:
                record = refused(at, options.rows, number, rng)
            else:
                record = kept(at, options.rows, number, rng, judged=judged)
            record = {**key, "set": number, **record}
            records.append(record)
            if options.output:
                old.keep(record)
            if record["error"] and not record["contradiction"]:
                print(f"  set {number}: {record}", flush=True)
    summary(records, options.rows)


if __name__ == "__main__":
    main()

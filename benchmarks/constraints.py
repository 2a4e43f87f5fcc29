"""Random sets of constraints: do they always hold, are there always as many rows, what do they cost?

    python benchmarks/constraints.py --data FOLDER [--tables adult,bank_marketing,credit_default] [--sets 1000] [--rows 500]

Each set has 3 to 6 constraints of different kinds. Every constraint holds in all rows of the table
that is learned from (rows that break one of the pool are taken out before), and is broken by at least
5 % of the rows of a synthesizer that knows nothing of it, here one with each column by itself. Half
of the sets come with a condition; one in twenty is made to contradict itself. Counted are violations
(by plain pandas, not by Synthloom), sets with another number of rows, and errors that are not typed.
c2st: a LightGBM classifier against holdout rows, for sets without a condition.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

import synthloom as sl
from synthloom.constraints import (
    Combinations,
    Comparison,
    Constraint,
    Custom,
    Implication,
    Inequality,
    Monotone,
    OneHot,
    Pattern,
    Presence,
    Unique,
    ValueRange,
)
from synthloom.data import Table

EXTRA_NUMBERS = ("first", "second", "third", "total", "ratio", "closed_on", "opened_on")


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


def pool(frame: pd.DataFrame) -> list[tuple[Constraint, object]]:
    """Constraints that hold in all rows, each with a judge in plain pandas (rows -> bool for each)."""
    c: list[tuple[Constraint, object]] = [
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
        (Pattern(column="town", regex="[NSW]-[1-4]0"), lambda f: f["town"].str.fullmatch("[NSW]-[1-4]0")),
    ]
    numbers = [n for n in frame.select_dtypes("number") if frame[n].nunique() > 20 and n not in EXTRA_NUMBERS][:3]
    for name in numbers:
        low, high = frame[name].quantile([0.0, 1.0])
        c.append(
            (
                ValueRange(column=name, min=float(low), max=float(high)),
                lambda f, n=name, a=low, b=high: f[n].between(a, b),
            )
        )
    return c


def loaded(name: str):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def prepared(options: argparse.Namespace, table: str, described: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and holdout rows with planted columns, no two with the same units and first."""
    frame = pd.read_parquet(options.data / described[table]["file"]).sample(options.train * 4 // 3, random_state=0)
    frame = with_planted(frame.reset_index(drop=True), 0).drop_duplicates(["units", "first"])
    frame["first_seen"] = 0
    frame = frame.drop(columns="first_seen").sort_values("opened_on").reset_index(drop=True)
    held = np.random.default_rng(0).random(len(frame)) < 0.25
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", default="adult,bank_marketing,credit_default")
    parser.add_argument("--synthesizers", default="boosted_chain,gaussian_copula")
    parser.add_argument("--sets", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--train", type=int, default=6_000)
    options = parser.parse_args()
    c2st = loaded("conditions").c2st
    described = {d["name"]: d for d in json.loads((options.data / "datasets.json").read_text())["datasets"]}
    jobs = [(t, s) for t in options.tables.split(",") for s in options.synthesizers.split(",")]
    totals: Counter[str] = Counter()
    differences: list[float] = []
    start_all = time.process_time()
    for job, (table, name) in enumerate(jobs):
        train, holdout = prepared(options, table, described)
        schema = sl.infer_schema(Table.from_frame(train)).model_copy(update={"relations": "ignore"})
        from synthloom.synthesizers import synthesizer_class

        model = synthesizer_class(name)().fit(train, schema, seed=0)
        plain = model.sample(5_000, seed=0)
        known = pool(train)
        assert all(bool(judge(train).all()) for _, judge in known), [
            c.sentence for c, judge in known if not judge(train).all()
        ]
        broken = [float((~judge(plain)).mean()) for _, judge in known]
        usable = [item for item, share in zip(known, broken, strict=True) if share >= 0.05]
        print(
            f"{table}, {name}: " + "; ".join(f"{c.kind} {b:.0%}" for (c, _), b in zip(known, broken, strict=True)),
            flush=True,
        )
        kinds = {c.kind for c, _ in usable}
        print(f"  {len(usable)} constraints of {len(kinds)} kinds are broken by at least 5 % of its rows", flush=True)
        rng = np.random.default_rng(job)
        base = c2st(holdout, model.sample(len(holdout), seed=9)) if len(usable) else 0.5
        seconds, samples = time.process_time(), []
        for number in range(options.sets // len(jobs)):
            totals["sets"] += 1
            if rng.random() < 0.05:
                wanted, where = contradiction(rng)
                try:
                    model.sample(options.rows, where=where, constraints=wanted, seed=number)
                    totals["contradictions that gave rows"] += 1
                except sl.UserError as error:
                    totals["contradictions refused"] += 1
                    totals["refusals without the feasible part"] += "Accepted" not in str(error)
                continue
            size = int(rng.integers(3, 7))
            order = rng.permutation(len(usable))
            chosen, seen = [], set()
            for place in order:
                if usable[place][0].kind not in seen and len(chosen) < size:
                    chosen.append(usable[place])
                    seen.add(usable[place][0].kind)
            where = conditions_for(train, rng) if rng.random() < 0.5 else None
            totals["with a condition"] += where is not None
            begun = time.process_time()
            try:
                made = model.draw(options.rows, where=where, constraints=[c for c, _ in chosen], seed=number)
            except sl.UserError as error:
                totals["typed errors"] += 1
                print(f"  set {number}: {[c.sentence for c, _ in chosen]} where {where}: {error}", flush=True)
                continue
            totals["wrong number of rows"] += len(made.data) != options.rows
            totals["rows mended"] += made.rows_mended
            totals["violations"] += sum(int((~judge(made.data)).sum()) for _, judge in chosen)
            totals["rows"] += len(made.data)
            if time.process_time() - begun > 5:
                print(
                    f"  slow ({time.process_time() - begun:.0f} s): {[c.sentence for c, _ in chosen]} where {where}: drawn {made.rows_drawn:,}, mended {made.rows_mended}",
                    flush=True,
                )
            if where is None and len(samples) < 3:
                samples.append([c for c, _ in chosen])
        print(f"  {time.process_time() - seconds:.0f} s; so far {dict(totals)}", flush=True)
        for chosen in samples:
            made = model.sample(len(holdout), constraints=chosen, seed=9)
            with_them = c2st(holdout, made)
            differences.append(with_them - base)
            print(f"  c2st {with_them:.3f} with {[c.kind for c in chosen]}, {base:.3f} without", flush=True)
    print(
        dict(totals),
        f"{time.process_time() - start_all:.0f} s; c2st with less without: mean {np.mean(differences):+.3f}, worst {np.max(differences):+.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()

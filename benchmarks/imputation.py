"""Filling gaps: against scikit-learn's IterativeImputer and KNNImputer, and the coverage of intervals.

    python benchmarks/imputation.py --data FOLDER [--tables adult,bank_marketing] [--rows 4000] [--output FILE]

20 % of the cells are taken out, at random or with a chance that grows with the value (from 10 % for
the smallest to 30 % for the largest; categories in alphabetical order). Error: root mean square over
the standard deviation for numbers, share of wrong guesses for categories, averaged over columns.
The others see categories as one-hot columns and numbers standardised. Coverage: share of true numbers
inside the 90 % interval, averaged over columns. With --output every table is a line of JSON, and the
same command goes on after a stop.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import KeptRecords, described_tables, parser_for

import synthloom as sl
from synthloom.data import Table
from synthloom.guidance import impute

HOW = ("at random", "by value")
INTERVAL = 0.9

TABLES = "adult,bank_marketing,credit_default,california_housing,online_shoppers"


def taken_out(frame: pd.DataFrame, how: str, rng: np.random.Generator) -> np.ndarray:
    """Which cells are taken out, bool [n, columns]; 20 % of those that are there."""
    chance = np.full(frame.shape, 0.2)
    if how == "by value":
        for place, name in enumerate(frame):
            values = frame[name]
            rank = (
                values.astype(str).rank(pct=True)
                if values.dtype == object or str(values.dtype) == "str"
                else values.rank(pct=True)
            )
            chance[:, place] = 0.1 + 0.2 * rank.fillna(0.5)
    return (rng.random(frame.shape) < chance) & frame.notna().to_numpy()


def is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and values.nunique() > 2


def errors(real: pd.DataFrame, guess: pd.DataFrame, out: np.ndarray) -> dict[str, float]:
    """The error of each column."""
    found = {}
    for place, name in enumerate(real):
        rows = out[:, place]
        a, b = real[name][rows], guess[name][rows]
        if is_number(real[name]):
            found[name] = float(
                np.sqrt(np.mean((a.astype(float) - b.astype(float)) ** 2)) / max(real[name].astype(float).std(), 1e-12)
            )
        else:
            found[name] = float((a.astype(str) != b.astype(str)).mean())
    return found


def by_sklearn(holes: pd.DataFrame, real: pd.DataFrame, imputer: object) -> pd.DataFrame:
    parts, slices, at = [], {}, 0
    for name in holes:
        if is_number(real[name]):
            values = holes[name].astype(float)
            centre, scale = values.mean(), values.std() or 1.0
            block = ((values - centre) / scale).to_numpy()[:, None]
            slices[name] = (at, at + 1, (centre, scale))
        else:
            kinds = sorted(holes[name].dropna().astype(str).unique())
            text = holes[name].astype(str)
            block = np.column_stack([(text == k).astype(float) for k in kinds])
            block[holes[name].isna().to_numpy()] = np.nan
            slices[name] = (at, at + len(kinds), kinds)
        parts.append(block)
        at += block.shape[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        filled = imputer.fit_transform(np.hstack(parts))
    out = {}
    for name, (low, high, how) in slices.items():
        if isinstance(how, tuple):
            out[name] = filled[:, low] * how[1] + how[0]
        else:
            out[name] = np.array(how)[np.argmax(filled[:, low:high], axis=1)]
    return pd.DataFrame(out)


def coverage(real: pd.DataFrame, cells: pd.DataFrame) -> dict[str, float]:
    """Share of the true numbers inside their intervals, by column."""
    shares = {}
    for name, mine in cells.groupby("column"):
        if is_number(real[name]):
            truth = real[name].to_numpy()[mine["row"]].astype(float)
            inside = (truth >= mine["low"].astype(float) - 1e-9) & (truth <= mine["high"].astype(float) + 1e-9)
            shares[str(name)] = float(inside.mean())
    return shares


def one_table(frame: pd.DataFrame, how: str, seed: int) -> dict[str, Any]:
    """Errors and coverage of one table with gaps of one kind."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer, KNNImputer

    out = taken_out(frame, how, np.random.default_rng(seed))
    whole = [c for c in frame if pd.api.types.is_integer_dtype(frame[c])]
    holes = frame.astype(dict.fromkeys(whole, float)).mask(out).astype(dict.fromkeys(whole, "Int64"))
    start = time.process_time()
    made = impute(holes, seed=seed, interval=INTERVAL)
    seconds = time.process_time() - start
    cells = made.cells.to_pandas()
    place = {name: at for at, name in enumerate(frame)}
    cells = cells[out[cells["row"].to_numpy(), cells["column"].map(place).to_numpy()]]
    return {
        "ours": errors(frame, made.data, out),
        "iterative": errors(frame, by_sklearn(holes, frame, IterativeImputer(max_iter=10, random_state=0)), out),
        "nearest": errors(frame, by_sklearn(holes, frame, KNNImputer(n_neighbors=5)), out),
        "coverage": coverage(frame, cells),
        "heaviest": {c: float(frame[c].value_counts(normalize=True).iloc[0]) for c in frame},
        "effective": made.effective,
        "seconds": seconds,
    }


def told(record: dict[str, Any]) -> str:
    """A record in a few lines."""
    means = {who: float(np.mean(list(record[who].values()))) for who in ("ours", "iterative", "nearest")}
    other = {c: min(record["iterative"][c], record["nearest"][c]) for c in record["ours"]}
    worse = {c: (round(e, 3), round(other[c], 3)) for c, e in record["ours"].items() if e > other[c] + 0.01}
    off = {
        c: (round(v, 3), round(record["heaviest"][c], 2))
        for c, v in record["coverage"].items()
        if abs(v - INTERVAL) > 0.03
    }
    lines = [
        f"{record['table']}, {record['how']}: error {means['ours']:.3f}, iterative {means['iterative']:.3f}, nearest "
        f"{means['nearest']:.3f}; coverage of {INTERVAL:.0%} {np.mean(list(record['coverage'].values())):.3f}; "
        f"effective {record['effective']:.0f} of 64; {record['seconds']:.0f} s"
    ]
    if worse:
        lines.append(f"    columns that another guesses better (ours, best): {worse}")
    if off:
        lines.append(f"    columns covered otherwise (coverage, share of the commonest value): {off}")
    return "\n".join(lines)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="file of JSON lines that records are kept in")
    options = parser.parse_args()
    described = described_tables(options.data)
    records = KeptRecords(options.output) if options.output else None
    for table in options.tables.split(","):
        for how in HOW:
            key = {"table": table, "how": how, "rows": options.rows, "seed": options.seed}
            if records is not None and records.has(key):
                continue
            frame = pd.read_parquet(options.data / described[table]["file"])
            frame = frame.sample(min(options.rows, len(frame)), random_state=options.seed).reset_index(drop=True)
            frame = frame[[c.name for c in sl.infer_schema(Table.from_frame(frame)) if c.learned]]
            record = {**key, **one_table(frame, how, options.seed)}
            if records is not None:
                records.keep(record)
            print(told(record), flush=True)


if __name__ == "__main__":
    main()

"""Filling gaps: against scikit-learn's IterativeImputer and KNNImputer, and the coverage of intervals.

    python benchmarks/imputation.py --data FOLDER [--tables adult,bank_marketing] [--rows 4000]

20 % of the cells are taken out, at random or with a chance that grows with the value (from 10 % for
the smallest to 30 % for the largest; categories in alphabetical order). Error: root mean square over
the standard deviation for numbers, share of wrong guesses for categories, averaged over columns.
The others see categories as one-hot columns and numbers standardised. Coverage: share of true numbers
inside the 90 % interval.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import synthloom as sl
from synthloom.guidance import impute

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


def coverage(real: pd.DataFrame, cells: pd.DataFrame) -> float:
    """Share of the true numbers inside their intervals, averaged over columns."""
    shares = []
    for name, mine in cells.groupby("column"):
        if is_number(real[name]):
            truth = real[name].to_numpy()[mine["row"]].astype(float)
            inside = (truth >= mine["low"].astype(float) - 1e-9) & (truth <= mine["high"].astype(float) + 1e-9)
            shares.append(inside.mean())
    return float(np.mean(shares))


def main() -> None:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer, KNNImputer

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    described = {d["name"]: d for d in json.loads((options.data / "datasets.json").read_text())["datasets"]}
    for table in options.tables.split(","):
        frame = pd.read_parquet(options.data / described[table]["file"])
        frame = frame.sample(min(options.rows, len(frame)), random_state=options.seed).reset_index(drop=True)
        frame = frame[[c for c in sl.infer_schema(frame_table(frame)).names if learned(frame, c)]]
        for how in ("at random", "by value"):
            out = taken_out(frame, how, np.random.default_rng(options.seed))
            holes = frame.astype({c: float for c in frame if pd.api.types.is_integer_dtype(frame[c])}).mask(out)
            holes = holes.astype({c: "Int64" for c in frame if pd.api.types.is_integer_dtype(frame[c])})
            start = time.process_time()
            made = impute(holes, seed=options.seed)
            seconds = time.process_time() - start
            cells = made.cells.to_pandas()
            taken = {(r, c) for c_at, c in enumerate(frame) for r in np.flatnonzero(out[:, c_at])}
            cells = cells[[key in taken for key in zip(cells["row"], cells["column"], strict=True)]]
            ours = errors(frame, made.data, out)
            iterative = errors(frame, by_sklearn(holes, frame, IterativeImputer(max_iter=10, random_state=0)), out)
            nearest = errors(frame, by_sklearn(holes, frame, KNNImputer(n_neighbors=5)), out)
            means = [float(np.mean(list(e.values()))) for e in (ours, iterative, nearest)]
            print(
                f"{table}, {how}: error {means[0]:.3f}, iterative {means[1]:.3f}, nearest {means[2]:.3f}; coverage of 90 % {coverage(frame, cells):.3f}; effective {made.effective:.0f} of 64; {seconds:.0f} s",
                flush=True,
            )
            worse = {
                c: (round(ours[c], 3), round(min(iterative[c], nearest[c]), 3))
                for c in ours
                if ours[c] > min(iterative[c], nearest[c]) + 0.01
            }
            if worse:
                print(f"    columns that another guesses better (ours, best): {worse}", flush=True)


def frame_table(frame: pd.DataFrame):
    from synthloom.data import Table

    return Table.from_frame(frame)


def learned(frame: pd.DataFrame, name: str) -> bool:
    return sl.infer_schema(frame_table(frame)).column(name).learned


if __name__ == "__main__":
    main()

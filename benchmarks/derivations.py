"""Relations between columns: planted ones kept in every row, and those of the untouched tables.

    python benchmarks/derivations.py --data FOLDER [--tables adult,credit_default,…] [--rows 20000]
        [--synthesizer boosted_chain] [--what planted,untouched]

FOLDER holds Parquet tables and a datasets.json (name, kind, file). ``planted`` adds to each of the
tables a total, a difference, a copy, a copy as text, a product, a ratio, a rounded function, a
share with zero divisors and a band, fits the synthesizer on --rows rows, and prints in which share
of as many synthetic rows each holds, beside the share without Synthloom's relations. ``untouched``
prints the relations found in every single table, with the seconds it took.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from common import described_tables, parser_for

from synthloom.data import Table
from synthloom.encoding.derivations import Derivations
from synthloom.schema import infer_schema
from synthloom.synthesizers import synthesizer_class

FIVE = "adult,credit_default,bike_sharing,california_housing,bank_marketing"


def numbers_of(frame: pd.DataFrame) -> tuple[str, str, str, str]:
    """The three learned numeric columns of most values, and one of at most 300, without gaps."""
    schema = infer_schema(Table.from_frame(frame))
    numeric = [c.name for c in schema if c.learned and c.kind == "numeric" and frame[c.name].notna().all()]
    numeric = sorted(numeric, key=lambda c: -frame[c].nunique())
    few = [c for c in numeric if frame[c].nunique() <= 300]
    return *numeric[:3], few[0]


def planted(frame: pd.DataFrame, a: str, b: str, c: str, few: str) -> dict[str, pd.Series]:
    """The planted columns as functions of the others."""
    share = np.where(frame[c] != 0, frame[a] / frame[c].where(frame[c] != 0, 1), 0.0)
    return {
        "p_total": (frame[a] + frame[b]).round(6),
        "p_difference": (frame[a] - frame[c]).round(6),
        "p_copy": frame[b],
        "p_text": frame[few].astype(str),
        "p_product": (frame[a] * frame[c]).round(2),
        "p_ratio": (frame[a] / frame[b].where(frame[b] != 0)).round(3),
        "p_rounded": np.round(0.453592 * frame[a] + 12.5, 1),
        "p_share": pd.Series(share, index=frame.index).round(2),
        "p_band": pd.Series(np.where(frame[b] >= frame.attrs["middle"], "high", "low"), index=frame.index),
    }


def kept(made: pd.DataFrame, columns: tuple[str, str, str, str], middle: float) -> dict[str, float]:
    """The share of rows in which each planted relation holds."""
    made.attrs["middle"] = middle
    out = {}
    for name, truth in planted(made, *columns).items():
        if truth.dtype.kind in "fiu":
            numbers = made[name].astype(float)
            same = np.isclose(numbers, truth.astype(float), rtol=1e-9, atol=1e-9) | (numbers.isna() & truth.isna())
        else:
            same = made[name].astype(str) == truth.astype(str)
        out[name] = float(np.mean(same))
    return out


def plant_and_measure(name: str, frame: pd.DataFrame, synthesizer: str, rows: int) -> None:
    frame = frame.sample(min(rows, len(frame)), random_state=0).reset_index(drop=True)
    columns = numbers_of(frame)
    middle = float(frame[columns[1]].median())
    frame.attrs["middle"] = middle
    frame = frame.assign(**planted(frame, *columns))
    frame.attrs = {}
    schema = infer_schema(Table.from_frame(frame), find_personal=False)
    for relations in ("keep", "ignore"):
        start = time.perf_counter()
        model = synthesizer_class(synthesizer)().fit(frame, schema.model_copy(update={"relations": relations}), seed=1)
        fitted = time.perf_counter() - start
        shares = kept(model.sample(len(frame), seed=2), columns, middle)
        shown = ", ".join(f"{what[2:]} {100 * share:.4g} %" for what, share in shares.items())
        print(f"{name} ({', '.join(columns)}), {relations}, fit {fitted:.1f} s: {shown}", flush=True)
        if relations == "keep":
            for sentence in model.encoder_.derivations.sentences:
                print(f"    {sentence}", flush=True)


def untouched(name: str, table: Table) -> None:
    schema = infer_schema(table)
    start = time.perf_counter()
    found = Derivations.find(table, schema)
    seconds = time.perf_counter() - start
    print(
        f"{name}, {table.n_rows:,} x {len(table.names)}, {seconds:.2f} s: {len(found.sentences)} relations", flush=True
    )
    for sentence in found.sentences:
        print(f"    {sentence}", flush=True)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--tables", default=FIVE)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--synthesizer", default="boosted_chain")
    parser.add_argument("--what", default="planted,untouched")
    options = parser.parse_args()
    described = described_tables(options.data)
    if "planted" in options.what:
        for name in options.tables.split(","):
            frame = pd.read_parquet(options.data / described[name]["file"])
            plant_and_measure(name, frame, options.synthesizer, options.rows)
    if "untouched" in options.what:
        for name, about in described.items():
            if about.get("kind") == "single":
                untouched(name, Table.from_frame(pd.read_parquet(options.data / about["file"])))


if __name__ == "__main__":
    main()

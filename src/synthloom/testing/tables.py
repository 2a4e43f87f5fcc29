"""Small tables with every kind of column, made up for the contract checks."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from synthloom.data import Table
from synthloom.randomness import RandomStream


def mixed_table(rows: int = 400, seed: int = 0) -> Table:
    """A table of mock rows with numbers, categories, gaps, dates, keys, text, and the odd cases."""
    import pyarrow as pa

    rng = RandomStream(seed, ("mixed table",)).generator()
    size = rng.integers(0, 3, rows)
    amount = np.round(np.exp(rng.normal(size, 0.5)) * 10, 2)
    start = datetime(2021, 1, 4, 8, 30)
    words = np.array(["red", "small", "old", "round", "box", "jar", "lid"])
    columns = {
        "key": pa.array([f"C{n:06d}" for n in rng.permutation(900_000)[:rows] + 1000]),
        "size": pa.array(np.array(["small", "medium", "large"])[size], mask=rng.random(rows) < 0.05),
        "amount": pa.array(amount, mask=rng.random(rows) < 0.1 + 0.2 * (size == 2)),
        "count": pa.array(rng.poisson(2 + size), type=pa.int32()),
        "share": pa.array(rng.random(rows)),
        "spiky": pa.array(np.where(rng.random(rows) < 0.7, 0, rng.integers(1, 5000, rows))),
        "paid": pa.array(rng.random(rows) < 0.3 + 0.2 * size),
        "when": pa.array(
            [start + timedelta(minutes=int(m) * 15) for m in rng.integers(0, 40_000, rows)], pa.timestamp("us", "UTC")
        ),
        "day": pa.array([(start + timedelta(days=int(d))).date() for d in rng.integers(0, 300, rows)]),
        "note": pa.array([" ".join(rng.choice(words, int(rng.integers(4, 9)))) for _ in range(rows)]),
        "unit": pa.array(["kg"] * rows),
        "nothing": pa.nulls(rows, pa.float64()),
    }
    return Table(pa.table(columns))

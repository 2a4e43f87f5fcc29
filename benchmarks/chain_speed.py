"""How fast BoostedChain learns and samples, and in how much memory.

    python benchmarks/chain_speed.py --data FOLDER [--fit us_military,acs_income_2018] [--table adult] [--rows 10000000]

Each part runs in a process of its own: learning every table of --fit whole; learning --table and
sampling --rows of it to Parquet with the command line's workers. Prints wall and processor seconds,
rows a second, the ratio to writing the same rows alone, and peak memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from common import described_tables, parser_for

import synthloom as sl
from synthloom.io import read_table
from synthloom.synthesizers import load

WARM_ROWS = 2_000
WRITE_ROWS = 1_000_000


def learn(path: Path, model: Path | None) -> None:
    """Fits one table, with compiling apart; prints its cost."""
    table = read_table(path)[0]
    sl.BoostedChain().fit(table.slice(0, WARM_ROWS), seed=0)
    wall, processor = time.perf_counter(), time.process_time()
    fitted = sl.BoostedChain().fit(table, seed=0)
    report(f"fit {path.stem}: {table.n_rows:,} x {len(table.names)}", wall, processor)
    if model is not None:
        fitted.save(model)


def sample(model: Path, rows: int, output: Path) -> None:
    """Samples a saved model to Parquet shard by shard; prints its cost."""
    fitted = load(model)
    wall, processor = time.perf_counter(), time.process_time()
    writer = None
    for batch in fitted.sample_batches(rows, seed=1):
        if writer is None:
            writer = pq.ParquetWriter(output, batch.arrow.schema)
        writer.write_table(batch.arrow)
    writer.close()
    seconds = report(f"sample {rows:,} rows to Parquet", wall, processor)
    print(f"  {rows / seconds:,.0f} rows/s", flush=True)
    table = pq.ParquetFile(output).iter_batches(65_536)
    batches, count = [], 0
    for batch in table:
        batches.append(batch)
        count += batch.num_rows
        if count >= min(WRITE_ROWS, rows):
            break
    start = time.perf_counter()
    with pq.ParquetWriter(output, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    write = (time.perf_counter() - start) / count
    print(f"  {seconds / rows / write:.1f} times writing alone ({1 / write:,.0f} rows/s)", flush=True)


def report(what: str, wall: float, processor: float) -> float:
    seconds = time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {seconds:.1f} s wall, {time.process_time() - processor:.1f} s processor, peak {peak:,.0f} MB",
        flush=True,
    )
    return seconds


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--fit", default="us_military,acs_income_2018")
    parser.add_argument("--table", default="adult")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "sample":
        sample(options.folder / "model", options.rows, options.folder / "rows.parquet")
        return
    if options.part:
        path = options.data / described_tables(options.data)[options.part]["file"]
        learn(path, options.folder / "model" if options.part == options.table else None)
        return
    with tempfile.TemporaryDirectory() as folder:
        for part in [*filter(None, options.fit.split(",")), options.table, "sample"]:
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--part", part, "--folder", folder], check=True)


if __name__ == "__main__":
    main()

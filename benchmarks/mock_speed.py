"""Speed, memory, uniqueness and keys of mock data; Faker and mimesis in the same run where they can be had.

    python benchmarks/mock_speed.py [--rows 10000000] [--python PATH]

``--python`` names an interpreter that has faker and mimesis (by default this one). The task is the same for all: name,
e-mail, postal address, IBAN (which mimesis does not make: it is timed without).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthloom.execution import LocalExecutor, SerialExecutor
from synthloom.mock import MockEngine, MockSchema
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.values import make_values

PEOPLE = MockSchema.model_validate(
    {"tables": {"person": {"columns": {k: {"kind": k} for k in ("name", "email", "address", "iban")}}}}
)
OTHERS = '''
import json, sys, time
def rate(make, n):
    start = time.perf_counter()
    for _ in range(n): make()
    return round(n / (time.perf_counter() - start))
out = {}
try:
    from faker import Faker, VERSION
    for label, options in (("faker", {}), ("faker without weighting", {"use_weighting": False})):
        fake = Faker("en_GB", **options); fake.seed_instance(1)
        out[f"{label} {VERSION}"] = rate(lambda: (fake.name(), fake.email(), fake.address(), fake.iban()), 10000)
except ImportError: out["faker"] = None
try:
    import mimesis
    from mimesis import Generic, Locale
    g = Generic(Locale.EN, seed=1)
    out[f"mimesis {mimesis.__version__} (no IBAN)"] = rate(lambda: (g.person.full_name(), g.person.email(), g.address.address()), 50000)
except ImportError: out["mimesis"] = None
print(json.dumps(out))
'''


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def made(rows: int, workers: int) -> float:
    engine = MockEngine(PEOPLE, rows, 7)
    run = RunContext(executor=LocalExecutor(workers) if workers > 1 else SerialExecutor())
    start, count = time.perf_counter(), 0
    for batch in engine.batches("person", run):
        count += batch.num_rows
    assert count == rows
    return rows / (time.perf_counter() - start)


def uniqueness(rows: int) -> None:
    """Counts different values by the sorted 64-bit hashes of chunks; equal hashes are compared as texts."""
    stream = RandomStream(7).child("unique")
    positions = np.arange(rows)
    for kind in ("email", "username", "iban", "card", "account", "uuid", "name", "address", "national_id"):
        start = time.perf_counter()
        values = pa.chunked_array(
            [make_values(kind, part, stream, locale="en_US", unique=True) for part in np.array_split(positions, max(1, rows // 65_536))]
        )
        different = pc.count_distinct(values).as_py()
        print(f"unique {kind:12} {different:>12,} of {rows:,} different ({time.perf_counter() - start:.0f} s)")
        assert different == rows


def keys(rows: int) -> None:
    schema = MockSchema.model_validate({"tables": {
        "customer": {"columns": {"id": {"type": "integer", "sequence": {}}}, "primary_key": "id"},
        "item": {"columns": {"code": {"pattern": "[A-Z]{3}[0-9]{5}"}}, "primary_key": "code", "rows": rows // 10},
        "bought": {"columns": {"customer": {"references": "customer.id"}, "item": {"references": "item.code"}}, "primary_key": ["customer", "item"]},
    }})  # fmt: skip
    engine = MockEngine(schema, rows, 7)
    codes = pa.concat_tables(engine.batches("item")).column("code")
    assert pc.count_distinct(codes).as_py() == rows // 10
    bought = pa.concat_tables(engine.batches("bought"))
    kept = pc.all(pc.is_in(bought.column("item"), value_set=codes)).as_py()
    numbers = bought.column("customer").to_numpy()
    pairs = bought.group_by(["customer", "item"]).aggregate([]).num_rows
    print(f"keys {bought.num_rows:,} rows: all found {kept and 1 <= numbers.min() <= numbers.max() <= rows}, pairs different {pairs == rows}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    made(200_000, 1)  # word lists are read once
    for workers in (1, 2):
        print(f"synthloom, {workers} worker(s): {made(2_000_000, workers):>12,.0f} rows/s")
    done = subprocess.run([options.python, "-c", OTHERS], capture_output=True, text=True, check=False)
    for name, rate in json.loads(done.stdout or "{}").items():
        print(f"{name}: {rate:>12,} rows/s" if rate else f"{name}: not installed")
    before = memory()
    rate = made(options.rows, 2)
    print(f"{options.rows:,} rows at {rate:,.0f} rows/s; peak memory {before} MB before, {memory()} MB after")
    keys(options.rows // 10)
    uniqueness(options.rows)


if __name__ == "__main__":
    main()

"""Wall time, processor time and peak memory of the whole ``synthloom run`` on tables of a folder.

    python benchmarks/run_time.py FOLDER [--tables adult,us_military] [--synthesizer NAME]

FOLDER holds Parquet tables and a datasets.json. Each run is a process of its own; its output folder
is temporary. Prints one line a table with the exit code and the size of the report.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import described_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tables", default="")
    parser.add_argument("--synthesizer", default="boosted_chain")
    options = parser.parse_args()
    described = [d for d in described_tables(options.data).values() if d["kind"] == "single"]
    wanted = set(filter(None, options.tables.split(",")))
    print(f"{'table':22} {'exit':>4} {'wall s':>7} {'cpu s':>7} {'peak MB':>8} {'report kB':>9}")
    for about in described:
        if wanted and about["name"] not in wanted:
            continue
        with tempfile.TemporaryDirectory() as place:
            target = ["--target", about["target"]] if about.get("target") else []
            command = [sys.executable, "-m", "synthloom", "run", str(options.data / about["file"]), "--seed", "1"]
            command += ["--synthesizer", options.synthesizer, "--output", f"{place}/out", *target]
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            errors = process.stderr.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            wall, code = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
            report = Path(place, "out", "private", "report.html")
            size = report.stat().st_size / 1e3 if report.is_file() else 0.0
            cpu = usage.ru_utime + usage.ru_stime
            print(f"{about['name']:22} {code:4} {wall:7.1f} {cpu:7.1f} {usage.ru_maxrss / 1024:8.0f} {size:9.0f}", flush=True)
            if code:
                print("    " + errors.strip().splitlines()[-1])


if __name__ == "__main__":
    main()

"""``python -m benchmarks.peers.judge JOB``: figures of synthetic rows, in the judge's environment.

JOB is a JSON file: ``train``, ``holdout``, ``synthetic`` (Parquet), ``target``, ``exclude``, ``kind``
("yardstick", "published" or "rebalance"), ``yardstick`` (a Python file with ``measure(train, holdout,
synthetic, target, exclude)``), ``result`` and ``influence`` (what is written).
"""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.peers.judge.published import published_figures
from benchmarks.peers.judge.rebalancing import rebalance_figures
from benchmarks.peers.judge.row_errors import row_errors


def load_yardstick(path: Path) -> Any:
    """The module in a file that the user named."""
    spec = importlib.util.spec_from_file_location("yardstick", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_yardstick(job: dict[str, Any], frames: list[pd.DataFrame]) -> dict[str, Any]:
    """The yardstick's figures; beside them the same computed row by row, whose errors are kept for pairing."""
    train, holdout, synthetic = frames
    found = load_yardstick(Path(job["yardstick"])).measure(train, holdout, synthetic, job["target"], job["exclude"])
    again, influence = row_errors(train, holdout, synthetic, job["target"], job["exclude"])
    waiting = Path(job["influence"]).with_suffix(".part.npz")
    np.savez_compressed(waiting, **influence)
    waiting.replace(job["influence"])
    return {"figures": found, "recomputed": again}


def main() -> None:
    """Judges and writes."""
    warnings.filterwarnings("ignore")
    job = json.loads(Path(sys.argv[1]).read_text())
    frames = [pd.read_parquet(job[part]) for part in ("train", "holdout", "synthetic")]
    if job["kind"] == "yardstick":
        found = by_yardstick(job, frames)
    elif job["kind"] == "published":
        found = {"figures": published_figures(*frames, job["target"])}
    else:
        found = {"figures": rebalance_figures(*frames, job["target"], job["exclude"])}
    waiting = Path(job["result"]).with_suffix(".part")
    waiting.write_text(json.dumps({"status": "done", **found}, indent=1) + "\n")
    waiting.replace(job["result"])


if __name__ == "__main__":
    main()

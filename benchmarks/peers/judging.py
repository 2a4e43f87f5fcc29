"""Has a cell's rows judged, in the judge's environment, once for each yardstick and version of the judge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.peers.cells import HERE, REPOSITORY, Cell, Setting, read_result, run_child, thread_limits, write_json
from benchmarks.peers.environments import ENVIRONMENTS, interpreter

JUDGE_MINUTES = 60.0
ONE_THREAD = thread_limits(1)
"""The judge computes on one thread, so that its figures are the same on every machine, busy or not."""


def judge(cell: Cell, setting: Setting, yardstick: Path) -> dict[str, Any]:
    """The figures of a cell that is done, from an earlier run or computed now."""
    folder = judged_folder(cell, setting, yardstick)
    before = read_result(folder)
    if before is not None and not (setting.retry and before["status"] == "failed"):
        return before
    train, holdout = cell.split.write(setting.cache / "splits")
    folder.mkdir(parents=True, exist_ok=True)
    kind = "rebalance" if cell.system.group == "rebalance" else cell.protocol
    found = folder / "found.json"
    found.unlink(missing_ok=True)
    job = {
        "train": str(train), "holdout": str(holdout), "synthetic": str(cell.folder(setting) / "synthetic.parquet"),
        "target": cell.split.table.target, "exclude": list(cell.split.table.exclude), "kind": kind,
        "yardstick": str(yardstick), "result": str(found), "influence": str(folder / "influence.npz"),
    }  # fmt: skip
    write_json(folder / "job.json", job)
    python = interpreter(ENVIRONMENTS["judge"].folder(setting.cache))
    command = [str(python), "-m", "benchmarks.peers.judge", str(folder / "job.json")]
    result = run_child(command, folder, seconds=60 * JUDGE_MINUTES, niceness=setting.niceness, result=found, paths=(REPOSITORY,), variables=ONE_THREAD)
    write_json(folder / "result.json", result)
    return result


def judged_folder(cell: Cell, setting: Setting, yardstick: Path) -> Path:
    """Where the judgement lies; another yardstick or judge means another folder."""
    digest = hashlib.sha256(yardstick.read_bytes() + cell.protocol.encode() + ENVIRONMENTS["judge"].recipe.encode())
    for path in sorted((HERE / "judge").glob("*.py")):
        digest.update(path.read_bytes())
    return cell.folder(setting) / f"judged-{digest.hexdigest()[:8]}"


def row_terms(cell: Cell, setting: Setting, yardstick: Path) -> Mapping[str, np.ndarray]:
    """What each row contributes to the figures that are compared."""
    path = judged_folder(cell, setting, yardstick) / "influence.npz"
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}

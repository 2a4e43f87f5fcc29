"""Runs the planned cells one after another within a budget of time, and has each judged as soon as it is done."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from benchmarks.peers.cells import (
    HERE,
    PACKAGE,
    Cell,
    Setting,
    held,
    own_source,
    read_result,
    run_cell,
    run_child,
    write_json,
)
from benchmarks.peers.environments import ENVIRONMENTS, EnvironmentNotBuilt, build
from benchmarks.peers.judging import judge, judged_folder
from benchmarks.peers.plan import REBALANCED_BELOW
from benchmarks.peers.systems import OURS

CAPPED_TWICE = 2
_WARM_ROWS = 400


@dataclass
class Outcome:
    """A cell with what became of it; ``result`` is empty where it was not run."""

    cell: Cell
    result: dict[str, Any] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """``done``, ``capped``, ``refused``, ``failed``, ``not run`` or ``not judged``."""
        if self.result.get("status", "not run") != "done":
            return str(self.result.get("status", "not run"))
        return "done" if self.judged.get("status") == "done" else "not judged"


def build_environments(cells: Sequence[Cell], setting: Setting, say: Callable[[str], None]) -> dict[str, str]:
    """Builds what the cells need; an environment that cannot be built is a message and not the end of the run."""
    problems = {}
    wanted = {c.system.environment for c in cells} - {OURS}
    for name in ["judge", *sorted(wanted)]:
        if not (ENVIRONMENTS[name].folder(setting.cache) / "built.json").is_file():
            say(f"building the environment {name}")
        try:
            build(ENVIRONMENTS[name], setting.cache)
        except EnvironmentNotBuilt as problem:
            if name == "judge":
                raise
            problems[name] = str(problem)
            say(f"{name}: no environment ({problem})")
    return problems


def run_cells(
    cells: Sequence[Cell], setting: Setting, yardstick: Path, *, hours: float | None, say: Callable[[str], None]
) -> list[Outcome]:
    """Runs and judges what is missing until the hours are over.

    A system whose fits were cut off on two tables is not started on further ones: their cells say so.
    """
    problems = build_environments(cells, setting, say)
    deadline = None if hours is None else time.monotonic() + 3600 * hours
    capped: Counter[str] = Counter()
    out = []
    for number, cell in enumerate(cells, 1):
        outcome = known(cell, setting, yardstick)
        if outcome.status in ("not run", "not judged") or (setting.retry and outcome.status == "failed"):
            if cell.system.environment in problems:
                outcome.result = {"status": "failed", "message": "its environment could not be built"}
            elif capped[cell.system.name] >= CAPPED_TWICE:
                outcome.result = {"status": "not run", "message": "cut off on two tables before this one"}
            elif deadline is not None and time.monotonic() > deadline:
                outcome.result = outcome.result or {"status": "not run", "message": "the run's hours were over"}
            else:
                say(f"[{number}/{len(cells)}] {cell.label}")
                outcome = _run_one(cell, setting, yardstick)
                say(_in_words(outcome))
        capped[cell.system.name] += outcome.status == "capped"
        out.append(outcome)
    return out


def known(cell: Cell, setting: Setting, yardstick: Path) -> Outcome:
    """What earlier runs left of a cell."""
    result = read_result(cell.folder(setting)) or {}
    judged = (read_result(judged_folder(cell, setting, yardstick)) or {}) if result.get("status") == "done" else {}
    return Outcome(cell=cell, result=result, judged=judged)


def job_of(cell: Cell, train: Path) -> dict[str, Any] | None:
    """What the adapter is asked for; None where a table's classes are too even to rebalance."""
    rows = pq.read_metadata(train).num_rows
    job = {"rows": rows, "seed": cell.split.index, "task": "sample", "target": cell.split.table.target, "value": None}
    if cell.system.group == "rebalance":
        counts = pq.read_table(train, columns=[job["target"]]).column(0).drop_null().value_counts().to_pylist()
        rare, common = (pick(counts, key=lambda c: c["counts"]) for pick in (min, max))
        if len(counts) != 2 or rare["counts"] > REBALANCED_BELOW * rows:
            return None
        job |= {"task": "rebalance", "rows": common["counts"] - rare["counts"], "value": rare["values"]}
    return job


def machine() -> dict[str, Any]:
    """The machine, in words that hold no names of people or places."""
    about = Path("/proc/cpuinfo")
    model = (
        next((x.split(":")[1].strip() for x in about.read_text().splitlines() if x.startswith("model name")), "") if about.is_file() else ""
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    return {
        "system": platform.system(), "processor": model or platform.machine(), "cores": os.cpu_count(),
        "memory_gb": round(memory, 1), "python": platform.python_version(),
    }  # fmt: skip


def _run_one(cell: Cell, setting: Setting, yardstick: Path) -> Outcome:
    with held(cell.folder(setting)) as mine:
        if mine:
            return _run_held(cell, setting, yardstick)
    return Outcome(cell=cell, result={"status": "not run", "message": "another run of the benchmark is at it"})


def _run_held(cell: Cell, setting: Setting, yardstick: Path) -> Outcome:
    train, _ = cell.split.write(setting.cache / "splits")
    job = job_of(cell, train)
    if job is None:
        result: Mapping[str, Any] = {"status": "refused", "message": "its classes are even enough"}
        write_json(cell.folder(setting) / "result.json", result)
        return Outcome(cell=cell, result=dict(result))
    if cell.system.ours:
        _warm(train, setting)
    result = run_cell(cell, setting, job)
    judged = judge(cell, setting, yardstick) if result["status"] == "done" else {}
    return Outcome(cell=cell, result=dict(result), judged=judged)


def _warm(train: Path, setting: Setting) -> None:
    """Compiles Synthloom's loops once for each version, as an installation's first run does; peers come compiled."""
    folder = setting.cache / "warm" / own_source()
    if read_result(folder) is not None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pq.read_table(train).slice(0, _WARM_ROWS), folder / "train.parquet")
    job = {"train": "train.parquet", "output": "rows.parquet", "result": "result.json", "rows": 10, "seed": 0, "minutes": 10}
    write_json(folder / "job.json", job)
    script = HERE / "adapters" / "run_synthloom.py"
    run_child([sys.executable, str(script), "job.json"], folder, seconds=600, result=folder / "result.json", paths=(PACKAGE.parent,))


def _in_words(outcome: Outcome) -> str:
    if outcome.status != "done":
        return f"    {outcome.status}: {outcome.result.get('message') or outcome.judged.get('message', '')}"
    times = outcome.result
    shown = {k: v for k, v in outcome.judged["figures"].items() if k in ("c2st", "trend", "gap_gbm", "mia_auc", "c2st_xgb", "mle", "auc")}
    return (
        f"    fit {times['fit_seconds']:.1f} s ({times['fit_cpu_seconds']:.1f} processor), sample {times['sample_seconds']:.1f} s, {shown}"
    )

"""What every adapter shares: the job that it reads, the clock that it keeps, the files that it writes.

It runs in the environment of the system under test, so it needs no more than pandas with pyarrow.
An adapter is a script, ``python run_NAME.py JOB``; JOB is a JSON file:

    train, output, result   paths: the training rows, the synthetic rows, times and versions
    rows, seed, minutes     how many rows to sample, the seed, the limit that the caller will enforce
    task                    "sample": as many rows as wanted; "rebalance": rows of one class of the target
    target, value           the column to predict and, for "rebalance", the class that is wanted
    options                 what distinguishes two systems of one adapter
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


class Refused(Exception):
    """The system cannot take this table; the message is printed in the table of results."""


@dataclass(frozen=True)
class Job:
    """The caller's wishes; see the head of this file."""

    train: str
    output: str
    result: str
    rows: int
    seed: int
    minutes: float
    task: str = "sample"
    target: str = ""
    value: Any = None
    options: dict[str, Any] = field(default_factory=dict)


class Clock:
    """Wall and processor seconds of the named phases; children that have ended count with their parent."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        wall, processor = time.perf_counter(), _processor()
        yield
        self.phases[f"{phase}_seconds"] = time.perf_counter() - wall
        self.phases[f"{phase}_cpu_seconds"] = _processor() - processor


Work = Callable[[Job, pd.DataFrame, Clock], pd.DataFrame]


def serve(work: Work) -> None:
    """Reads the job named on the command line, does it, and writes rows and result under their final names."""
    warnings.filterwarnings("ignore")
    job = Job(**json.loads(Path(sys.argv[1]).read_text()))
    train = read(job.train)
    clock = Clock()
    try:
        synthetic = like(work(job, train.copy(), clock), train)
        waiting = Path(job.output).with_suffix(".part")
        synthetic.to_parquet(waiting)
        waiting.replace(job.output)
        outcome = {"status": "done", "sampled_rows": len(synthetic), **clock.phases, "peak_mb": peak_megabytes()}
    except Refused as refusal:
        outcome = {"status": "refused", "message": str(refusal)}
    waiting = Path(job.result).with_suffix(".part")
    waiting.write_text(json.dumps(outcome, indent=1) + "\n")
    waiting.replace(job.result)


def read(path: str) -> pd.DataFrame:
    """A Parquet file with dates as datetimes, which every system knows how to take."""
    frame = pd.read_parquet(path)
    for name in date_columns(frame):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def date_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of Python dates."""
    kinds = {name: pd.api.types.infer_dtype(frame[name], skipna=True) for name in frame}
    return [name for name, kind in kinds.items() if kind in ("date", "datetime")]


def texts(frame: pd.DataFrame) -> list[str]:
    """Columns that are neither numbers nor dates: what the systems call categorical."""
    return [
        name for name in frame if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_datetime64_any_dtype(frame[name])
    ]


def like(synthetic: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    """The synthetic rows with the columns, order and kinds of the training rows; nothing else is changed.

    Numbers stay as the system made them, fractions in a column of whole numbers included.
    """
    missing = [name for name in train if name not in synthetic]
    if missing:
        raise Refused(f"the rows lack the columns {', '.join(missing)}")
    out = {}
    for name in train:
        values = synthetic[name]
        if pd.api.types.is_bool_dtype(train[name]):
            truth = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
            values = values.astype(str).str.lower().map(truth)
        elif pd.api.types.is_numeric_dtype(train[name]):
            values = pd.to_numeric(values, errors="coerce")
        elif pd.api.types.is_datetime64_any_dtype(train[name]):
            values = pd.to_datetime(values, errors="coerce")
        else:
            values = values.astype(object).where(values.notna(), None)
            values = values.map(lambda value: None if value is None else str(value))
        out[name] = values.reset_index(drop=True)
    return pd.DataFrame(out)


def peak_megabytes() -> float:
    """The most memory that this process, or one of its ended children, held at once."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss starts with what the parent held when it started this process
        own = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return max(children, int(own.split()[1]) / 1024)
    return max(children, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20))


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system

"""Runs one cell of the benchmark: one system on one split, in a process of its own, under a time limit.

A cell's folder is named by a hash of all that decides its outcome: the table's content, the split, the
adapter, the options and the environment's recipe (for Synthloom: its own source). ``result.json`` is
written last, under a temporary name first, so a run that was killed goes on with the cells that it lacks,
and a changed version never meets the figures of another.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import ENVIRONMENTS, child_variables, interpreter
from benchmarks.peers.systems import System
from benchmarks.peers.tables import Split

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
_POLL_SECONDS = 5.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
PACKAGE = REPOSITORY / "src" / "synthloom"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What holds for every cell of a run."""

    cache: Path
    minutes: float
    niceness: int = 0
    retry: bool = False
    threads: int | None = None  # None: as many as each system takes by default

    @property
    def cells(self) -> Path:
        """The folder of cells."""
        return self.cache / "cells"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One system on one split."""

    system: System
    split: Split
    protocol: str = "yardstick"  # or "published": judged by the papers' protocol

    @property
    def label(self) -> str:
        """For people: what is run."""
        return f"{self.system.name} on {self.split.label}"

    def folder(self, setting: Setting) -> Path:
        """Where the cell's rows and result lie."""
        stated: dict[str, Any] = {
            "split": self.split.label,
            "target": self.split.table.target,
            "options": dict(self.system.options),
            "adapter": _digest(HERE / "adapters" / self.system.adapter),
            "environment": own_source() if self.system.ours else ENVIRONMENTS[self.system.environment].recipe,
            "group": self.system.group,
        }
        if setting.threads is not None:
            stated["threads"] = setting.threads
        key = hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:12]
        return setting.cells / f"{self.system.name}-{self.split.label}-{key}"

    def python(self, setting: Setting) -> Path:
        """The interpreter that runs the adapter."""
        if self.system.ours:
            return Path(sys.executable)
        return interpreter(ENVIRONMENTS[self.system.environment].folder(setting.cache))


@cache
def own_source() -> str:
    """Eight digits that change with any source file of Synthloom and with the packages that compute.

    Read once: files that change while a run goes on (work in a checkout of its own to avoid that) do not
    part its cells from their figures.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    for package in ("numpy", "lightgbm", "scikit-learn", "numba"):
        digest.update(f"{package}=={version(package)}".encode())
    return digest.hexdigest()[:8]


def read_result(folder: Path) -> dict[str, Any] | None:
    """The result of a cell or of its judgement, or None where there is none yet."""
    path = folder / "result.json"
    return json.loads(path.read_text()) if path.is_file() else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A JSON file that is there whole or not at all."""
    write_text(path, json.dumps(content, indent=1) + "\n")


def write_text(path: Path, content: str) -> None:
    """A file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".part")
    waiting.write_text(content, encoding="utf-8")
    waiting.replace(path)


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Whether this process alone works in a cell's folder while the block runs; another's death frees it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def run_cell(cell: Cell, setting: Setting, job: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a cell, from an earlier run or by running it now.

    Args:
        cell: What to run.
        setting: Limits and folders.
        job: The adapter's job without paths, see ``adapters/exchange.py``.

    Returns:
        ``status`` (done, capped, refused or failed) with times and memory, or a message.
    """
    folder = cell.folder(setting)
    before = read_result(folder)
    if before is not None and not (setting.retry and before["status"] == "failed"):
        return before
    train, _ = cell.split.write(setting.cache / "splits")
    paths = {"train": train, "output": folder / "synthetic.parquet", "result": folder / "adapter.json"}
    wanted = {**job, **{k: str(v) for k, v in paths.items()}, "minutes": setting.minutes, "options": dict(cell.system.options)}
    write_json(folder / "job.json", wanted)
    paths["result"].unlink(missing_ok=True)
    command = [str(cell.python(setting)), str(HERE / "adapters" / cell.system.adapter), str(folder / "job.json")]
    load = os.getloadavg()[0]
    found = run_child(
        command, folder, seconds=60 * setting.minutes, niceness=setting.niceness, result=paths["result"],
        paths=(PACKAGE.parent,) if cell.system.ours else (), variables=thread_limits(setting.threads),
    )  # fmt: skip
    found |= {"load_before": round(load, 2), "limit_minutes": setting.minutes}
    write_json(folder / "result.json", found)
    return found


def run_child(
    command: list[str],
    folder: Path,
    *,
    seconds: float,
    niceness: int = 0,
    result: Path,
    paths: tuple[Path, ...] = (),
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Runs a command that writes a JSON result, ending it and all that it started when its time is over.

    Args:
        command: Interpreter, script, job.
        folder: Where the child runs and where its words go, ``log.txt``.
        seconds: The limit; see :func:`_wait`.
        niceness: By how much the child yields to other work.
        result: The file that the child writes last.
        paths: What the child may import besides its own environment.
        variables: Further variables of the child's process environment.

    Returns:
        The child's result, or one that says how it ended.
    """
    environment = {**child_variables(), **(variables or {}), "PYTHONPATH": os.pathsep.join(map(str, paths))}
    start = time.monotonic()
    with (folder / "log.txt").open("wb") as log:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: _prepare(niceness),  # noqa: PLW1509 (this program has no threads)
        )  # fmt: skip
        try:
            code = _wait(child, seconds)
        finally:
            _end(child)
    if code is None:
        return {"status": "capped", "message": f"not done after {seconds / 60:g} minutes"}
    if result.is_file() and code == 0:
        return {**json.loads(result.read_text()), "wall_seconds": time.monotonic() - start}
    words = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
    return {"status": "failed", "message": (words[-1] if words else "no words")[:300], "exit_code": code}


def thread_limits(threads: int | None) -> dict[str, str]:
    """The variables by which the usual libraries of linear algebra and loops are told how many threads to use."""
    names = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {} if threads is None else dict.fromkeys(names, str(threads))


def _wait(child: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The child's exit code, or None once both its wall and its processor time are past the limit.

    Both, so that other work on the machine does not count against a system. Where processor time cannot be
    read while a process runs (only Linux shows it), wall time alone counts.
    """
    start = time.monotonic()
    while True:
        try:
            return child.wait(min(_POLL_SECONDS, seconds))
        except subprocess.TimeoutExpired:
            if time.monotonic() - start >= seconds and processor_seconds(child.pid) >= seconds:
                return None


def processor_seconds(group: int) -> float:
    """Processor time of a process group so far, its ended children included; infinite where it cannot be read."""
    processes = Path("/proc")
    if not (processes / "self" / "stat").is_file():
        return math.inf
    ticks = 0
    for process in processes.iterdir():
        if process.name.isdigit():
            try:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if int(fields[2]) == group:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _prepare(niceness: int) -> None:
    """In the child, before it starts: yields to other work, and (on Linux) ends when the benchmark is killed."""
    os.nice(niceness)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the child's process group; nothing happens where it has ended by itself."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]

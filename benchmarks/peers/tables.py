"""Tables of a folder, described by its ``datasets.json`` (or ``data.json``), and their splits.

The description names for each table a Parquet file, its SHA-256, where it comes from, its licence and
the column to predict. Tables are used only if the file has the hash that the description states.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DESCRIPTIONS = ("datasets.json", "data.json")
LEAST_ROWS = 5_000
_UNSUITABLE = frozenset({"id", "text"})  # made anew by some systems and not by others: a classifier sees that alone


class DataProblem(Exception):
    """A folder, a description or a table that cannot be used; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkTable:
    """A described table: what the page prints about it and what the judge needs."""

    name: str
    path: Path
    sha256: str
    target: str
    exclude: tuple[str, ...]
    rows: int
    columns: int
    task: str
    source: str
    licence: str
    types: tuple[str, ...]
    duplicates: int

    @property
    def suitable(self) -> bool:
        """Whether the table is among those taken when none are named: large enough, without keys and text."""
        return self.rows >= LEAST_ROWS and not _UNSUITABLE & set(self.types) and self.duplicates < self.rows / 2


@dataclass(frozen=True, kw_only=True)
class Split:
    """One cut of a table into rows to learn from and rows held out."""

    table: BenchmarkTable
    index: int
    rows: int | None
    train_share: float = 0.75

    @property
    def label(self) -> str:
        """A file-system name, unique for table content, size and cut."""
        size = "all" if self.rows is None or self.rows >= self.table.rows else str(self.rows)
        return f"{self.table.name}-{self.table.sha256[:8]}-{size}-{round(100 * self.train_share)}-{self.index}"

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The Parquet files of training and held-out rows, made where they are not there yet."""
        target = folder / self.label
        train, holdout = target / "train.parquet", target / "holdout.parquet"
        if not holdout.is_file():
            target.mkdir(parents=True, exist_ok=True)
            whole = _in_memory(self.table)
            order = np.random.default_rng(self.index).permutation(len(whole))[: self.rows]
            cut = round(self.train_share * len(order))
            for path, chosen in ((train, order[:cut]), (holdout, order[cut:])):
                waiting = path.with_suffix(".part")
                pq.write_table(whole.take(pa.array(chosen)), waiting)
                waiting.replace(path)
        return train, holdout


def read_description(folder: Path) -> list[BenchmarkTable]:
    """Every single table with a target that the folder's description names.

    Raises:
        DataProblem: if there is no description, or it lacks what is needed.
    """
    described = next((folder / name for name in DESCRIPTIONS if (folder / name).is_file()), None)
    if described is None:
        raise DataProblem(f"{folder} holds no {' or '.join(DESCRIPTIONS)}; give the folder that describes its tables.")
    try:
        entries = json.loads(described.read_text(encoding="utf-8"))["datasets"]
        return [_table(folder, e) for e in entries if e.get("kind", "single") == "single" and e.get("target")]
    except (json.JSONDecodeError, KeyError, TypeError) as problem:
        raise DataProblem(f'{described} is no list of tables under "datasets" with name, file, target ({problem!r}).') from None


def choose(tables: Sequence[BenchmarkTable], names: Sequence[str]) -> list[BenchmarkTable]:
    """The named tables in the order of the names, or, without names, all that are suitable.

    Raises:
        DataProblem: for a name that the description lacks, or a file whose hash is not the stated one.
    """
    known = {t.name: t for t in tables}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DataProblem(f"No table {', '.join(unknown)} is described; there are {', '.join(known)}.")
    chosen = [known[name] for name in names] if names else [t for t in tables if t.suitable]
    for table in chosen:
        if not table.path.is_file():
            raise DataProblem(f"{table.path} is described but missing.")
        if table.sha256 and hashlib.sha256(table.path.read_bytes()).hexdigest() != table.sha256:
            raise DataProblem(f"{table.path} is not the file that was described: its SHA-256 differs.")
    return chosen


def _table(folder: Path, entry: dict[str, Any]) -> BenchmarkTable:
    path = folder / entry["file"]
    source = entry.get("original") or entry.get("source") or "not stated"
    columns = entry.get("columns", [])
    known = bool(entry.get("rows"))
    return BenchmarkTable(
        name=entry["name"],
        path=path,
        sha256=entry.get("sha256", ""),
        target=entry["target"],
        exclude=tuple(entry.get("ml_exclude") or ()),
        rows=entry["rows"] if known else pq.read_metadata(path).num_rows,
        columns=len(columns) or pq.read_metadata(path).num_columns,
        task=entry.get("task", ""),
        source=source if isinstance(source, str) else json.dumps(source),
        licence=entry.get("licence", "not stated"),
        types=tuple(c.get("type", "") for c in columns),
        duplicates=entry.get("exact_duplicate_rows") or 0,
    )


def _in_memory(table: BenchmarkTable) -> pa.Table:
    return pq.read_table(table.path).replace_schema_metadata(None)

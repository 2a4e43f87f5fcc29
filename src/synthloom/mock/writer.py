"""Writes mock tables into a folder, with a manifest that labels them ``mock``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from synthloom.artifact.manifest import Manifest
from synthloom.artifact.writer import StagedFolder, write_manifest
from synthloom.data import Table
from synthloom.errors import OptionError
from synthloom.io import write_table
from synthloom.mock.engine import MockEngine
from synthloom.run_context import RunContext

MockFormat = Literal["csv", "parquet"]


def write_mock(
    engine: MockEngine,
    folder: str | Path,
    *,
    format: MockFormat = "csv",
    overwrite: bool = False,
    run: RunContext | None = None,
) -> Manifest:
    """Writes every table of an engine as one file, and ``manifest.json`` beside them.

    The manifest names the label ``mock``, the seed, the rows, the order in which the tables can be loaded, and the keys
    that are to be filled in afterwards because they close a circle.

    Raises:
        OptionError: if the format is unknown, or two tables would share a file.
        OutputError: if the folder is there already (unless ``overwrite``), or cannot be written.
    """
    if format not in ("csv", "parquet"):
        raise OptionError(f'the format is "{format}"', accepted="csv, parquet")
    run = run or RunContext()
    names = {table: _file_name(table) for table in engine.plan.tables}
    if len({name.lower() for name in names.values()}) < len(names):
        raise OptionError("two tables have names that differ only in case or punctuation", hint="rename one of them")
    total = sum(engine.table_rows(table) for table in names) or 1
    reporter = run.reporter("mock")
    done = 0

    def counted(table: str) -> Iterator[Table]:
        nonlocal done
        for batch in engine.batches(table, run):
            yield Table(batch)
            done += batch.num_rows
            reporter.update(done / total, f"{table}: {done:,} of {total:,} rows")

    with StagedFolder(folder, overwrite=overwrite) as staged:
        for table, name in names.items():
            write_table(counted(table), staged / f"{name}.{format}", protect_formulas=False)
        return write_manifest(staged, kind="release", label="mock", facts=_facts(engine, names, format))


def _file_name(table: str) -> str:
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in table) or "table"


def _facts(engine: MockEngine, names: dict[str, str], format: str) -> dict[str, Any]:
    plan = engine.plan
    return {
        "seed": engine.seed,
        "tables": {t: {"file": f"{name}.{format}", "rows": engine.table_rows(t)} for t, name in names.items()},
        "load_order": list(plan.load_order),
        "fill_afterwards": [{"table": table, "columns": list(columns)} for table, columns in plan.filled_afterwards],
        "notes": list(plan.notes),
    }

"""Files with gaps filled in: the filled table, drawn tables, and a list of the cells that were filled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthloom.artifact import StagedFolder, write_json, write_manifest
from synthloom.data import Table
from synthloom.guidance import Imputation, impute
from synthloom.io import output_suffix, read_table, write_table
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, read_schema
from synthloom.synthesizers import load

REMINDER = "These are real rows; only the cells in imputed_cells were filled in, with values that a model finds likely."


def impute_file(
    source: str | Path,
    output: str | Path,
    *,
    model: str | Path | None = None,
    schema: TableSchema | str | Path | None = None,
    columns: Sequence[str] | None = None,
    draws: int = 0,
    interval: float = 0.9,
    seed: int | None = None,
    overwrite: bool = False,
    run: RunContext | None = None,
) -> Imputation:
    """Fills the gaps of a file and writes a folder, labelled ``imputed``.

    It holds the table under its own name and format, ``NAME.draw-1`` and so on where draws are
    wanted, ``imputed_cells.csv`` (row, column, value, interval, chance), and ``imputation.json``.

    Raises:
        UserError: if the file or the model cannot be read, or the folder cannot be written.
    """
    table, info = read_table(source)
    fitted = load(model) if model is not None else None
    given = read_schema(schema) if isinstance(schema, (str, Path)) else schema
    with StagedFolder(output, overwrite=overwrite) as staging:
        result = impute(
            table, fitted, columns=columns, draws=draws, interval=interval, schema=given, seed=seed, run=run
        )
        name, suffix = Path(source).name.split(".")[0], output_suffix(info)
        write_table(Table.from_frame(result.data), staging / f"{name}{suffix}", info)
        for number, frame in enumerate(result.draws, start=1):
            write_table(Table.from_frame(frame), staging / f"{name}.draw-{number}{suffix}", info)
        write_table(Table(result.cells), staging / "imputed_cells.csv")
        write_json(staging / "imputation.json", _facts(result, table))
        write_manifest(staging, kind="imputed table", label="imputed")
    return result


def _facts(result: Imputation, table: Table) -> dict[str, Any]:
    names = result.cells.column("column").to_pylist()
    return {
        "reminder": REMINDER,
        "rows": table.n_rows,
        "filled_cells": {name: names.count(name) for name in dict.fromkeys(names)},
        "left_as_they_were": list(result.left),
        "interval": result.interval,
        "draws": len(result.draws),
        "effective_completions": round(result.effective, 1),
    }

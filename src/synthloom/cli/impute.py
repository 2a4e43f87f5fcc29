"""``synthloom impute``: gaps in real rows filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import Input, Overwrite, SchemaFile, Seed, Workers, consoles, running


def impute(
    source: Input,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write the filled table and its cells.")],
    model: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="A fitted model; one is fitted to the table if left out.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Fill only this column; may be repeated.")
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", min=0, help="Tables of drawn values, beside the best guess.")] = 0,
    interval: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of true values that intervals are to cover.")
    ] = 0.9,
    schema: SchemaFile = None,
    seed: Seed = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Fill the missing cells of real rows, with intervals; the rows stay real, what was filled is listed."""
    from synthloom.workflow.imputing import REMINDER, impute_file

    out, err = consoles()
    with running(workers, err) as context:
        result = impute_file(
            source,
            output,
            model=model,
            schema=schema,
            columns=column,
            draws=draws,
            interval=interval,
            seed=seed,
            overwrite=overwrite,
            run=context,
        )
    out.print(f"Filled {result.cells.num_rows:,} cells: {output}", markup=False)
    if result.left:
        err.print(f"Note: gaps were left in {', '.join(result.left)}", markup=False)
    out.print(REMINDER, markup=False)

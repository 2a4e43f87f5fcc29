"""``synthloom split``: rows to learn from and rows to judge by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import Entity, Input, Overwrite, SchemaFile, Seed, Time, consoles


def split(
    source: Input,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write the two files.")],
    seed: Seed = None,
    schema: SchemaFile = None,
    entity: Entity = None,
    time: Time = None,
    overwrite: Overwrite = False,
) -> None:
    """Set a holdout aside: writes train and holdout in the input's own format, for fit and evaluate."""
    from synthloom.workflow.step_split import split_file

    out, err = consoles()
    found, names = split_file(source, output, seed=seed, schema=schema, entity=entity, time=time, overwrite=overwrite)
    for warning in found.warnings:
        err.print(f"Note: {warning}", markup=False)
    learned, held = found.folds[0]
    out.print(f"{output / names[0]}: {len(learned):,} rows to learn from", markup=False)
    out.print(f"{output / names[1]}: {len(held):,} rows held out: {found.method}", markup=False)

"""``synthloom fit``: learn a table and keep the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import Input, Overwrite, SchemaFile, Seed, SynthesizerName, Workers, consoles, running


def fit(
    source: Input,
    output: Annotated[Path, typer.Option(metavar="MODEL", help="The model folder to write.")],
    seed: Seed = None,
    synthesizer: SynthesizerName = None,
    schema: SchemaFile = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Learn a table and write the model as a folder of plain files.

    Every row is learned from, so nothing is left to judge by: for evidence, use run.
    """
    from synthloom.synthesizers import synthesizer_class
    from synthloom.workflow.step_read import read_input
    from synthloom.workflow.step_schema import make_schema

    out, err = consoles()
    model = synthesizer_class(synthesizer)()
    with running(workers, err) as context:
        table, info, _ = read_input(source)
        table_schema = make_schema(table, schema)
        model.fit(table.select(table_schema.names), table_schema, seed=seed, run=context)
        model.save(output, overwrite=overwrite)
    for note in info.notes if info else ():
        err.print(f"Note: {note}", markup=False)
    out.print(f"Learned {table.n_rows:,} rows x {len(table_schema.columns)} columns. Model: {output}", markup=False)

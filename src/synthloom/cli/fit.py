"""``synthloom fit``: learn a table and keep the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import (
    Delta,
    Epsilon,
    Input,
    LedgerFile,
    MemoryLimit,
    Overwrite,
    PublicSchemaFile,
    SchemaFile,
    Seed,
    SynthesizerName,
    TimeLimit,
    Workers,
    consoles,
    running,
    show_budget,
    show_choice,
)


def fit(
    source: Input,
    output: Annotated[Path, typer.Option(metavar="MODEL", help="The model folder to write.")],
    seed: Seed = None,
    synthesizer: SynthesizerName = None,
    schema: SchemaFile = None,
    epsilon: Epsilon = None,
    delta: Delta = None,
    public_schema: PublicSchemaFile = None,
    ledger: LedgerFile = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Learn a table and write the model as a folder of plain files.

    Every row is learned from, so nothing is left to judge by: for evidence, use run.
    """
    from synthloom.errors import OutputError
    from synthloom.workflow import fit as fit_workflow

    if output.exists() and not overwrite and (output.is_file() or any(output.iterdir())):
        raise OutputError(
            f'the output "{output}" is already there', hint="choose another name, or add --overwrite to replace it"
        )
    out, err = consoles()
    with running(workers, err, time_limit=time_limit, memory_limit=memory_limit) as context:
        model = fit_workflow(
            source,
            schema=schema,
            synthesizer=synthesizer,
            seed=seed,
            epsilon=epsilon,
            delta=delta,
            public_schema=public_schema,
            ledger=ledger,
            context=context,
            on_choice=lambda choice: show_choice(choice, err),
            on_note=lambda note: err.print(f"Note: {note}", markup=False),
        )
        model.save(output, overwrite=overwrite)
    show_budget(model, out)
    columns = len(model.schema_.columns)
    out.print(f"Learned {columns} columns with {model.name}. Model: {output}", markup=False)

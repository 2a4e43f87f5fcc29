"""``synthloom run``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import (
    Delta,
    DepthName,
    Entity,
    Epsilon,
    Input,
    LedgerFile,
    MemoryLimit,
    Overwrite,
    PolicyFile,
    PublicSchemaFile,
    SchemaFile,
    Seed,
    Sensitive,
    SynthesizerName,
    Target,
    Time,
    TimeLimit,
    Workers,
    consoles,
    running,
    show_budget,
    show_choice,
    show_verdicts,
)

_NOTES = 8
"""Notes shown on the terminal; the report has all."""


def run(
    source: Input,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write release/ and private/.")] = Path(
        "synthloom-run"
    ),
    target: Target = None,
    rows: Annotated[
        int | None, typer.Option(metavar="N", help="Synthetic rows; as many as the input by default.")
    ] = None,
    seed: Seed = None,
    synthesizer: SynthesizerName = None,
    schema: SchemaFile = None,
    entity: Entity = None,
    time: Time = None,
    sensitive: Sensitive = None,
    shift_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Keeps rows apart, to see how models fare on them.")
    ] = None,
    shift_from: Annotated[
        str | None, typer.Option(metavar="VALUE", help="From this number or date on, or of this category.")
    ] = None,
    depth: DepthName = "standard",
    policy: PolicyFile = None,
    epsilon: Epsilon = None,
    delta: Delta = None,
    public_schema: PublicSchemaFile = None,
    ledger: LedgerFile = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Learn a table, sample synthetic rows, and judge them against real rows that were held out.

    Leaves release/ (the synthetic data, an evidence card, a manifest: may leave the house) and
    private/ (the full report with real figures, the model, the schema: stays).
    """
    from synthloom.errors import OptionError
    from synthloom.workflow import run as run_workflow

    if (shift_column is None) != (shift_from is None):
        raise OptionError("--shift-column and --shift-from go together", hint="give both, or neither")
    out, err = consoles()
    with running(workers, err, time_limit=time_limit, memory_limit=memory_limit) as context:
        result = run_workflow(
            source,
            target=target,
            entity=entity,
            time=time,
            schema=schema,
            rows=rows,
            seed=seed,
            synthesizer=synthesizer,
            sensitive=sensitive or (),
            shift=None if shift_column is None else (shift_column, shift_from),
            depth=depth,  # type: ignore[arg-type] # checked where it is used
            policy=policy,
            epsilon=epsilon,
            delta=delta,
            public_schema=public_schema,
            ledger=ledger,
            output=output,
            overwrite=overwrite,
            context=context,
            on_choice=lambda choice: show_choice(choice, err),
            on_forecast=lambda forecast: err.print(f"Forecast: {forecast}."),
            on_quick_verdict=lambda lines: show_verdicts(lines, err, "A first look; the full evaluation follows"),
        )
    told = {text.capitalize() for text in (result.model.choice_ or {}).get("given_up", ())}
    notes = [note for note in result.report.content.warnings if note.rstrip(".").capitalize() not in told]
    for note in notes[:_NOTES]:
        err.print(f"Note: {note}", markup=False)
    show_verdicts(result.report.verdicts, out, "Verdict")
    show_budget(result.model, out)
    out.print(f"Synthetic data and card: {output / 'release'}", markup=False)
    out.print(f"Full report: {output / 'private' / 'report.html'}", markup=False)
    out.print("This is evidence, not a finding of anonymity; synthetic data from personal data may be personal data.")

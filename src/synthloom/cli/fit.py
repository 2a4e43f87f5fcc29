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
    Target,
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
    fair: Annotated[
        str | None,
        typer.Option(
            metavar="NOTION", help="statistical_parity, equal_opportunity or representation, between sensitive groups."
        ),
    ] = None,
    sensitive: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="With --fair: whose groups; several are crossed.")
    ] = None,
    target: Target = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="VALUE", help="With --fair: the target's value that counts; the rarer of two.")
    ] = None,
    leeway: Annotated[
        float, typer.Option(metavar="L", help="With --fair: 0 is fair at every threshold, 1 at 0.5 alone.")
    ] = 0.4,
    difference: Annotated[
        float, typer.Option(metavar="D", help="With --fair: how far apart the groups' rates may be at 0.5.")
    ] = 0.01,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Learn a table and write the model as a folder of plain files.

    Every row is learned from, so nothing is left to judge by: for evidence, use run.
    """
    from synthloom.artifact import StagedFolder
    from synthloom.errors import OptionError
    from synthloom.workflow import fit as fit_workflow

    if fair is not None:
        if any(given is not None for given in (epsilon, public_schema, ledger, time_limit, memory_limit)):
            raise OptionError("--fair was given with a limit or a privacy budget", accepted="--fair without them")
        dials = (leeway, difference)
        _fit_fairly(
            source, output, fair, sensitive, target, outcome, dials, synthesizer, schema, seed, workers, overwrite
        )
        return
    if sensitive or target or outcome:
        raise OptionError("--sensitive, --target and --outcome go with --fair", accepted="--fair NOTION with them")
    out, err = consoles()
    with (
        StagedFolder(output, overwrite=overwrite) as staging,
        running(workers, err, time_limit=time_limit, memory_limit=memory_limit) as context,
    ):
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
        model.write_model(staging)
    show_budget(model, out)
    columns = len(model.schema_.columns)
    out.print(f"Learned {columns} columns with {model.name}. Model: {output}", markup=False)


def _fit_fairly(
    source: str,
    output: Path,
    notion: str,
    sensitive: list[str] | None,
    target: str | None,
    outcome: str | None,
    dials: tuple[float, float],
    synthesizer: str | None,
    schema: Path | None,
    seed: int | None,
    workers: int | None,
    overwrite: bool,
) -> None:
    from synthloom.artifact import StagedFolder
    from synthloom.guidance import Fairness
    from synthloom.workflow.fairly import fit_fairly

    alone = notion == "representation"
    wanted = Fairness(
        sensitive=tuple(sensitive or ()),
        target=target,
        outcome=outcome,
        notion="none" if alone else notion,  # type: ignore[arg-type]
        representation="equal" if alone else "as_is",
        leeway=dials[0],
        difference=dials[1],
    )
    name = "boosted_chain" if synthesizer in (None, "auto") else str(synthesizer)
    out, err = consoles()
    with StagedFolder(output, overwrite=overwrite) as staging, running(workers, err) as context:
        model = fit_fairly(source, wanted, schema=schema, synthesizer=name, seed=seed, run=context)
        model.save(staging)
    for group in model.record_["groups"]:
        rates = f", outcome {group['rate_before']} → {group['rate_after']}" if "rate_after" in group else ""
        out.print(f"{group['group']}: {group['rows']:,} rows, weight {group['weight']:g}{rates}", markup=False)
    out.print(f"Learned {notion} between {', '.join(wanted.sensitive)}. Model: {output}", markup=False)

"""``synthloom augment`` and ``synthloom rebalance``: synthetic rows beside real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from synthloom.cli.options import (
    Input,
    Overwrite,
    SchemaFile,
    Seed,
    SynthesizerName,
    TimeLimit,
    Workers,
    consoles,
    running,
)

Output = Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write the table and what was found.")]
Provenance = Annotated[str, typer.Option(metavar="COLUMN", help="The column that tells real from synthetic rows.")]


def augment(
    source: Input,
    target: Annotated[str, typer.Option(metavar="COLUMN", help="The column that models predict.")],
    output: Output,
    learner: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="boosting (default), linear, forest, neighbours; the first decides."),
    ] = None,
    measure: Annotated[
        str, typer.Option(metavar="NAME", help="auto, average_precision, balanced_accuracy, auc or r2.")
    ] = "auto",
    kind: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="plain (the real mix) or balanced; both by default.")
    ] = None,
    multiple: Annotated[
        list[float] | None,
        typer.Option(metavar="K", help="Synthetic rows for each real one to try; 0.5, 1 and 2 by default."),
    ] = None,
    splits: Annotated[int, typer.Option(metavar="N", help="Outer splits of the real rows.")] = 8,
    inner: Annotated[int, typer.Option(metavar="N", help="Inner splits of each, which choose the rows to add.")] = 3,
    holdout: Annotated[float, typer.Option(metavar="SHARE", help="Share of the rows tested in each split.")] = 0.25,
    rows: Annotated[int, typer.Option(metavar="N", help="Judge larger tables on this many random rows.")] = 20_000,
    add: Annotated[
        str | None, typer.Option(metavar="KIND:K", help="Add rows whatever is found, such as plain:1 or balanced:0.5.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column that no model may see; may be repeated.")
    ] = None,
    synthesizer: SynthesizerName = None,
    provenance: Provenance = "provenance",
    schema: SchemaFile = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Find whether synthetic rows help a model of the real ones, and add them where they do."""
    from synthloom.workflow.augmenting import augment_file, closing_words

    out, err = consoles()
    with running(workers, err, time_limit=time_limit) as context:
        result = augment_file(
            source,
            output,
            target,
            learners=learner,
            measure=measure,
            kinds=kind,
            multiples=multiple,
            splits=splits,
            inner=inner,
            holdout=holdout,
            rows=rows,
            add=add,
            exclude=exclude or (),
            synthesizer=synthesizer or "auto",
            schema=schema,
            provenance=provenance,
            seed=seed,
            overwrite=overwrite,
            run=context,
        )
    for warning in result.warnings:
        err.print(f"Note: {warning}", markup=False)
    for advice in result.advice:
        out.print(f"{advice.learner}: {advice.sentence}", markup=False)
    out.print(closing_words(result), markup=False)
    out.print(f"Full result: {output / 'augmentation.html'}", markup=False)


def rebalance(
    source: Input,
    mix: Annotated[
        str,
        typer.Option(metavar="FILE|YAML", help='Shares by column, such as "y: {yes: 0.5, no: 0.5}" or "y: balanced".'),
    ],
    output: Output,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="Rows in all; as few as have the mix (or as many as real ones).")
    ] = None,
    real: Annotated[
        str, typer.Option(metavar="keep|none", help="Keep all real rows, or write synthetic ones only.")
    ] = "keep",
    model: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="A fitted model; one is fitted to the table if left out.")
    ] = None,
    synthesizer: SynthesizerName = None,
    provenance: Provenance = "provenance",
    schema: SchemaFile = None,
    seed: Seed = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Bring a table to any mix of one or several columns, by synthetic rows of what is missing."""
    from synthloom.workflow.augmenting import rebalance_file

    out, err = consoles()
    with running(workers, err) as context:
        result = rebalance_file(
            source,
            output,
            mix,
            size=size,
            real=cast(Literal["keep", "none"], real),
            model=model,
            synthesizer=synthesizer or "auto",
            schema=schema,
            provenance=provenance,
            seed=seed,
            overwrite=overwrite,
            run=context,
        )
    for note in result.notes:
        err.print(f"Note: {note}", markup=False)
    for count in result.counts:
        now = f"now {count.real:,} real and {count.synthetic:,} synthetic"
        out.print(f"{count.words}: {count.before:,} real rows before, {now}", markup=False)
    out.print(f"Wrote {result.synthetic_rows:,} synthetic rows: {output}", markup=False)

"""``synthloom evaluate``: the evidence on synthetic data that anyone made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import (
    DepthName,
    Overwrite,
    PolicyFile,
    SchemaFile,
    Seed,
    Sensitive,
    Target,
    Workers,
    consoles,
    running,
    show_verdicts,
)


def evaluate(
    train: Annotated[Path, typer.Option(metavar="FILE", help="The rows that were learned from.")],
    holdout: Annotated[Path, typer.Option(metavar="FILE", help="Real rows that were not.")],
    synthetic: Annotated[Path, typer.Option(metavar="FILE", help="The synthetic rows.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write report.html and report.json.")],
    target: Target = None,
    schema: SchemaFile = None,
    sensitive: Sensitive = None,
    shifted: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Real rows from later or elsewhere, to try models on.")
    ] = None,
    depth: DepthName = "standard",
    model: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The model that made the rows: fitted anew with canaries.")
    ] = None,
    policy: PolicyFile = None,
    seed: Seed = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Judge synthetic rows against the rows they were learned from and real rows held out."""
    from synthloom.workflow import evaluate_files

    out, err = consoles()
    with running(workers, err) as context:
        view = evaluate_files(
            train=train,
            holdout=holdout,
            synthetic=synthetic,
            output=output,
            target=target,
            schema=schema,
            sensitive=sensitive or (),
            shifted=shifted,
            depth=depth,  # type: ignore[arg-type] # checked where it is used
            model=model,
            policy=policy,
            seed=seed,
            overwrite=overwrite,
            context=context,
        )
    show_verdicts(view.verdicts, out, "Verdict")
    out.print(f"Full report: {output / 'report.html'}", markup=False)

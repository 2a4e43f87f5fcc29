"""``synthloom audit``: the evidence on a release, repeated later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import (
    DepthName,
    MemoryLimit,
    Overwrite,
    PolicyFile,
    SchemaFile,
    Seed,
    Sensitive,
    Target,
    TimeLimit,
    Workers,
    consoles,
    running,
    show_verdicts,
)


def audit(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="The folder of a run, or its release/ alone.")],
    against: Annotated[Path, typer.Option(metavar="FILE", help="Real rows that nothing was learned from.")],
    train: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The rows learned from, or the run's input; without them no attacks."),
    ] = None,
    policy: PolicyFile = None,
    target: Target = None,
    schema: SchemaFile = None,
    sensitive: Sensitive = None,
    depth: DepthName = "standard",
    seed: Seed = None,
    output: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to write the full report.")] = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Repeat the evidence on a release against new real rows, and add it to the card's history.

    The data stay as they are. The policy is the run's, unless another is given; if the evidence
    falls short of it the exit code is 3, and the card says so.
    """
    from synthloom.workflow import audit as audit_workflow

    out, err = consoles()
    with running(workers, err, time_limit=time_limit, memory_limit=memory_limit) as context:
        view = audit_workflow(
            release,
            against=against,
            train=train,
            policy=policy,
            target=target,
            schema=schema,
            sensitive=sensitive or (),
            depth=depth,  # type: ignore[arg-type] # checked where it is used
            seed=seed,
            output=output,
            overwrite=overwrite,
            context=context,
        )
    for note in view.content.warnings[:4]:
        err.print(f"Note: {note}", markup=False)
    show_verdicts(view.verdicts, out, "Audit")
    out.print(f"Added to the history on the card: {release}", markup=False)

"""``synthloom schema``: what Synthloom takes the columns for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import Input, Overwrite, PersonalConfidence, Target, consoles


def schema(
    source: Input,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file to write instead of the terminal.")
    ] = None,
    target: Target = None,
    personal_confidence: PersonalConfidence = None,
    constraints: Annotated[
        bool, typer.Option("--constraints", help="Take the proposed constraints in, rather than as comments.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write the schema of a table as YAML, to be looked at, edited, and handed back with --schema.

    Statements that all rows meet, beyond chance, are proposed as constraints at its end.
    """
    from synthloom.errors import OutputError
    from synthloom.schema import proposals_as_comment, propose_constraints, schema_to_yaml
    from synthloom.workflow.step_read import read_input
    from synthloom.workflow.step_schema import make_schema

    out, err = consoles()
    table, info, _ = read_input(source)
    for note in info.notes if info else ():
        err.print(f"Note: {note}", markup=False)
    made = make_schema(table, target=target, personal_confidence=personal_confidence)
    proposals = propose_constraints(table, made)
    if constraints:
        made = made.model_copy(update={"constraints": tuple(proposal.constraint for proposal in proposals)})
    text = schema_to_yaml(made) + ("" if constraints else proposals_as_comment(proposals, table.n_rows))
    if output is None:
        typer.echo(text, nl=False)
        return
    if output.exists() and not overwrite:
        raise OutputError(f'the output "{output}" is already there', hint="add --overwrite to replace it")
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f'cannot write "{output}": {error.strerror}', hint="choose another place") from error
    taken = f", {len(proposals)} constraints proposed" if proposals else ""
    out.print(f"Wrote the schema of {len(table.names)} columns to {output}{taken}", markup=False)

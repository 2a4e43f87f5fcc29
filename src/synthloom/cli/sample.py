"""``synthloom sample``: new rows from a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthloom.cli.options import Overwrite, Seed, Workers, consoles, running

if TYPE_CHECKING:
    from synthloom.synthesizers import Synthesizer


def sample(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model folder that fit or run wrote.")],
    rows: Annotated[int, typer.Option(metavar="N", min=0, help="How many rows.")],
    output: Annotated[Path, typer.Option(metavar="FILE", help="CSV (also .gz, .zst), Parquet or Excel.")],
    seed: Seed = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="A value that every row has; may be repeated.")
    ] = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Sample synthetic rows, streamed to a file."""
    from synthloom.errors import OutputError
    from synthloom.io import write_table
    from synthloom.synthesizers import load

    if output.exists() and not overwrite:
        raise OutputError(
            f'the output "{output}" is already there', hint="choose another name, or add --overwrite to replace it"
        )
    out, err = consoles()
    synthesizer = load(model)
    conditions = parse_conditions(synthesizer, where or [])
    with running(workers, err) as context:
        batches = synthesizer.sample_batches(rows, where=conditions, seed=seed, run=context)
        write_table(batches, output)
    out.print(f"Wrote {rows:,} synthetic rows to {output}", markup=False)


def parse_conditions(model: Synthesizer, where: list[str]) -> dict[str, Any]:
    """``COLUMN=VALUE`` texts as values of each column's type."""
    import pyarrow as pa

    from synthloom.errors import ConditionError

    conditions: dict[str, Any] = {}
    for text in where:
        name, mark, value = text.partition("=")
        if not mark:
            raise ConditionError(f'the condition "{text}" has no "="', accepted="COLUMN=VALUE")
        kind = model.schema_.column(name).arrow_type
        try:
            conditions[name] = pa.array([value]).cast(kind)[0].as_py() if value else None
        except pa.ArrowException as error:
            raise ConditionError(f'"{value}" is no value for "{name}"', accepted=f"values of type {kind}") from error
    return conditions

"""``synthloom mock``: rows that fit a schema, without any real data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import Overwrite, Seed, Workers, consoles, running


def mock(
    schema: Annotated[
        str,
        typer.Argument(
            metavar="SCHEMA", help="YAML, SQL (.sql), JSON Schema (.json), or a schema that Synthloom inferred."
        ),
    ],
    rows: Annotated[int, typer.Option(metavar="N", min=0, help="Rows of each table that does not say how many.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write.")],
    seed: Seed = None,
    format: Annotated[str, typer.Option(metavar="csv|parquet", help="What to write.")] = "csv",
    locale: Annotated[
        str | None, typer.Option(metavar="LOCALE", help="Whose people and places, such as de_DE.")
    ] = None,
    dialect: Annotated[
        str | None, typer.Option(metavar="NAME", help="The SQL dialect: postgres, sqlite, mysql, tsql …")
    ] = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Make rows that only fit a schema: for tests and demonstrations, not for analysis."""
    from synthloom.errors import OptionError
    from synthloom.mock.result import make_engine
    from synthloom.mock.writer import write_mock

    if format not in ("csv", "parquet"):
        raise OptionError(f'the format is "{format}"', accepted="csv, parquet")
    out, err = consoles()
    engine = make_engine(schema, rows, seed, locale=locale, dialect=dialect)
    with running(workers, err) as context:
        write_mock(engine, output, format=format, overwrite=overwrite, run=context)  # type: ignore[arg-type]
    for note in engine.plan.notes:
        err.print(f"Note: {note}.", markup=False)
    for table in engine.plan.load_order:
        out.print(f"{table}: {engine.table_rows(table):,} rows", markup=False)
    out.print(f"Mock data (label: mock, seed {engine.seed}): {output}", markup=False)

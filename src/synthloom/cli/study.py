"""``synthloom study``: do models trained on synthetic rows score as models trained on real rows?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthloom.cli.options import Overwrite, Seed, TimeLimit, Workers, consoles, running

if TYPE_CHECKING:
    from synthloom.workflow.study import StudyTable


def study(
    tables: Annotated[
        list[str],
        typer.Argument(metavar="[NAME=]FILE:TARGET…", help="Tables, each with the column that models predict."),
    ],
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="For study.json, .md and .html; a stopped study goes on here.")
    ],
    learner: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="boosting, linear, forest or neighbours; several times; all by default."),
    ] = None,
    synthesizer: Annotated[str, typer.Option(metavar="NAME", help="The synthesizer to study.")] = "boosted_chain",
    splits: Annotated[int, typer.Option(metavar="N", help="Random splits of each table.")] = 10,
    holdout: Annotated[float, typer.Option(metavar="SHARE", help="Share of the rows held out in each.")] = 0.25,
    rows: Annotated[int | None, typer.Option(metavar="N", help="Thin larger tables to this many random rows.")] = None,
    multiple: Annotated[
        float, typer.Option(metavar="K", help="Synthetic rows for each real training row; 1 compares like with like.")
    ] = 1.0,
    margin: Annotated[
        float, typer.Option(metavar="D", help="Difference of scores that counts as none; the power is told for it.")
    ] = 0.01,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:COLUMN", help="A column of a table to leave out; may be given several times."),
    ] = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Compare models trained on synthetic rows with models trained on real rows, over tables and learners.

    For each table and learner: a paired test of the difference, its power, and a test of equivalence.
    """
    from synthloom.report.study_page import study_rows
    from synthloom.workflow import study as study_workflow

    out, err = consoles()
    with running(workers, err, time_limit=time_limit) as context:
        result = study_workflow(
            _tables(tables, exclude or []),
            learners=learner,
            synthesizer=synthesizer,
            splits=splits,
            holdout=holdout,
            rows=rows,
            multiple=multiple,
            margin=margin,
            seed=seed,
            output=output,
            overwrite=overwrite,
            context=context,
        )
    for warning in result.warnings:
        err.print(f"Note: {warning}", markup=False)
    for row in study_rows(result.tests):
        out.print("  ".join((f"{row[0]:18}", f"{row[1]:10}", *row[2:])), markup=False)
    out.print(result.summary.sentence, markup=False)
    out.print(f"Full result: {output / 'study.html'}", markup=False)


def _tables(given: list[str], excluded: list[str]) -> dict[str, StudyTable]:
    """The tables by name, with what is left out of each."""
    from synthloom.errors import OptionError, did_you_mean
    from synthloom.workflow.study import StudyTable

    tables: dict[str, StudyTable] = {}
    for text in given:
        path, colon, target = text.rpartition(":")
        name, equals, rest = path.partition("=")
        source = rest if equals else path
        if not (colon and source and target):
            raise OptionError(f'"{text}" names no table with its target', accepted="FILE:TARGET or NAME=FILE:TARGET")
        name = name if equals else Path(source).name.split(".")[0]
        if name in tables:
            raise OptionError(f'two tables are called "{name}"', hint="give one another name: NAME=FILE:TARGET")
        tables[name] = StudyTable(source, target)
    for text in excluded:
        name, colon, column = text.partition(":")
        if name not in tables or not column:
            raise OptionError(f'"{text}" names no column of a table', hint=did_you_mean(name, tables))
        old = tables[name]
        tables[name] = StudyTable(old.source, old.target, old.schema, (*old.exclude, column))
    return tables

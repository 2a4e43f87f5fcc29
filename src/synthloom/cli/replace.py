"""``synthloom replace``: personal data in real tables replaced by made-up values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synthloom.cli.options import Overwrite, Seed, consoles


def replace(
    sources: Annotated[list[str], typer.Argument(metavar="INPUT…", help="Tables; persons are recognised across them.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write the tables and what was replaced.")],
    seed: Seed = None,
    overwrite: Overwrite = False,
) -> None:
    """Replace names, e-mails, phones, addresses and numbers of people in real tables; one person stays one person.

    All other columns stay as they are: the rows are still real. For synthetic rows, use run.
    """
    from synthloom.workflow.replacing import REMINDER, replace_files

    out, err = consoles()
    report = replace_files(sources, output, seed=seed, overwrite=overwrite)
    for item in report:
        finding = item.finding
        out.print(
            f"{item.table}.{item.column}: {finding.kind} ({finding.confidence:.0%}: {finding.reason}); "
            f"{item.different:,} different values replaced by such as {item.example}",
            markup=False,
        )
    if not report:
        out.print("No personal data were found; the tables were written as they are.")
    err.print(f"Note: {REMINDER}")
    out.print(f"Tables: {output}", markup=False)

"""``synthloom sample``: new rows from a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthloom.cli.options import Overwrite, Seed, Workers, consoles, running

if TYPE_CHECKING:
    from synthloom.data import Table
    from synthloom.synthesizers.guided.guided_sampling import GuidedRows


def sample(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model folder that fit or run wrote.")],
    output: Annotated[Path, typer.Option(metavar="FILE", help="CSV (also .gz, .zst), Parquet or Excel.")],
    rows: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="How many rows; with --fill as many as the file has.")
    ] = None,
    seed: Seed = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help='What every row is like: "age between 30 and 40", "size in (large, small)", "size = small", …',
        ),
    ] = None,
    fill: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Partly filled rows, one for each row wanted: gaps are drawn.")
    ] = None,
    constraints: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Statements that hold in every row; YAML, or Python to run."),
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is to be otherwise than in the data; YAML, see docs/scenarios.md."),
    ] = None,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Sample synthetic rows, streamed to a file."""
    from synthloom.constraints import read_constraints
    from synthloom.errors import OptionError, OutputError
    from synthloom.io import read_table, write_table
    from synthloom.synthesizers import load

    if output.exists() and not overwrite:
        raise OutputError(
            f'the output "{output}" is already there', hint="choose another name, or add --overwrite to replace it"
        )
    if rows is None and fill is None:
        raise OptionError("no number of rows was given", accepted="--rows N, or --fill FILE")
    if fill is not None and where:
        raise OptionError("both --where and --fill were given", accepted="one of them")
    if scenario is not None:
        if where or fill is not None or constraints is not None or rows is None:
            raise OptionError(
                "a scenario stands by itself",
                accepted="--scenario FILE with --rows N, without --where or --constraints",
            )
        _play(model, scenario, rows, output, seed, workers)
        return
    out, err = consoles()
    synthesizer = load(model)
    wanted = read_constraints(constraints) if constraints is not None else ()
    condition = read_table(fill)[0] if fill is not None else list(where or [])
    tally = _Tally()
    with running(workers, err) as context:
        batches = synthesizer.draw_batches(rows, where=condition, constraints=wanted, seed=seed, run=context)
        write_table(tally.tables(batches), output)
    out.print(f"Wrote {tally.rows:,} synthetic rows to {output}", markup=False)
    if condition or wanted or synthesizer.schema_.constraints:
        mended = f"; {tally.mended:,} rows mended to meet a constraint" if tally.mended else ""
        out.print(f"Effective sample size {tally.effective:,.0f}, of {tally.drawn:,} rows drawn{mended}", markup=False)


def _play(model: Path, scenario: Path, rows: int, output: Path, seed: int | None, workers: int | None) -> None:
    """Rows under a scenario, and beside them a file that says what of them is assumed."""
    from synthloom.workflow.playing import play_to_file

    out, err = consoles()
    with running(workers, err) as context:
        played, record = play_to_file(model, scenario, rows, output, seed=seed, run=context)
    out.print(f"Wrote {rows:,} synthetic rows under the scenario {played.scenario.name} to {output}", markup=False)
    for figure in played.figures:
        model_has = "never seen" if figure.model is None else f"{figure.model:.4g} in the model"
        out.print(f"{figure.mark}: {figure.clause}: {figure.played:.4g} ({model_has}); {figure.note}", markup=False)
    out.print(
        f"Effective sample size {played.effective_sample_size:,.0f}, of {played.rows_drawn:,} rows drawn. "
        f"What is learned and what is assumed, by column: {record}",
        markup=False,
    )


@dataclass
class _Tally:
    """What passed by."""

    rows: int = 0
    effective: float = 0.0
    drawn: int = 0
    mended: int = 0

    def tables(self, batches: Iterator[GuidedRows]) -> Iterator[Table]:
        for part in batches:
            self.rows += part.table.n_rows
            self.effective += part.effective
            self.drawn += part.drawn
            self.mended += part.mended
            yield part.table

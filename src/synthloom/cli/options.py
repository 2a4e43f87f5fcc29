"""What several verbs share: option declarations, the progress display, the way verdicts are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from synthloom.progress import ProgressEvent
    from synthloom.report import VerdictLine
    from synthloom.run_context import RunContext
    from synthloom.synthesizers import Synthesizer
    from synthloom.synthesizers.choice import Choice

Input = Annotated[
    str, typer.Argument(metavar="INPUT", help="CSV (also .gz, .zst), Parquet, Excel, or a folder of parts.")
]
Target = Annotated[str | None, typer.Option(metavar="COLUMN", help="The column a model is to predict.")]
SchemaFile = Annotated[
    Path | None, typer.Option("--schema", metavar="FILE", help="A schema to use instead of the inferred one.")
]
Entity = Annotated[str | None, typer.Option(metavar="COLUMN", help="Whose row it is: whole entities are held out.")]
Time = Annotated[str | None, typer.Option(metavar="COLUMN", help="Orders the rows: the latest are held out.")]
PersonalConfidence = Annotated[
    float | None,
    typer.Option(metavar="P", min=0.0, max=1.0, help="How sure the finder of personal data must be; 0.5 by default."),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Makes the result repeatable.")]
SynthesizerName = Annotated[
    str | None,
    typer.Option(
        "--synthesizer",
        metavar="NAME",
        help="auto (the default: chosen by the table), boosted_chain, gaussian_copula or independent_columns.",
    ),
]
Sensitive = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Audit fairness between its groups; may be given several times."),
]
DepthName = Annotated[
    str, typer.Option("--depth", metavar="NAME", help="standard, or thorough: more seeds and rows in every check.")
]
Workers = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Threads to use; the result does not depend on it.")
]
PolicyFile = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="FILE|default",
        help="What the evidence must show; if it falls short, the data are withheld and the exit code is 3.",
    ),
]
TimeLimit = Annotated[
    str | None,
    typer.Option(metavar="T", help="Seconds, or 30s, 5m, 1h: what fits in it is done, what was given up is said."),
]
MemoryLimit = Annotated[
    str | None, typer.Option(metavar="M", help="Such as 2GB: the run stays below it, or stops and says so.")
]
Epsilon = Annotated[
    float | None,
    typer.Option(metavar="E", help="Learn under differential privacy with this budget, noise and all that is read."),
]
Delta = Annotated[float | None, typer.Option(metavar="D", help="The delta that goes with it; 1e-5 by default.")]
PublicSchemaFile = Annotated[
    Path | None,
    typer.Option("--public-schema", metavar="FILE", help="What is public of the columns: categories, bounds, units."),
]
LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="FILE", help="What was spent on these data before; this release is added."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]

LEVEL_STYLES = {"good": "green", "fair": "yellow", "poor": "red", "unknown": "dim"}


def consoles() -> tuple[Console, Console]:
    """One console for results, one (standard error) for progress."""
    return Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def running(
    workers: int | None, console: Console, *, time_limit: str | None = None, memory_limit: str | None = None
) -> Iterator[RunContext]:
    """A run context with its limits, whose progress is shown on ``console`` while the block runs."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from synthloom.execution import LocalExecutor
    from synthloom.limits import parse_duration, parse_size
    from synthloom.run_context import RunContext

    seconds = None if time_limit is None else parse_duration(time_limit)
    size = None if memory_limit is None else parse_size(memory_limit)
    columns = (
        TextColumn("{task.description:14}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, object] = {}

        def show(event: ProgressEvent) -> None:
            if event.step not in tasks:
                tasks[event.step] = progress.add_task(event.step, total=1.0, left="", note="")
            left = f"{event.remaining:.0f} s left" if event.remaining is not None else ""
            progress.update(tasks[event.step], completed=event.fraction, left=left, note=event.message)  # type: ignore[arg-type]

        yield RunContext(LocalExecutor(workers), show, seconds, size)


def show_choice(choice: Choice, console: Console) -> None:
    """Which synthesizer learns the table, why, and what was given up for a limit."""
    console.print(f"Synthesizer: {choice}.", markup=False)
    for text in choice.given_up:
        console.print(f"Given up: {text}.", markup=False)


def show_budget(model: Synthesizer, console: Console) -> None:
    """The privacy budget that the fit spent, if it was under one."""
    spent = model.public_facts().get("differential_privacy")
    if spent:
        adjacency = spent["ledger"]["adjacency"]
        text = f"Privacy budget spent: ε = {spent['epsilon']:.4g} at δ = {spent['delta']:g}, for one {adjacency}."
        console.print(text, markup=False)


def show_verdicts(lines: Sequence[VerdictLine], console: Console, heading: str) -> None:
    """The lines of a verdict, each with its level."""
    from rich.text import Text

    console.print(Text(heading, style="bold"))
    for line in lines:
        console.print(Text.assemble(("● ", LEVEL_STYLES[line.level]), (f"{line.question} ", "bold"), line.sentence))

"""The ``synthloom`` command: its verbs, and the one place where errors become exit codes.

0 all went well · 1 our fault · 2 the user's mistake · 3 evidence below the policy · 130 stopped
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import typer
from rich.console import Console

from synthloom.cli import (
    audit,
    augment,
    evaluate,
    fit,
    impute,
    mock,
    replace,
    run,
    sample,
    schema,
    split,
    study,
    verify,
)
from synthloom.errors import Cancelled, SynthloomError

app = typer.Typer(
    name="synthloom",
    help="Synthetic data from real tables, with the evidence of how good, how useful and how private they are.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Stop(BaseException):
    """Ctrl-C or a stop from outside.

    Not KeyboardInterrupt: Python ends with the signal's own code if that one passes through an
    ``exec`` anywhere, and libraries catch it. Not an Exception: nobody may swallow it.
    """


def _stoppable(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb, with a stop as an error of ours, whatever the library around it makes of it."""

    @functools.wraps(verb)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            verb(*arguments, **options)
        except _Stop:
            raise Cancelled("Stopped. Nothing was left half written.") from None

    return wrapped


app.command("run")(_stoppable(run.run))
app.command("fit")(_stoppable(fit.fit))
app.command("sample")(_stoppable(sample.sample))
app.command("impute")(_stoppable(impute.impute))
app.command("augment")(_stoppable(augment.augment))
app.command("rebalance")(_stoppable(augment.rebalance))
app.command("evaluate")(_stoppable(evaluate.evaluate))
app.command("audit")(_stoppable(audit.audit))
app.command("schema")(_stoppable(schema.schema))
app.command("split")(_stoppable(split.split))
app.command("study")(_stoppable(study.study))
app.command("mock")(_stoppable(mock.mock))
app.command("replace")(_stoppable(replace.replace))
app.command("verify")(_stoppable(verify.verify))


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"synthloom {version('synthloom')}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Holds the options of the command itself."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with its code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: list[str]) -> int:
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        app(arguments)
    except SystemExit as stop:  # what the library exits with: 0, or 2 for words it cannot read
        return stop.code if isinstance(stop.code, int) else 0
    except _Stop:
        console.print("Stopped.")
        return Cancelled.exit_code
    except SynthloomError as error:
        console.print(str(error), style="red", markup=False)
        return error.exit_code
    except Exception as error:  # the edge of the program: whatever is left is our fault
        console.print(f"This is a fault of Synthloom, not of yours: {type(error).__name__}: {error}", markup=False)
        if os.environ.get("SYNTHLOOM_DEBUG"):
            console.print(traceback.format_exc(), markup=False)
        else:
            console.print("Set SYNTHLOOM_DEBUG=1 to see where it happened, and report it with that text.")
        return 1
    return 0

"""One command: builds the environments, runs Synthloom and its peers on the same splits, judges, writes the page.

    python -m benchmarks.peers --data FOLDER --yardstick FILE [options]

FOLDER holds Parquet tables and a datasets.json or data.json (for each table name, file, sha256, target,
source, licence). FILE is a Python module with measure(train, holdout, synthetic, target, exclude) that
shares no code with Synthloom. Started again, it goes on where it was stopped.

The capped mode (the default) uses at most 20,000 rows of a table, three splits (one for systems whose fit
takes long), 30 minutes a fit and four hours in all; what was cut off or not reached is shown as such.
--uncapped uses all rows, three splits for every system, and no limits.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from benchmarks.peers.cells import REPOSITORY, Setting, write_json
from benchmarks.peers.environments import EnvironmentNotBuilt, default_cache
from benchmarks.peers.page import write_page
from benchmarks.peers.plan import planned_cells
from benchmarks.peers.results import collect
from benchmarks.peers.runner import known, run_cells
from benchmarks.peers.systems import SYSTEMS
from benchmarks.peers.tables import DataProblem, choose, read_description

ROWS, SPLITS, MINUTES, HOURS = 20_000, 3, 30.0, 4.0
NO_LIMIT_MINUTES = 10_000.0


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of tables with datasets.json or data.json")
    parser.add_argument("--yardstick", type=Path, required=True, help="Python file with measure(...)")
    parser.add_argument("--tables", default="", help="names, comma between; default: all large ones without keys or text")
    parser.add_argument("--systems", default="", help=f"names, comma between; there are {', '.join(SYSTEMS)}")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--slow-splits", type=int, default=None, help="splits for slow systems (default 1, uncapped: as --splits)")
    parser.add_argument("--rows", type=int, default=ROWS, help="most rows of a table in the capped mode")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="most minutes of processor or wall time, the longer, for a fit with its sampling")
    parser.add_argument("--hours", type=float, default=HOURS, help="no new cell is started after so many hours, capped mode")
    parser.add_argument("--uncapped", action="store_true", help="all rows, no limits")
    parser.add_argument(
        "--cache", type=Path, default=default_cache(), help="environments, splits and finished cells (default: %(default)s)"
    )
    parser.add_argument("--results", type=Path, default=REPOSITORY / "benchmarks" / "results" / "peers.json")
    parser.add_argument("--docs", type=Path, default=REPOSITORY / "docs", help="folder of the page and its pictures")
    parser.add_argument("--threads", type=int, default=None, help="threads of every system; default: its own. 1 gives fair times on a busy machine")
    parser.add_argument("--nice", type=int, default=0, help="by how much every child yields to other work")
    parser.add_argument("--retry", action="store_true", help="run again what failed before")
    parser.add_argument("--report-only", action="store_true", help="run nothing; write results and page from what is there")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Runs the benchmark; 2 for a mistake of the caller."""
    options = arguments(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a kill, too, ends the child that runs
    started = time.monotonic()
    named = [n for n in options.systems.split(",") if n]
    unknown = [n for n in named if n not in SYSTEMS]
    if unknown or not options.yardstick.is_file():
        problem = (
            f"there is no system {', '.join(unknown)}; there are {', '.join(SYSTEMS)}" if unknown else f"{options.yardstick} is missing"
        )
        return _complain(problem)
    try:
        tables = choose(read_description(options.data), [n for n in options.tables.split(",") if n])
    except DataProblem as problem:
        return _complain(str(problem))
    capped = not options.uncapped
    slow = options.slow_splits if options.slow_splits is not None else (1 if capped else options.splits)
    systems = [SYSTEMS[n] for n in named] or [s for s in SYSTEMS.values() if s.standard]
    cells = planned_cells(tables, systems, rows=options.rows if capped else None, splits=options.splits, slow_splits=slow)
    setting = Setting(
        cache=options.cache.resolve(),
        minutes=options.minutes if capped else NO_LIMIT_MINUTES,
        niceness=options.nice,
        retry=options.retry,
        threads=options.threads,
    )
    yardstick = options.yardstick.resolve()
    try:
        if options.report_only:
            outcomes = [known(cell, setting, yardstick) for cell in cells]
        else:
            outcomes = run_cells(cells, setting, yardstick, hours=options.hours if capped else None, say=_say)
    except EnvironmentNotBuilt as problem:
        return _complain(str(problem))
    except KeyboardInterrupt:
        _say("Stopped. Start the same command again to go on, or with --report-only for the page of what is done.")
        return 130
    stated = {
        "capped": capped, "rows": options.rows if capped else None, "splits": options.splits, "slow_splits": slow,
        "minutes": options.minutes if capped else None, "hours": options.hours if capped else None,
        "threads": options.threads,
    }  # fmt: skip
    found = collect(outcomes, setting, yardstick, stated)
    write_json(options.results, found)
    page = write_page(found, options.docs)
    _say(
        f"{sum(o.status == 'done' for o in outcomes)} of {len(outcomes)} cells done, {time.monotonic() - started:.0f} s; {options.results}, {page}"
    )
    return 0


def _say(words: str) -> None:
    print(words, flush=True)


def _complain(problem: str) -> int:
    print(f"Error: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())

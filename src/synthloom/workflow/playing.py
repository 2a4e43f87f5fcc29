"""Scenarios played into files: the rows, and beside them what of them is learned and what assumed."""

from __future__ import annotations

from pathlib import Path

from synthloom.artifact import write_json
from synthloom.data import Table
from synthloom.guidance import PlayedScenario, play_scenario
from synthloom.io import write_table
from synthloom.run_context import RunContext
from synthloom.scenario import Scenario, read_scenario
from synthloom.synthesizers import load


def play_to_file(
    model: str | Path,
    scenario: Scenario | str | Path,
    rows: int,
    output: str | Path,
    *,
    seed: int | None = None,
    run: RunContext | None = None,
) -> tuple[PlayedScenario, Path]:
    """Plays a scenario on a model folder and writes ``output`` and ``output.scenario.json``.

    Returns:
        What was played, and the path of its record.

    Raises:
        UserError: if the model or the scenario cannot be read or played, or a file cannot be written.
    """
    wanted = read_scenario(scenario)
    played = play_scenario(load(model), wanted, rows, seed=seed, run=run)
    target = Path(output)
    record = target.with_name(f"{target.name}.scenario.json")
    staged = record.with_name(f".{record.name}.part")
    write_table(Table.from_frame(played.data), target)
    try:
        write_json(staged, played.record())
        staged.replace(record)
    finally:
        staged.unlink(missing_ok=True)
    return played, record

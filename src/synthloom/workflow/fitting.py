"""Learning alone: every row is learned from, nothing is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from synthloom.limits import MemoryWatch
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.choice import Choice
from synthloom.workflow.planning import Job, check_input_size, make_plan, thinned
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_schema import make_schema


def fit(
    source: Any,
    *,
    schema: TableSchema | str | Path | None = None,
    synthesizer: str | Synthesizer | None = None,
    seed: int | None = None,
    context: RunContext | None = None,
    on_choice: Callable[[Choice], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Synthesizer:
    """Learns a table with the synthesizer that suits it, or the one asked for.

    Every row is learned from, so nothing is left to judge by: for evidence, use :func:`run`.

    Args:
        source: a pandas or polars frame, an Arrow table, or the path of a file or folder.
        schema: a schema, or the path of a YAML file; inferred if left out.
        synthesizer: its name, or a synthesizer; chosen by the table (``auto``) if left out.
        seed: makes the fit repeatable.
        context: executor, progress, cancellation, and limits of time and memory.
        on_choice: called with the synthesizer chosen, and why, before the fit.
        on_note: called with each remark on how the file was read.

    Returns:
        The fitted synthesizer; ``choice_`` says why it was chosen and what a limit cost.

    Raises:
        LimitError: if no synthesizer can keep the limits.
        UserError: for anything else that the user can mend.
    """
    run = context or RunContext()
    seed = resolve_seed(seed)
    with MemoryWatch(run):
        check_input_size(source, run)
        table, info, _ = read_input(source)
        table_schema = make_schema(table, schema)
        table = table.select(table_schema.names)
        job = Job(table.n_rows, judged=False)
        plan = make_plan(table, table_schema, synthesizer, job, RandomStream(seed), run)
        if on_choice is not None:
            on_choice(plan.choice)
        if info is not None and on_note is not None:
            for note in info.notes:
                on_note(note)
        rows = thinned(np.arange(table.n_rows), plan.rows, seed)
        model = type(plan.prototype)(**plan.prototype.get_params())
        learned = table if len(rows) == table.n_rows else table.take(rows)
        model.fit(learned, table_schema, seed=seed, run=run.within(plan.fit_seconds))
        run.check()
    model.choice_ = plan.choice.to_json()
    return model

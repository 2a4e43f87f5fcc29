"""Learning alone: every row is learned from, nothing is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.limits import MemoryWatch
from synthloom.randomness import resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import PublicSchema, TableSchema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.choice import Choice
from synthloom.workflow.planning import Job, check_input_size, make_plan, thinned
from synthloom.workflow.privately import read_privacy
from synthloom.workflow.step_fit import learn
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_schema import make_schema


def fit(
    source: Any,
    *,
    schema: TableSchema | str | Path | None = None,
    synthesizer: str | Synthesizer | None = None,
    seed: int | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    public_schema: PublicSchema | str | Path | None = None,
    ledger: str | Path | None = None,
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
        seed: makes the fit repeatable; not the noise under differential privacy.
        epsilon: learn under differential privacy, with this budget; see ``docs/differential-privacy.md``.
        delta: the δ that goes with it; 1e-5 if left out.
        public_schema: what is public of the table, or the path of a YAML file.
        ledger: a file of what was spent on the same data before, to which this fit is added.
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
    privacy = read_privacy(epsilon, delta, public_schema, ledger, refused={"schema": schema}, synthesizer=synthesizer)
    synthesizer = privacy.prototype if privacy else synthesizer
    with MemoryWatch(run):
        check_input_size(source, run)
        table, info, _ = read_input(source)
        table_schema = privacy.schema(table) if privacy else make_schema(table, schema)
        table = table.select(table_schema.names)
        job = Job(table.n_rows, judged=False)
        plan = make_plan(table, table_schema, synthesizer, job, seed, run)
        if on_choice is not None:
            on_choice(plan.choice)
        if info is not None and on_note is not None:
            for note in info.notes:
                on_note(note)
        rows = thinned(np.arange(table.n_rows), plan.rows, seed)

        def once(model: Synthesizer, part: Table, share: RunContext) -> None:
            if privacy is None:
                model.fit(part, table_schema, seed=seed, run=share)
            else:
                privacy.fit(model, part, seed, share)
                privacy.record(model)

        learned = learn(plan, table if len(rows) == table.n_rows else table.take(rows), run, once)
        run.check()
    return learned.model

"""Learning a file made fair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthloom.guidance import Fairness, FairSynthesizer
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers.registry import synthesizer_class
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_schema import make_schema


def fit_fairly(
    source: Any,
    wanted: Fairness,
    *,
    schema: TableSchema | str | Path | None = None,
    synthesizer: str = "boosted_chain",
    seed: int | None = None,
    run: RunContext | None = None,
) -> FairSynthesizer:
    """Learns a table made fair; see :class:`~synthloom.guidance.FairSynthesizer`.

    Args:
        source: a pandas or polars frame, an Arrow table, or the path of a file or folder.
        wanted: what is to be fair.
        schema: a schema, or the path of a YAML file; inferred if left out.
        synthesizer: the name of the synthesizer that learns.
        seed: makes the fit repeatable.
        run: executor, progress and cancellation.

    Raises:
        UserError: if the file cannot be read or made fair as wanted.
    """
    table, _, _ = read_input(source)
    table_schema = make_schema(table, schema)
    model = FairSynthesizer(
        synthesizer_class(synthesizer)(),
        sensitive=wanted.sensitive,
        target=wanted.target,
        outcome=wanted.outcome,
        notion=wanted.notion,
        method=wanted.method,
        representation=wanted.representation,
        leeway=wanted.leeway,
        difference=wanted.difference,
    )
    return model.fit(table.select(table_schema.names), table_schema, seed=seed, run=run)

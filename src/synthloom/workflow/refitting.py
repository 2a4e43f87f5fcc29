"""Fitting a synthesizer anew for an attack: evaluation never sees the synthesizer, only this callable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthloom.data import Table
from synthloom.evaluation.base import Refit
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.registry import load

FrameRefit = Callable[[Any, int], Any]
"""The same for users: takes a frame of their own kind and a seed, gives a frame."""


def refit_like(model: Synthesizer | str | Path, schema: TableSchema, run: RunContext) -> Refit:
    """Fits a fresh synthesizer with the settings of ``model`` (or of the model in a folder).

    Args:
        model: a synthesizer, fitted or not, or the folder of a saved one.
        schema: the columns, as the model was given them.
        run: executor and cancellation; progress is not shown, for the fit is part of an attack.

    Raises:
        ArtifactError: if the folder holds no model.
    """
    prototype = model if isinstance(model, Synthesizer) else load(model)
    quiet = replace(run, listener=None)

    def refit(rows: Table, seed: int) -> Table:
        fresh = type(prototype)(**prototype.get_params())
        fresh.fit(rows, schema, seed=seed, run=quiet)
        return Table(Table.concatenate(fresh.sample_batches(rows.n_rows, seed=seed, run=quiet)).arrow)

    return refit


def refit_by(callback: FrameRefit, frame: Table) -> Refit:
    """A user's own function as a refit: it gets frames of the kind that ``frame`` came from."""

    def refit(rows: Table, seed: int) -> Table:
        return Table.from_frame(callback(rows.to_frame(frame.frame_kind), seed))

    return refit

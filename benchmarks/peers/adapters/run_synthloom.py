"""Synthloom, by its public interface: ``fit`` with the synthesizer that it chooses by itself, or the one named,
``sample`` and, for more rows of one class, ``where``.
"""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, Refused, serve

import synthloom as sl
from synthloom.errors import UserError
from synthloom.synthesizers.registry import synthesizer_class


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits and samples."""
    options = dict(job.options)
    named = options.pop("synthesizer", None)
    if job.task == "rebalance":  # a chain meets conditions on its first columns exactly
        train = train[[job.target, *(name for name in train if name != job.target)]]
    try:
        with clock("fit"):
            model = sl.fit(train, synthesizer=synthesizer_class(named)(**options) if named else None, seed=job.seed)
        with clock("sample"):
            where = {job.target: job.value} if job.task == "rebalance" else None
            return model.sample(job.rows, seed=job.seed, where=where)
    except UserError as problem:
        raise Refused(str(problem)) from None


serve(work)

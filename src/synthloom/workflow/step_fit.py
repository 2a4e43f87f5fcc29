"""Step 4: the fit, kept within its share of the time.

A synthesizer that looks at the time ends by itself with a smaller model. One that does not is stopped
a while after its share is used up, and the best answer so far takes its place: the model of the trial
fit, or where there was none a cheaper synthesizer on the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from synthloom.data import Table
from synthloom.errors import Cancelled
from synthloom.run_context import RunContext
from synthloom.synthesizers import SYNTHESIZERS, Synthesizer
from synthloom.synthesizers.choice import AUTO, CHEAPER, Choice
from synthloom.workflow.planning import Plan

_GRACE = 1.25
"""A fit is stopped when it has taken this much of its share: forecasts are within a fifth."""


@dataclass(frozen=True)
class Learned:
    """A fitted synthesizer, the rows it learned from, and the choice as it came about."""

    model: Synthesizer
    train: Table
    choice: Choice


Fit = Callable[[Synthesizer, Table, RunContext], object]
"""Fits a synthesizer to rows."""


def learn(plan: Plan, train: Table, run: RunContext, fit: Fit) -> Learned:
    """The synthesizer of the plan fitted by ``fit`` to ``train``, or the best answer there was time for."""
    model = type(plan.prototype)(**plan.prototype.get_params())
    learned = Learned(model, train, plan.choice)
    if plan.trial is not None and plan.trial[1].n_rows == train.n_rows:
        learned = Learned(*plan.trial, plan.choice)  # the trial learned from these very rows
    elif plan.fit_seconds is None:
        fit(model, train, run)
    else:
        try:
            with run.ending(_GRACE * plan.fit_seconds if _has_other(plan) else None) as part:
                fit(model, train, part.within(plan.fit_seconds))
        except Cancelled:
            run.check()
            learned = _best_so_far(plan, train, run, fit)
    learned.model.choice_ = learned.choice.to_json()
    return learned


def _has_other(plan: Plan) -> bool:
    return plan.trial is not None or (plan.choice.asked == AUTO and plan.prototype.name in CHEAPER[:-1])


def _best_so_far(plan: Plan, train: Table, run: RunContext, fit: Fit) -> Learned:
    name = plan.prototype.name
    if plan.trial is not None:
        model, rows = plan.trial
        said = f"for the time limit, a fit that took too long was stopped and one to {rows.n_rows:,} rows kept"
        return Learned(model, rows, replace(plan.choice, given_up=(*plan.choice.given_up, said)))
    cheaper = CHEAPER[CHEAPER.index(name) + 1]
    model = SYNTHESIZERS[cheaper]()
    fit(model, train, run)
    said = f"for the time limit, the fit of {name} was stopped and {cheaper} learned the table in its place"
    choice = replace(plan.choice, synthesizer=cheaper, given_up=(*plan.choice.given_up, said))
    return Learned(model, train, choice)

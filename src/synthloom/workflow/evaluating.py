"""Evaluation by itself: three tables that somebody brings, judged as a run would judge them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthloom.artifact import StagedFolder
from synthloom.evaluation import Depth, Evaluation, evaluate, known_findings
from synthloom.evaluation.base import Refit
from synthloom.policy import Policy, read_policy
from synthloom.report import ReportContent, ReportView, VerdictLine
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers import Synthesizer
from synthloom.workflow.refitting import FrameRefit, refit_by, refit_like
from synthloom.workflow.step_gate import judged, require_met
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_report import versions
from synthloom.workflow.step_schema import make_schema
from synthloom.workflow.step_write import write_report


def evaluate_frames(
    *,
    train: Any,
    holdout: Any,
    synthetic: Any,
    target: str | None = None,
    schema: TableSchema | str | Path | None = None,
    sensitive: Sequence[str] = (),
    shifted: Any = None,
    depth: Depth = "standard",
    refit: FrameRefit | Synthesizer | str | Path | None = None,
    policy: Policy | str | Path | None = None,
    seed: int | None = None,
    context: RunContext | None = None,
) -> ReportView:
    """The evidence on synthetic rows: how they stand to the rows learned from and to rows held out.

    Args:
        train: the rows that the synthesizer learned from; a frame or a path, as the others.
        holdout: real rows that it has not seen.
        synthetic: its sample.
        target: the column that a model is to predict.
        schema: what the columns are; inferred from ``train`` if left out.
        sensitive: columns by whose groups fairness is audited.
        shifted: real rows from later or from elsewhere, on which models are tried as well.
        depth: ``standard``, or ``thorough`` for more seeds and rows in every fit and attack.
        refit: plants canaries and hunts for them, at the cost of one more fit: a function of a frame and
            a seed that fits what made the rows anew and returns synthetic rows; or a synthesizer, or
            the folder of a saved one, whose like is fitted.
        policy: what the evidence must show: ``default``, a policy, or the path of a YAML file. The report
            tells what it says to each clause.
        seed: makes the figures repeatable.
        context: executor, progress and cancellation.

    Raises:
        UserError: if a table cannot be read or the three do not agree.
    """
    wanted = None if policy is None else read_policy(policy, known_findings())
    real, _, title = read_input(train)
    held, _, _ = read_input(holdout)
    made, _, name = read_input(synthetic)
    moved = None if shifted is None else read_input(shifted)[0]
    table_schema = make_schema(real, schema, target=target, sensitive=sensitive)
    again: Refit | None = None
    if isinstance(refit, (Synthesizer, str, Path)):
        again = refit_like(refit, table_schema, context or RunContext())
    elif refit is not None:
        again = refit_by(refit, real)
    evaluation = evaluate(
        real, held, made, table_schema, seed=seed, run=context, depth=depth, shifted=moved, refit=again
    )
    return ReportView(judged(_content(title, name, table_schema, evaluation), wanted))


def evaluate_files(
    *,
    train: str | Path,
    holdout: str | Path,
    synthetic: str | Path,
    output: str | Path,
    target: str | None = None,
    schema: str | Path | None = None,
    sensitive: Sequence[str] = (),
    shifted: str | Path | None = None,
    depth: Depth = "standard",
    model: str | Path | None = None,
    policy: Policy | str | Path | None = None,
    seed: int | None = None,
    overwrite: bool = False,
    context: RunContext | None = None,
) -> ReportView:
    """:func:`evaluate_frames` on files, with ``report.html`` and ``report.json`` written to ``output``.

    Raises:
        PolicyError: if the evidence falls short of the policy; the report is written all the same.
    """
    with StagedFolder(output, overwrite=overwrite) as staging:
        view = evaluate_frames(
            train=train,
            holdout=holdout,
            synthetic=synthetic,
            target=target,
            schema=schema,
            sensitive=sensitive,
            shifted=shifted,
            depth=depth,
            refit=model,
            policy=policy,
            seed=seed,
            context=context,
        )
        write_report(staging, view.content)
    require_met(view.content, output, withheld=False)
    return view


def _content(title: str, name: str, schema: TableSchema, evaluation: Evaluation) -> ReportContent:
    rows = evaluation.rows
    return ReportContent(
        title=name,
        verdicts=tuple(VerdictLine(question, *answer) for question, answer in evaluation.answers),
        facts=(
            ("Synthetic data", name),
            ("Learned from", title),
            *((f"Rows, {part}", f"{number:,}") for part, number in rows.items()),
            ("Target", schema.target or "none named"),
        ),
        findings=evaluation.findings,
        warnings=evaluation.warnings,
        versions=versions(),
        quick=evaluation.quick,
    )

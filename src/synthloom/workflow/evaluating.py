"""Evaluation by itself: three tables that somebody brings, judged as a run would judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthloom.artifact import StagedFolder
from synthloom.evaluation import Evaluation, evaluate
from synthloom.report import ReportContent, ReportView, VerdictLine, render_report, report_json
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_report import versions
from synthloom.workflow.step_schema import make_schema


def evaluate_frames(
    *,
    train: Any,
    holdout: Any,
    synthetic: Any,
    target: str | None = None,
    schema: TableSchema | str | Path | None = None,
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
        seed: makes the figures repeatable.
        context: executor, progress and cancellation.

    Raises:
        UserError: if a table cannot be read or the three do not agree.
    """
    real, _, title = read_input(train)
    held, _, _ = read_input(holdout)
    made, _, name = read_input(synthetic)
    table_schema = make_schema(real, schema, target=target)
    evaluation = evaluate(real, held, made, table_schema, seed=seed, run=context)
    return ReportView(_content(title, name, table_schema, evaluation))


def evaluate_files(
    *,
    train: str | Path,
    holdout: str | Path,
    synthetic: str | Path,
    output: str | Path,
    target: str | None = None,
    schema: str | Path | None = None,
    seed: int | None = None,
    overwrite: bool = False,
    context: RunContext | None = None,
) -> ReportView:
    """:func:`evaluate_frames` on files, with ``report.html`` and ``report.json`` written to ``output``."""
    with StagedFolder(output, overwrite=overwrite) as staging:
        view = evaluate_frames(
            train=train, holdout=holdout, synthetic=synthetic, target=target, schema=schema, seed=seed, context=context
        )
        (staging / "report.html").write_text(render_report(view.content), encoding="utf-8")
        (staging / "report.json").write_text(report_json(view.content), encoding="utf-8")
    return view


def _content(title: str, name: str, schema: TableSchema, evaluation: Evaluation) -> ReportContent:
    rows = evaluation.rows
    return ReportContent(
        title=name,
        verdicts=(VerdictLine("Useful?", *evaluation.useful), VerdictLine("Private?", *evaluation.private)),
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

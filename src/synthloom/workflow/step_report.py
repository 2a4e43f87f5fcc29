"""Step 7: what the report and the evidence card say of a run."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from synthloom.encoding import Suppression as Hidden
from synthloom.evaluation import Evaluation
from synthloom.limits import format_duration, format_size
from synthloom.report import ColumnNote, PersonalColumn, ReportContent, Step, Suppression, VerdictLine
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers.choice import Choice

_MADE = {
    "numeric": "learned",
    "categorical": "learned",
    "boolean": "learned",
    "datetime": "learned",
    "identifier": "new keys of the same pattern",
    "text": "made anew from shared words",
    "constant": "kept: one value in every row",
    "empty": "kept empty",
}
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "lightgbm", "pyarrow", "pydantic")
_LIMITS = (
    "The figures hold for this sample, this holdout and these attacks; another attack may find more.",
    "What no row of the input shows, no row of the output can be trusted to show.",
    "The data are not meant for decisions about single people, or for counting rare events.",
)
_INTENDED_USE = ("Training and testing models and software, exploring, teaching.",)


@dataclass(frozen=True)
class RunFacts:
    """What the report tells of how the data were made."""

    title: str
    choice: Choice
    seed: int
    rows: int
    columns: int
    synthetic_rows: int
    split_method: str
    learned_rows: int
    holdout_rows: int
    limits: str | None = None
    relations: tuple[str, ...] = ()


def versions() -> tuple[tuple[str, str], ...]:
    """Name and version of what made the data."""
    return (
        ("synthloom", version("synthloom")),
        ("python", platform.python_version()),
        *((name, version(name)) for name in _LIBRARIES),
    )


def build_content(
    facts: RunFacts,
    schema: TableSchema,
    evaluation: Evaluation,
    hidden: Sequence[Hidden],
    warnings: Sequence[str],
    steps: Sequence[Step],
) -> ReportContent:
    """The report of a run as one value."""
    made = (
        ("Synthesizer", facts.choice.synthesizer),
        ("Chosen because", "; ".join(filter(None, (facts.choice.reason, facts.choice.traits)))),
        *((("Measured ground of the choice", facts.choice.ground),) if facts.choice.ground else ()),
        *((("Limits", facts.limits),) if facts.limits else ()),
        *((("Given up for a limit", "; ".join(facts.choice.given_up)),) if facts.choice.given_up else ()),
        ("Seed", str(facts.seed)),
        ("Learned from", f"{facts.learned_rows:,} rows x {facts.columns} columns"),
        ("Held out", f"{facts.holdout_rows:,} rows: {facts.split_method}"),
        ("Synthetic rows", f"{facts.synthetic_rows:,}"),
        ("Target", schema.target or "none named"),
        ("Protection", _protection(schema)),
    )
    return ReportContent(
        title=facts.title,
        verdicts=(
            *(VerdictLine(question, *answer) for question, answer in evaluation.answers),
            hidden_line(schema, hidden),
        ),
        facts=(
            ("Input", facts.title),
            ("Rows", f"{facts.rows:,}"),
            *made,
            ("Exact relations kept", "; ".join(facts.relations) or "none found"),
        ),
        card_facts=_card_facts(facts, schema),
        findings=evaluation.findings,
        columns=tuple(
            ColumnNote(c.name, c.kind, "replaced by made-up values" if c.personal else _MADE[c.kind], c.reason or "")
            for c in schema
        ),
        suppressed=tuple(Suppression(item.column, item.what, item.rows) for item in hidden),
        personal=tuple(
            PersonalColumn(
                c.name, c.personal, c.personal_confidence, c.reason or "", "replaced before anything was learned"
            )
            for c in schema
            if c.personal
        ),
        warnings=(*warnings, *evaluation.warnings),
        steps=tuple(steps),
        limits=_LIMITS,
        intended_use=_INTENDED_USE,
        versions=versions(),
        quick=evaluation.quick,
    )


def _card_facts(facts: RunFacts, schema: TableSchema) -> tuple[tuple[str, str], ...]:
    """What the data are, from what and how they were made, without a count of real rows."""
    how = f"{facts.choice.synthesizer}: {facts.choice.reason}"
    if facts.choice.given_up:
        how += "; to keep a limit on time or memory, something was given up"
    return (
        ("What", f"{facts.synthetic_rows:,} synthetic rows of {facts.columns} columns"),
        ("From what", "real rows of these columns; others, held out, were only used to judge"),
        ("How", how),
        *((("Limits", facts.limits),) if facts.limits else ()),
        ("Protection", _protection(schema)),
        ("Target", schema.target or "none named"),
        ("Seed", str(facts.seed)),
    )


def limits_line(run: RunContext) -> str | None:
    """The limits that a run was given, in words; ``None`` if there were none."""
    parts = []
    if run.time_limit is not None:
        parts.append(f"{format_duration(run.time_limit)} of time")
    if run.memory_limit is not None:
        parts.append(f"{format_size(run.memory_limit)} of memory")
    return ", ".join(parts) or None


def _protection(schema: TableSchema) -> str:
    protection = schema.protection
    if protection.minimum_support == 1:
        return "switched off"
    return f"a category, bin or bound needs {protection.minimum_support} rows"


def hidden_line(schema: TableSchema, hidden: Sequence[Hidden]) -> VerdictLine:
    """The third line of the verdict: what was hidden or dropped."""
    personal = [c.name for c in schema if c.personal]
    keys = [c.name for c in schema if c.kind == "identifier" and not c.personal]
    texts = [c.name for c in schema if c.kind == "text" and not c.personal]
    rare = [h for h in hidden if schema.column(h.column).learned]
    parts = []
    if personal:
        parts.append(f"personal data replaced in {_names(personal)}")
    if keys:
        parts.append(f"keys made anew in {_names(keys)}")
    if texts:
        parts.append(f"text made anew in {_names(texts)}")
    if rare:
        columns = sorted({h.column for h in rare})
        noun = "column" if len(columns) == 1 else "columns"
        parts.append(
            f"rare or extreme values protected in {len(columns)} {noun} ({sum(h.rows for h in rare):,} values)"
        )
    protected = schema.protection.minimum_support > 1
    sentence = "; ".join(parts) if parts else "nothing had to be hidden"
    if not protected:
        sentence += "; the protection of rare values is switched off"
    return VerdictLine("Hidden or dropped?", "good" if protected else "fair", sentence[0].upper() + sentence[1:] + ".")


def _names(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")

"""The report as Markdown: verdict, figures and what was hidden, for a terminal, a ticket or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from synthloom.report.content import WORDS_OWED, ReportContent
from synthloom.report.formatting import format_number, format_seconds, format_share, shorten
from synthloom.report.wording import FAMILIES, LABEL_WORDS, LEVEL_WORDS, title_of

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$@-])")


def render_markdown(content: ReportContent, *, rows: int = 200) -> str:
    """The content in CommonMark with pipe tables; every value is escaped, at most ``rows`` rows a table."""
    parts = [
        f"# {escape_text(content.title)}",
        LABEL_WORDS[content.label] + ("; quick look" if content.quick else "") + ".",
    ]
    parts += [
        f"**{escape_text(line.question)} {LEVEL_WORDS[line.level]}.** {escape_text(line.sentence)}"
        for line in content.verdicts
    ]
    parts += _bullets("Before you trust these figures", content.warnings)
    if content.policy is not None:
        clauses = [
            (c.subject, c.bound, c.evidence, c.state + (", allowed" if c.passes and c.state != "met" else ""), c.reason)
            for c in content.policy.clauses
        ]
        parts.append(f"**{escape_text(content.policy.summary)}**")
        parts += pipe_table("Policy", ("Evidence on", "Wanted", "Found", "Clause", "Why"), clauses, rows)
    for family, (question, _) in FAMILIES.items():
        figures = [f for f in content.findings if f.family == family and f.column is None]
        body = [
            (
                title_of(f),
                format_number(f.value),
                "" if f.interval is None else " to ".join(format_number(end) for end in f.interval),
                "" if f.reference is None else format_number(f.reference),
                LEVEL_WORDS[f.verdict],
                f.meaning if f.note is None else f"{f.meaning} ({f.note})",
            )
            for f in figures
        ]
        head = ("Figure", "Value", "95 % interval", "Real holdout", "Verdict", "Meaning")
        parts += pipe_table(question, head, body, rows)
    by_column = [
        (f.column or "", title_of(f), format_number(f.value), format_number(f.reference), LEVEL_WORDS[f.verdict])
        for f in content.findings
        if f.column is not None
    ]
    parts += pipe_table("Column by column", ("Column", "Figure", "Value", "Real holdout", "Verdict"), by_column, rows)
    hidden = [(e.column, e.what, "–" if e.count is None else f"{e.count:,}") for e in content.suppressed]
    parts += pipe_table("Hidden or dropped", ("Column", "What", "How many"), hidden, rows)
    personal = [(e.column, e.kind, format_share(e.confidence), e.reason, e.treatment) for e in content.personal]
    parts += pipe_table("Personal data", ("Column", "Holds", "Sure", "Why", "What was done"), personal, rows)
    parts += pipe_table("How it was made", ("What", "Value"), content.facts, rows)
    columns = [(note.name, note.kind, note.made, note.notes) for note in content.columns]
    parts += pipe_table("Columns", ("Column", "Kind", "Made", "Notes"), columns, rows)
    steps = [(step.name, format_seconds(step.seconds)) for step in content.steps]
    parts += pipe_table("Steps", ("Step", "Time"), steps, rows)
    parts += pipe_table("Versions", ("What", "Version"), content.versions, rows)
    parts += _bullets("What this does not tell", (*content.limits, *WORDS_OWED))
    return "\n\n".join(parts) + "\n"


def escape_text(value: object, limit: int = 600) -> str:
    """One line in which no character means anything to Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", escape(shorten(value, limit), quote=False))


def _bullets(title: str, texts: Iterable[str]) -> list[str]:
    lines = [f"- {escape_text(text)}" for text in texts]
    return [f"## {title}", "\n".join(lines)] if lines else []


def pipe_table(title: str, head: Sequence[str], body: Sequence[Sequence[object]], rows: int) -> list[str]:
    """A title and a table of at most ``rows`` rows, as blocks of Markdown; nothing where there are no rows."""
    if not body:
        return []
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(escape_text(cell) for cell in row)} |" for row in body[:rows]]
    left_out = [f"{len(body) - rows:,} more rows stand in the JSON report."] if len(body) > rows else []
    return [f"## {title}", "\n".join(lines), *left_out]

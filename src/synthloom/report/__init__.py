"""From findings to pages: HTML for people, JSON for programs, Markdown for text, a view for notebooks."""

from synthloom.report.card import public_content
from synthloom.report.content import (
    WORDS_OWED,
    Audit,
    ColumnNote,
    PersonalColumn,
    ReportContent,
    Step,
    Suppression,
    VerdictLine,
)
from synthloom.report.html import MAXIMUM_BYTES, render_card, render_report
from synthloom.report.json_text import read_report_json, report_json
from synthloom.report.markdown import render_markdown
from synthloom.report.view import ReportView

__all__ = [
    "MAXIMUM_BYTES",
    "WORDS_OWED",
    "Audit",
    "ColumnNote",
    "PersonalColumn",
    "ReportContent",
    "ReportView",
    "Step",
    "Suppression",
    "VerdictLine",
    "public_content",
    "read_report_json",
    "render_card",
    "render_markdown",
    "render_report",
    "report_json",
]

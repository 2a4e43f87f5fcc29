"""The report as JSON: the same findings that the page shows, with nothing left out."""

from __future__ import annotations

import json

from synthloom.report.content import ReportContent


def report_json(content: ReportContent) -> str:
    """The content as strict JSON (RFC 8259: no NaN), a line an entry; :func:`read_report_json` reads it back."""
    return json.dumps(content.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read_report_json(text: str) -> ReportContent:
    """The content that :func:`report_json` wrote.

    Raises:
        ArtifactError: if the text is no JSON, no report, or one of a newer format.
    """
    from synthloom.errors import ArtifactError

    try:
        state = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ArtifactError(f"the report is not JSON: {error}", hint="take the file as Synthloom wrote it") from error
    if not isinstance(state, dict):
        raise ArtifactError("the report is not a JSON object", hint="take the file as Synthloom wrote it")
    return ReportContent.from_json(state)

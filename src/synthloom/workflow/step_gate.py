"""Step 7½: the gate. The evidence is held against the user's policy before anything may leave the house."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from synthloom.errors import PolicyError
from synthloom.policy import Policy, judge_policy
from synthloom.report import ReportContent, ReportView, VerdictLine

QUESTION = "Meets the policy?"
_SHOWN = 6


def judged(content: ReportContent, policy: Policy | None) -> ReportContent:
    """The content with what its findings say to the policy, and a line of the verdict that sums it up."""
    if policy is None:
        return content
    result = judge_policy(policy, content.findings)
    line = VerdictLine(QUESTION, "good" if result.met else "poor", result.summary)
    return replace(content, policy=result, verdicts=(*content.verdicts, line))


def require_met(content: ReportContent, folder: str | Path | None = None, *, withheld: bool = True) -> None:
    """Ends the work if the evidence fell short.

    Raises:
        PolicyError: with the clauses that failed, the report, and the folder where it was written.
    """
    result = content.policy
    if result is None or result.met:
        return
    shown = [f"  - {text}." for text in result.shortfalls[:_SHOWN]]
    if len(result.shortfalls) > _SHOWN:
        shown.append(f"  - and {len(result.shortfalls) - _SHOWN} more.")
    after = []
    if withheld:
        after.append("No data were given out.")
    if folder is not None:
        after.append(f'The report is in "{folder}".')
    message = "\n".join([result.summary, *shown, *([" ".join(after)] if after else [])])
    raise PolicyError(message, report=ReportView(content), folder=folder)

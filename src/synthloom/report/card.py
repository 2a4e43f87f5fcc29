"""What of a report may leave the house: the evidence card's content, without any real value.

Notes and details of findings, figures of single columns, private facts, warnings, the texts of what
was hidden and why a column was taken for what it is may all hold real values; none of them is kept.
"""

from __future__ import annotations

from dataclasses import replace

from synthloom.finding import Finding
from synthloom.policy import PolicyResult
from synthloom.policy.judging import ClauseResult
from synthloom.report.content import Audit, ColumnNote, PersonalColumn, ReportContent
from synthloom.report.formatting import plural

_MISSING_WORDS = {
    "not_applicable": "there is no such figure for these data",
    "not_measured": "not measured, or too few rows to tell",
    "proves_nothing": "the attack proves nothing here",
}

_UNPAID = "The outcome rests on real rows that no privacy budget paid for; it stands in the private report."


def public_content(content: ReportContent) -> ReportContent:
    """The content of the evidence card; making it twice changes nothing."""
    quoted = content.card_figures
    free = quoted is None
    return ReportContent(
        title=content.title,
        label=content.label,
        verdicts=content.verdicts if free else (),
        card_facts=content.card_facts,
        findings=public_findings(content.findings, quoted),
        columns=tuple(ColumnNote(note.name, note.kind) for note in content.columns),
        personal=tuple(PersonalColumn(e.column, e.kind, treatment=e.treatment) for e in content.personal),
        limits=content.limits,
        intended_use=content.intended_use,
        versions=content.versions,
        quick=content.quick,
        card_figures=quoted,
        card_hidden=(content.card_hidden or hidden_summary(content)) if free else (),
        policy=public_policy(content.policy, quoted),
        history=tuple(public_audit(audit, quoted) for audit in content.history),
    )


def public_findings(findings: tuple[Finding, ...], quoted: tuple[str, ...] | None = None) -> tuple[Finding, ...]:
    """The figures of the whole table without notes and details, but for what an attacker knows."""
    return tuple(
        replace(finding, note=None, detail={key: finding.detail[key] for key in ("attacker",) if key in finding.detail})
        for finding in findings
        if finding.column is None and (quoted is None or finding.name in quoted)
    )


def public_policy(policy: PolicyResult | None, quoted: tuple[str, ...] | None = None) -> PolicyResult | None:
    """The clauses without the figures of single columns; what is missing is said in fixed words.

    Where only some figures are quoted, a policy that speaks of any other is left out as a whole: its
    outcome rests on that other, and the clauses that are left would claim an outcome of their own.
    """
    if policy is None or (quoted is not None and any(clause.finding not in quoted for clause in policy.clauses)):
        return None
    return replace(policy, clauses=tuple(_public_clause(clause) for clause in policy.clauses))


def _public_clause(clause: ClauseResult) -> ClauseResult:
    if not clause.measured:
        return clause
    evidence = clause.evidence
    missing = [part.missing for part in clause.measured if part.missing is not None]
    words = any(isinstance(part.evidence, str) for part in clause.measured)
    if clause.state == "unknown" and missing:
        evidence = _MISSING_WORDS[missing[0]]
    elif words and clause.state == "not met" and clause.evidence not in ("good", "fair", "poor"):
        evidence = "another"
    return replace(clause, evidence=evidence, measured=())


def public_audit(audit: Audit, quoted: tuple[str, ...] | None = None) -> Audit:
    """An audit as the card shows it; remarks may count real rows, so a list of figures leaves them off as well."""
    return replace(
        audit,
        verdicts=audit.verdicts if quoted is None else (),
        findings=public_findings(audit.findings, quoted),
        policy=public_policy(audit.policy, quoted),
        remarks=audit.remarks if quoted is None else (_UNPAID,),
    )


def hidden_summary(content: ReportContent) -> tuple[str, ...]:
    """What was hidden or dropped, in counts alone."""
    lines = []
    if content.suppressed:
        columns = len({entry.column for entry in content.suppressed})
        counted = sum(entry.count or 0 for entry in content.suppressed)
        what = plural(counted, "rare or extreme value") if counted else "rare or extreme values"
        lines.append(f"{what} in {plural(columns, 'column')} hidden, because too few rows share them")
    if content.personal:
        lines.append(f"{plural(len(content.personal), 'column')} taken for personal data")
    return tuple(lines)

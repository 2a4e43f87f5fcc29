"""Evidence held against a policy: met, not met, or unknown; what is unknown counts as not met.

Missing evidence is no evidence: a clause about a figure that was not measured, has no interval, or
comes from an attack that proves nothing is *unknown*, and lets the data pass only if the clause
allows just that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from synthloom.finding import Finding
from synthloom.policy.clauses import Allowed, Clause, Policy

State = Literal["met", "not met", "unknown"]

PROVES_NOTHING = "proves nothing"
"""Words in the note of a finding whose attack would find nothing even if the training rows were released."""


@dataclass(frozen=True)
class Measured:
    """What one finding says to a clause.

    Attributes:
        column: the column the finding speaks of, if it speaks of one.
        evidence: the number or word held against the bound, ``None`` if there is none.
        state: whether it keeps the bound.
        missing: why there is no evidence.
        words: the same for a reader.
    """

    column: str | None
    evidence: float | str | None
    state: State
    missing: Allowed | None = None
    words: str = ""


@dataclass(frozen=True)
class ClauseResult:
    """What the evidence says to a clause.

    Attributes:
        finding: the finding's name.
        scope: the column or columns it must speak of, empty for the whole table.
        bound: the bound in words.
        state: ``met``, ``not met`` or ``unknown``.
        passes: whether the data may leave as far as this clause goes.
        evidence: the evidence in words; of several figures that nearest to failing.
        reason: why the bound was set.
        measured: every finding that the clause speaks of.
    """

    finding: str
    scope: str
    bound: str
    state: State
    passes: bool
    evidence: str
    reason: str = ""
    measured: tuple[Measured, ...] = ()

    @property
    def subject(self) -> str:
        """What the clause speaks of."""
        return f"{self.finding} ({self.scope})" if self.scope else self.finding

    @property
    def failing(self) -> tuple[Measured, ...]:
        """The findings that fail the clause."""
        return tuple(part for part in self.measured if part.state == "not met")


@dataclass(frozen=True)
class PolicyResult:
    """A policy and what the evidence says to it.

    Attributes:
        name: the policy's name.
        clauses: one result a clause, in the policy's order.
    """

    name: str
    clauses: tuple[ClauseResult, ...]

    @property
    def met(self) -> bool:
        """Whether every clause lets the data pass."""
        return all(clause.passes for clause in self.clauses)

    @property
    def summary(self) -> str:
        """The outcome in one sentence of counts alone."""
        count = len(self.clauses)
        known = sum(clause.state == "met" for clause in self.clauses)
        if self.met:
            left = count - known
            rest = f"; {left} could not be judged, which the policy allows" if left else ""
            return f'Meets the policy "{self.name}": {known} of {count} clauses{rest}.'
        failed = sum(not clause.passes for clause in self.clauses)
        return f'Falls short of the policy "{self.name}" in {failed} of {count} clauses.'

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """What stands against the data, a sentence a clause."""
        return tuple(
            f"{clause.subject}: {clause.evidence}; wanted: {clause.bound}"
            for clause in self.clauses
            if not clause.passes
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "met": self.met, "clauses": [asdict(clause) for clause in self.clauses]}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> PolicyResult:
        """What :meth:`to_json` described."""
        clauses = [
            ClauseResult(**{**clause, "measured": tuple(Measured(**part) for part in clause.get("measured", ()))})
            for clause in state["clauses"]
        ]
        return cls(state["name"], tuple(clauses))


def judge_policy(policy: Policy, findings: Sequence[Finding]) -> PolicyResult:
    """What the findings say to every clause."""
    return PolicyResult(policy.name, tuple(judge_clause(clause, findings) for clause in policy.clauses))


def judge_clause(clause: Clause, findings: Sequence[Finding]) -> ClauseResult:
    """What the findings say to one clause: not met if any of them fails it, unknown if any may."""
    spoken_of = _spoken_of(clause, findings)
    if spoken_of:
        measured = tuple(_measure(clause, finding) for finding in spoken_of)
    else:
        measured = (Measured(clause.column, None, "unknown", "not_applicable", "no such figure for these data"),)
    if any(part.state == "not met" for part in measured):
        state: State = "not met"
    elif any(part.state == "unknown" for part in measured):
        state = "unknown"
    else:
        state = "met"
    blocked = [part for part in measured if part.state != "met" and part.missing not in clause.allow]
    return ClauseResult(
        finding=clause.finding,
        scope=clause.scope,
        bound=clause.bound,
        state=state,
        passes=not blocked,
        evidence=_said(clause, measured),
        reason=clause.reason,
        measured=measured,
    )


def _spoken_of(clause: Clause, findings: Sequence[Finding]) -> list[Finding]:
    named = [finding for finding in findings if finding.name == clause.finding and _has(finding, clause.where)]
    if clause.column == "*":
        return [finding for finding in named if finding.column is not None]
    if clause.column is not None:
        return [finding for finding in named if finding.column == clause.column]
    return [finding for finding in named if finding.column is None] or named


def _has(finding: Finding, wanted: Mapping[str, object]) -> bool:
    return all(_look_up(finding, key) == value for key, value in wanted.items())


def _look_up(finding: Finding, key: str) -> Any:
    """A field of the finding, or what stands in its detail under a name whose parts are joined by dots."""
    if key in Finding.__dataclass_fields__ and key != "detail":
        return getattr(finding, key)
    inside: Any = finding.detail
    for part in key.removeprefix("detail.").split("."):
        inside = inside.get(part) if isinstance(inside, Mapping) else None
    return inside


def _measure(clause: Clause, finding: Finding) -> Measured:
    column = finding.column
    if finding.note and PROVES_NOTHING in finding.note and finding.verdict == "unknown":
        return Measured(column, None, "unknown", "proves_nothing", "the attack proves nothing here")
    if finding.value is None:
        return Measured(column, None, "unknown", "not_measured", finding.note or "it was not measured")
    if clause.one_of:
        word = finding.verdict if clause.evidence == "verdict" else _look_up(finding, clause.evidence)
        if not isinstance(word, str) or (word == "unknown" and "unknown" not in clause.one_of):
            return Measured(column, None, "unknown", "not_measured", "there are too few rows to tell")
        return Measured(column, word, "met" if word in clause.one_of else "not met", words=word)
    return _hold(clause, finding)


def _hold(clause: Clause, finding: Finding) -> Measured:
    """A number, or the ends of an interval, against the bounds."""
    ends = _ends(clause.evidence, finding)
    if ends is None:
        lacks = "it has no interval" if clause.evidence.endswith("interval") else "there is no such figure"
        return Measured(finding.column, None, "unknown", "not_measured", lacks)
    low, high = ends
    over = -math.inf if clause.at_most is None else high - clause.at_most
    under = -math.inf if clause.at_least is None else clause.at_least - low
    evidence = high if over >= under else low
    state: State = "met" if max(over, under) <= 0 else "not met"
    return Measured(finding.column, evidence, state, words=f"{evidence:.4g}")


def _ends(evidence: str, finding: Finding) -> tuple[float, float] | None:
    value, reference, interval = finding.value, finding.reference, finding.interval
    ends: tuple[float, float] | None = None
    if evidence == "value" and value is not None:
        ends = (value, value)
    elif evidence == "interval":
        ends = interval
    elif evidence in ("excess", "excess_interval") and reference is not None and value is not None:
        given = (value, value) if evidence == "excess" else interval
        ends = None if given is None else _shortfall(given, reference, finding.direction)
    elif evidence.startswith("detail."):
        number = _look_up(finding, evidence)
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            ends = (float(number), float(number))
    return ends if ends is not None and all(map(math.isfinite, ends)) else None


def _shortfall(ends: tuple[float, float], reference: float, direction: str) -> tuple[float, float]:
    """How far the ends of an interval fall short of the reference, from the better to the worse."""
    low, high = ends[0] - reference, ends[1] - reference
    if direction == "higher_is_better":
        return -high, -low
    if direction == "nearer_to_reference":
        return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
    return low, high


def _said(clause: Clause, measured: tuple[Measured, ...]) -> str:
    """The evidence in words: of several findings, those that fail, those that are missing, or the nearest."""
    if len(measured) == 1:
        return measured[0].words
    worst = [part for part in measured if part.state == "not met"]
    missing = [part for part in measured if part.state == "unknown"]
    numbers = [part.evidence for part in (worst or measured) if isinstance(part.evidence, float)]
    extreme = ""
    if numbers:
        extreme = f", the worst {(max if clause.at_most is not None else min)(numbers):.4g}"
    if worst:
        return f"{len(worst)} of {len(measured)} columns fail{extreme}"
    if missing:
        return f"{len(missing)} of {len(measured)} columns could not be judged: {missing[0].words}"
    return f"all {len(measured)} columns{extreme}"

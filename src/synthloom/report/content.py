"""What a report says, as one frozen value: built from a run, rendered to HTML, JSON, Markdown or a notebook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from synthloom.errors import ArtifactError, InternalError
from synthloom.finding import Finding, Verdict
from synthloom.policy import PolicyResult

if TYPE_CHECKING:
    from synthloom.evaluation import Evaluation

Label = Literal["synthetic", "simulated", "mock", "augmented"]

FORMAT = "synthloom-report"
FORMAT_VERSION = 1

WORDS_OWED = (
    "This report gives evidence against the policy that the user set. "
    "It is not a finding of anonymity and not legal advice.",
    "Synthetic data learned from personal data may itself be personal data.",
)
"""What every report and every card says, whatever the figures are."""


@dataclass(frozen=True)
class VerdictLine:
    """One of the three lines a report opens with.

    Attributes:
        question: what it answers, such as ``Useful?``.
        level: how well; ``unknown`` where it could not be judged.
        sentence: the answer in plain words. It stands on the evidence card too, so it names
            columns and counts, never a value of the real data.
    """

    question: str
    level: Verdict
    sentence: str


@dataclass(frozen=True)
class ColumnNote:
    """How one column was made.

    Attributes:
        name: the column's name.
        kind: its kind, as in the schema.
        made: how its synthetic values came about, such as ``learned`` or ``regenerated``.
        notes: anything else worth knowing; stays in the private report.
    """

    name: str
    kind: str
    made: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Suppression:
    """Something that was not learned because too few rows share it.

    Attributes:
        column: where.
        what: what was hidden, such as ``categories that fewer than 5 rows share``; stays in the
            private report.
        count: how many values, ``None`` where it was not counted.
    """

    column: str
    what: str
    count: int | None = None


@dataclass(frozen=True)
class PersonalColumn:
    """A column that was taken for personal data.

    Attributes:
        column: its name.
        kind: what it holds, such as ``email``.
        confidence: how sure the finder was, 0 to 1.
        reason: why it was taken for that; stays in the private report.
        treatment: what was done, such as ``regenerated before anything was learned``.
    """

    column: str
    kind: str
    confidence: float | None = None
    reason: str = ""
    treatment: str = ""


@dataclass(frozen=True)
class Step:
    """One step of the run and the seconds it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Audit:
    """One judgement of the data, at the release or later, against rows that were new then.

    Attributes:
        date: the day, as ``2026-11-22``; empty at the release itself, whose card is the same for one seed.
        against: what the data were held against; on the card too, so it names no value.
        verdicts: the lines of the verdict.
        findings: figures of the whole table, without details.
        policy: what the evidence said to the policy, if there was one.
        version: the version of Synthloom that judged.
        remarks: what a reader must know, such as that the training rows were not at hand.
    """

    date: str
    against: str
    verdicts: tuple[VerdictLine, ...] = ()
    findings: tuple[Finding, ...] = ()
    policy: PolicyResult | None = None
    version: str = ""
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "date": self.date,
            "against": self.against,
            "verdicts": [asdict(line) for line in self.verdicts],
            "findings": [finding.to_json() for finding in self.findings],
            "policy": None if self.policy is None else self.policy.to_json(),
            "version": self.version,
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Audit:
        """What :meth:`to_json` described."""
        return cls(
            date=state["date"],
            against=state["against"],
            verdicts=tuple(VerdictLine(**line) for line in state["verdicts"]),
            findings=tuple(Finding.from_json(finding) for finding in state["findings"]),
            policy=None if state["policy"] is None else PolicyResult.from_json(state["policy"]),
            version=state["version"],
            remarks=tuple(state["remarks"]),
        )


@dataclass(frozen=True)
class ReportContent:
    """All that a report says. Looking at it never changes it; equal contents give equal bytes.

    The private report shows everything. The evidence card, which may leave the house, shows only
    what :func:`synthloom.report.render_card` lists: no value, no marginal and no category of the
    real data.

    Attributes:
        title: what the data are, such as ``adult.parquet``.
        label: how the data came about.
        verdicts: the lines the report opens with: useful, private, what was hidden or dropped.
        facts: (term, value) pairs for the private report.
        card_facts: (term, value) pairs that may leave the house.
        findings: every measured figure, with the data of its picture in ``detail``.
        columns: how each column was made.
        suppressed: what was hidden because too few rows share it.
        personal: the columns that were taken for personal data.
        warnings: what the user should know before trusting the figures.
        steps: the steps of the run. Seconds differ from run to run: leave them out where the
            report must be byte-identical.
        limits: what the evidence does not cover; on the card too.
        intended_use: what the data are for; on the card too.
        versions: (name, version) of what made the data; on the card too.
        quick: whether the figures come from the first, quick look.
        card_figures: names of the findings that the card may quote; ``None`` for all that speak of
            the whole table. Under differential privacy: only those charged to the budget. The
            verdict lines rest on the raw data as well, so a list leaves them off the card.
        card_hidden: what the card says was hidden, where it is not counted anew.
        policy: what the evidence says to the policy that the user set, ``None`` without one.
        history: later audits, the oldest first; on the card too.
    """

    title: str
    label: Label = "synthetic"
    verdicts: tuple[VerdictLine, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    card_facts: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    columns: tuple[ColumnNote, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    personal: tuple[PersonalColumn, ...] = ()
    warnings: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    limits: tuple[str, ...] = ()
    intended_use: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    quick: bool = False
    card_figures: tuple[str, ...] | None = None
    card_hidden: tuple[str, ...] = ()
    policy: PolicyResult | None = None
    history: tuple[Audit, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for ``json.dumps``; numbers that are not finite become ``None``."""
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        for key in ("verdicts", "columns", "suppressed", "personal", "steps"):
            state[key] = [asdict(entry) for entry in state[key]]
        state["findings"] = [finding.to_json() for finding in self.findings]
        state["policy"] = None if self.policy is None else self.policy.to_json()
        state["history"] = [audit.to_json() for audit in self.history]
        plain = plain_json({"format": FORMAT, "format_version": FORMAT_VERSION, **state, "words_owed": WORDS_OWED})
        assert isinstance(plain, dict)
        return plain

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, title: str, **more: Any) -> ReportContent:
        """The content of an evaluation alone: its verdicts, findings and warnings, and how many rows it saw.

        Args:
            evaluation: what was measured.
            title: what the data are.
            more: any other field; ``verdicts``, ``facts`` and ``warnings`` are added to the evaluation's.
        """
        verdicts = tuple(VerdictLine(question, *answer) for question, answer in evaluation.answers)
        terms = {"train": "Rows learned from", "holdout": "Rows held out", "synthetic": "Synthetic rows"}
        terms["shifted"] = "Rows from later or elsewhere"
        rows = tuple((terms.get(part, part), f"{count:,}") for part, count in evaluation.rows.items())
        return cls(
            title=title,
            verdicts=verdicts + tuple(more.pop("verdicts", ())),
            facts=tuple(more.pop("facts", ())) + rows,
            findings=evaluation.findings,
            warnings=evaluation.warnings + tuple(more.pop("warnings", ())),
            quick=evaluation.quick,
            **more,
        )

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> ReportContent:
        """The content that :meth:`to_json` described.

        Raises:
            ArtifactError: if it is not a report, or one of a newer format.
        """
        given = dict(state)
        if given.pop("format", None) != FORMAT:
            raise ArtifactError("this JSON is not a Synthloom report", accepted=f'"format": "{FORMAT}"')
        version = given.pop("format_version", None)
        if version != FORMAT_VERSION:
            raise ArtifactError(
                f"the report has format version {version}",
                accepted=f"version {FORMAT_VERSION}",
                hint="read it with the version of Synthloom that wrote it, or a newer one",
            )
        given.pop("words_owed", None)
        unknown = sorted(set(given) - {f.name for f in fields(cls)})
        if unknown or "title" not in given:
            problem = f"has unknown entries: {', '.join(unknown)}" if unknown else "has no title"
            raise ArtifactError(f"the report {problem}", hint="take the file as Synthloom wrote it")
        kinds: dict[str, Any] = {
            "verdicts": VerdictLine,
            "columns": ColumnNote,
            "suppressed": Suppression,
            "personal": PersonalColumn,
            "steps": Step,
        }
        try:
            for key, kind in kinds.items():
                given[key] = tuple(kind(**entry) for entry in given.get(key, ()))
            given["findings"] = tuple(Finding.from_json(entry) for entry in given.get("findings", ()))
            if given.get("policy") is not None:
                given["policy"] = PolicyResult.from_json(given["policy"])
            given["history"] = tuple(Audit.from_json(entry) for entry in given.get("history", ()))
            for key in ("facts", "card_facts", "versions"):
                given[key] = tuple((str(term), str(value)) for term, value in given.get(key, ()))
            for key in ("warnings", "limits", "intended_use", "card_hidden"):
                given[key] = tuple(given.get(key, ()))
            if given.get("card_figures") is not None:
                given["card_figures"] = tuple(given["card_figures"])
        except (TypeError, ValueError, KeyError) as error:
            raise ArtifactError(
                f"the report is damaged: {error}", hint="take the file as Synthloom wrote it"
            ) from error
        return cls(**given)


def plain_json(value: Any) -> Any:
    """``value`` with nothing in it but what strict JSON knows: NaN and infinities become ``None``.

    Raises:
        InternalError: if a finding's detail holds an object that has no plain form.
    """
    plain: Any
    if isinstance(value, float):  # NumPy's float64 is one of these
        plain = float(value) if math.isfinite(value) else None
    elif value is None or isinstance(value, (bool, int)):
        plain = value
    elif isinstance(value, str):
        plain = value.encode("utf-8", "replace").decode("utf-8")
    elif isinstance(value, Mapping):
        plain = {plain_json(str(key)): plain_json(entry) for key, entry in value.items()}
    elif isinstance(value, (list, tuple)):
        plain = [plain_json(entry) for entry in value]
    elif hasattr(value, "tolist"):  # NumPy's scalars and arrays, without importing NumPy
        plain = plain_json(value.tolist())
    elif isinstance(value, (date, time, Decimal)):
        plain = str(value)
    else:
        raise InternalError(f"a report cannot hold an object of type {type(value).__qualname__}")
    return plain

"""What a policy is made of: clauses, each a finding's name and the bound that its evidence must keep.

A bound may be set on the figure itself, on its interval (the end that speaks against the data must
keep it, so that too little evidence fails), on how far it falls short of what real holdout rows reach,
on the verdict, or on any number or word in the finding's detail. So a policy reaches every finding
there is, those of tomorrow included, by name alone.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Allowed = Literal["not_applicable", "not_measured", "proves_nothing"]
"""Why there may be no evidence: the figure does not exist for these data; it (or the interval) was not
measured; the attack would find nothing even in the training rows themselves."""

_EVIDENCE = ("interval", "value", "excess", "excess_interval", "verdict")
_SIGNS = {"at_most": "≤", "at_least": "≥"}


class Clause(BaseModel):
    """One condition on one finding.

    Attributes:
        finding: its name, such as ``membership_inference``.
        column: the column it speaks of; ``*`` for every column. Left out: the figure of the whole
            table, or where there is none those of all columns.
        where: further fields or details that the finding must have, such as ``grouping: sex``.
        evidence: what is held against the bound: ``interval`` (the default: the end of the 95 %
            interval that speaks against the data), ``value``, ``excess`` (how far the figure falls
            short of what real holdout rows reach), ``excess_interval``, ``verdict``, or ``detail.NAME``.
        at_most, at_least: bounds on a number.
        one_of: words that the evidence may be, for a verdict or a word in the detail.
        allow: why evidence may be missing without failing the clause; nothing by default.
        reason: why the bound was set, for whoever reads the report.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    finding: str = Field(min_length=1)
    column: str | None = None
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)
    evidence: str = "interval"
    at_most: float | None = None
    at_least: float | None = None
    one_of: tuple[str, ...] = ()
    allow: tuple[Allowed, ...] = ()
    reason: str = ""

    @field_validator("evidence")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in _EVIDENCE and not (value.startswith("detail.") and len(value) > len("detail.")):
            raise ValueError(f"accepted: {', '.join(_EVIDENCE)} or detail.NAME")
        return value

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        numbers = self.at_most is not None or self.at_least is not None
        if numbers == bool(self.one_of):
            raise ValueError("a clause needs at_most, at_least or both, or one_of")
        if self.evidence == "verdict" and numbers:
            raise ValueError("a verdict is bounded by one_of: good, fair, poor, unknown")
        if self.one_of and self.evidence in _EVIDENCE and self.evidence != "verdict":
            raise ValueError(f"one_of holds words, {self.evidence} is a number: use at_most or at_least")
        if self.at_most is not None and self.at_least is not None and self.at_least > self.at_most:
            raise ValueError("at_least is larger than at_most, so nothing could keep both")
        return self

    @property
    def bound(self) -> str:
        """The bound in words, such as ``upper end of the interval ≤ 0.55``."""
        return f"{self._measure()} {self._bounds()}"

    def _measure(self) -> str:
        end = {(True, False): "upper end", (False, True): "lower end"}.get(
            (self.at_most is not None, self.at_least is not None), "both ends"
        )
        words = {
            "interval": f"{end} of the 95 % interval",
            "value": "figure",
            "excess": "shortfall against real holdout rows",
            "excess_interval": "shortfall against real holdout rows, at the worse end of the 95 % interval,",
            "verdict": "verdict",
        }
        return words.get(self.evidence) or self.evidence.removeprefix("detail.").replace("_", " ")

    def _bounds(self) -> str:
        if self.one_of:
            return f"= {' or '.join(self.one_of)}"
        parts = [f"{sign} {getattr(self, key):g}" for key, sign in _SIGNS.items() if getattr(self, key) is not None]
        return " and ".join(parts)

    @property
    def scope(self) -> str:
        """Of what the finding must speak: a column, every column, what else it must have; empty for the table."""
        column = {None: "", "*": "every column"}.get(self.column, f'column "{self.column}"')
        return ", ".join(filter(None, (column, *(f"{key.replace('_', ' ')} {v}" for key, v in self.where.items()))))


class Policy(BaseModel):
    """All that evidence must show; every clause must be met.

    Attributes:
        policy_version: the version of this language.
        name: what the policy is called in reports.
        clauses: one or more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy_version: Literal[1] = 1
    name: str = Field(default="policy", min_length=1, max_length=120)
    clauses: tuple[Clause, ...] = Field(min_length=1)

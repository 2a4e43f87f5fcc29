"""A scenario as a value: what is to be otherwise than in the data, clause by clause.

    name: recession
    clauses:
      - share: {column: job, values: [unemployed], times: 2}
        because: unemployment doubles
      - mean: {column: balance, times: 0.8, within: "age < 30"}
      - amplify: {where: "y = yes and age > 60", times: 50}
      - tail: {column: balance, start: 0.95, scale: 1.5}
      - combine: {where: "job = student and marital = widowed", share: 0.05}

It says nothing of how rows come to be like that, so that one scenario serves tables, sequences and
simulators; :mod:`synthloom.guidance.scenarios` plays it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from synthloom.errors import ScenarioError
from synthloom.yaml_marks import MarkedYaml, read_yaml_text

_SETTINGS = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ShareClause(BaseModel):
    """The share of one or several values of a column, of all rows or of those ``within`` a condition.

    Exactly one of ``to`` (the new share) and ``times`` (a multiple of what the model gives).
    """

    model_config = _SETTINGS

    column: str = Field(min_length=1)
    values: tuple[str | int | float | bool | None, ...] = Field(min_length=1)
    to: float | None = Field(default=None, gt=0, lt=1)
    times: float | None = Field(default=None, gt=0)
    within: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.to is None) == (self.times is None):
            raise ValueError("give one of to (a share) and times (a multiple)")
        return self

    def __str__(self) -> str:
        values = ", ".join("missing" if v is None else str(v) for v in self.values)
        change = f"is {self.to:g}" if self.to is not None else f"times {self.times:g}"
        return f"share of {self.column} in ({values}){_within(self.within)} {change}"


class MeanClause(BaseModel):
    """The mean of a number, of all rows or of those ``within`` a condition: ``to``, ``times`` or ``plus``."""

    model_config = _SETTINGS

    column: str = Field(min_length=1)
    to: float | None = None
    times: float | None = None
    plus: float | None = None
    within: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.to, self.times, self.plus)) != 1:
            raise ValueError("give one of to (a value), times (a multiple) and plus (a difference)")
        return self

    def __str__(self) -> str:
        change = next(
            f"{word} {given:g}"
            for word, given in (("is", self.to), ("times", self.times), ("plus", self.plus))
            if given is not None
        )
        return f"mean of {self.column}{_within(self.within)} {change}"


class AmplifyClause(BaseModel):
    """An event becomes ``times`` as frequent; what its rows are like stays."""

    model_config = _SETTINGS

    where: str = Field(min_length=1)
    times: float = Field(gt=0)

    def __str__(self) -> str:
        return f"{self.where} times {self.times:g}"


class TailClause(BaseModel):
    """The values beyond a quantile follow a generalised Pareto law fitted to them, and go on beyond the largest.

    Attributes:
        column: a number.
        side: ``high`` or ``low``.
        start: the quantile beyond which the tail begins (counted from the other end for ``low``).
        scale: by how much excesses over the start are stretched; 1 goes on as the data do.
        known_to: the quantile up to which the model knows the column, where larger values are missing.
        quantile: the extreme quantile that is stated with an interval.
    """

    model_config = _SETTINGS

    column: str = Field(min_length=1)
    side: Literal["high", "low"] = "high"
    start: float = Field(default=0.95, ge=0.5, lt=1)
    scale: float = Field(default=1.0, gt=0, le=100)
    known_to: float | None = Field(default=None, gt=0.5, lt=1)
    quantile: float = Field(default=0.999, gt=0.5, lt=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.quantile <= (self.known_to or self.start):
            raise ValueError("quantile lies inside what is known: choose one above start and known_to")
        return self

    def __str__(self) -> str:
        known = f", known to the {self.known_to:g} quantile" if self.known_to else ""
        return f"{self.side} tail of {self.column} from the {self.start:g} quantile, scale {self.scale:g}{known}"


class CombineClause(BaseModel):
    """Conditions that may never have been seen together make a ``share`` of the rows."""

    model_config = _SETTINGS

    where: str = Field(min_length=1)
    share: float = Field(gt=0, le=1)

    def __str__(self) -> str:
        return f"{self.where} in a share of {self.share:g}"


AnyClause = ShareClause | MeanClause | AmplifyClause | TailClause | CombineClause


class Entry(BaseModel):
    """One clause of a scenario, under the word that says its kind, and why it is taken."""

    model_config = _SETTINGS

    share: ShareClause | None = None
    mean: MeanClause | None = None
    amplify: AmplifyClause | None = None
    tail: TailClause | None = None
    combine: CombineClause | None = None
    because: str = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self._given) != 1:
            raise ValueError("a clause is one of share, mean, amplify, tail, combine")
        return self

    @property
    def _given(self) -> list[AnyClause]:
        kinds = (self.share, self.mean, self.amplify, self.tail, self.combine)
        return [clause for clause in kinds if clause is not None]

    @property
    def clause(self) -> AnyClause:
        """The clause."""
        return self._given[0]


class Scenario(BaseModel):
    """What is to be otherwise than in the data.

    Attributes:
        name: how it is called in reports.
        clauses: what is to hold, all of it at once.
        scenario_version: the version of this form.
    """

    model_config = _SETTINGS

    scenario_version: Literal[1] = 1
    name: str = Field(min_length=1)
    clauses: tuple[Entry, ...] = Field(min_length=1)


def read_scenario(source: Scenario | str | Path | dict[str, Any]) -> Scenario:
    """The scenario in a YAML file, in a mapping, or the one that is handed in.

    Raises:
        ScenarioError: with the line and column of the first mistake.
    """
    if isinstance(source, Scenario):
        return source
    if isinstance(source, dict):
        return MarkedYaml(source, None, "scenario", ScenarioError).validated(Scenario)
    path = Path(source)
    text = read_yaml_text(
        path,
        "the scenario",
        ScenarioError,
        accepted="the path of a YAML file",
        hint="docs/scenarios.md shows how one is written",
    )
    return scenario_from_yaml(text, source=path.name)


def scenario_from_yaml(text: str, *, source: str = "scenario.yaml") -> Scenario:
    """The scenario that a YAML text describes.

    Raises:
        ScenarioError: with the line and column of the first mistake.
    """
    document = MarkedYaml.parse(text, source, ScenarioError)
    if not isinstance(document.plain, dict):
        raise ScenarioError(f"{source} is not a mapping", accepted="a mapping with a name and a list named clauses")
    return document.validated(Scenario)


def scenario_to_yaml(scenario: Scenario) -> str:
    """The scenario as YAML text that :func:`read_scenario` reads back."""
    import yaml

    plain = scenario.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _within(text: str | None) -> str:
    return f" within ({text})" if text else ""

"""Which values are there, and what follows from other columns: presence and implication."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from synthloom.conditions import Conditions, parse_conditions
from synthloom.conditions.comparing import comparable
from synthloom.constraints.base import Constraint, shown
from synthloom.errors import ConditionError

_QUOTED_OR_WORD = r'"([^"]+)"|`([^`]+)`|([^\s=<>!(),"`]+)'


class Presence(Constraint):
    """``columns`` hold a value where ``when`` is met, and (unless ``otherwise`` is "any") none elsewhere.

    Attributes:
        columns: whose values are there or missing.
        when: conditions in the grammar of ``where``.
        otherwise: ``missing`` or ``any``.
    """

    kind: Literal["presence"] = "presence"
    columns: tuple[str, ...] = Field(min_length=1)
    when: str
    otherwise: Literal["missing", "any"] = "missing"

    @field_validator("when")
    @classmethod
    def _readable(cls, text: str) -> str:
        return _checked(text)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.columns, *conditions_of(self.when).columns)))

    @property
    def sentence(self) -> str:
        rest = ", else missing" if self.otherwise == "missing" else ""
        return f"{shown(self.columns)} present where {self.when}{rest}"

    def met(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Where the values must be there, bool [n]."""
        return met_in(self.when, columns)

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        wanted = self.met(columns)
        good = np.ones(len(wanted), dtype=bool)
        for name in self.columns:
            missing = comparable(columns[name])[1]
            good &= np.where(wanted, ~missing, missing | (self.otherwise == "any"))
        return good


class Implication(Constraint):
    """Rows that meet ``if`` meet ``then``; both in the grammar of ``where``.

    Attributes:
        condition: when something follows (written ``if`` in a file).
        then: what follows.
    """

    kind: Literal["implication"] = "implication"
    condition: str = Field(alias="if")
    then: str

    @field_validator("condition", "then")
    @classmethod
    def _readable(cls, text: str) -> str:
        return _checked(text)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*conditions_of(self.condition).columns, *conditions_of(self.then).columns)))

    @property
    def sentence(self) -> str:
        return f"if {self.condition} then {self.then}"

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        return ~met_in(self.condition, columns) | met_in(self.then, columns)


def _checked(text: str) -> str:
    try:
        conditions_of(text)
    except ConditionError as error:
        raise ValueError(str(error)) from error
    return text


def conditions_of(text: str) -> Conditions:
    """The conditions of a text whose columns are not known: each clause begins with one.

    Raises:
        ConditionError: if it cannot be read.
    """
    starts = re.split(r"(?i)\s+and\s+", text)
    names = []
    for part in starts:
        match = re.match(r"\s*(?:" + _QUOTED_OR_WORD + ")", part)
        if match:
            names.append(next(group for group in match.groups() if group))
    return parse_conditions(text, list(dict.fromkeys(names)))


def met_in(text: str, columns: Mapping[str, Any]) -> np.ndarray:
    """Which rows of Arrow columns meet the conditions of a text, bool [n]."""
    conditions = conditions_of(text)
    return conditions.typed({name: columns[name].type for name in conditions.columns}).meets(columns)

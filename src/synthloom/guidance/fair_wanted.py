"""What is to be fair, and a table made so, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from synthloom.data import Table
from synthloom.errors import OptionError

Notion = Literal["none", "statistical_parity", "equal_opportunity"]
Method = Literal["labels", "reweighing"]
NOTIONS: tuple[Notion, ...] = ("none", "statistical_parity", "equal_opportunity")


@dataclass(frozen=True)
class Fairness:
    """What is to be fair.

    Attributes:
        sensitive: the columns whose groups are told apart; several are crossed.
        target: the column that decisions are about; needed for parity and opportunity.
        outcome: its value that counts; the rarer of two values if left out.
        notion: ``statistical_parity``, ``equal_opportunity`` or ``none``.
        method: ``labels`` (drawn from a fair score) or ``reweighing``.
        representation: ``as_is``, ``equal``, or the share of each group by its label.
        leeway: from 0 to 1: how far the correction is let go away from the threshold 0.5.
        difference: how far apart the rates of two groups may be at the threshold 0.5. Half of it is aimed
            at, since rates on new rows vary.
    """

    sensitive: tuple[str, ...]
    target: str | None = None
    outcome: Any = None
    notion: Notion = "statistical_parity"
    method: Method = "labels"
    representation: Literal["as_is", "equal"] | Mapping[str, float] = "as_is"
    leeway: float = 0.4
    difference: float = 0.01

    def __post_init__(self) -> None:
        if not self.sensitive:
            raise OptionError(
                "no sensitive column was named", accepted="one or more columns whose groups to tell apart"
            )
        if self.notion not in NOTIONS:
            raise OptionError(f"the notion is {self.notion!r}", accepted=", ".join(NOTIONS))
        if self.method not in ("labels", "reweighing"):
            raise OptionError(f"the method is {self.method!r}", accepted="labels, reweighing")
        if self.method == "reweighing" and self.notion == "equal_opportunity":
            raise OptionError("reweighing reaches statistical parity only", hint="choose the method labels")
        if self.notion == "none" and self.representation == "as_is":
            raise OptionError("nothing was asked for", accepted="a notion, a representation, or both")
        if self.notion != "none" and self.target is None:
            raise OptionError(f"{self.notion} needs a target", accepted="the column that decisions are about")
        if self.target in self.sensitive:
            raise OptionError(f'"{self.target}" is both target and sensitive', accepted="different columns")
        if not 0 <= self.leeway <= 1:
            raise OptionError(f"the leeway is {self.leeway!r}", accepted="a number from 0 to 1")
        if not 0 <= self.difference < 1:
            raise OptionError(f"the difference is {self.difference!r}", accepted="a number from 0 to 1, such as 0.01")


@dataclass(frozen=True)
class FairTable:
    """A table made fair, ready to be learned.

    Attributes:
        table: the rows; only the target may differ from the ones given.
        weights: float64 [n], mean 1.
        record: what was done, group by group, as plain values.
    """

    table: Table
    weights: np.ndarray
    record: dict[str, Any] = field(default_factory=dict)

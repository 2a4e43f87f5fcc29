"""Statements that hold in every row, as values: one kind a file."""

from synthloom.constraints.base import Constraint
from synthloom.constraints.combinations import Combinations
from synthloom.constraints.custom import Custom
from synthloom.constraints.formula import Comparison, Formula, Sum
from synthloom.constraints.inequality import Inequality
from synthloom.constraints.monotone import Monotone
from synthloom.constraints.one_hot import OneHot
from synthloom.constraints.pattern import Pattern
from synthloom.constraints.presence import Implication, Presence
from synthloom.constraints.reading import AnyConstraint, constraints_from_plain, read_constraints
from synthloom.constraints.unique import Unique
from synthloom.constraints.value_range import ValueRange

__all__ = [
    "AnyConstraint",
    "Combinations",
    "Comparison",
    "Constraint",
    "Custom",
    "Formula",
    "Implication",
    "Inequality",
    "Monotone",
    "OneHot",
    "Pattern",
    "Presence",
    "Sum",
    "Unique",
    "ValueRange",
    "constraints_from_plain",
    "read_constraints",
]

"""What rows are to be like, as values: the conditions of ``where``, in Python and as text."""

from synthloom.conditions.clauses import (
    Among,
    Clause,
    Condition,
    Conditions,
    Missing,
    Present,
    Range,
    at_least,
    at_most,
    between,
)
from synthloom.conditions.grammar import parse_conditions
from synthloom.conditions.reading import FilledRows, read_where

__all__ = [
    "Among",
    "Clause",
    "Condition",
    "Conditions",
    "FilledRows",
    "Missing",
    "Present",
    "Range",
    "at_least",
    "at_most",
    "between",
    "parse_conditions",
    "read_where",
]

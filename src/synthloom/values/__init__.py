"""Personal values: found in real columns, and made up in their place."""

from synthloom.values.finder import PersonalFinding, find_personal, find_personal_columns
from synthloom.values.kinds import PersonalKind, ValueKind
from synthloom.values.people import People
from synthloom.values.provider import make_values
from synthloom.values.replacement import Replacement, replace_personal
from synthloom.values.style import ValueStyle, find_style, find_table_locale
from synthloom.values.word_lists import LOCALES

__all__ = [
    "LOCALES",
    "People",
    "PersonalFinding",
    "PersonalKind",
    "Replacement",
    "ValueKind",
    "ValueStyle",
    "find_personal",
    "find_personal_columns",
    "find_style",
    "find_table_locale",
    "make_values",
    "replace_personal",
]

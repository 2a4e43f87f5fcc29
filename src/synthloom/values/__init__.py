"""Personal values: found in real columns, and made up in their place."""

from synthloom.values.finder import PersonalFinding, find_personal, find_personal_columns
from synthloom.values.kinds import PersonalKind, ValueKind

__all__ = ["PersonalFinding", "PersonalKind", "ValueKind", "find_personal", "find_personal_columns"]

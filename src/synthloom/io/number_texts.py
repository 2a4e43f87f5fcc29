"""Numbers written as text: decimal point or comma, thousands separators, and when not to guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

DecimalMark = Literal[".", ","]
Reading = Literal["integer", "point", "comma", "point_grouped", "comma_grouped"]

_PATTERNS: dict[Reading, str] = {
    "integer": r"^-?(?:0|[1-9]\d*)$",
    "point": r"^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$",
    "comma": r"^[+-]?(?:(?:0|[1-9]\d*)(?:,\d*)?|,\d+)(?:[eE][+-]?\d+)?$",
    # a grouped column may hold numbers below 1,000 too
    "point_grouped": r"^[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|0|[1-9]\d{0,2})(?:\.\d+)?$",
    "comma_grouped": r"^[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|0|[1-9]\d{0,2})(?:,\d+)?$",
}
_MARKS: dict[DecimalMark, tuple[Reading, Reading]] = {
    ".": ("point", "point_grouped"),
    ",": ("comma", "comma_grouped"),
}
_PLUS_CODE = r"^\+\d+$"
_WHOLE = r"^-?\d+$"
_GLANCE = 200


@dataclass(frozen=True)
class NumberReadings:
    """The ways in which every text of a column is a number.

    ``point``: 1234.5, ``comma``: 1234,5, ``point_grouped``: 1,234.5, ``comma_grouped``: 1.234,5.
    Whole numbers and telephone numbers (``+43123``) have none of these but ``integer`` or nothing.
    """

    possible: frozenset[Reading]

    def __bool__(self) -> bool:
        return bool(self.possible)

    @property
    def mark(self) -> DecimalMark | None:
        """The decimal mark where the texts allow only one; ``None`` for whole numbers and open cases."""
        found: list[DecimalMark] = [mark for mark, names in _MARKS.items() if self.possible.intersection(names)]
        return found[0] if len(found) == 1 else None

    @property
    def open(self) -> bool:
        """Whether only the rest of the file can tell what the numbers are."""
        return bool(self.possible) and "integer" not in self.possible and self.mark is None

    def chosen(self, file_mark: DecimalMark | None) -> Reading | None:
        """The reading to use; ``None`` where ``1,234`` may be 1234 or 1.234 and nothing tells."""
        if "integer" in self.possible:
            return "integer"
        mark = self.mark or file_mark
        if mark is None:
            return "point" if "point" in self.possible else None
        return next((name for name in _MARKS[mark] if name in self.possible), None)


def readings_of(texts: pa.Array) -> NumberReadings:
    """All ways in which every one of these texts (at least one, without missing ones) is a number."""
    if _all_match(texts, _PATTERNS["integer"]):
        return NumberReadings(frozenset({"integer"}))
    possible = {name for name, pattern in _PATTERNS.items() if name != "integer" and _all_match(texts, pattern)}
    if possible and _any_match(texts, _PLUS_CODE):
        return NumberReadings(frozenset())
    return NumberReadings(frozenset(possible))


def decimal_mark_of_file(columns: Iterable[NumberReadings], delimiter: str) -> DecimalMark | None:
    """The mark that most columns must have; else a point in files parted by commas; else ``None``."""
    marks = [readings.mark for readings in columns]
    points, commas = marks.count("."), marks.count(",")
    if points or commas:
        return "," if commas > points else "."
    return "." if delimiter == "," else None


def parse_numbers(texts: pa.Array, reading: Reading) -> pa.Array | None:
    """``int64`` where all are whole, else ``double``; ``None`` where whole numbers exceed 64 bits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if reading.endswith("grouped"):
        texts = pc.replace_substring(texts, "," if reading == "point_grouped" else ".", "")
    if reading.startswith("comma"):
        texts = pc.replace_substring(texts, ",", ".")
    if reading != "integer":
        texts = pc.utf8_ltrim(texts, "+")
    if not _all_match(texts, _WHOLE):
        return texts.cast(pa.float64())
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _all_match(texts: pa.Array, pattern: str) -> bool:
    import pyarrow.compute as pc

    return all(pc.all(pc.match_substring_regex(part, pattern)).as_py() for part in (texts.slice(0, _GLANCE), texts))


def _any_match(texts: pa.Array, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())

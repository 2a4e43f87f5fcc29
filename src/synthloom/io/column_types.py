"""Text columns become numbers, booleans, dates and times where every value agrees.

A column is typed by all of its values, never by its beginning, and only if nothing is lost:

* whole numbers within 64 bits; codes with leading zeros or a plus sign, and longer numbers, stay text;
* numbers with a decimal point or comma and thousands separators; where ``1.234`` could be either,
  what the file's other columns say decides; where nothing does, a point is a decimal point and
  a column with commas stays text;
* ``true``/``false`` in any case (``yes``, ``Y``, ``0`` and ``1`` stay what they are);
* dates and times in ISO 8601, or in one other layout that fits without doubt.

What stands for a missing value: an empty value everywhere; in text columns also the unquoted
markers of :data:`TEXT_MARKERS`; in number and date columns also those of :data:`TYPED_MARKERS`,
such as ``?`` and ``None``, which in a text column may well be a category. Infinite values become
missing. All of this is noted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthloom.io.date_layouts import parse_iso, parse_other
from synthloom.io.number_texts import NumberReadings, decimal_mark_of_file, parse_numbers, readings_of
from synthloom.io.source import Notes

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_MARKERS = ("NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "#N/A", "<NA>", "\\N")
"""Read as missing in any column, unless they are quoted."""

TYPED_MARKERS = (
    *TEXT_MARKERS, "", "?", "-", "--", ".", "..", "*", "na", "n.a.", "N.A.", "None", "none", "NONE", "Null", "(null)",
    "missing", "Missing", "unknown", "Unknown", "NaT", "#NA", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!",
    "#NAME?", "0000-00-00", "0000-00-00 00:00:00",
)  # fmt: skip
"""Read as missing in columns whose other values are all numbers or dates."""

_INFINITY = r"^[+-]?(?i:inf(?:inity)?)$"
_NUMBER_LIKE = r"^[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?$"
_DIGITS = r"^[+-]?\d+$"
_BOOLEAN_STYLES = {"true/false": str.lower, "True/False": str.capitalize, "TRUE/FALSE": str.upper}
_GLANCE = 200


@dataclass
class TypedColumns:
    """Columns with their types.

    Attributes:
        columns: the values by column name, in order.
        layouts: how dates and booleans were written, where not in the default way.
        decimal_mark: the file's decimal mark.
        marked: text columns that hold some of :data:`TEXT_MARKERS`, which stand there as text still.
    """

    columns: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    layouts: dict[str, str] = field(default_factory=dict)
    decimal_mark: str = "."
    marked: dict[str, list[str]] = field(default_factory=dict)


def infer_types(texts: dict[str, pa.ChunkedArray], delimiter: str, notes: Notes) -> TypedColumns:
    """Types for columns of texts; ``texts`` is emptied on the way, so that memory is freed.

    Only a missing (``None``) text is missing; an empty one is an empty text until the column
    turns out to hold numbers or dates.
    """
    result = TypedColumns(dict.fromkeys(texts))
    open_columns: list[_TextColumn] = []
    readings: list[NumberReadings] = []
    for name in list(texts):
        column = _TextColumn(name, texts.pop(name))
        readings.append(column.readings)
        if column.readings.open:
            open_columns.append(column)
        else:
            column.settle(result, None, notes)
    mark = decimal_mark_of_file(readings, delimiter)
    for column in open_columns:
        column.settle(result, mark, notes)
    result.decimal_mark = mark or "."
    return result


class _TextColumn:
    """One column of texts, held as its distinct values and where they stand."""

    def __init__(self, name: str, values: pa.ChunkedArray) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.name = name
        encoded = values.dictionary_encode()
        self._rows = pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32())
        self._distinct = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], pa.string())
        self._trimmed = pc.utf8_trim_whitespace(self._distinct)
        self._endless = pc.match_substring_regex(self._trimmed, _INFINITY)
        self._left_out = pc.or_(pc.is_in(self._trimmed, pa.array(TYPED_MARKERS)), self._endless)
        self._texts = self._trimmed.filter(pc.invert(self._left_out))
        glance = self._texts.slice(0, _GLANCE)
        digits = pc.sum(pc.match_substring_regex(glance, r"\d")).as_py() or 0
        self._with_digits = len(glance) > 0 and digits >= 0.5 * len(glance)
        self.readings = readings_of(self._texts) if self._with_digits else NumberReadings(frozenset())

    def settle(self, result: TypedColumns, file_mark: str | None, notes: Notes) -> None:
        """Puts the column, typed as far as it can be, into ``result``."""
        import pyarrow as pa

        if not len(self._texts) and not self._beyond_text_markers():
            result.columns[self.name] = pa.chunked_array([pa.nulls(len(self._rows))])
            return
        found = self._converted(file_mark, notes) if len(self._texts) else None
        if found is None:
            self._note_mixture(notes)
            if markers := self._text_markers():
                result.marked[self.name] = markers
            result.columns[self.name] = self._gathered(self._distinct)
            return
        self._note_left_out(notes)
        values, layout = found
        result.columns[self.name] = self._gathered(self._with_gaps(values, notes))
        if layout is not None:
            result.layouts[self.name] = layout

    def _converted(self, file_mark: str | None, notes: Notes) -> tuple[pa.Array, str | None] | None:
        if not self.readings:
            return self._booleans() or (self._dates(notes) if self._with_digits else None)
        reading = self.readings.chosen("," if file_mark == "," else "." if file_mark == "." else None)
        if reading is None:
            notes.about("kept as text, because 1,234 could mean 1234 or 1.234", self.name)
            return None
        numbers = parse_numbers(self._texts, reading)
        if numbers is None:
            notes.about("kept as text, because its whole numbers are longer than 64 bits", self.name)
            return None
        if reading.endswith("grouped"):
            notes.about("thousands separators were read and left out", self.name)
        return numbers, None

    def _booleans(self) -> tuple[pa.Array, str | None] | None:
        import pyarrow as pa

        texts = self._texts.slice(0, 7).to_pylist()
        if len(texts) > 6 or not all(text.lower() in ("true", "false") for text in texts):
            return None
        if self._beyond_text_markers():  # "unknown" beside true and false is a third answer, and no gap
            return None
        style = next((s for s, change in _BOOLEAN_STYLES.items() if all(change(t) == t for t in texts)), "true/false")
        return pa.array([text.lower() == "true" for text in texts]), None if style == "true/false" else style

    def _dates(self, notes: Notes) -> tuple[pa.Array, str | None] | None:
        found = parse_iso(self._texts) or parse_other(self._texts)
        if isinstance(found, str):
            notes.about("kept as text, because its dates could be day first or month first", self.name)
            return None
        return found

    def _gathered(self, values: pa.Array) -> pa.ChunkedArray:
        """Values of the distinct texts, each at its rows."""
        import pyarrow as pa

        return pa.chunked_array([values.take(chunk) for chunk in self._rows.chunks], values.type)

    def _with_gaps(self, values: pa.Array, notes: Notes) -> pa.Array:
        """Values of the kept texts, missing at the texts that were left out and where not finite."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_floating(values.type):
            finite = pc.is_finite(values)
            if not pc.all(finite).as_py():
                notes.about("numbers beyond the range of 64-bit floats became missing", self.name)
                values = pc.if_else(finite, values, pa.scalar(None, values.type))
        left_out = self._left_out.to_numpy(zero_copy_only=False)
        if not left_out.any():
            return values
        return values.take(pa.array(np.cumsum(~left_out) - 1, pa.int32(), mask=left_out))

    def _text_markers(self) -> list[str]:
        import pyarrow as pa
        import pyarrow.compute as pc

        present = self._distinct.filter(pc.is_in(self._distinct, pa.array(TEXT_MARKERS)))
        return [str(text) for text in present.to_pylist()]

    def _beyond_text_markers(self) -> bool:
        """Whether some text that was left out is more than an empty one or a text marker."""
        left_out = self._trimmed.filter(self._left_out).to_pylist()
        return any(text and text not in TEXT_MARKERS for text in left_out)

    def _note_left_out(self, notes: Notes) -> None:
        import numpy as np
        import pyarrow.compute as pc

        places = np.flatnonzero(self._left_out.to_numpy(zero_copy_only=False))
        if not len(places):
            return
        here = self._rows.filter(pc.is_in(self._rows, _integers(places)))
        counts = {pair["values"]: pair["counts"] for pair in pc.value_counts(here).to_pylist()}
        for place in places.tolist():
            text, rows = self._trimmed[place].as_py(), counts.get(place, 0)
            if self._endless[place].as_py():
                notes.about("infinite values became missing", self.name, rows)
            elif text:
                notes.about(f'"{text}" was read as missing', self.name, rows)

    def _note_mixture(self, notes: Notes) -> None:
        import pyarrow.compute as pc

        if not self._with_digits or self.readings:
            return
        numbers = pc.sum(pc.match_substring_regex(self._texts, _NUMBER_LIKE)).as_py()
        if 0.5 * len(self._texts) <= numbers < len(self._texts):
            notes.about("kept as text, because numbers are mixed with other values", self.name)


def _integers(places: object) -> pa.Array:
    import pyarrow as pa

    return pa.array(places, pa.int32())


def drop_text_markers(result: TypedColumns, notes: Notes) -> None:
    """Makes the unquoted markers of text columns missing, where nothing tells quoted ones apart."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, markers in result.marked.items():
        if not holds_codes(result.columns[name], markers, name, notes):
            mask_texts(result, name, pc.is_in(result.columns[name], pa.array(markers)), notes)


def mask_texts(result: TypedColumns, name: str, gap: pa.ChunkedArray, notes: Notes) -> None:
    """Makes a text column missing where ``gap`` is true, and notes how often."""
    import pyarrow as pa
    import pyarrow.compute as pc

    before = result.columns[name]
    after = pc.if_else(gap, pa.scalar(None, before.type), before)
    result.columns[name] = after
    if rows := after.null_count - before.null_count:
        notes.about(f"{' and '.join(result.marked[name])} was read as missing", name, rows)


def holds_codes(column: pa.ChunkedArray, markers: list[str], name: str, notes: Notes) -> bool:
    """Whether ``NA`` is one of many two-letter codes (Namibia, sodium) rather than a gap."""
    import pyarrow.compute as pc

    if markers != ["NA"]:
        return False
    distinct = pc.unique(column).drop_null()
    codes = pc.sum(pc.match_substring_regex(distinct, r"^[A-Z]{2}$")).as_py()
    if len(distinct) < 10 or codes < 0.9 * len(distinct):
        return False
    notes.about("NA was kept as a value, because the others are two-letter codes too", name)
    return True

"""How a CSV is written: delimiter, quote, line ends, and whether the first row names the columns.

Each candidate delimiter is tried on the beginning of the file; the best one gives rows of one
width whose values look like values (numbers, dates, text without another delimiter in it). The
idea follows van den Burg, Nazábal and Sutton (2019), "Wrangling messy CSV files by detecting row
and type patterns", reduced to what telling four delimiters apart needs.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass

from synthloom.errors import InputError
from synthloom.io.column_types import TYPED_MARKERS

DELIMITERS = (",", ";", "\t", "|")
SINGLE_COLUMN_DELIMITER = "\x1f"  # stands in no text: a file of one column is not split at all
_SAMPLE_CHARACTERS = 1 << 17
_SAMPLE_ROWS = 200

_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?\s*%?")
_DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}(?:[ T]\d{1,2}:\d{2}.*)?")
_OTHER_DELIMITERS = {d: re.compile("[" + re.escape("".join(set(DELIMITERS) - {d})) + "]") for d in DELIMITERS}


@dataclass(frozen=True)
class Dialect:
    r"""How a CSV is written.

    Attributes:
        delimiter: what parts the values; ``\x1f`` if there is one column only.
        quote: what encloses a value that holds the delimiter.
        newline: what ends a line.
        header: whether the first row names the columns.
        first_row: the values of the first row.
        skipped_lines: lines before the first row (Excel's ``sep=;``).
    """

    delimiter: str
    quote: str
    newline: str
    header: bool
    first_row: tuple[str, ...]
    skipped_lines: int = 0


def sniff(text: str, *, complete: bool, name: str, tabs_first: bool = False) -> Dialect:
    """The dialect of a CSV that begins with ``text``.

    Args:
        text: the beginning of the file, at least its first row.
        complete: whether ``text`` is the whole file.
        name: the file's name, for messages.
        tabs_first: whether the tab wins a tie (``.tsv``).

    Raises:
        InputError: if not even the first row can be told.
    """
    newline = "\r\n" if "\r\n" in text[:65536] else "\n" if "\n" in text[:65536] else "\r" if "\r" in text else "\n"
    declared, skipped = _declared_delimiter(text)
    if skipped:
        text = text[text.index("\n") + 1 :] if "\n" in text else ""
    text = text.lstrip("\r\n")
    candidates = [declared] if declared else sorted(DELIMITERS, key=lambda d: d != "\t") if tabs_first else DELIMITERS
    best: tuple[float, str, str, list[list[str]]] | None = None
    for quote in ('"', "'") if _may_be_single_quoted(text) else ('"',):
        for delimiter in candidates:
            rows = split_rows(text, delimiter, quote, complete=complete)
            score = _score(rows, delimiter) if rows else 0.0
            if rows and (best is None or score > best[0] + 1e-9):
                best = (score, delimiter, quote, rows)
    if best is None:
        raise InputError(
            f'the first row of "{name}" cannot be told: it is longer than 1 MiB, or a quote in it is not closed',
            accepted="CSV with a first row that names the columns",
            hint="check the first line of the file",
        )
    _, delimiter, quote, rows = best
    if len(rows[0]) == 1 and max(map(len, rows)) == 1 and not declared:
        delimiter = SINGLE_COLUMN_DELIMITER
        rows = split_rows(text, delimiter, quote, complete=complete)
    return Dialect(delimiter, quote, newline, has_header(rows), tuple(rows[0]), skipped)


def split_rows(text: str, delimiter: str, quote: str, *, complete: bool) -> list[list[str]]:
    """The first rows of ``text``, without blank ones; the last is left out if it may be cut."""
    length = max(_SAMPLE_CHARACTERS, 20 * (text.find("\n") + 1))  # of a very wide table some rows too
    complete = complete and len(text) <= length
    lines = io.StringIO(text[:length], newline="")  # splits at \n, \r and \r\n, nowhere else
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                return rows[:_SAMPLE_ROWS]
    except csv.Error:  # a value beyond the parser's limit: the quote is not closed
        return rows
    return rows if complete else rows[:-1]


def _declared_delimiter(text: str) -> tuple[str | None, int]:
    """Excel's own first line ``sep=;``."""
    match = re.match(r'"?sep=([,;\t|])"?[ ]*\r?(?:\n|$)', text, re.IGNORECASE)
    return (match[1], 1) if match else (None, 0)


def _may_be_single_quoted(text: str) -> bool:
    sample = text[:65536]
    return '"' not in sample and len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", sample, re.MULTILINE)) >= 2


def _score(rows: list[list[str]], delimiter: str) -> float:
    """How well the rows hang together, 0 to 1: even widths, clean values, more than one column."""
    widths = Counter(map(len, rows))
    width, even = max(widths.items(), key=lambda item: (item[1], item[0]))
    share = even / len(rows)
    if len(rows[0]) != width:
        share *= 0.8 if len(rows[0]) == 1 else 0.5  # one value: a title above the names rather than names
    cells = [cell for row in rows[: max(5, 20_000 // width)] for cell in row]
    other = _OTHER_DELIMITERS.get(delimiter)
    clean = sum(1.0 if other is None or not other.search(cell) or _is_value(cell) else 0.4 for cell in cells)
    return share**2 * clean / max(1, len(cells)) * (1 - 0.6 / width)


def _is_value(cell: str) -> bool:
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell))


def has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns. Cautious: only clear data are taken for data.

    The first row counts as data if one of its values is a number or date as those below it (and
    the row is not a run such as 0, 1, 2 or years, as pivoted tables have), or if all its values,
    as in the UCI tables of plain categories, occur again in their own columns.
    """
    first, body = [cell.strip() for cell in rows[0]], rows[1:]
    places = range(len(first))
    columns = [[row[place].strip() for row in body if place < len(row) and row[place].strip()] for place in places]
    typed = [place for place, cell in enumerate(first) if _is_value(cell)]
    if typed:
        if _is_run([first[place] for place in typed], [columns[place] for place in typed]):
            return True
        if not body:
            return not all(_is_value(cell) or not cell for cell in first)
        words = [place for place, cell in enumerate(first) if cell not in TYPED_MARKERS and place not in set(typed)]
        if any(_mostly_like("0", columns[place]) for place in words):
            return True  # a word above numbers
        return not any(_mostly_like(first[place], columns[place]) for place in typed)
    copies = [row for row in body if [cell.strip() for cell in row] != first]
    again = [any(place < len(row) and row[place].strip() == cell for row in copies) for place, cell in enumerate(first)]
    return not (len(first) >= 2 and len(copies) >= 2 and all(first) and all(again))


def _is_run(cells: list[str], columns: list[list[str]]) -> bool:
    """Whether numbers (or dates) in the first row are a run of names, such as years or positions."""
    if all(_DATE.fullmatch(cell) and not _NUMBER.fullmatch(cell) for cell in cells):
        return not any(_mostly_like(cell, column) for cell, column in zip(cells, columns, strict=True))
    if not all(re.fullmatch(r"\d{1,9}", cell) for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    if len(numbers) >= 3 and steps == {1} and numbers[0] in (0, 1):
        return True
    return all(map(_is_year, numbers)) and not any(_mostly_years(column) for column in columns)


def _is_year(number: int) -> bool:
    return 1800 <= number <= 2200


def _mostly_years(column: list[str]) -> bool:
    years = sum(1 for cell in column if re.fullmatch(r"\d{4}", cell) and _is_year(int(cell)))
    return not column or years >= 0.5 * len(column)


def _mostly_like(cell: str, column: list[str]) -> bool:
    """Whether the values below are of the kind of ``cell``: dates if it is a date, else numbers."""
    pattern = _NUMBER if _NUMBER.fullmatch(cell) else _DATE
    return bool(column) and sum(1 for value in column if pattern.fullmatch(value)) >= 0.8 * len(column)

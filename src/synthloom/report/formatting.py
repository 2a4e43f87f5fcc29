"""How numbers, names and long texts are written in a report."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta

NO_NUMBER = "–"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_WHITE_SPACE = re.compile("[\t-\r]")
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff"  # control characters and lone surrogates
    "\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # marks that turn the reading direction
)


def clean(text: object) -> str:
    """``text`` as one harmless line: no control characters, no marks that turn the reading direction.

    A column called ``a<U+202E>b`` would otherwise show its name, and what follows, backwards.
    """
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return raw
    return _UNPRINTABLE.sub(_REPLACEMENT, _WHITE_SPACE.sub(" ", raw))


def shorten(text: object, limit: int) -> str:
    """At most ``limit`` characters of ``text``, its middle left out: the ends tell names apart.

    >>> shorten("a_very_long_column_name_2024", 12)
    'a_very…_2024'
    """
    return _without_middle(clean(text), limit)


def _without_middle(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    head = limit // 2
    return f"{line[:head]}…{line[len(line) - (limit - head - 1) :]}"


def text_width(text: str, size: float = 12.0) -> float:
    """About how many pixels ``text`` takes in a wide sans-serif; an East Asian character takes a full square."""
    units = 0.0
    for character in text:
        if unicodedata.combining(character):
            continue
        if unicodedata.east_asian_width(character) in "WF":
            units += 1.0
        elif character.isupper() or character in "mwMW@%":
            units += 0.8
        else:
            units += 0.63
    return units * size


def fit_text(text: object, width: float, size: float = 12.0) -> str:
    """``text``, shortened in the middle until it fits into ``width`` pixels (but to no less than three characters)."""
    line = shorten(text, max(4, round(3 * width / size)))  # no character is narrower than a third of the size
    limit = len(line)
    while limit > 3 and text_width(_without_middle(line, limit), size) > width:
        limit -= 1
    return _without_middle(line, limit)


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number (true and false are none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def format_number(value: float | None) -> str:
    """Three figures after the point for small numbers, thousands set apart in large ones.

    >>> format_number(0.51749), format_number(48842), format_number(-0.02), format_number(None)
    ('0.517', '48,842', '−0.020', '–')
    """
    if value is None or not math.isfinite(value):
        return NO_NUMBER
    size = abs(value)
    if size >= 1e15 or 0 < size < 5e-6:
        text = f"{size:.1e}"
    elif size >= 1000 or float(size).is_integer():
        text = f"{size:,.0f}"
    elif size >= 100:
        text = f"{size:.1f}"
    elif size >= 10:
        text = f"{size:.2f}"
    elif size >= 5e-4:
        text = f"{size:.3f}"
    else:
        text = f"{size:.1g}" if size >= 1e-4 else f"{size:.5f}"
    return ("−" if value < 0 else "") + text


def format_share(share: float | None) -> str:
    """A share of 0 to 1 as a percentage.

    >>> format_share(0.0571), format_share(0.5), format_share(0.0004)
    ('5.7 %', '50 %', '0.04 %')
    """
    if share is None or not math.isfinite(share):
        return NO_NUMBER
    percent = share * 100
    digits = 0 if abs(percent) >= 10 or percent == 0 else 1 if abs(percent) >= 1 else 2
    text = f"{abs(percent):.{digits}f}"
    if "." in text and float(text) == round(float(text)):
        text = f"{float(text):.0f}"
    return f"{'−' if percent < 0 and float(text) else ''}{text} %"


def format_short(value: float) -> str:
    """A number for an axis: ``12k``, ``1.5M``, ``0.25``."""
    size = abs(value)
    for limit, mark in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        # years and other four-digit numbers read better in full
        if size >= limit and not (mark == "k" and size < 10_000):
            return f"{value / limit:.4g}{mark}".replace("-", "−")
    if 0 < size < 1e-3:
        return f"{value:.0e}".replace("e-0", "e-").replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def format_seconds(seconds: float) -> str:
    """A span of time in the unit that fits.

    >>> format_seconds(0.24), format_seconds(12.3), format_seconds(75)
    ('0.2 s', '12 s', '1 min 15 s')
    """
    if not math.isfinite(seconds):
        return NO_NUMBER
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def format_date(seconds: float, unit: str) -> str:
    """A point in time, given as seconds since 1970 in UTC, as ``unit`` (year … second) shows it."""
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return NO_NUMBER
    day = f"{moment.year:04d}-{moment.month:02d}"
    return {
        "year": f"{moment.year}",
        "month": day,
        "day": f"{day}-{moment.day:02d}",
        "minute": f"{moment.month:02d}-{moment.day:02d} {moment.hour:02d}:{moment.minute:02d}",
        "second": f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}",
    }[unit]


def lead_and_rest(sentence: str) -> tuple[str, str]:
    """The part of a verdict to write large, and the part that explains it.

    A single word before the colon, such as "Private", claims more than the evidence carries when
    it stands alone: then the whole first sentence is the lead.

    >>> lead_and_rest("Useful with limits: a model loses 0.02. Pairs agree.")
    ('Useful with limits', 'A model loses 0.02. Pairs agree.')
    >>> lead_and_rest("Private: attacks guess. Few copies.")
    ('Private: attacks guess.', 'Few copies.')
    >>> lead_and_rest("No row is a copy. An attacker guesses.")
    ('No row is a copy.', 'An attacker guesses.')
    """
    head, colon, tail = sentence.partition(": ")
    if colon and " " in head and len(head) <= 40:
        return head, tail[:1].upper() + tail[1:]
    head, stop, tail = sentence.partition(". ")
    return (head + "." if stop else head), tail


def plural(count: int, noun: str, plural_noun: str | None = None) -> str:
    """``count`` and its noun.

    >>> plural(1, "column"), plural(1200, "category", "categories")
    ('1 column', '1,200 categories')
    """
    return f"{count:,} {noun if count == 1 else plural_noun or noun + 's'}"

"""Dates and times written as text: read when a whole column fits one layout, and written alike.

A layout is written as strptime does: ``%d.%m.%Y``, ``%m/%d/%Y %I:%M:%S %p``. ``%-d``, ``%-m``,
``%-H`` and ``%-I`` are without a leading zero (as in the GNU C library).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
ISO_DATETIME = r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$"
_CLOCK = r"(?:[ T](?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?(?: ?(?P<p>[AaPp][Mm]))?)?$"
_DAY_OR_MONTH_FIRST = r"^(?P<a>\d{1,2})SEP(?P<b>\d{1,2})SEP(?P<y>\d{4})" + _CLOCK
_YEAR_FIRST = r"^(?P<y>\d{4})SEP(?P<b>\d{1,2})SEP(?P<a>\d{1,2})" + _CLOCK

AMBIGUOUS = "ambiguous"


def _patterns() -> list[tuple[str, str]]:
    separated = [(sep, re.escape(sep)) for sep in (".", "/", "-")]
    return [
        *((sep, _DAY_OR_MONTH_FIRST.replace("SEP", escaped)) for sep, escaped in separated),
        *((sep, _YEAR_FIRST.replace("SEP", escaped)) for sep, escaped in separated if sep != "-"),
    ]


def parse_iso(texts: pa.Array) -> tuple[pa.Array, str | None] | None:
    """Dates (``date32``) or times (``timestamp``) from ISO 8601 texts, and their layout if not the default.

    Zoned times become ``timestamp[unit, tz]``: in their own offset where all share one, else in UTC.
    ``None`` if a text is no ISO date or no date of the calendar.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if _all_match(texts, ISO_DATE):
        return _cast(texts, pa.date32(), None)
    if not _all_match(texts, ISO_DATETIME):
        return None
    zoned = pc.match_substring_regex(texts, r":\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}(?::?\d{2})?)$")
    unit = _unit_of(pc.extract_regex(texts, r"(?:\.(?P<f>\d{1,9}))?(?:Z|[+-][\d:]+)?$").field("f"))
    layout = _iso_layout(texts)
    if not pc.any(zoned).as_py():
        return _cast(texts, pa.timestamp(unit), layout)
    if not pc.all(zoned).as_py():
        return None
    offsets = pc.unique(pc.extract_regex(texts, r"(?P<z>Z|[+-]\d{2}(?::?\d{2})?)$").field("z")).to_pylist()
    parsed = _cast(texts, pa.timestamp(unit, "UTC"), layout if offsets == ["Z"] else None)
    if parsed is None or len(offsets) > 1 or _is_utc(offsets[0]):
        return parsed
    zone = offsets[0] if len(offsets[0]) == 6 else f"{offsets[0][:3]}:{offsets[0][3:] or '00'}"
    return parsed[0].cast(pa.timestamp(unit, zone)), None


def _is_utc(offset: str) -> bool:
    return offset == "Z" or not offset.strip("+-0:")


def _iso_layout(texts: pa.Array) -> str | None:
    """The layout where all texts share one that is not the default; fractions and zones follow the type."""
    import pyarrow.compute as pc

    with_t = pc.match_substring(texts, "T")
    short = pc.match_substring_regex(texts, r"[ T]\d{2}:\d{2}(?:Z|[+-].*)?$")
    separator = "T" if pc.all(with_t).as_py() else " "
    if pc.all(short).as_py():
        return f"%Y-%m-%d{separator}%H:%M%z"
    if separator == "T" and not pc.any(short).as_py():
        return "%Y-%m-%dT%H:%M:%S%z"
    return None


def parse_other(texts: pa.Array) -> tuple[pa.Array, str | None] | str | None:
    """Dates or times from ``31.12.2024``, ``12/31/2024 11:59 PM`` and the like, and their layout.

    Whether day or month comes first must follow from the values themselves (a point always means
    day first): :data:`AMBIGUOUS` where both orders give dates, ``None`` where neither does.
    """
    for separator, pattern in _patterns():
        if not _all_match(texts, pattern):
            continue
        import pyarrow.compute as pc

        parts = pc.extract_regex(texts, pattern)
        orders = ["dm"] if separator == "." and pattern.startswith(r"^(?P<a>") else ["md", "dm"]
        if pattern.startswith(r"^(?P<y>"):
            orders = ["year"]
        found = [result for order in orders if (result := _assembled(parts, order, separator)) is not None]
        if len(found) > 1:
            return AMBIGUOUS
        return found[0] if found else None
    return None


def _assembled(parts: pa.StructArray, order: str, separator: str) -> tuple[pa.Array, str | None] | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    day, month = (parts.field(name) for name in (("b", "a") if order == "md" else ("a", "b")))
    padded = all(pc.min(pc.binary_length(field)).as_py() == 2 for field in (day, month))
    pad = "" if padded else "-"
    day_token, month_token = f"%{pad}d", f"%{pad}m"
    tokens = {"md": (month_token, day_token, "%Y"), "dm": (day_token, month_token, "%Y")}
    layout = separator.join(tokens.get(order, ("%Y", month_token, day_token)))
    dates = pc.binary_join_element_wise(parts.field("y"), _two_digits(month), _two_digits(day), "-")
    clock = _clock(parts)
    if clock is None:
        return None
    times, clock_layout, unit = clock
    if times is None:
        return _cast(dates, pa.date32(), layout)
    return _cast(pc.binary_join_element_wise(dates, times, " "), pa.timestamp(unit), layout + clock_layout)


def _clock(parts: pa.StructArray) -> tuple[pa.Array | None, str, str] | None:
    """Times of day as ``HH:MM:SS.f``, their layout and unit; ``None`` where rows differ in their parts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    hour, minute, second, fraction, half = (parts.field(name) for name in "HMSfp")
    given = [_share_given(field) for field in (hour, second, half)]
    if any(share not in (0.0, 1.0) for share in given):
        return None
    with_hour, with_second, with_half = (share == 1.0 for share in given)
    if not with_hour:
        return None, "", "s"
    unpadded = pc.any(pc.less(pc.binary_length(hour), 2)).as_py()
    layout = f" %{'-' if unpadded else ''}{'I' if with_half else 'H'}:%M"
    if with_half:
        number = hour.cast(pa.int32())
        if pc.any(pc.or_(pc.less(number, 1), pc.greater(number, 12))).as_py():
            return None
        late = pc.equal(pc.ascii_lower(half), "pm")
        number = pc.add(pc.if_else(pc.equal(number, 12), 0, number), pc.if_else(late, 12, 0))
        hour = number.cast(pa.string())
    times = pc.binary_join_element_wise(_two_digits(hour), minute, second if with_second else "00", ":")
    unit = _unit_of(fraction)
    if unit != "s":
        times = pc.binary_join_element_wise(times, pc.if_else(pc.equal(fraction, ""), "0", fraction), ".")
    return times, layout + (":%S" if with_second else "") + (" %p" if with_half else ""), unit


def _share_given(field: pa.Array) -> float:
    import pyarrow.compute as pc

    return float(pc.mean(pc.not_equal(field, "")).as_py())


def _two_digits(texts: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.utf8_lpad(texts, 2, "0")


def _unit_of(fractions: pa.Array) -> str:
    import pyarrow.compute as pc

    digits = pc.max(pc.binary_length(fractions)).as_py() or 0
    return "s" if digits == 0 else "ms" if digits <= 3 else "us" if digits <= 6 else "ns"


def _cast(texts: pa.Array, kind: pa.DataType, layout: str | None) -> tuple[pa.Array, str | None] | None:
    import pyarrow as pa

    try:
        return texts.cast(kind), layout
    except pa.ArrowInvalid:  # no day of the calendar, or beyond what the unit reaches
        return None


def _all_match(texts: pa.Array, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def render(values: pa.Array | pa.ChunkedArray, layout: str | None) -> pa.Array | pa.ChunkedArray:
    """Dates or times as text: ISO 8601, or in the given layout.

    Fractions of a second follow the type's unit, and ``%z`` its zone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if layout is None:
        return values.cast(pa.string())
    if pa.types.is_date(values.type):
        values = values.cast(pa.timestamp("s")) if pa.types.is_date32(values.type) else values.cast(pa.timestamp("ms"))
    iso = values.cast(pa.string())  # YYYY-MM-DD HH:MM:SS[.fff][Z|+0200]
    pieces: list[pa.Array | str] = []
    for token in re.findall(r"%-?[A-Za-z]|[^%]+", layout):
        pieces.append(_rendered(token, iso) if token.startswith("%") else token)
    return pc.binary_join_element_wise(*pieces, "", null_handling="emit_null")


_SLICES = {"Y": (0, 4), "m": (5, 7), "d": (8, 10), "H": (11, 13), "I": (11, 13), "p": (11, 13), "M": (14, 16)}


def _rendered(token: str, iso: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    letter = token[-1]
    if letter == "S":
        return pc.replace_substring_regex(iso, r"^.{17}([\d.]+).*$", r"\1")
    if letter == "z":
        return pc.replace_substring_regex(iso, r"^.{16}(?::[\d.]+)?(.*)$", r"\1")
    text = pc.utf8_slice_codeunits(iso, *_SLICES[letter])
    if letter in "Ip":
        hour = text.cast(pa.int32())
        if letter == "p":
            return pc.if_else(pc.greater_equal(hour, 12), "PM", "AM")
        late = pc.if_else(pc.greater(hour, 12), pc.subtract(hour, 12), hour)
        text = _two_digits(pc.if_else(pc.equal(late, 0), 12, late).cast(pa.string()))
    return pc.replace_substring_regex(text, "^0(.)", r"\1") if token.startswith("%-") else text

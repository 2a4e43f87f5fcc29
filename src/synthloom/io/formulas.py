"""Text cells that a spreadsheet would run as a formula are disarmed.

A value such as ``=HYPERLINK(...)`` in a CSV runs when the file is opened in a spreadsheet ("CSV
injection"). As OWASP advises, such a cell gets an apostrophe in front. Numbers, and texts that
are nothing but a number or a sign (``-5``, ``+43123``, ``--``), stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_STARTS_FORMULA = "^[=+\\-@\t\r\n\\x00＝＋－＠]"
_HARMLESS = r"^(?:[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?|[+-]+|.)$"


def disarmed(texts: pa.Array | pa.ChunkedArray) -> tuple[pa.Array | pa.ChunkedArray, int]:
    """The texts, those that start a formula behind an apostrophe, and how many these are."""
    import pyarrow.compute as pc

    suspicious = pc.match_substring_regex(texts, _STARTS_FORMULA)
    if not pc.any(suspicious).as_py():
        return texts, 0
    armed = pc.and_(suspicious, pc.invert(pc.match_substring_regex(texts, _HARMLESS)))
    count = pc.sum(armed).as_py() or 0
    if not count:
        return texts, 0
    return pc.if_else(armed, pc.binary_join_element_wise("'", texts, ""), texts), count

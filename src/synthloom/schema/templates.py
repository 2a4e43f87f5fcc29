"""Patterns of codes: which places are fixed, and which hold digits or letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_MAXIMUM_LENGTH = 80
_CLASSES = {"d": "[0-9]", "u": "[A-Z]", "l": "[a-z]"}
_MEMBERS = {"[0-9]": "0123456789", "[A-Z]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "[a-z]": "abcdefghijklmnopqrstuvwxyz"}
_HEXADECIMAL = {"[0-9a-f]": "0123456789abcdef", "[0-9A-F]": "0123456789ABCDEF"}
_TOKEN = re.compile(r"(\[0-9\]|\[A-Z\]|\[a-z\]|\[0-9a-f\]|\[0-9A-F\])(?:\{(\d{1,3})\})?|\\(.)|([^\\\[\]{}()*+?.^$|])")


def _class_of(character: str) -> str:
    if character in "0123456789":
        return "[0-9]"
    if "A" <= character <= "Z":
        return "[A-Z]"
    if "a" <= character <= "z":
        return "[a-z]"
    return character


def common_template(texts: Sequence[str], *, minimum_share: float = 0.6) -> str | None:
    """A pattern of literals and classes that the most common shape of ``texts`` has, or ``None``.

    A letter or digit that every text of that shape shares stands as itself, so ``C0017`` and
    ``C0231`` give ``C0[0-9]{3}``.
    """
    lengths = Counter(len(text) for text in texts if 0 < len(text) <= _MAXIMUM_LENGTH)
    if not lengths:
        return None
    length, count = max(lengths.items(), key=lambda item: (item[1], item[0]))
    alike = [text for text in texts if len(text) == length]
    places: list[str] = []
    for characters in zip(*alike, strict=True):
        seen = set(characters)
        classes = {_class_of(c) for c in seen}
        if len(seen) == 1:
            places.append(re.escape(characters[0]))
        elif len(classes) == 1 and next(iter(classes)) in _MEMBERS:
            places.append(next(iter(classes)))
        elif classes <= {"[0-9]", "[a-z]"} and seen <= set("0123456789abcdef"):
            places.append("[0-9a-f]")
        elif classes <= {"[0-9]", "[A-Z]"} and seen <= set("0123456789ABCDEF"):
            places.append("[0-9A-F]")
        elif classes <= {"[0-9]", "[A-Z]"}:
            places.append("[A-Z]")
        elif classes <= {"[0-9]", "[a-z]", "[A-Z]"}:
            places.append("[a-z]")
        else:
            return None
    if count < minimum_share * len(texts) and any(_class_of(c) not in _MEMBERS for t in texts[:100] for c in t):
        return None
    return _shortened(places) if any(place in _MEMBERS or place in _HEXADECIMAL for place in places) else None


def _shortened(places: list[str]) -> str:
    out: list[str] = []
    start = 0
    while start < len(places):
        end = start
        while end < len(places) and places[end] == places[start]:
            end += 1
        run, place = end - start, places[start]
        out.append(f"{place}{{{run}}}" if run > 1 and place.startswith("[") else place * run)
        start = end
    return "".join(out)


def alphabets(template: str) -> list[str]:
    """The characters allowed at each place of a template, first place first.

    Raises:
        ValueError: if the template uses more than literals, the classes ``[0-9]``, ``[A-Z]``,
            ``[a-z]``, ``[0-9a-f]``, ``[0-9A-F]`` and counts in braces.
    """
    members = _MEMBERS | _HEXADECIMAL
    out: list[str] = []
    position = 0
    while position < len(template):
        match = _TOKEN.match(template, position)
        if match is None:
            raise ValueError(f"cannot read the pattern {template!r} at place {position + 1}")
        if match[1]:
            out += [members[match[1]]] * int(match[2] or 1)
        else:
            out.append(match[3] or match[4])
        position = match.end()
    return out

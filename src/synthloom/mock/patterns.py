r"""Texts that match a regular expression, by number: the subset of patterns that codes are written in.

A pattern is parsed into a tree whose texts can be counted and unranked: the text of rank ``r`` is found by mixed
radix, so that distinct ranks give distinct texts and any position of a keyed permutation gives a unique code.
Understood: literals, ``.``, classes ``[A-Z0-9_-]`` and their negation, ``\d \w \s``, groups, ``|`` and the counts
``? * + {n} {m,n}`` (``*`` and ``+`` end at eight more). Anchors are dropped. What can be written in two ways
(``a?a?``) counts twice; such patterns are refused where uniqueness is asked for, if too few texts are left.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import SchemaError

if TYPE_CHECKING:
    import pyarrow as pa

_OPEN_END = 8
_MOST_TEXTS = 2**62
_BLOCK = 50_000  # runs of classes are unranked together, up to this many texts a block
_PRINTABLE = string.ascii_letters + string.digits + " _-.,:;!?@#$%&*+=/()"
_NAMED = {"d": string.digits, "w": string.ascii_letters + string.digits + "_", "s": " "}
_ACCEPTED = "literals, classes in brackets, \\d \\w \\s, groups, | and the counts ? * + {m,n}"

Ranks = NDArray[np.int64]


@dataclass(frozen=True)
class Node:
    """A part of a pattern: ``count`` texts (at most 2**62), unranked by :meth:`texts`."""

    def count(self) -> int:
        """How many texts there are."""
        raise NotImplementedError

    def texts(self, ranks: Ranks) -> pa.Array:
        """The text of each rank in ``0 … count-1``."""
        raise NotImplementedError

    def ambiguous(self) -> bool:
        """Whether one text may have two ranks."""
        return False


@dataclass(frozen=True)
class Choice(Node):
    """One of some fixed texts."""

    options: tuple[str, ...]

    def count(self) -> int:
        return len(self.options)

    def texts(self, ranks: Ranks) -> pa.Array:
        import pyarrow as pa

        return pa.array(self.options).take(pa.array(ranks))


@dataclass(frozen=True)
class Chain(Node):
    """Parts one after the other."""

    parts: tuple[Node, ...]

    def count(self) -> int:
        total = 1
        for part in self.parts:
            total = min(total * part.count(), _MOST_TEXTS)
        return total

    def texts(self, ranks: Ranks) -> pa.Array:
        import pyarrow.compute as pc

        rest, made = ranks, []
        for part in reversed(self.parts):
            rest, own = np.divmod(rest, part.count())
            made.append(part.texts(own))
        return pc.binary_join_element_wise(*reversed(made), "") if len(made) > 1 else made[0]

    def ambiguous(self) -> bool:
        flexible = sum(isinstance(part, Either) for part in self.parts)
        return flexible > 1 or any(part.ambiguous() for part in self.parts)


@dataclass(frozen=True)
class Either(Node):
    """One of several parts, each as often as it has texts."""

    branches: tuple[Node, ...]

    def count(self) -> int:
        return min(sum(branch.count() for branch in self.branches), _MOST_TEXTS)

    def texts(self, ranks: Ranks) -> pa.Array:
        import pyarrow as pa

        ends = np.cumsum([min(branch.count(), _MOST_TEXTS) for branch in self.branches])
        which = np.searchsorted(ends, ranks, side="right")
        parts, places = [], []
        for number, branch in enumerate(self.branches):
            here = np.flatnonzero(which == number)
            if len(here):
                parts.append(branch.texts(ranks[here] - (ends[number - 1] if number else 0)))
                places.append(here)
        if not parts:
            return pa.array([], pa.string())
        order = np.concatenate(places)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pa.concat_arrays([part.cast(pa.string()) for part in parts]).take(pa.array(back))

    def ambiguous(self) -> bool:
        return any(branch.ambiguous() for branch in self.branches)


class _Parser:
    """A recursive-descent parser of the subset."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.place = pattern, 0

    def fail(self, why: str) -> SchemaError:
        return SchemaError(
            f"the pattern {self.pattern!r} has {why} at place {self.place + 1}",
            accepted=_ACCEPTED,
            hint="write it simpler",
        )

    def peek(self) -> str:
        return self.pattern[self.place] if self.place < len(self.pattern) else ""

    def either(self, depth: int) -> Node:
        branches = [self.chain(depth)]
        while self.peek() == "|":
            self.place += 1
            branches.append(self.chain(depth))
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def chain(self, depth: int) -> Node:
        parts: list[Node] = []
        while (character := self.peek()) and character not in "|)":
            if character in "^$":
                self.place += 1
                continue
            part = self.atom(depth)
            parts.append(self.repeated(part))
        if self.peek() == ")" and depth == 0:
            raise self.fail("a bracket that was not opened")
        return _merged(parts)

    def atom(self, depth: int) -> Node:
        character = self.peek()
        self.place += 1
        if character == "(":
            return self.group(depth)
        if character == "[":
            return Choice(tuple(self.members()))
        if character == ".":
            return Choice(tuple(_PRINTABLE))
        if character == "\\":
            return Choice(tuple(self.escaped()))
        if character in "?*+{":
            self.place -= 1
            raise self.fail(f"a count {character!r} of nothing")
        return Choice((character,))

    def group(self, depth: int) -> Node:
        if self.pattern.startswith("?:", self.place):
            self.place += 2
        elif self.peek() == "?":
            raise self.fail("a look-around, a flag or a named group")
        inside = self.either(depth + 1)
        if self.peek() != ")":
            raise self.fail("an open bracket")
        self.place += 1
        return inside

    def escaped(self) -> str:
        character = self.peek()
        self.place += 1
        if character in _NAMED:
            return _NAMED[character]
        if character in "DWSbBAZzpPxu0123456789" or not character:
            raise self.fail(f"an escape \\{character}")
        return {"n": "\n", "t": "\t", "r": "\r"}.get(character, character)

    def members(self) -> list[str]:
        negated = self.peek() == "^"
        self.place += negated
        found: list[str] = []
        while self.peek() != "]" or not (found or negated or self.pattern[self.place - 1] != "["):
            character = self.peek()
            if not character:
                raise self.fail("an open class")
            self.place += 1
            run = self.escaped() if character == "\\" else character
            if len(run) == 1 and self.peek() == "-" and self.pattern[self.place + 1 : self.place + 2] not in ("]", ""):
                self.place += 1
                last = self.peek()
                self.place += 1
                last = self.escaped() if last == "\\" else last
                if len(last) != 1 or last < run:
                    raise self.fail(f"a range {run}-{last}")
                run = "".join(map(chr, range(ord(run), min(ord(last), ord(run) + 5_000) + 1)))
            found.extend(run)
        self.place += 1
        kept = [c for c in _PRINTABLE if c not in found] if negated else list(dict.fromkeys(found))
        if not kept:
            raise self.fail("an empty class")
        return kept

    def repeated(self, part: Node) -> Node:
        least, most = 1, 1
        character = self.peek()
        if character in ("?", "*", "+") and character:
            self.place += 1
            least, most = {"?": (0, 1), "*": (0, _OPEN_END), "+": (1, 1 + _OPEN_END)}[character]
        elif character == "{":
            end = self.pattern.find("}", self.place)
            low, comma, high = self.pattern[self.place + 1 : max(end, self.place)].partition(",")
            if end < 0 or not low.isdigit() or (high and not high.isdigit()):
                raise self.fail("a count that is none")
            self.place = end + 1
            least = int(low)
            most = least if not comma else int(high) if high else least + _OPEN_END
        if self.peek() in ("?", "+") and self.place and self.pattern[self.place - 1] in "?*+}" and most != 1:
            self.place += 1  # lazy or possessive: the same texts
        if most < least or most > 500:
            raise self.fail(f"a count from {least} to {most}")
        if (least, most) == (1, 1):
            return part
        lengths = [_merged([part] * n) for n in range(least, most + 1)]
        return lengths[0] if len(lengths) == 1 else Either(tuple(lengths))


def _merged(parts: list[Node]) -> Node:
    """A chain in which neighbouring choices of few texts are multiplied out into one."""
    merged: list[Node] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Chain) else (part,):
            last = merged[-1] if merged else None
            if isinstance(last, Choice) and isinstance(piece, Choice) and last.count() * piece.count() <= _BLOCK:
                merged[-1] = Choice(tuple(a + b for a in last.options for b in piece.options))
            else:
                merged.append(piece)
    if not merged:
        return Choice(("",))
    return merged[0] if len(merged) == 1 else Chain(tuple(merged))


def parse_pattern(pattern: str) -> Node:
    """The tree of a pattern.

    Raises:
        SchemaError: if the pattern uses what is not understood; the message says what and where.
    """
    return _Parser(pattern).either(0)

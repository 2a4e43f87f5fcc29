"""The language of ``--where``: ``age between 30 and 40 and education in (Bachelors, Masters)``.

    where   := clause { "and" clause }
    clause  := column op value
             | column ["not"] "in" "(" value { "," value } ")"
             | column ["not"] "between" value "and" value
             | column "is" ["not"] ("missing" | "null")
    op      := "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="

A column may stand in double quotes or backticks, and need not where it is one of the names that are
known. A value is what stands up to the next ``and``, comma or bracket, or a text in quotes, with the
quote doubled inside. Words of the grammar are read in small and capital letters alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from synthloom.conditions.clauses import Among, Clause, Condition, Conditions, Missing, Present, Range
from synthloom.errors import ConditionError, did_you_mean

_OPERATOR = re.compile(r"<=|>=|!=|<>|==|=|<|>")
_FORMS = "column = value, column in (a, b), column between a and b, column is missing; joined by and"
_EITHER = "write column in (a, b) for either of two, or put a value with the word or in quotes"


def parse_conditions(text: str, columns: Sequence[str]) -> Conditions:
    """The conditions that a text states on the named ``columns``.

    Raises:
        ConditionError: with the place (the character, from 1) of the first mistake.
    """
    return _Reader(text, columns).read()


class _Reader:
    def __init__(self, text: str, columns: Sequence[str]) -> None:
        self.text, self.at = text, 0
        self.columns = sorted(columns, key=len, reverse=True)
        self.known = list(columns)

    def read(self) -> Conditions:
        clauses = [self._clause()]
        while not self._at_end():
            if self._word("or"):
                raise self._error("conditions are joined by and alone", hint=_EITHER)
            if not self._word("and"):
                raise self._error('"and" or the end was expected')
            clauses.append(self._clause())
        return Conditions(tuple(clauses))

    def _clause(self) -> Clause:
        self._skip()
        start = self.at
        name = self._column()
        condition = self._condition()
        return Clause(name, condition, " ".join(self.text[start : self.at].split()))

    def _condition(self) -> Condition:
        if self._word("is"):
            negated = self._word("not")
            if not (self._word("missing") or self._word("null")):
                raise self._error('"missing" was expected after "is"')
            return Present() if negated else Missing()
        negated = self._word("not")
        if self._word("in"):
            return Among(self._list(), excluded=negated)
        if self._word("between"):
            low = self._value("and")
            if not self._word("and"):
                raise self._error('"and" and the upper end were expected', accepted="column between a and b")
            return Range(low, self._value("and"), excluded=negated)
        if negated:
            raise self._error('"in" or "between" was expected after "not"')
        return self._comparison()

    def _comparison(self) -> Condition:
        self._skip()
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            raise self._error("an operator was expected", accepted=_FORMS)
        self.at = match.end()
        value = self._value("and")
        if match[0] in ("=", "=="):
            return Among((value,))
        if match[0] in ("!=", "<>"):
            return Among((value,), excluded=True)
        if match[0][0] == "<":
            return Range(high=value, high_open=match[0] == "<")
        return Range(low=value, low_open=match[0] == ">")

    def _list(self) -> tuple[str, ...]:
        self._skip()
        if not self.text.startswith("(", self.at):
            raise self._error('"(" was expected', accepted="column in (a, b)")
        self.at += 1
        values = [self._value(None)]
        while self.text.startswith(",", self.at):
            self.at += 1
            values.append(self._value(None))
        if not self.text.startswith(")", self.at):
            raise self._error('"," or ")" was expected', accepted="column in (a, b)")
        self.at += 1
        return tuple(values)

    def _column(self) -> str:
        if self.at < len(self.text) and self.text[self.at] in '"`':
            start = self.at
            name = self._quoted()
        else:
            start = self.at
            for known in self.columns:
                end = self.at + len(known)
                after = self.text[end : end + 1]
                if self.text.startswith(known, self.at) and not (after.isalnum() or after == "_"):
                    self.at = end
                    return known
            match = re.compile(r"[^\s=<>!(),]+").match(self.text, self.at)
            if match is None:
                raise self._error("a column was expected", accepted=_FORMS)
            name = match[0]
        if name not in self.known:
            self.at = start
            raise self._error(f'there is no column "{name}"', hint=did_you_mean(name, self.known))
        return name

    def _value(self, until: str | None) -> str:
        """A value: in quotes, or all up to the word ``until``; inside brackets up to a comma or the bracket."""
        self._skip()
        start = self.at
        if self.at < len(self.text) and self.text[self.at] in "\"'":
            value = self._quoted()
            self._skip()
            return value
        end = re.compile(r"(?i)\s+and\s" if until else r"[,)]").search(self.text, self.at)
        stop = end.start() if end else len(self.text)
        for other in re.compile(r"(?i)\s+or\s+").finditer(self.text, self.at, stop):
            if until and any(self.text.startswith(name, other.end()) for name in self.columns):
                self.at = other.start() + 1
                raise self._error("conditions are joined by and alone", hint=_EITHER)
        value = self.text[start:stop].strip()
        if not value:
            raise self._error("a value was expected", hint="write column is missing for gaps, and '' for empty texts")
        self.at = stop
        return value

    def _quoted(self) -> str:
        quote, start = self.text[self.at], self.at
        out, at = "", self.at + 1
        while True:
            end = self.text.find(quote, at)
            if end < 0:
                self.at = start
                raise self._error(f"the quote {quote} is not closed")
            out += self.text[at:end]
            if self.text[end + 1 : end + 2] != quote:
                self.at = end + 1
                return out
            out += quote
            at = end + 2

    def _word(self, word: str) -> bool:
        """Whether this word comes next, as a word of its own; if so it is read."""
        self._skip()
        match = re.compile(rf"(?i){word}(?![\w])").match(self.text, self.at)
        if match:
            self.at = match.end()
        return bool(match)

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _at_end(self) -> bool:
        self._skip()
        return self.at >= len(self.text)

    def _error(self, problem: str, *, accepted: str | None = None, hint: str | None = None) -> ConditionError:
        rest = self.text[self.at : self.at + 20]
        place = f'at character {self.at + 1} ("{rest}")' if rest else "at the end"
        return ConditionError(f'in "{self.text}", {place}: {problem}', accepted=accepted, hint=hint)

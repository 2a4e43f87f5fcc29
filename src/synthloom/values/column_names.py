"""What a column's name says of its values, in English, German, French, Spanish, Italian, Dutch, Polish, Portuguese.

A name is cut into folded words (``nameFirst`` becomes ``name first``); a term matches whole words.
``strong`` terms name the kind outright; ``weak`` ones need values that agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from synthloom.values.word_lists import column_terms, fold


@dataclass(frozen=True)
class NameEvidence:
    """What a column's name says.

    Attributes:
        strong: kinds that the name states outright, with the term that said so.
        weak: kinds that the name would allow.
        not_people: whether the name says that the values are things or places.
    """

    strong: dict[str, str]
    weak: dict[str, str]
    not_people: bool


def words_of(name: str) -> list[str]:
    """The folded words of a column name.

    >>> words_of("nameFirst"), words_of("E-Mail_Adresse2")
    (['name', 'first'], ['e', 'mail', 'adresse'])
    """
    spaced = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name.strip())
    return [w for w in re.split(r"[^a-z]+", fold(spaced)) if w]


def read_column_name(name: str) -> NameEvidence:
    """What the name of a column says of its values."""
    words = words_of(name)
    spans = {" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, min(len(words), a + 4) + 1)}
    spans |= {"".join(words[a : a + 2]) for a in range(len(words) - 1)}
    strong, weak = _spoken(spans, "strong"), _spoken(spans, "weak")
    if "name" in weak and set(words) & column_terms()["people"]:
        strong.setdefault("name", weak["name"])
    if "ip_address" in strong or "email" in strong:
        strong.pop("address", None)
    if "iban" in strong or "card" in strong:
        strong.pop("account", None)
    if "username" in strong:
        strong.pop("name", None)
    things = column_terms()["not_people"]
    return NameEvidence(strong, weak, bool(set(words) & things) or "".join(words) in things)


def _spoken(spans: set[str], strength: str) -> dict[str, str]:
    """The kinds whose terms occur among ``spans``, each with its longest term."""
    found = {}
    for section, terms in column_terms().items():
        if section.startswith(strength) and (hits := spans & terms):
            found[section.partition(" ")[2]] = max(hits, key=lambda term: (len(term), term))
    return found

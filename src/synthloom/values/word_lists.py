"""Word lists that come with the package: names by locale, names of many countries for the finder.

The names were taken from Faker's providers (MIT; see ``NOTICE``); places, streets, trades and phrases
are our own. Files are read once, when first asked for.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from synthloom.errors import OptionError, did_you_mean

LOCALES: tuple[str, ...] = (
    "en_US",
    "en_GB",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "pt_PT",
    "sv_SE",
)
_SPECIAL = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe",
     "Œ": "OE", "ı": "i", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
)  # fmt: skip


def fold(text: str) -> str:
    """The text in plain lower-case letters, accents dropped.

    >>> fold("Łukasz Müßig")
    'lukasz mussig'
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def check_locale(locale: str) -> str:
    """The locale as Synthloom writes it (``de-de``, ``de_DE.UTF-8`` and ``de`` all give ``de_DE``).

    Raises:
        OptionError: if there are no word lists for it.
    """
    plain = locale.split(".", maxsplit=1)[0].replace("-", "_").lower()
    for known in LOCALES:
        if plain in (known.lower(), known.split("_")[0]):
            return known
    raise OptionError(f'there are no word lists for the locale "{locale}"', hint=did_you_mean(locale, LOCALES))


@dataclass(frozen=True)
class NameList:
    """Names and how often each occurs (parts of 1,000 of the commonest)."""

    names: tuple[str, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True)
class LocaleNames:
    """The names of one locale."""

    female: NameList
    male: NameList
    last: NameList


def _read(name: str) -> str:
    return files("synthloom.values").joinpath("data", name).read_text(encoding="utf-8")


@cache
def locale_names(locale: str) -> LocaleNames:
    """First and last names of a locale."""
    state = json.loads(_read(f"names_{check_locale(locale)}.json"))

    def name_list(part: dict[str, str]) -> NameList:
        names = tuple(part["names"].split("|"))
        weights = tuple(int(w) for w in part["weights"].split()) if "weights" in part else (1,) * len(names)
        return NameList(names, weights)

    return LocaleNames(*(name_list(state[part]) for part in ("female", "male", "last")))


@cache
def locale_places(locale: str) -> dict[str, list[str]]:
    """Cities, street words, regions, companies' legal forms and trades of a locale."""
    return {part: text.split("|") for part, text in json.loads(_read("places.json"))[check_locale(locale)].items()}


@cache
def common_words() -> dict[str, list[str]]:
    """Words and phrases that no locale owns: ``words`` and ``phrases``."""
    return {part: text.split("|") for part, text in json.loads(_read("places.json"))["common"].items()}


@cache
def known_first_names() -> frozenset[str]:
    """First names of some forty countries, folded."""
    return frozenset(_read("first_names.txt").split())


@cache
def known_last_names() -> frozenset[str]:
    """Last names (their single words) of some forty countries, folded."""
    return frozenset(_read("last_names.txt").split())


@cache
def column_terms() -> dict[str, frozenset[str]]:
    """Terms of column names, by section: ``strong <kind>``, ``weak <kind>``, ``people``, ``not_people``."""
    sections: dict[str, list[str]] = {}
    for line in _read("column_terms.txt").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            current.append(line)
    return {
        name: frozenset(t.strip() for t in " ".join(lines).split(",") if t.strip()) for name, lines in sections.items()
    }

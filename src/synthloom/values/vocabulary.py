"""The words of a locale as Arrow arrays with weight tables: made once, then drawn from by index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthloom.values.position_noise import weight_guide
from synthloom.values.word_lists import check_locale, fold, locale_names, locale_places

if TYPE_CHECKING:
    import pyarrow as pa

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "a"})
_POLISH_FEMALE = (("ski", "ska"), ("cki", "cka"), ("dzki", "dzka"))
_FEMALE_FORMS = ("pl_PL",)
_STREET_NAMES = 300
_TWO_LAST_NAMES = ("es_ES", "pt_PT")
_COMPOUND = ("de_DE", "nl_NL", "sv_SE")
_STREET_FIRST = ("fr_FR", "es_ES", "it_IT", "pl_PL", "pt_PT")


@dataclass(frozen=True)
class Vocabulary:
    """Words of a locale.

    First names stand women's first; ``last_female`` has the forms that women use, where they differ.

    Attributes:
        locale: the locale, such as ``de_DE``.
        country: its ISO code.
        first: first names, the first ``n_female`` of them women's.
        first_plain: the same in letters a-z, for e-mail addresses.
        distinct_first: indices of first names, those that both women and men bear only once.
        last: last names, ``last_plain`` their plain letters.
    """

    locale: str
    country: str
    first: pa.Array
    first_plain: pa.Array
    n_female: int
    distinct_first: NDArray[np.int64]
    female_guide: NDArray[np.int32]
    male_guide: NDArray[np.int32]
    last: pa.Array
    last_female: pa.Array | None
    last_plain: pa.Array
    last_plain_female: pa.Array | None
    last_guide: NDArray[np.int32]
    streets: pa.Array
    cities: pa.Array
    regions: pa.Array
    city_guide: NDArray[np.int32]
    jobs: pa.Array
    company_ends: pa.Array
    country_name: str

    @property
    def two_last_names(self) -> bool:
        """Whether people bear two last names."""
        return self.locale in _TWO_LAST_NAMES

    @property
    def number_first(self) -> bool:
        """Whether the house number stands before the street."""
        return self.locale in ("en_US", "en_GB", "fr_FR")


def plain_letters(name: str, locale: str) -> str:
    """A name in the letters a to z, as in an e-mail address."""
    text = name.translate(_GERMAN) if locale.startswith("de") else name
    return "".join(c for c in fold(text) if "a" <= c <= "z") or "x"


def _female_form(name: str, locale: str) -> str:
    if locale == "pl_PL":
        for male, female in _POLISH_FEMALE:
            if name.endswith(male):
                return name.removesuffix(male) + female
    return name


def _plain_female(names: Sequence[str], locale: str) -> pa.Array | None:
    import pyarrow as pa

    if locale not in _FEMALE_FORMS:
        return None
    return pa.array([plain_letters(_female_form(n, locale), locale) for n in names])


def _streets(locale: str) -> list[str]:
    places, names = locale_places(locale), locale_names(locale).last.names[:_STREET_NAMES]
    roots, ends = list(places["street_roots"]), places["street_ends"]
    if locale in _COMPOUND:
        return [root + end for root, end in product(roots, ends)]
    if locale in _STREET_FIRST:
        return [end + root for root, end in product(roots, ends)]
    return [root + end for root, end in product([*roots, *names], ends)]


@cache
def vocabulary(locale: str) -> Vocabulary:
    """The vocabulary of a locale.

    Raises:
        OptionError: if there is none.
    """
    import pyarrow as pa

    locale = check_locale(locale)
    names, places = locale_names(locale), locale_places(locale)
    first, last = [*names.female.names, *names.male.names], names.last.names
    cities = [entry.split(", ") for entry in places["cities"]]
    return Vocabulary(
        locale=locale,
        country=locale[-2:],
        first=pa.array(first),
        first_plain=pa.array([plain_letters(n, locale) for n in first]),
        n_female=len(names.female.names),
        distinct_first=np.array([first.index(name) for name in dict.fromkeys(first)]),
        female_guide=weight_guide(names.female.weights),
        male_guide=weight_guide(names.male.weights),
        last=pa.array(last),
        last_female=pa.array([_female_form(n, locale) for n in last]) if locale in _FEMALE_FORMS else None,
        last_plain_female=_plain_female(last, locale),
        last_plain=pa.array([plain_letters(n, locale) for n in last]),
        last_guide=weight_guide(names.last.weights),
        streets=pa.array(_streets(locale)),
        cities=pa.array([c[0] for c in cities]),
        regions=pa.array([c[1] for c in cities]),
        # bigger places first: a gentle slope makes them commoner
        city_guide=weight_guide(1 / (np.arange(len(cities)) + 5.0)),
        jobs=pa.array(places["jobs"]),
        company_ends=pa.array(places["company_ends"]),
        country_name=places["country"][0],
    )


@cache
def postcodes(country: str) -> pa.Array:
    """Post codes that the country's post does not assign, so that no letter arrives.

    US 000 to 004; GB first letters Q, V, X; DE 00; FR 96; ES from 60; IT 99; NL below 1000; PL 99-5 on;
    PT below 1000; SE from 990.
    """
    import pyarrow as pa

    def numbered(prefixes: list[str], digits: int, mask: str) -> list[str]:
        codes = [f"{prefix}{i:0{digits}d}" for prefix in prefixes for i in range(1, 10**digits)]
        return [_masked(code, mask) for code in codes]

    made: dict[str, Callable[[], list[str]]] = {
        "US": lambda: numbered(["000", "001", "002", "003", "004"], 2, "#####"),
        "GB": _british,
        "DE": lambda: numbered(["00"], 3, "#####"),
        "FR": lambda: numbered(["96"], 3, "#####"),
        "ES": lambda: numbered(["60", "65", "70", "75", "80"], 3, "#####"),
        "IT": lambda: numbered(["99"], 3, "#####"),
        "NL": lambda: [f"0{n:03d} {e}" for n in range(100, 999) for e in ("AB", "CD", "HK", "NP")],
        "PL": lambda: numbered(["995", "996", "997", "998", "999"], 2, "##-###"),
        "PT": lambda: [f"0{n:03d}-{m:03d}" for n in range(1, 200) for m in (1, 110, 250, 382)],
        "SE": lambda: numbered(["99"], 3, "### ##"),
    }  # fmt: skip
    return pa.array(made[country]())


def _british() -> list[str]:
    parts = product("QVX", "ABEH", "12345678", "123456789", ("AB", "NP", "RT"))
    return [f"{area}{letter}{district} {sector}{unit}" for area, letter, district, sector, unit in parts]


def _masked(code: str, mask: str) -> str:
    rest = iter(code)
    return "".join(next(rest) if m == "#" else m for m in mask)

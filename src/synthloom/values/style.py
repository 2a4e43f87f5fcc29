"""How a column writes its values: learned from it, without keeping any of them.

A style holds shapes only: a mask of ``#`` and separators that many values share, the order of first and last
name, letter case, a country. No letter, digit or word of the column is in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from synthloom.errors import ArtifactError
from synthloom.values import patterns
from synthloom.values.bank_codes import IBAN_COUNTRIES
from synthloom.values.check_digits import NATIONAL_IDS, bare
from synthloom.values.finder import sample_values
from synthloom.values.kinds import ValueKind
from synthloom.values.national_ids import ID_COUNTRIES
from synthloom.values.phones import CALLING_CODES
from synthloom.values.word_lists import LOCALES, known_first_names, known_last_names, locale_names

if TYPE_CHECKING:
    import pyarrow as pa

_SUPPORT = 5  # a shape must be shared by this many different values
_MASK_CHARACTERS = frozenset("# ()+-./")


@dataclass(frozen=True)
class ValueStyle:
    """How values of a kind are written; plain JSON values only.

    Attributes:
        kind: the kind of values.
        locale: whose names, places and phone ranges.
        case: letters as they come, all ``upper`` or all ``lower``.
        form: the order or wording, by kind: names ``first_last``, ``last_first``, ``last_comma_first``; e-mail
            ``dot``, ``joined``, ``initial``, ``underscore``; phones ``national``, ``international``, ``e164``,
            ``digits``; addresses ``full``, ``full_lines``, ``street``; IP ``v4``, ``v6``; coordinates ``latitude``,
            ``longitude``, ``pair``; IBAN ``grouped``. Empty for the usual one.
        mask: separators of a number, ``#`` for each letter or digit; empty for the usual ones.
        country: ISO code of the country whose numbers they are; empty for the locale's.
        length: digits of a card or account number, words of a free text; 0 for the usual.
        number: whether the column stores whole numbers rather than text.
        decimals: decimals of coordinates.
    """

    kind: ValueKind
    locale: str = "en_US"
    case: Literal["as_is", "upper", "lower"] = "as_is"
    form: str = ""
    mask: str = ""
    country: str = ""
    length: int = 0
    number: bool = False
    decimals: int = 6

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for ``json.dumps``."""
        return asdict(self)

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> ValueStyle:
        """The style that :meth:`to_json` described.

        Raises:
            ArtifactError: if the state has fields that a style has not.
        """
        unknown = sorted(set(state) - set(cls.__dataclass_fields__))
        if unknown or "kind" not in state:
            raise ArtifactError(f"not a value style: {', '.join(unknown) or 'no kind'}", hint="write it anew")
        return cls(**state)


def find_style(kind: ValueKind, column: pa.ChunkedArray, *, locale: str | None = None) -> ValueStyle:
    """How a column writes its values of a kind.

    Args:
        kind: what the values are.
        column: the values; at most 2,000 different ones are looked at.
        locale: whose names and places to use; by default what the values suggest, else ``en_US``.
    """
    import pyarrow as pa

    number = pa.types.is_integer(column.type)
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        return _coordinate_style(column, locale or "en_US")
    values = sample_values(column)
    found = locale or find_locale(kind, values) or "en_US"
    style: dict[str, Any] = {"kind": kind, "locale": found, "number": number, "case": _case(values)}
    look = {
        "name": _name_style, "email": _email_style, "phone": _phone_style, "address": _address_style,
        "iban": _iban_style, "card": _digits_style, "account": _digits_style, "national_id": _id_style,
        "ip_address": _ip_style, "free_text": _text_style,
    }.get(kind)  # fmt: skip
    style.update(look(values) if look else {})
    if kind == "coordinates":
        style["form"] = "pair"
    return ValueStyle(**style)


def find_table_locale(columns: Mapping[str, pa.ChunkedArray], kinds: Mapping[str, str]) -> str | None:
    """The locale that most of a table's personal columns suggest, so that its people come from one country.

    Args:
        columns: the table's columns.
        kinds: the kind of each personal column, by name.
    """
    votes = Counter(found for n, kind in kinds.items() if (found := find_locale(kind, sample_values(columns[n]))))
    return max(votes.items(), key=lambda item: (item[1], item[0]))[0] if votes else None


def find_locale(kind: str, values: tuple[str, ...]) -> str | None:
    """The locale whose names, streets or calling code fit the values best, or ``None``."""
    if kind in ("name", "first_name", "last_name"):
        words = [w for v in values for w in re.split(r"[\s,.\-]+", v.casefold())]
        scores = {}
        for locale in LOCALES:
            names = locale_names(locale)
            lists = {"first_name": (names.female, names.male), "last_name": (names.last,)}
            known = {
                n.casefold() for part in lists.get(kind, (names.female, names.male, names.last)) for n in part.names
            }
            scores[locale] = sum(w in known for w in words) / (1 + len(words)) / len(known) ** 0.25
        best = max(scores, key=lambda name: scores[name])
        return best if scores[best] > 0 else None
    if kind == "phone":
        codes = {c: f"+{code}" for c, code in CALLING_CODES.items()}
        return _majority(values, lambda v: next((c for c in codes if v.startswith(codes[c])), None), _locale_of)
    if kind == "iban":
        return _majority(values, lambda v: v[:2].upper(), _locale_of)
    return None


def _locale_of(country: str) -> str | None:
    return next((locale for locale in LOCALES if locale.endswith(country)), None)


def _majority(values: tuple[str, ...], key: Any, to_locale: Any) -> str | None:
    counts = Counter(k for v in values if (k := key(v)) is not None)
    if not counts:
        return None
    best, count = counts.most_common(1)[0]
    return to_locale(best) if count >= max(1, 0.3 * len(values)) else None


def _share(values: tuple[str, ...], test: Any) -> float:
    return sum(map(bool, map(test, values))) / max(1, len(values))


def _case(values: tuple[str, ...]) -> str:
    lettered = tuple(v for v in values if any(c.isalpha() for c in v))
    if lettered and _share(lettered, str.isupper) >= 0.9:
        return "upper"
    return "lower" if lettered and _share(lettered, str.islower) >= 0.9 else "as_is"


def _mask_of(values: tuple[str, ...], *, letters: bool = False) -> str:
    """The commonest shape, if enough values share it and it holds nothing but separators."""
    counts = Counter(re.sub(r"[^\W_]" if letters else r"\d", "#", v.strip()) for v in values)
    if not counts:
        return ""
    mask, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    if count < max(_SUPPORT, 0.05 * len(values)) or not set(mask) <= _MASK_CHARACTERS or len(mask) > 40:
        return ""
    return mask


def _name_style(values: tuple[str, ...]) -> dict[str, Any]:
    if _share(values, lambda v: "," in v) >= 0.6:
        return {"form": "last_comma_first"}
    firsts, lasts = known_first_names(), known_last_names()
    words = [w for v in values if len(w := patterns.name_words(v)) >= 2]
    usual = sum(w[0] in firsts and w[-1] not in firsts for w in words)
    other = sum(w[-1] in firsts and w[0] not in firsts and w[0] in lasts for w in words)
    return {"form": "last_first" if other > 2 * usual else "first_last"}


def _email_style(values: tuple[str, ...]) -> dict[str, Any]:
    local = tuple(v.split("@")[0] for v in values)
    for form, sign in (("dot", "."), ("underscore", "_")):
        if _share(local, lambda v, s=sign: s in v) >= 0.7:
            return {"form": form}
    return {}


def _phone_style(values: tuple[str, ...]) -> dict[str, Any]:
    starts = {c: _share(values, partial(_starts_with, f"+{code}")) for c, code in CALLING_CODES.items()}
    best = max(starts, key=lambda c: starts[c])
    form = "national"
    if _share(values, partial(_starts_with, "+")) >= 0.5:
        form = "e164" if _share(values, lambda v: v[1:].isdigit()) >= 0.5 else "international"
    elif _share(values, str.isdigit) >= 0.8:
        form = "digits"
    return {"mask": _mask_of(values), "form": form, "country": best if starts[best] >= 0.3 else ""}


def _starts_with(start: str, value: str) -> bool:
    return value.startswith(start)


def _address_style(values: tuple[str, ...]) -> dict[str, Any]:
    if _share(values, lambda v: "\n" in v) >= 0.5:
        return {"form": "full_lines"}
    placed = _share(values, lambda v: patterns.has_postcode(v) and ("," in v or len(v.split()) >= 5))
    return {"form": "full" if placed >= 0.5 else "street"}


def _iban_style(values: tuple[str, ...]) -> dict[str, Any]:
    countries = Counter(v[:2].upper() for v in values if v[:2].upper() in IBAN_COUNTRIES)
    best = max(countries.items(), key=lambda item: (item[1], item[0]))[0] if countries else ""
    return {"country": best, "form": "grouped" if _share(values, lambda v: " " in v.strip()) >= 0.5 else ""}


def _digits_style(values: tuple[str, ...]) -> dict[str, Any]:
    lengths = Counter(len(bare(v)) for v in values)
    length = max(lengths.items(), key=lambda item: (item[1], item[0]))[0] if lengths else 0
    mask = _mask_of(values, letters=True)
    return {"length": length, "mask": mask if mask.count("#") == length else ""}


def _id_style(values: tuple[str, ...]) -> dict[str, Any]:
    rates = {code: _share(values, NATIONAL_IDS[code][1]) for code in ID_COUNTRIES if code in NATIONAL_IDS}
    best = max(rates, key=lambda code: rates[code])
    return {"country": best if rates[best] >= 0.3 else "", "mask": _mask_of(values, letters=True)}


def _ip_style(values: tuple[str, ...]) -> dict[str, Any]:
    return {"form": "v6" if _share(values, lambda v: ":" in v) >= 0.5 else "v4"}


def _text_style(values: tuple[str, ...]) -> dict[str, Any]:
    return {"length": int(np.median([len(v.split()) for v in values])) if values else 0, "case": "as_is"}


def _coordinate_style(column: pa.ChunkedArray, locale: str) -> ValueStyle:
    import pyarrow.compute as pc

    limits = pc.min_max(column).as_py()
    wide = limits["min"] is not None and max(abs(limits["min"]), abs(limits["max"])) > 90
    return ValueStyle("coordinates", locale, form="longitude" if wide else "latitude")

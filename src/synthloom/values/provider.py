"""Makes values of a kind: the value at a position depends on the stream and the position alone.

Nothing here comes from real data; what a column looked like enters only as a :class:`ValueStyle`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.errors import OptionError, did_you_mean
from synthloom.randomness import RandomStream
from synthloom.values.bank_codes import IBAN_COUNTRIES, make_accounts, make_cards, make_ibans
from synthloom.values.fixed_text import as_digits, to_strings, write_mask
from synthloom.values.kinds import VALUE_KINDS, ValueKind
from synthloom.values.national_ids import ID_COUNTRIES, id_capacity, make_national_ids
from synthloom.values.network import make_ipv4, make_ipv6, make_uuids
from synthloom.values.people import People, unique_digits
from synthloom.values.phones import PHONE_COUNTRIES, make_phones
from synthloom.values.position_noise import PositionNoise
from synthloom.values.style import ValueStyle
from synthloom.values.word_lists import check_locale, common_words

if TYPE_CHECKING:
    import pyarrow as pa

# Point Nemo, the spot of the ocean farthest from any land
_NOWHERE = (-48.8767, -123.3933)
_WORDS_A_PHRASE = 8


def make_values(
    kind: ValueKind,
    positions: Any,
    stream: RandomStream,
    *,
    locale: str = "en_US",
    style: ValueStyle | None = None,
    unique: bool = False,
    people: People | None = None,
    arrow_type: pa.DataType | None = None,
) -> pa.Array:
    """Values of a kind, one for each position.

    Kinds of one person agree: ``name``, ``email``, ``phone``, ``address`` and their parts, asked for with the same
    stream and position, belong together.

    Args:
        kind: what to make.
        positions: whole numbers from 0 on.
        stream: the random stream; equal streams and positions give equal values.
        locale: whose names, places and numbers; a ``style`` has its own.
        style: how to write them.
        unique: no value twice at different positions.
        people: the people at these positions of this stream and locale, where they were made before: saves time,
            and they may have been made with unique names or addresses.
        arrow_type: the type of the column that the values are for; of too long numbers the first digits are kept.

    Returns:
        Values of ``arrow_type``; without it strings (of digits only, where the style says number),
        floats for a coordinate.

    Raises:
        OptionError: if the kind or locale is unknown, or fewer unique values exist than are asked for.
    """
    if kind not in VALUE_KINDS:
        raise OptionError(f'there are no values of the kind "{kind}"', hint=did_you_mean(kind, VALUE_KINDS))
    if unique and kind in _REPEATING:
        raise OptionError(f'values of the kind "{kind}" repeat', accepted="unique names, e-mails, user names, numbers")
    style = style or ValueStyle(kind, check_locale(locale))
    noise = PositionNoise(stream, positions)
    if kind in _PEOPLE_KINDS:
        made = _personal(kind, noise, style, people, unique=unique)
    else:
        made = _number(kind, noise, style, unique=unique)
    return _of_type(_finished(made, style), arrow_type)


def unique_capacity(kind: ValueKind, style: ValueStyle) -> int | None:
    """How many different values of a kind can be had: 0 if they always repeat, ``None`` for plenty (10**9)."""
    if kind == "national_id":
        return id_capacity(_country(style, ID_COUNTRIES))
    if kind in (
        "first_name",
        "last_name",
        "city",
        "region",
        "country",
        "job",
        "word",
        "company",
        "postcode",
        "free_text",
    ):
        return 0
    return None


_PEOPLE_KINDS = frozenset(
    [
        "name",
        "first_name",
        "last_name",
        "username",
        "email",
        "address",
        "street",
        "postcode",
        "city",
        "region",
        "company",
        "job",
    ]
)
_REPEATING = _PEOPLE_KINDS - {"name", "username", "email", "address", "street"} | {"country", "word", "free_text"}


def _personal(kind: str, noise: PositionNoise, style: ValueStyle, people: People | None, *, unique: bool) -> pa.Array:
    if people is None:
        people = People(
            noise.positions,
            noise.stream,
            style.locale,
            unique_names=unique and kind == "name",
            unique_addresses=unique and kind in ("address", "street"),
        )
    if kind == "name":
        return people.name(style.form or "first_last")
    if kind == "email":
        return people.email(style.form, unique=unique)
    if kind == "username":
        return people.username(unique=unique)
    if kind == "address":
        return people.address(style.form or "full")
    if unique:
        raise OptionError(
            f'values of the kind "{kind}" repeat', accepted="unique names, e-mails, user names, phones, numbers"
        )
    made: pa.Array = getattr(people, kind)
    return made


def _country(style: ValueStyle, known: tuple[str, ...]) -> str:
    country = style.country or style.locale[-2:]
    return country if country in known else known[0]


def _number(kind: str, noise: PositionNoise, style: ValueStyle, *, unique: bool) -> pa.Array:
    if kind == "phone":
        country = _country(style, PHONE_COUNTRIES)
        return make_phones(noise, country, form=style.form, mask=style.mask, unique=unique)
    if kind == "ip_address":
        return make_ipv6(noise) if style.form == "v6" else make_ipv4(noise, unique=unique)
    makers = {
        "iban": _ibans,
        "card": lambda n, s: _masked(make_cards(n, length=s.length if 13 <= s.length <= 19 else 16), s.mask),
        "account": lambda n, s: _masked(make_accounts(n, length=s.length if 4 <= s.length <= 34 else 10), s.mask),
        "national_id": lambda n, s: make_national_ids(n, _country(s, ID_COUNTRIES), mask=s.mask),
        "uuid": lambda n, _: make_uuids(n),
        "coordinates": _coordinates,
    }
    made: pa.Array = makers[kind](noise, style) if kind in makers else _words(kind, noise, style, unique=unique)
    return made


def _ibans(noise: PositionNoise, style: ValueStyle) -> pa.Array:
    # the United States have no IBANs; British ones stand in
    country = style.country or ("GB" if style.locale == "en_US" else style.locale[-2:])
    return make_ibans(noise, country if country in IBAN_COUNTRIES else "DE", grouped=style.form == "grouped")


def _masked(digits: np.ndarray, mask: str) -> pa.Array:
    fits = mask.count("#") == digits.shape[1]
    return to_strings(write_mask(as_digits(digits), mask) if fits else as_digits(digits))


def _coordinates(noise: PositionNoise, style: ValueStyle) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    latitude = np.round(_NOWHERE[0] + 5 * (noise.uniform("latitude") - 0.5), style.decimals)
    longitude = np.round(_NOWHERE[1] + 5 * (noise.uniform("longitude") - 0.5), style.decimals)
    if style.form == "latitude":
        return pa.array(latitude)
    if style.form == "longitude":
        return pa.array(longitude)
    return pc.binary_join_element_wise(*(pa.array(v).cast(pa.string()) for v in (latitude, longitude)), ", ")


@cache
def _word_array(part: str) -> pa.Array:
    import pyarrow as pa

    common = common_words()
    if part == "titles":
        return pa.array([f"{a.capitalize()} {n}" for a in common["adjectives"] for n in common["nouns"]])
    return pa.array(common[part])


def _words(kind: str, noise: PositionNoise, style: ValueStyle, *, unique: bool) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    from synthloom.values.vocabulary import vocabulary

    if kind == "country":
        return pa.repeat(vocabulary(style.locale).country_name, len(noise.positions))
    words = _word_array({"word": "words", "title": "titles"}.get(kind, "phrases"))
    if kind == "title" and unique:
        title = words.take(pa.array(noise.below("word", len(words))))
        return pc.binary_join_element_wise(title, unique_digits(noise, "title"), " ")
    if kind in ("word", "title"):
        return words.take(pa.array(noise.below("word", len(words))))
    count = max(1, min(40, round((style.length or 2 * _WORDS_A_PHRASE) / _WORDS_A_PHRASE)))
    sentences = [words.take(pa.array(noise.below(f"sentence {i}", len(words)))) for i in range(count)]
    return pc.binary_join_element_wise(pc.binary_join_element_wise(*sentences, ". "), "", ".")


def _finished(made: pa.Array, style: ValueStyle) -> pa.Array:
    """Letter case as the style says; digits only where it says number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(made.type):
        if style.case == "upper":
            made = pc.utf8_upper(made)
        elif style.case == "lower":
            made = pc.utf8_lower(made)
        if style.number:
            made = pc.replace_substring_regex(made, r"\D", "")
    return made


def _of_type(made: pa.Array, wanted: pa.DataType | None) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if wanted is None or made.type == wanted:
        return made
    if pa.types.is_floating(made.type) or not pa.types.is_integer(wanted):
        return made.cast(wanted, safe=False)
    digits = pc.replace_substring_regex(made.cast(pa.string()), r"\D", "")
    return pc.utf8_slice_codeunits(digits, 0, len(str(2 ** (wanted.bit_width - 1))) - 1).cast(wanted)

"""People: everything about one person agrees.

A person is a position in a stream. The e-mail address is made of the name, the city belongs to the region,
and the same position gives the same person in every column, table, shard and worker.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.errors import OptionError
from synthloom.randomness import RandomStream
from synthloom.values.fixed_text import as_digits, digit_matrix, to_strings
from synthloom.values.position_noise import Integers, PositionNoise
from synthloom.values.vocabulary import Vocabulary, postcodes, vocabulary

if TYPE_CHECKING:
    import pyarrow as pa

DOMAINS = ("example.com", "example.org", "example.net")
_EMAIL_FORMS = ("dot", "joined", "initial", "underscore")
_PLAIN_SHARE = 60
_HOUSE_NUMBERS = 2_000
_TIERS = 1 + 26 + 26 * 26  # no middle initial, one, two


class People:
    """The people at some positions of a stream; each attribute is an Arrow array, one entry a person.

    Args:
        positions: whole numbers from 0 on, one a person.
        stream: whose people they are; the same stream and position give the same person.
        locale: whose names and places.
        unique_names: no two people share a full name (middle initials are added when the names are used up).
        unique_addresses: no two people share an address.
    """

    def __init__(
        self,
        positions: Any,
        stream: RandomStream,
        locale: str = "en_US",
        *,
        unique_names: bool = False,
        unique_addresses: bool = False,
    ) -> None:
        self.words: Vocabulary = vocabulary(locale)
        self.noise = PositionNoise(stream.child("people", self.words.locale), positions)
        self._unique_names, self._unique_addresses = unique_names, unique_addresses

    def __len__(self) -> int:
        return len(self.noise.positions)

    @cached_property
    def is_woman(self) -> np.ndarray:
        """Whether the person bears a woman's name."""
        return self._first_index < self.words.n_female

    @cached_property
    def _name_index(self) -> tuple[Integers, Integers, Integers]:
        """Indices of first name, last name and middle initials (0 for none)."""
        words, noise = self.words, self.noise
        if not self._unique_names:
            woman = noise.below("woman", 2) == 1
            male = words.n_female + noise.picks("first", words.male_guide)
            first = np.where(woman, noise.picks("first", words.female_guide), male)
            return first, noise.picks("last", words.last_guide), np.zeros_like(first)
        firsts = words.distinct_first
        pairs = len(firsts) * len(words.last)
        tier, _ = np.divmod(noise.positions, pairs)
        if tier.size and int(tier.max()) >= _TIERS:
            raise OptionError("too many unique names", accepted=f"up to {_TIERS * pairs:,} in {words.locale}")
        first, last = np.divmod(noise.permuted("unique name", pairs), len(words.last))
        return firsts[first], last, tier

    @property
    def _first_index(self) -> Integers:
        return self._name_index[0]

    @cached_property
    def first_name(self) -> pa.Array:
        """First names."""
        return _take(self.words.first, self._first_index)

    @cached_property
    def last_name(self) -> pa.Array:
        """Last names; two in Spain and Portugal."""
        import pyarrow.compute as pc

        words, first = self.words, self._last_of(self.words.last, self.words.last_female)
        if not words.two_last_names or self._unique_names:
            return first
        return pc.binary_join_element_wise(
            first, _take(words.last, self.noise.picks("second last", words.last_guide)), " "
        )

    def name(self, form: str = "first_last") -> pa.Array:
        """Full names, written ``first_last``, ``last_first`` or ``last_comma_first``."""
        import pyarrow.compute as pc

        first, tier = self.first_name, self._name_index[2]
        if tier.any():
            initials = _take(_initials(), tier)
            first = pc.binary_join_element_wise(first, initials, "")
        if form == "first_last":
            return pc.binary_join_element_wise(first, self.last_name, " ")
        return pc.binary_join_element_wise(self.last_name, first, ", " if form == "last_comma_first" else " ")

    def email(self, form: str = "", *, unique: bool = False) -> pa.Array:
        """E-mail addresses at example.com, .org and .net, the local part made of the name."""
        import pyarrow.compute as pc

        stems = _take(_email_stems(self.words.locale), self._stem_index("email", form))
        last = self._plain_last
        if unique:
            domain = _take(_domains(), self.noise.below("domain", len(DOMAINS)))
            return pc.binary_join_element_wise(stems, last, unique_digits(self.noise, "email"), domain, "")
        ends = _email_ends()
        number = np.maximum(self.noise.below("email number", 100 + _PLAIN_SHARE) - _PLAIN_SHARE, 0)
        end = number * len(DOMAINS) + self.noise.below("domain", len(DOMAINS))
        return pc.binary_join_element_wise(stems, last, _take(ends, end), "")

    def username(self, *, unique: bool = False) -> pa.Array:
        """User names made of the name and a number."""
        import pyarrow.compute as pc

        stems = _take(_email_stems(self.words.locale), self._stem_index("username", "initial"))
        last = self._plain_last
        end = (
            unique_digits(self.noise, "username")
            if unique
            else _take(_numbers(), self.noise.below("username number", 100))
        )
        return pc.binary_join_element_wise(stems, last, end, "")

    @cached_property
    def _plain_last(self) -> pa.Array:
        return self._last_of(self.words.last_plain, self.words.last_plain_female)

    def _last_of(self, usual: pa.Array, women: pa.Array | None) -> pa.Array:
        """Last names out of one list, or of two where women bear other forms."""
        import pyarrow as pa
        import pyarrow.compute as pc

        index = self._name_index[1]
        if women is None or self._unique_names:
            return _take(usual, index)
        return pc.if_else(pa.array(self.is_woman), _take(women, index), _take(usual, index))

    def _stem_index(self, what: str, form: str) -> Integers:
        n = len(self.words.first)
        if form in _EMAIL_FORMS:
            return self._first_index + n * _EMAIL_FORMS.index(form)
        return self._first_index + n * self.noise.below(f"{what} form", len(_EMAIL_FORMS))

    @cached_property
    def _address_index(self) -> tuple[Integers, Integers, Integers]:
        """Indices of house number, street and city."""
        words, noise = self.words, self.noise
        if not self._unique_addresses:
            house = np.minimum(noise.below("house", 200), noise.below("house two", _HOUSE_NUMBERS))
            return house, noise.below("street", len(words.streets)), noise.picks("city", words.city_guide)
        capacity = _HOUSE_NUMBERS * len(words.streets) * len(words.cities)
        if noise.positions.size and int(noise.positions.max()) >= capacity:
            raise OptionError("too many unique addresses", accepted=f"up to {capacity:,} in {words.locale}")
        rest, city = np.divmod(noise.permuted("unique address", capacity), len(words.cities))
        house, street = np.divmod(rest, len(words.streets))
        return house, street, city

    @cached_property
    def street(self) -> pa.Array:
        """Street and house number."""
        import pyarrow.compute as pc

        house, street, _ = self._address_index
        name, number = _take(self.words.streets, street), _take(_numbers(), house + 1)
        parts = (number, name) if self.words.number_first else (name, number)
        return pc.binary_join_element_wise(*parts, " ")

    @cached_property
    def postcode(self) -> pa.Array:
        """Post codes that are not assigned."""
        codes = postcodes(self.words.country)
        return _take(codes, self.noise.below("postcode", len(codes)))

    @cached_property
    def city(self) -> pa.Array:
        """Cities of the locale."""
        return _take(self.words.cities, self._address_index[2])

    @cached_property
    def region(self) -> pa.Array:
        """The region that the city lies in."""
        return _take(self.words.regions, self._address_index[2])

    def address(self, form: str = "full") -> pa.Array:
        """Postal addresses: ``full`` on one line, ``full_lines`` on two, or ``street`` only."""
        import pyarrow.compute as pc

        if form == "street":
            return self.street
        house, street, city = self._address_index
        gap, number = "\n" if form == "full_lines" else ", ", _take(_numbers(), house + 1)
        # gaps and fixed words are part of the word lists, so that one join of four columns is enough
        if self.words.number_first:
            head = (_take(_numbers(" "), house + 1), _take(self.words.streets, street))
        else:
            head = (_take(_spaced_streets(self.words.locale), street), number)
        tail = _address_tails(self.words.locale, gap)
        if self.words.country in ("US", "GB"):
            return pc.binary_join_element_wise(*head, _take(tail, city), self.postcode, "")
        code = _take(
            _gapped_postcodes(self.words.country, gap), self.noise.below("postcode", len(postcodes(self.words.country)))
        )
        return pc.binary_join_element_wise(*head, code, _take(tail, city), "")

    @cached_property
    def company(self) -> pa.Array:
        """Companies named after a person who is not the one at the position."""
        import pyarrow.compute as pc

        owner = _take(self.words.last, self.noise.picks("company", self.words.last_guide))
        end = _take(self.words.company_ends, self.noise.below("company end", len(self.words.company_ends)))
        return pc.binary_join_element_wise(owner, end, "")

    @cached_property
    def job(self) -> pa.Array:
        """Trades, in the locale's language."""
        return _take(self.words.jobs, self.noise.below("job", len(self.words.jobs)))


def unique_digits(noise: PositionNoise, name: str) -> pa.Array:
    """A number of four, six or nine digits for each position, no two alike."""
    import pyarrow as pa

    number, width = noise.unique_numbers(name)
    places = [np.flatnonzero(width == w) for w in (4, 6, 9)]
    parts = [to_strings(as_digits(digit_matrix(number[p], w))) for p, w in zip(places, (4, 6, 9), strict=True)]
    order = np.concatenate(places)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(parts).take(pa.array(back))


def _take(words: pa.Array, index: Integers) -> pa.Array:
    import pyarrow as pa

    return words.take(pa.array(index))


@cache
def _numbers(end: str = "") -> pa.Array:
    import pyarrow as pa

    return pa.array([f"{i or ''}{end}" for i in range(_HOUSE_NUMBERS + 1)])


@cache
def _initials() -> pa.Array:
    import pyarrow as pa

    letters = [chr(65 + i) for i in range(26)]
    return pa.array(["", *(f" {a}." for a in letters), *(f" {a}. {b}." for a in letters for b in letters)])


@cache
def _domains() -> pa.Array:
    import pyarrow as pa

    return pa.array([f"@{domain}" for domain in DOMAINS])


@cache
def _email_ends() -> pa.Array:
    import pyarrow as pa

    return pa.array([f"{number or ''}@{domain}" for number in range(100) for domain in DOMAINS])


@cache
def _email_stems(locale: str) -> pa.Array:
    """First names as the local part begins, for each of the four forms."""
    import pyarrow as pa

    plain = vocabulary(locale).first_plain.to_pylist()
    return pa.array([*(f"{p}." for p in plain), *plain, *(p[0] for p in plain), *(f"{p}_" for p in plain)])


@cache
def _spaced_streets(locale: str) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(vocabulary(locale).streets, "", " ")


@cache
def _address_tails(locale: str, gap: str) -> pa.Array:
    import pyarrow as pa

    words = vocabulary(locale)
    pairs = zip(words.cities.to_pylist(), words.regions.to_pylist(), strict=True)
    if words.country == "US":
        return pa.array([f"{gap}{city}, {region} " for city, region in pairs])
    return pa.array([f"{gap}{city} " if words.country == "GB" else f" {city}" for city, _ in pairs])


@cache
def _gapped_postcodes(country: str, gap: str) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise("", postcodes(country), gap)

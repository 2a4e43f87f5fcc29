"""National identity numbers of the right shape, with right check digits, from ranges that are never issued.

US: areas 900 to 999 with groups 01 to 49 (below those of tax numbers). GB: the seven prefixes that are not
allocated (BG, GB, KN, NK, NT, TN, ZZ). DE: tax numbers that start with 0, which the tax office keeps for tests.
FR: department 00. ES: numbers from 90,000,000 on, above what has been issued. IT: the municipality code Z999.
NL: numbers that start with 9999. PL: births of the nineteenth century. SE: birth numbers 980 to 999, kept for
tests. PT: the first digit 4, 45 left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from synthloom.errors import OptionError
from synthloom.values.check_digits import CODICE_ODD, DNI_LETTERS
from synthloom.values.fixed_text import (
    Characters,
    as_digits,
    characters,
    digit_matrix,
    join_columns,
    luhn_digit,
    remainder_97,
    to_strings,
    weighted_sum,
    write_mask,
)
from synthloom.values.position_noise import Integers, PositionNoise

if TYPE_CHECKING:
    import pyarrow as pa


def _letters(index: Integers, alphabet: str) -> Characters:
    """One letter a row, shape (n, 1)."""
    return np.frombuffer(alphabet.encode("ascii"), dtype=np.uint8)[index][:, None]


_DAYS = 100 * 12 * 28


def _birthday(days: Integers) -> tuple[Integers, Integers, Integers]:
    """Year of the century, month and day from ``0 … 33,599``, each a date of its own (months to the 28th)."""
    year, rest = np.divmod(days, 12 * 28)
    month, day = np.divmod(rest, 28)
    return year, month + 1, day + 1


def _us(index: Integers) -> Characters:
    rest, serial = np.divmod(index, 9999)
    area, group = np.divmod(rest, 49)
    parts = ((900 + area, 3), (1 + group, 2), (1 + serial, 4))
    return as_digits(join_columns(*(digit_matrix(values, width) for values, width in parts)))


def _gb(index: Integers) -> Characters:
    rest, number = np.divmod(index, 10**6)
    prefix, suffix = np.divmod(rest, 4)
    letters = (_letters(prefix, "BGKNNTZ"), _letters(prefix, "GBNKTNZ"))
    return join_columns(*letters, as_digits(digit_matrix(number, 6)), _letters(suffix, "ABCD"))


def _de(index: Integers) -> Characters:
    # ten first digits: a zero in front, one digit twice, one missing; here a permutation of 1-9 spelled by
    # the index (Lehmer code), its last digit replaced by the first
    digits = np.empty((len(index), 10), dtype=np.uint8)
    digits[:, 0] = 0
    pool = np.tile(np.arange(1, 10, dtype=np.uint8), (len(index), 1))
    rest, rows = index.copy(), np.arange(len(index))
    for place in range(8):
        rest, pick = np.divmod(rest, 9 - place)
        digits[:, place + 1] = pool[rows, pick]
        # close the gap: the last open digit moves into the place of the one taken
        pool[rows, pick] = pool[:, 8 - place]
    twice = rest % 8
    digits[:, 9] = digits[rows, 1 + twice]
    product = np.full(len(index), 10, dtype=np.int64)
    for place in range(10):
        total = (digits[:, place] + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return as_digits(join_columns(digits, ((11 - product) % 10).astype(np.uint8)[:, None]))


def _fr(index: Integers) -> Characters:
    rest, order = np.divmod(index, 999)
    rest, town = np.divmod(rest, 989)
    rest, month = np.divmod(rest, 12)
    sex, year = np.divmod(rest, 100)
    n = len(index)
    digits = join_columns(
        digit_matrix(1 + sex, 1), digit_matrix(year, 2), digit_matrix(1 + month, 2), np.zeros((n, 2), dtype=np.uint8),
        digit_matrix(1 + town, 3), digit_matrix(1 + order, 3),
    )  # fmt: skip
    return as_digits(join_columns(digits, digit_matrix(97 - remainder_97(digits), 2)))


def _es(index: Integers) -> Characters:
    number = 90_000_000 + index
    return join_columns(as_digits(digit_matrix(number, 8)), _letters(number % 23, DNI_LETTERS))


def _it(index: Integers) -> Characters:
    rest, days = np.divmod(index, _DAYS)
    year, month, day = _birthday(days)
    consonants = "BCDFGHLMNPRSTVZ"
    letters = []
    for _ in range(6):
        rest, pick = np.divmod(rest, len(consonants))
        letters.append(_letters(pick, consonants))
    n = len(index)
    text = join_columns(
        *letters, as_digits(digit_matrix(year, 2)), _letters(month - 1, "ABCDEHLMPRST"),
        as_digits(digit_matrix(day + 40 * (rest % 2), 2)), characters("Z999", n),
    )  # fmt: skip
    odd, even = np.zeros(128, dtype=np.int64), np.zeros(128, dtype=np.int64)
    for character, value in CODICE_ODD.items():
        odd[ord(character)], even[ord(character)] = value, int(character, 36) - 10 * (not character.isdigit())
    total = odd[text[:, 0::2]].sum(axis=1) + even[text[:, 1::2]].sum(axis=1)
    return join_columns(text, (65 + total % 26).astype(np.uint8)[:, None])


def _nl(index: Integers) -> Characters:
    # 9999 and four free digits; the ninth is the remainder of the eleven test, so that a tenth of the free
    # ones (remainder 10) must be skipped: the list of good ones is short enough to keep
    free = digit_matrix(np.arange(10_000), 4)
    known = join_columns(np.full((10_000, 4), 9, dtype=np.uint8), free)
    check = weighted_sum(known, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    good = join_columns(known, check.astype(np.uint8)[:, None])[check < 10]
    return as_digits(good[index])


def _pl(index: Integers) -> Characters:
    days, serial = np.divmod(index, 10_000)
    year, month, day = _birthday(days)
    digits = join_columns(*(digit_matrix(v, w) for v, w in ((year, 2), (month + 80, 2), (day, 2), (serial, 4))))
    check = (10 - weighted_sum(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10
    return as_digits(join_columns(digits, check.astype(np.uint8)[:, None]))


def _se(index: Integers) -> Characters:
    days, serial = np.divmod(index, 20)
    year, month, day = _birthday(days)
    digits = join_columns(*(digit_matrix(v, w) for v, w in ((year, 2), (month, 2), (day, 2), (980 + serial, 3))))
    return as_digits(join_columns(digits, luhn_digit(digits)))


def _pt(index: Integers) -> Characters:
    second, rest = np.divmod(index, 10**6)
    second += second >= 5  # 45 is in use
    digits = digit_matrix((40 + second) * 10**6 + rest, 8)
    rest = weighted_sum(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return as_digits(join_columns(digits, np.where(rest < 2, 0, 11 - rest).astype(np.uint8)[:, None]))


_MAKERS: dict[str, tuple[Callable[[Integers], Characters], int]] = {
    # country: (numbers from indices, how many indices there are)
    "US": (_us, 100 * 49 * 9999),
    "GB": (_gb, 7 * 4 * 10**6),
    "DE": (_de, 362_880 * 8),
    "FR": (_fr, 2 * 100 * 12 * 989 * 999),
    "ES": (_es, 10_000_000),
    "IT": (_it, 15**6 * _DAYS * 2),
    "NL": (_nl, 9091),
    "PL": (_pl, _DAYS * 10_000),
    "SE": (_se, _DAYS * 20),
    "PT": (_pt, 9_000_000),
}
_MASKS = {"US": "###-##-####", "SE": "######-####"}
ID_COUNTRIES: tuple[str, ...] = tuple(_MAKERS)


def id_capacity(country: str) -> int:
    """How many different numbers of a country there are."""
    return _MAKERS[country][1]


def make_national_ids(noise: PositionNoise, country: str, *, mask: str = "") -> pa.Array:
    """Identity numbers of a country, unique up to its capacity, repeated beyond.

    ``mask`` says how they are written, ``#`` for each letter or digit; one that does not fit is not used.

    Raises:
        OptionError: if numbers of this country cannot be made.
    """
    if country not in _MAKERS:
        raise OptionError(f'identity numbers of "{country}" cannot be made', accepted=", ".join(_MAKERS))
    maker, capacity = _MAKERS[country]
    matrix = maker(noise.permuted("national_id", capacity))
    if mask.count("#") != matrix.shape[1]:
        mask = _MASKS.get(country, "#" * matrix.shape[1])
    return to_strings(write_mask(matrix, mask))

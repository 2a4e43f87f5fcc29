"""IBANs, payment card and account numbers whose check digits are right and whose issuer does not exist.

Bank codes lie outside the ranges that the national registries assign (for Germany a code that starts
with 9, for Britain the letters ``XXXX``, elsewhere all nines); card numbers start with 9999: issuers under
9 are named by an ISO 3166 country number, and 900 to 999 belong to no country (ISO/IEC 7812-1). The national
check digits inside the account part are right for France, Spain, Italy, Portugal and Belgium.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthloom.errors import OptionError
from synthloom.values.check_digits import CODICE_ODD
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
)
from synthloom.values.position_noise import PositionNoise

if TYPE_CHECKING:
    import pyarrow as pa

# country: (code of no bank, digits of branch and account that follow it)
_BANKS = {
    "DE": ("90000000", 10), "GB": ("XXXX", 14), "FR": ("99999", 16), "ES": ("9999", 14), "IT": ("99999", 17),
    "NL": ("XXXX", 10), "PL": ("99999999", 16), "PT": ("9999", 15), "SE": ("999", 17), "AT": ("99999", 11),
    "BE": ("999", 7), "CH": ("99999", 12), "IE": ("XXXX", 14), "DK": ("9999", 10), "FI": ("999", 11), "LU": ("999", 13),
}  # fmt: skip
IBAN_COUNTRIES: tuple[str, ...] = tuple(_BANKS)


def _column(values: NDArray[np.int64], width: int = 1) -> Characters:
    return digit_matrix(values, width)


def _french(bank: Characters, account: Characters) -> Characters:
    key = 97 - remainder_97(join_columns(bank, account, np.zeros((len(bank), 2), dtype=np.uint8)))
    return join_columns(account, _column(key, 2))


def _spanish(bank: Characters, account: Characters) -> Characters:
    branch, number = account[:, :4], account[:, 4:]
    weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)

    def control(digits: Characters) -> Characters:
        rest = 11 - weighted_sum(digits, weights[10 - digits.shape[1] :]) % 11
        return _column(np.where(rest == 11, 0, np.where(rest == 10, 1, rest)))

    return join_columns(branch, control(join_columns(bank, branch)), control(number), number)


def _portuguese(bank: Characters, account: Characters) -> Characters:
    key = 98 - remainder_97(join_columns(bank, account, np.zeros((len(bank), 2), dtype=np.uint8)))
    return join_columns(account, _column(key, 2))


def _belgian(bank: Characters, account: Characters) -> Characters:
    rest = remainder_97(join_columns(bank, account))
    return join_columns(account, _column(np.where(rest == 0, 97, rest), 2))


_NATIONAL: dict[str, Callable[[Characters, Characters], Characters]] = {
    "FR": _french, "ES": _spanish, "PT": _portuguese, "BE": _belgian,
}  # fmt: skip


def make_ibans(noise: PositionNoise, country: str, *, grouped: bool = False) -> pa.Array:
    """IBANs, unique up to 10**10 positions (10**7 for Belgium).

    Raises:
        OptionError: if IBANs of this country cannot be made.
    """
    if country not in _BANKS:
        raise OptionError(f'IBANs of "{country}" cannot be made', accepted=", ".join(_BANKS))
    code, width = _BANKS[country]
    free = min(10, width)
    number = noise.permuted("iban", 10**free)
    if width > free:
        number = number + noise.below("branch", 10 ** (width - free)) * 10**free
    account, n = digit_matrix(number, width), len(number)
    if country in _NATIONAL or country == "IT":
        text = _bban(country, code, account)
        spelled = _spelled(join_columns(text, characters(country, n)))
        rest = remainder_97(join_columns(spelled, np.zeros((n, 2), dtype=np.uint8)))
    else:
        text = join_columns(characters(code, n), as_digits(account))
        rest = _remainder(code, number, width, country)
    matrix = join_columns(characters(country, n), as_digits(_column(98 - rest, 2)), text)
    return to_strings(_in_fours(matrix) if grouped else matrix)


def _remainder(code: str, number: NDArray[np.int64], width: int, country: str) -> NDArray[np.int64]:
    """The remainder modulo 97 of bank code, account, country and two zeros: all but the account is the same."""
    before = int("".join(str(int(c, 36)) for c in code)) * 10**width
    after = int("".join(str(int(c, 36)) for c in country)) * 100
    shift = 10 ** (len(str(after)))
    return (number % 97 * (shift % 97) + (before % 97) * (shift % 97) + after) % 97


def _bban(country: str, code: str, account: Characters) -> Characters:
    """The national part as characters, its own check digits included."""
    n = len(account)
    if country in _NATIONAL:
        bank = characters(code, n) - np.uint8(48)
        return join_columns(characters(code, n), as_digits(_NATIONAL[country](bank, account)))
    # Italy: a check letter in front
    digits = join_columns(characters(code, n) - np.uint8(48), account)
    odd = np.array([CODICE_ODD[c] for c in "0123456789"])
    total = odd[digits[:, 0::2]].sum(axis=1) + digits[:, 1::2].astype(np.int64).sum(axis=1)
    return join_columns((65 + total % 26).astype(np.uint8)[:, None], as_digits(digits))


def _spelled(text: Characters) -> Characters:
    """Characters as digits, letters as two (A = 10 … Z = 35); letters stand in the same columns in every row."""
    columns = []
    for place in range(text.shape[1]):
        column = text[:, place].astype(np.int64)
        if len(column) and column[0] >= 65:
            columns += [((column - 55) // 10)[:, None], ((column - 55) % 10)[:, None]]
        else:
            columns.append((column - 48)[:, None])
    return np.concatenate(columns, axis=1).astype(np.uint8)


def _in_fours(matrix: Characters) -> Characters:
    width = matrix.shape[1]
    pieces = []
    for start in range(0, width, 4):
        pieces.append(matrix[:, start : start + 4])
        if start + 4 < width:
            pieces.append(characters(" ", len(matrix)))
    return join_columns(*pieces)


def make_cards(noise: PositionNoise, *, length: int = 16) -> Characters:
    """Card numbers as digits, shape (n, length): prefix 9999, unique up to 10**(length - 5) positions, Luhn digit."""
    middle = length - 5
    index = noise.permuted("card", 10**middle)
    digits = join_columns(np.full((len(index), 4), 9, dtype=np.uint8), digit_matrix(index, middle))
    return join_columns(digits, luhn_digit(digits))


def make_accounts(noise: PositionNoise, *, length: int = 10) -> Characters:
    """Account numbers as digits, shape (n, length), no zero in front, unique up to 9 * 10**17."""
    free = min(length, 18)
    first = 10 ** (free - 1)
    index = noise.permuted("account", 9 * first) + first
    digits = digit_matrix(index, free)
    if length > free:
        digits = join_columns(digits, np.zeros((len(index), length - free), dtype=np.uint8))
    return digits

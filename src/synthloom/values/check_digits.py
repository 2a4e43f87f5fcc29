"""Check digits: whether a number could be a payment card, an IBAN or a national identity number.

Sources: ISO/IEC 7812-1 (Luhn), ISO 13616 (IBAN), ISO 7064 (mod 11,10; mod 97-10) and the issuing
authorities' public notes for each national number. Each test takes the bare text, separators allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
# Visa, Mastercard (two ranges), American Express, Diners, Discover, JCB, Maestro, UnionPay
_CARD = re.compile(
    r"(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,16}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|(?:5[0678]|6[37])\d{10,17}|62\d{14,17}"
    r"|(?:1800|2131)\d{11})"
)
_SEPARATORS = re.compile(r"[\s\-./]")
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
CODICE_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
    22, 25, 24, 23), strict=True))  # fmt: skip


def bare(text: str) -> str:
    """The text without spaces, hyphens, dots and slashes, in upper case."""
    return _SEPARATORS.sub("", text).upper()


def is_luhn(digits: str) -> bool:
    """Whether the digits pass the Luhn formula."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = ord(character) - 48
        if place % 2:
            value = value * 2 - 9 * (value > 4)
        total += value
    return total % 10 == 0


def is_card(text: str) -> bool:
    """A payment card: 12 to 19 digits, a known issuer's prefix, and the Luhn check digit."""
    digits = bare(text)
    return digits.isascii() and digits.isdigit() and _CARD.fullmatch(digits) is not None and is_luhn(digits)


def is_iban(text: str) -> bool:
    """An IBAN: a country that uses them, its length, and the remainder 1 modulo 97."""
    iban = bare(text)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", iban) or _IBAN_LENGTHS.get(iban[:2]) != len(iban):
        return False
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def _plausible_date(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def is_us_ssn(text: str) -> bool:
    """A US social security number, written with hyphens or spaces; ITINs (9xx) count too."""
    match = re.fullmatch(r"(\d{3})[- ](\d{2})[- ](\d{4})", text.strip())
    return match is not None and match[1] not in ("000", "666") and match[2] != "00" and match[3] != "0000"


def is_uk_nino(text: str) -> bool:
    """A British national insurance number; suffixes other than A to D stand in old and temporary ones."""
    return re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-Z]", bare(text)) is not None


def is_de_tax_id(text: str) -> bool:
    """A German tax number (IdNr): 11 digits, check digit by ISO 7064 mod 11,10."""
    digits = bare(text)
    if not re.fullmatch(r"\d{11}", digits) or len(set(digits[:10])) not in (8, 9):
        return False
    product = 10
    for character in digits[:10]:
        total = (int(character) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_de_social_security(text: str) -> bool:
    """A German pension insurance number: area, birthday, letter, serial, check digit."""
    number = bare(text)
    if not re.fullmatch(r"\d{8}[A-Z]\d{3}", number):
        return False
    digits = number[:8] + f"{ord(number[8]) - 64:02d}" + number[9:]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    return sum(sum(map(int, str(int(d) * w))) for d, w in zip(digits, weights)) % 10 == int(digits[12])


def is_fr_nir(text: str) -> bool:
    """A French social security number with its key (mod 97)."""
    number = bare(text)
    if not re.fullmatch(r"[1-478]\d{4}(?:\d{2}|2[AB])\d{8}", number):
        return False
    digits = number[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(digits) % 97 == int(number[13:])


def is_es_dni(text: str) -> bool:
    """A Spanish DNI or NIE: digits and the letter that belongs to them."""
    number = bare(text)
    if not re.fullmatch(r"[\dXYZ]\d{7}[A-Z]", number):
        return False
    return DNI_LETTERS[int(number[:8].translate(str.maketrans("XYZ", "012"))) % 23] == number[8]


def is_es_cif(text: str) -> bool:
    """A Spanish tax number of a legal person (CIF)."""
    number = bare(text)
    if not re.fullmatch(r"[ABCDEFGHJKLMNPQRSUVW]\d{7}[0-9A-J]", number):
        return False
    digits = [int(d) for d in number[1:8]]
    odd = sum(sum(map(int, str(2 * d))) for d in digits[0::2])
    control = (10 - (odd + sum(digits[1::2])) % 10) % 10
    return number[8] in (str(control), "JABCDEFGHI"[control])


def is_it_codice_fiscale(text: str) -> bool:
    """An Italian tax code: 16 characters with a check letter."""
    code = bare(text)
    if not re.fullmatch(r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]", code):
        return False
    total = sum(CODICE_ODD[c] if i % 2 == 0 else int(c, 36) - 10 * (not c.isdigit()) for i, c in enumerate(code[:15]))
    return chr(65 + total % 26) == code[15]


def is_nl_bsn(text: str) -> bool:
    """A Dutch citizen service number: 9 digits, the eleven test."""
    digits = bare(text)
    if not re.fullmatch(r"\d{9}", digits) or digits == "000000000":
        return False
    return sum(int(d) * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1))) % 11 == 0


def is_pl_pesel(text: str) -> bool:
    """A Polish PESEL: birthday, serial, check digit."""
    digits = bare(text)
    if not re.fullmatch(r"\d{11}", digits) or not _plausible_date(f"{int(digits[2:4]) % 20:02d}", digits[4:6]):
        return False
    return sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1))) % 10 == 0


def is_se_personnummer(text: str) -> bool:
    """A Swedish personal number: birthday, serial, Luhn over the last ten digits."""
    match = re.fullmatch(r"(?:19|20)?(\d{2})(\d{2})(\d{2})[-+]?(\d{4})", text.strip())
    if match is None or not _plausible_date(match[2], f"{(int(match[3]) - 1) % 60 + 1:02d}"):
        return False
    return is_luhn("".join(match.groups()))


def is_pt_nif(text: str) -> bool:
    """A Portuguese tax number: 9 digits, mod 11."""
    digits = bare(text)
    if not re.fullmatch(r"[1-9]\d{8}", digits):
        return False
    rest = sum(int(d) * w for d, w in zip(digits, range(9, 1, -1))) % 11
    return (0 if rest < 2 else 11 - rest) == int(digits[8])


def is_br_cpf(text: str) -> bool:
    """A Brazilian CPF: 11 digits, two check digits mod 11."""
    digits = bare(text)
    if not re.fullmatch(r"\d{11}", digits) or len(set(digits)) == 1:
        return False
    for length in (9, 10):
        rest = sum(int(d) * w for d, w in zip(digits, range(length + 1, 1, -1), strict=False)) * 10 % 11 % 10
        if rest != int(digits[length]):
            return False
    return True


def is_dk_cpr(text: str) -> bool:
    """A Danish CPR number, written with its hyphen."""
    match = re.fullmatch(r"(\d{2})(\d{2})\d{2}-\d{4}", text.strip())
    return match is not None and _plausible_date(match[2], match[1])


NATIONAL_IDS: dict[str, tuple[str, Callable[[str], bool], float]] = {
    # code: (what it is called, test, share of random numbers of this shape that pass)
    "US": ("US social security number", is_us_ssn, 0.02),
    "GB": ("UK national insurance number", is_uk_nino, 0.01),
    "IT": ("Italian codice fiscale", is_it_codice_fiscale, 0.001),
    "ES": ("Spanish DNI or NIE", is_es_dni, 0.04),
    "ES-CIF": ("Spanish CIF", is_es_cif, 0.1),
    "FR": ("French social security number", is_fr_nir, 0.004),
    "DE": ("German tax number", is_de_tax_id, 0.05),
    "DE-RV": ("German pension insurance number", is_de_social_security, 0.1),
    "PL": ("Polish PESEL", is_pl_pesel, 0.02),
    "SE": ("Swedish personal number", is_se_personnummer, 0.01),
    "DK": ("Danish CPR number", is_dk_cpr, 0.02),
    "BR": ("Brazilian CPF", is_br_cpf, 0.01),
    "NL": ("Dutch BSN", is_nl_bsn, 0.09),
    "PT": ("Portuguese NIF", is_pt_nif, 0.09),
}
"""National identity numbers that the finder knows, the most telling shapes first."""

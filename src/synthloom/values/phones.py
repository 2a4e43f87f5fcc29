"""Phone numbers that regulators keep for fiction, so that no call reaches anybody.

US and Canada: 555-0100 to 0199 of every area code (NANPA). Britain: Ofcom's drama numbers. Germany: the
Bundesnetzagentur's drama numbers. France: Arcep's numbers for audiovisual works. Sweden: PTS's numbers for
fiction. Where a country keeps none, numbers start with digits that its plan does not assign (Spain 55,
Italy 9, the Netherlands 0830, Poland 91 0, Portugal 4).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from synthloom.errors import OptionError
from synthloom.values.position_noise import PositionNoise

if TYPE_CHECKING:
    import pyarrow as pa

_US_AREAS = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 "
    "252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 "
    "319 320 321 323 325 330 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 "
    "414 415 417 419 423 424 425 430 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 "
    "512 513 515 516 517 518 520 530 540 541 551 559 561 562 563 567 570 571 573 574 580 585 586 601 602 603 605 "
    "606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 630 631 636 641 646 650 651 660 661 662 678 682 "
    "701 702 703 704 706 707 708 712 713 714 715 716 717 718 719 720 724 727 731 732 734 740 757 760 763 765 770 "
    "772 773 774 775 781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 828 830 831 832 843 "
    "845 847 848 850 856 857 858 859 860 862 863 864 865 870 901 903 904 906 907 908 909 910 912 913 914 915 916 "
    "917 918 919 920 925 928 931 936 937 940 941 947 949 951 952 954 956 970 971 972 973 978 979 980 985 989"
)
# country: (calling code, trunk prefix, {national mask with # for free digits})
_RANGES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "US": ("1", "", tuple(f"({area}) 555-01##" for area in _US_AREAS.split())),
    "GB": (
        "44", "0",
        ("113 496 0###", "114 496 0###", "115 496 0###", "116 496 0###", "117 496 0###", "118 496 0###", "121 496 0###",
         "131 496 0###", "141 496 0###", "151 496 0###", "161 496 0###", "20 7946 0###", "191 498 0###", "28 9649 6###",
         "29 2018 0###", "1632 960###", "7700 900###"),
    ),
    "DE": (
        "49", "0",
        ("30 23125###", "69 90009###", "40 66969###", "221 4710###", "89 99998###", "171 39200##", "176 040690##"),
    ),
    "FR": (
        "33", "0",
        ("1 99 00 ## ##", "2 61 91 ## ##", "3 53 01 ## ##", "4 65 71 ## ##", "5 36 49 ## ##", "6 39 98 ## ##"),
    ),
    "ES": ("34", "", ("550 ### ###",)),
    "IT": ("39", "", ("900 #######",)),
    "NL": ("31", "0", ("830 ### ###",)),
    "PL": ("48", "", ("910 0## ###",)),
    "PT": ("351", "", ("400 ### ###",)),
    "SE": ("46", "0", ("31-390 06 ##", "40-628 04 ##", "8-465 004 ##", "980-319 2##", "70-174 06 5#")),
}  # fmt: skip
_MOST = 20_000
PHONE_COUNTRIES: tuple[str, ...] = tuple(_RANGES)
CALLING_CODES: dict[str, str] = {country: entry[0] for country, entry in _RANGES.items()}


@cache
def _numbers(country: str) -> tuple[str, ...]:
    """National numbers without trunk prefix, with their customary gaps, at most 20,000, spread over the ranges."""
    if country not in _RANGES:
        raise OptionError(f'phone numbers of "{country}" cannot be made', accepted=", ".join(_RANGES))
    masks, out = _RANGES[country][2], []
    for mask in masks:
        free = mask.count("#")
        count = min(10**free, max(100, _MOST // len(masks)))
        for index in range(count):
            digits = iter(f"{index * (10**free // count):0{free}d}")
            out.append("".join(next(digits) if c == "#" else c for c in mask))
    return tuple(out)


@cache
def _written(country: str, form: str, mask: str) -> tuple[str, ...]:
    """The numbers of a country, written in one form."""
    code, trunk, _ = _RANGES[country]
    written = []
    for number in _numbers(country):
        digits = "".join(c for c in number if c.isdigit())
        if mask:
            filled = _fill(mask, digits, code, trunk)
            if filled is not None:
                written.append(filled)
        elif form == "international":
            written.append(f"+{code} {number.replace('(', '').replace(')', '')}")
        elif form == "digits":
            written.append(trunk + digits)
        elif form == "e164":
            written.append(f"+{code}{digits}")
        else:
            written.append(f"{trunk}{number}")
    return tuple(written) or _written(country, form, "")


def _fill(mask: str, digits: str, code: str, trunk: str) -> str | None:
    """A number written into the ``#`` of a mask, with or without calling code, or ``None`` if it does not fit."""
    free = mask.count("#")
    forms = [code + digits, "00" + code + digits] if mask.lstrip("(").startswith("+") else [trunk + digits, digits]
    fitting = [d for d in [*forms, code + digits, "00" + code + digits] if len(d) == free]
    if not fitting:
        return None
    rest = iter(fitting[0])
    return "".join(next(rest) if c == "#" else c for c in mask)


@cache
def _vocabulary(country: str, form: str, mask: str) -> pa.Array:
    import pyarrow as pa

    return pa.array(_written(country, form, mask), type=pa.string())


def make_phones(
    noise: PositionNoise, country: str, *, form: str = "national", mask: str = "", unique: bool = False
) -> pa.Array:
    """Phone numbers from the ranges kept for fiction.

    Args:
        noise: random numbers by position.
        country: ISO code of the country.
        form: ``national``, ``international``, ``e164`` or ``digits``.
        mask: a way of writing, ``#`` for digits; numbers that do not fit it are left out.
        unique: no number twice; once the ranges are used up, numbers get an extension (``x1234``).

    Raises:
        OptionError: if unique numbers are asked for that may have no extension, and the ranges are used up.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    vocabulary = _vocabulary(country, form, mask)
    if not unique:
        return vocabulary.take(pa.array(noise.below("phone", len(vocabulary))))
    bare = form in ("digits", "e164") or (mask and set(mask) <= set("+#"))
    if bare and noise.positions.size and int(noise.positions.max()) >= len(vocabulary):
        raise OptionError(
            f"{int(noise.positions.max()) + 1:,} unique phone numbers of {country} were asked for",
            accepted=f"up to {len(vocabulary):,}: no more are kept for fiction",
            hint="write them with room for an extension, or give the column a pattern",
        )
    place = noise.permuted("phone", len(vocabulary) * 100_000)
    early = noise.positions < len(vocabulary)
    number = noise.permuted("early phone", len(vocabulary))
    number[~early] = place[~early] // 100_000
    plain = vocabulary.take(pa.array(number))
    if early.all():
        return plain
    extension = pc.binary_join_element_wise(" x", pa.array(place % 100_000).cast(pa.string()), "")
    return pc.binary_join_element_wise(plain, pc.if_else(pa.array(early), "", extension), "")

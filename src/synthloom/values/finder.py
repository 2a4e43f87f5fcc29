"""Finds columns that hold personal data, from their name, the look of their values and check digits.

At most 2,000 different values are looked at, always the same ones, so that the answer repeats.
A finding of confidence 0.5 or more means: treat the column as personal. The confidence is not a
probability; ``reason`` says in plain words what it rests on, and a user may overrule it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthloom.values import patterns
from synthloom.values.check_digits import NATIONAL_IDS, bare, is_card, is_iban
from synthloom.values.column_names import NameEvidence, read_column_name
from synthloom.values.kinds import PersonalKind

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE_ROWS = 50_000
_SAMPLE_VALUES = 2_000
_FEW = 20  # below this many different values a look alone proves nothing
_COORDINATE_LIMIT = {"lat": 90.0, "lon": 180.0}


@dataclass(frozen=True)
class PersonalFinding:
    """What personal data a column seems to hold.

    Attributes:
        kind: the kind of personal data.
        confidence: 0 to 1; from 0.5 on the column is treated as personal.
        reason: what the finding rests on, in plain words; names no value.
    """

    kind: PersonalKind
    confidence: float
    reason: str

    @property
    def treat_as_personal(self) -> bool:
        """Whether the confidence is high enough to regenerate the column."""
        return self.confidence >= 0.5


@dataclass(frozen=True)
class _Sample:
    """Different values of a column as text, and in how many of the sampled rows each stands.

    ``is_integer`` says that they were stored as whole numbers, ``distinct_share`` how many of the rows differ.
    """

    values: tuple[str, ...]
    counts: tuple[int, ...]
    is_integer: bool
    distinct_share: float

    def rate(self, test: Callable[[str], bool]) -> float:
        """The share of different values that pass."""
        return sum(map(test, self.values)) / max(1, len(self.values))

    def row_rate(self, test: Callable[[str], bool]) -> float:
        """The share of rows that pass."""
        passed = sum(count for value, count in zip(self.values, self.counts, strict=True) if test(value))
        return passed / max(1, sum(self.counts))


def find_personal(name: str, column: pa.ChunkedArray) -> PersonalFinding | None:
    """What personal data a column holds, or ``None``.

    Args:
        name: the column's name.
        column: its values, of any type.
    """
    import pyarrow as pa

    evidence, kind = read_column_name(name), column.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _find_coordinates(evidence, column)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)):
        return None
    sample = _sample_of(column)
    if not sample.values:
        return None
    found = [f for look in (_LOOKS_TEXT if not sample.is_integer else _LOOKS_NUMBER) if (f := look(evidence, sample))]
    if found or sample.is_integer:
        return max(found, key=lambda f: f.confidence, default=None)
    return _look_free_text(evidence, sample)


def find_personal_columns(columns: Mapping[str, pa.ChunkedArray]) -> dict[str, PersonalFinding]:
    """The findings of a whole table, by column name.

    Coordinates are ordinary numbers on their own; beside a column that names people (a name, an e-mail,
    an address …) they say where somebody is, and their confidence rises above one half.
    """
    found = {name: f for name, column in columns.items() if (f := find_personal(name, column)) is not None}
    people = [n for n, f in found.items() if f.treat_as_personal and f.kind not in ("coordinates", "ip_address")]
    if any(found[n].kind == "first_name" for n in people) and not any(found[n].kind == "last_name" for n in people):
        found.update(_last_names_beside(columns, found))
    if people:
        for name, finding in found.items():
            if finding.kind == "coordinates" and not finding.treat_as_personal:
                reason = f'{finding.reason}, beside the personal column "{people[0]}"'
                found[name] = PersonalFinding("coordinates", 0.6, reason)
    return found


def _last_names_beside(
    columns: Mapping[str, pa.ChunkedArray], found: Mapping[str, PersonalFinding]
) -> dict[str, PersonalFinding]:
    """The column that most likely holds the last names of people whose first names stand in another."""
    import pyarrow as pa

    rates: dict[str, float] = {}
    for name, column in columns.items():
        if name in found or not pa.types.is_string(column.type) or read_column_name(name).not_people:
            continue
        sample = _sample_of(column)
        if len(sample.values) >= _FEW and sample.rate(patterns.has_name_shape) >= 0.9:
            rates[name] = max(sample.rate(patterns.is_last_name), sample.row_rate(patterns.is_last_name))
    best = max(rates, key=lambda name: rates[name], default=None)
    if best is None or rates[best] < 0.35:
        return {}
    reason = f"{_percent(rates[best])} are known last names, beside a column of first names"
    return {best: PersonalFinding("last_name", round(0.5 + 0.4 * rates[best], 2), reason)}


def sample_values(column: pa.ChunkedArray) -> tuple[str, ...]:
    """At most 2,000 different values of a column as text, always the same ones."""
    return _sample_of(column).values


def _sample_of(column: pa.ChunkedArray) -> _Sample:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(column) > _SAMPLE_ROWS:
        column = column.take(pa.array(np.linspace(0, len(column) - 1, _SAMPLE_ROWS).astype(np.int64)))
    column = column.drop_null()
    counted = pc.value_counts(column)
    share = len(counted) / max(1, len(column))
    if len(counted) > _SAMPLE_VALUES:
        counted = counted.take(pa.array(np.linspace(0, len(counted) - 1, _SAMPLE_VALUES).astype(np.int64)))
    texts = [str(v).strip() for v in counted.field("values").to_pylist()]
    pairs = [(text, n) for text, n in zip(texts, counted.field("counts").to_pylist(), strict=True) if text]
    values, counts = tuple(text for text, _ in pairs), tuple(n for _, n in pairs)
    return _Sample(values, counts, pa.types.is_integer(column.type), share)


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f} % of values"


def _says(kind: str) -> str:
    words = {
        "email": "e-mail", "iban": "IBAN", "card": "payment card", "national_id": "identity number",
        "ip_address": "IP address", "first_name": "first name", "last_name": "last name",
        "username": "user name", "free_text": "remarks",
    }  # fmt: skip
    return f"the column name says {words.get(kind, kind)}"


def _exact(kind: PersonalKind, test: Callable[[str], bool], words: str) -> Callable[..., PersonalFinding | None]:
    """A look for a kind whose values can be told one by one, whatever the column is called."""

    def look(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
        rate, named = sample.rate(test), kind in evidence.strong
        if named and rate >= 0.3:
            return PersonalFinding(kind, round(0.7 + 0.29 * rate, 2), f"{_says(kind)}; {_percent(rate)} {words}")
        if rate >= 0.6 and (len(sample.values) >= 3 or rate == 1.0):
            return PersonalFinding(kind, round(0.5 + 0.45 * rate, 2), f"{_percent(rate)} {words}")
        return None

    return look


def _look_card(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    rate = sample.rate(is_card)
    if "card" in evidence.strong:
        shape = sample.rate(lambda v: bare(v).isdigit() and 12 <= len(bare(v)) <= 19)
        if shape >= 0.8:
            reason = f"{_says('card')}; {_percent(rate)} pass the Luhn check digit"
            return PersonalFinding("card", round(0.75 + 0.24 * rate, 2), reason)
    if rate >= 0.9 and len(sample.values) >= 5:
        return PersonalFinding(
            "card", round(0.95 * rate, 2), f"{_percent(rate)} pass the Luhn check digit of payment cards"
        )
    return None


def _look_national_id(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    named = "national_id" in evidence.strong
    rates = {code: sample.rate(test) for code, (_, test, _) in NATIONAL_IDS.items()}
    code = max(rates, key=lambda c: (rates[c], -NATIONAL_IDS[c][2]))
    label, _, chance = NATIONAL_IDS[code]
    needed = 0.5 if named else 0.9
    enough = named or len(sample.values) >= (5 if chance <= 0.02 else _FEW)
    if rates[code] >= needed and enough:
        said = f"{_says('national_id')}; " if named else ""
        confidence = (0.85 if named else 0.8) + 0.1 * rates[code] - (0.2 if sample.is_integer and not named else 0.0)
        return PersonalFinding(
            "national_id", round(confidence, 2), f"{said}{_percent(rates[code])} are valid as {label}"
        )
    if named:
        shape = sample.rate(lambda v: 6 <= len(bare(v)) <= 20 and sum(c.isdigit() for c in v) >= 5)
        if shape >= 0.8 and sample.distinct_share > 0.3:
            return PersonalFinding("national_id", 0.7, f"{_says('national_id')}; {_percent(shape)} look like one")
    return None


def _look_phone(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    if "phone" in evidence.strong:
        rate = sample.rate(lambda v: patterns.is_phone(v, digits_only=True))
        if rate >= 0.6:
            return PersonalFinding(
                "phone", round(0.6 + 0.39 * rate, 2), f"{_says('phone')}; {_percent(rate)} look like one"
            )
        return None
    if sample.is_integer:
        return None
    rate = sample.rate(patterns.is_telling_phone)
    if rate >= 0.7 and len(sample.values) >= 5 and sample.rate(lambda v: v[:1] in "+(0") + 0.2 > 0.4:
        return PersonalFinding("phone", round(0.35 + 0.5 * rate, 2), f"{_percent(rate)} are written as phone numbers")
    return None


def _look_account(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    if "account" not in evidence.strong:
        return None
    shape = sample.rate(lambda v: 6 <= len(bare(v)) <= 34 and sum(c.isdigit() for c in v) >= 5)
    if shape < 0.8 or sample.distinct_share < 0.05:
        return None
    return PersonalFinding("account", 0.8, f"{_says('account')}; {_percent(shape)} look like one")


def _look_address(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    rate = sample.rate(patterns.is_street)
    if "address" in evidence.strong:
        if rate >= 0.3:
            return PersonalFinding(
                "address", round(0.65 + 0.3 * rate, 2), f"{_says('address')}; {_percent(rate)} name a street"
            )
        wordy = sample.rate(lambda v: sum(c.isalpha() for c in v) >= 4)
        if wordy >= 0.9 and len(sample.values) >= _FEW and sample.distinct_share > 0.2:
            return PersonalFinding("address", 0.6, f"{_says('address')}; the values differ from row to row")
        return None
    numbered = sample.rate(lambda v: patterns.is_street(v) and len(v.split()) <= 14)
    if numbered >= 0.7 and len(sample.values) >= 10 and sample.distinct_share > 0.1:
        return PersonalFinding(
            "address", round(0.35 + 0.5 * numbered, 2), f"{_percent(numbered)} name a street and a number"
        )
    return None


def _look_name(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    tests: dict[PersonalKind, Callable[[str], bool]] = {
        "first_name": patterns.is_first_name, "last_name": patterns.is_last_name, "name": patterns.is_full_name,
    }  # fmt: skip
    shape = sample.rate(patterns.has_name_shape)
    if shape < 0.7:
        return None
    rates = {kind: sample.rate(test) for kind, test in tests.items()}
    named = [kind for kind in tests if kind in evidence.strong]
    if named:
        best = max(named, key=lambda k: rates[k])
        if rates["name"] >= 0.6 > rates[best]:
            best = "name"
        known = max(rates[best], rates["first_name"], rates["last_name"])
        needed = 0.3 if len(sample.values) < _FEW else 0.04
        if known >= needed or (shape >= 0.9 and len(sample.values) >= 3 * _FEW and not evidence.not_people):
            confidence = 0.6 + 0.38 * min(1.0, known / 0.6)
            return PersonalFinding(best, round(confidence, 2), f"{_says(best)}; {_percent(known)} are known names")
        return None
    if evidence.not_people:
        return None
    if len(sample.values) < _FEW:
        return _few_names(evidence, sample, rates["name"])
    return _unnamed_name(evidence, sample, rates)


def _few_names(evidence: NameEvidence, sample: _Sample, rate: float) -> PersonalFinding | None:
    """A few values tell little, unless the column may be one of names and nearly all of them are full names."""
    if "name" not in evidence.weak or len(sample.values) < 3 or rate < 0.8:
        return None
    return PersonalFinding("name", 0.75, f"{_percent(rate)}, though few, are known full names")


def _unnamed_name(evidence: NameEvidence, sample: _Sample, rates: dict[PersonalKind, float]) -> PersonalFinding | None:
    """People's names under a column name that does not say so.

    The thresholds stand far from what ordinary columns reach: of cities, companies, trades and neighbourhoods
    less than 15 % pass as full names and less than 20 % as first names; last names are often those of towns
    (up to 50 %), so that they need more.
    """
    ease = 0.1 if evidence.weak.keys() & {"name", "first_name", "last_name"} else 0.0
    found: dict[PersonalKind, float] = {}
    if rates["name"] >= 0.3 - ease and sample.rate(patterns.is_half_known_name) >= 0.6 - ease:
        found["name"] = rates["name"]
    first_by_rows = sample.row_rate(patterns.is_first_name)
    if rates["first_name"] >= 0.65 - ease or (first_by_rows >= 0.6 and rates["first_name"] >= 0.25):
        found["first_name"] = max(rates["first_name"], first_by_rows)
    if rates["last_name"] >= 0.65 - ease:
        found["last_name"] = rates["last_name"]
    if not found:
        return None
    # few last names are first names too, and the other way round: the higher rate tells which
    best = "name" if "name" in found else max(found, key=lambda kind: found[kind])
    plural = {"name": "full names", "first_name": "first names", "last_name": "last names"}[best]
    return PersonalFinding(best, round(0.5 + 0.45 * found[best], 2), f"{_percent(found[best])} are known {plural}")


def _look_username(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    if "username" in evidence.strong:
        shape = sample.rate(lambda v: 3 <= len(v) <= 40 and " " not in v and any(c.isalpha() for c in v))
        if shape < 0.9 or len(sample.values) < 5 or sample.distinct_share < 0.1:
            return None
        return PersonalFinding("username", 0.85, f"{_says('username')}; {_percent(shape)} look like one")
    if evidence.not_people or len(sample.values) < _FEW:
        return None
    rate = sample.rate(patterns.is_username_of_name)
    if rate < 0.6:
        return None
    return PersonalFinding("username", round(0.3 + 0.5 * rate, 2), f"{_percent(rate)} are user names made of names")


def _look_free_text(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    longer = [v for v in sample.values if len(v) >= 20 and len(v.split()) >= 4]
    if len(longer) < 0.5 * len(sample.values) or len(longer) < 5:
        return None
    found = [m for v in longer if (m := patterns.mentions(v)) is not None]
    counts = {kind: found.count(kind) for kind in ("email", "iban", "card", "phone", "name")}
    surest = max(counts, key=lambda k: counts[k])
    contacts = sum(counts.values()) - counts["name"]
    share = len(found) / len(longer)
    needed = 0.01 if "free_text" in evidence.strong else 0.03
    if not (share >= needed and len(found) >= 3) or (contacts < 2 and counts["name"] / len(longer) < 3 * needed):
        return None
    label = {"email": "e-mail addresses", "iban": "IBANs", "card": "card numbers", "phone": "phone numbers"}
    reason = f"{100 * share:.0f} % of the texts mention people, mostly by {label.get(surest, 'names')}"
    return PersonalFinding("free_text", round(min(0.95, 0.6 + share), 2), reason)


def _find_coordinates(evidence: NameEvidence, column: pa.ChunkedArray) -> PersonalFinding | None:
    """Latitudes and longitudes by name and range; alone they are numbers like others (confidence 0.3)."""
    import pyarrow.compute as pc

    if "coordinates" not in evidence.strong:
        return None
    limits = pc.min_max(column).as_py()
    axis = "lat" if evidence.strong["coordinates"].startswith(("lat", "breit", "breed", "szer")) else "lon"
    if limits["min"] is None or max(abs(limits["min"]), abs(limits["max"])) > _COORDINATE_LIMIT[axis]:
        return None
    words = "latitude" if axis == "lat" else "longitude"
    return PersonalFinding("coordinates", 0.3, f"the column name and the range say {words}")


def _look_coordinate_pair(evidence: NameEvidence, sample: _Sample) -> PersonalFinding | None:
    rate = sample.rate(_is_pair)
    if rate >= 0.9 and len(sample.values) >= 5:
        return PersonalFinding("coordinates", 0.3, f"{_percent(rate)} are pairs of latitude and longitude")
    return None


def _is_pair(text: str) -> bool:
    parts = [p for p in text.strip("()[] ").replace(";", ",").split(",") if p.strip()]
    if len(parts) != 2:
        return False
    try:
        latitude, longitude = (float(p) for p in parts)
    except ValueError:
        return False
    return abs(latitude) <= 90 and abs(longitude) <= 180 and all("." in p for p in parts)


_LOOKS_TEXT = (
    _exact("email", patterns.is_email, "are e-mail addresses"),
    _exact("iban", is_iban, "pass the IBAN check digits"),
    _exact("ip_address", patterns.is_ip, "are IP addresses"),
    _look_card,
    _look_national_id,
    _look_phone,
    _look_account,
    _look_address,
    _look_name,
    _look_username,
    _look_coordinate_pair,
)
_LOOKS_NUMBER = (_look_card, _look_national_id, _look_phone, _look_account)

"""Guesses what a column holds from its name and type, where a schema says no more.

Names are read as the finder of personal data reads them; things that are nobody's (a city, a price, a status)
have a list of their own. A guess is only a guess: a range, a list or a pattern in the schema always wins.
"""

from __future__ import annotations

from typing import Any

from synthloom.mock.specification import MAKERS, ColumnSpec, Distribution
from synthloom.values.column_names import read_column_name, words_of
from synthloom.values.word_lists import column_terms

_KIND_TERMS: dict[str, str] = {
    "city": "city town ville ort stadt ciudad citta stad miasto cidade",
    "postcode": "zip zipcode postcode postalcode postal plz cap",
    "country": "country land pays pais paese kraj",
    "region": "state region province county bundesland provincia",
    "company": "company employer organisation organization firm firma vendor supplier manufacturer publisher brand",
    "job": "job occupation profession position beruf",
    "uuid": "uuid guid",
    "free_text": "description notes note comment comments remark remarks body text content summary message bio reason",
}
_LISTS: dict[str, tuple[str, ...]] = {
    "status": ("active", "pending", "closed", "cancelled"),
    "state": ("open", "in_progress", "done"),
    "currency": ("EUR", "USD", "GBP", "CHF", "JPY"),
    "language": ("en", "de", "fr", "es", "it"),
    "gender": ("female", "male", "other"),
    "sex": ("F", "M"),
    "color": ("black", "white", "red", "blue", "green", "grey"),
    "colour": ("black", "white", "red", "blue", "green", "grey"),
    "priority": ("low", "medium", "high"),
    "size": ("S", "M", "L", "XL"),
    "weekday": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "role": ("admin", "editor", "viewer"),
    "category": ("books", "electronics", "garden", "sports", "toys"),
    "level": ("basic", "standard", "premium"),
    "unit": ("kg", "g", "l", "m", "piece"),
    "method": ("card", "transfer", "cash"),
}
_RANGES: dict[str, tuple[float, float]] = {
    "age": (18, 90), "quantity": (1, 20), "qty": (1, 20), "stock": (0, 500), "rating": (1, 5), "stars": (1, 5),
    "year": (1990, 2024), "month": (1, 12), "day": (1, 28), "hour": (0, 23), "minute": (0, 59), "percent": (0, 100),
    "percentage": (0, 100), "discount": (0, 50), "price": (1, 500), "amount": (1, 2_000), "total": (1, 5_000),
    "cost": (1, 2_000), "salary": (25_000, 120_000), "balance": (0, 20_000), "weight": (1, 100), "height": (1, 200),
    "latitude": (-90, 90), "longitude": (-180, 180), "lat": (-90, 90), "lon": (-180, 180), "score": (0, 100),
    "capacity": (10, 500), "duration": (1, 240), "credits": (1, 10), "floor": (0, 30), "port": (1024, 65_535),
    "position": (1, 100), "number": (1, 1_000), "rate": (0, 10), "count": (0, 100), "temperature": (-10, 35),
}  # fmt: skip
_MEDIANS = {"amount": 150.0, "total": 200.0, "cost": 150.0, "salary": 48_000.0, "balance": 2_500.0, "price": 40.0}
_LATER = tuple(
    tuple(pair.split())
    for pair in [
        "updated created",
        " modified created",
        " deleted created",
        " closed opened",
        " closed created",
        " end start",
        " ends starts",
        " ended started",
        " to from",
        " until from",
        " finish start",
        " finished started",
        " shipped ordered",
        " ship order",
        " shipped order",
        " delivered shipped",
        " delivery ship",
        " delivery order",
        " paid issued",
        " due issued",
        " due issue",
        " due invoice",
        " returned borrowed",
        " return rental",
        " return loan",
        " due loan",
        " checkout checkin",
        " departure arrival",
        " discharged admitted",
        " discharge admission",
        " terminated hired",
        " expires issued",
        " expiry issue",
        " expires created",
        " resolved reported",
        " out in",
        " hired birth",
        " hire birth",
        " death birth",
        " completed started",
        " completed created",
    ]
)
_BIRTH = frozenset(
    ["birth", "birthdate", "birthday", "born", "dob", "geburtsdatum", "naissance", "nacimiento", "nascita"]
)


def guess_column(name: str, spec: ColumnSpec, *, table: str = "") -> ColumnSpec:
    """The specification with a kind, a list or a range that the name suggests, if it has no maker yet.

    ``table`` tells a person's name from a thing's.
    """
    if any(getattr(spec, maker) is not None for maker in MAKERS) or spec.cases or spec.after:
        return spec
    words = words_of(name)
    if spec.type in ("string", None):
        return _guess_text(name, words, spec, table)
    if spec.type in ("integer", "float", "decimal"):
        return _guess_number(words, spec)
    if spec.type in ("date", "datetime") and set(words) & _BIRTH and spec.min is None and spec.max is None:
        return spec.model_copy(update={"min": "1940-01-01", "max": "2005-12-31"})
    return spec


def _guess_text(name: str, words: list[str], spec: ColumnSpec, table: str) -> ColumnSpec:
    evidence = read_column_name(name)
    strong = [kind for kind in evidence.strong if kind not in ("coordinates", "free_text", "account")]
    room = spec.max_length or 10_000
    if set(words) & _NAME_WORDS and not strong:
        people = column_terms()["people"]
        strong = ["name"] if {w.rstrip("s") for w in words_of(table)} & people | set(words_of(table)) & people else []
    if spec.unique:
        strong = [kind for kind in strong if kind in _UNIQUE]
    if strong:
        kind = max(strong, key=lambda k: len(evidence.strong.get(k, "")))
        room_needed = _LONGEST_UNIQUE.get(kind, 40) if spec.unique else _LONGEST.get(kind, 12)
        return spec.model_copy(update={"kind": kind}) if room >= room_needed else spec
    for kind, terms in _KIND_TERMS.items():
        if set(words) & set(terms.split()) and room >= _LONGEST.get(kind, 12) and (not spec.unique or kind == "uuid"):
            return spec.model_copy(update={"kind": kind})
    if not spec.unique:
        for word in reversed(words):
            options = [o for o in _LISTS.get(word, ()) if len(o) <= room]
            if options:
                return spec.model_copy(update={"values": options})
    if set(words) & _TITLES and room >= (30 if spec.unique else 20):
        return spec.model_copy(update={"kind": "title"})
    return spec.model_copy(update={"pattern": f"[A-Z]{{{room}}}"}) if room <= 3 else spec


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAME_WORDS = _words("name nom nombre nome naam")
_TITLES = _words("name title label nom nombre nome naam titel titre titulo titolo headline subject")
_UNIQUE = _words("username email phone iban card national_id name")
_LONGEST_UNIQUE = {"iban": 22, "card": 16, "national_id": 11, "username": 26, "email": 42, "name": 34, "phone": 22}

_LONGEST = {
    "email": 40, "free_text": 100, "address": 60, "iban": 22, "card": 16, "uuid": 36, "phone": 15, "name": 30,
    "national_id": 11, "ip_address": 15, "country": 14, "region": 2, "postcode": 5, "username": 15, "company": 20,
}  # fmt: skip


def _guess_number(words: list[str], spec: ColumnSpec) -> ColumnSpec:
    if spec.min is not None and spec.max is not None:
        return spec
    for word in reversed(words):
        if word in _RANGES:
            low, high = _RANGES[word]
            low = low if spec.min is None else spec.min
            high = max(high, low) if spec.max is None else spec.max
            update: dict[str, Any] = {"min": low, "max": max(high, low)}
            if word in _MEDIANS and spec.distribution is None and 0 <= low < _MEDIANS[word] < high:
                spread = 0.4 if word == "salary" else 1.0
                update["distribution"] = Distribution(name="lognormal", median=_MEDIANS[word], spread=spread)
            return spec.model_copy(update={k: v for k, v in update.items() if k == "distribution" or v is not None})
    return spec


_YEAR = 31_557_600.0


def order_dates(columns: dict[str, ColumnSpec]) -> dict[str, ColumnSpec]:
    """Pairs such as ``start_date`` and ``end_date`` in order: the later one is drawn after the earlier."""
    dated = {name: set(words_of(name)) for name, spec in columns.items() if spec.type in ("date", "datetime")}
    result = dict(columns)
    for later, earlier in _LATER:
        for name, words in dated.items():
            if later not in words or result[name].after is not None:
                continue
            base = next((n for n, w in dated.items() if n != name and earlier in w and _follows(n, name, result)), None)
            if base is not None:
                grown = (
                    {"least": 18 * _YEAR, "within": 60 * _YEAR, "max": "2024-12-31"}
                    if earlier == "birth" and later != "death"
                    else {}
                )
                result[name] = result[name].model_copy(update={"after": base, **grown})
    return result


def _follows(base: str, name: str, columns: dict[str, ColumnSpec]) -> bool:
    """Whether ``name`` may be drawn after ``base``: ``base`` is not itself drawn after it."""
    seen = base
    while columns[seen].after is not None:
        seen = str(columns[seen].after)
        if seen == name:
            return False
    return True

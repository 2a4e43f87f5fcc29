"""The kinds of values that Synthloom can recognise as personal, and those that it can make up."""

from __future__ import annotations

from typing import Literal, get_args

PersonalKind = Literal[
    "name",
    "first_name",
    "last_name",
    "username",
    "email",
    "phone",
    "address",
    "iban",
    "card",
    "account",
    "national_id",
    "ip_address",
    "coordinates",
    "free_text",
]
ValueKind = Literal[
    "name",
    "first_name",
    "last_name",
    "username",
    "email",
    "phone",
    "address",
    "iban",
    "card",
    "account",
    "national_id",
    "ip_address",
    "coordinates",
    "free_text",
    "street",
    "postcode",
    "city",
    "region",
    "country",
    "company",
    "job",
    "word",
    "title",
    "uuid",
]

PERSONAL_KINDS: tuple[str, ...] = get_args(PersonalKind)
VALUE_KINDS: tuple[str, ...] = get_args(ValueKind)

KIND_LABELS: dict[str, str] = {
    "name": "full names",
    "first_name": "first names",
    "last_name": "last names",
    "username": "user names",
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "address": "postal addresses",
    "iban": "IBANs",
    "card": "payment card numbers",
    "account": "account numbers",
    "national_id": "national identity numbers",
    "ip_address": "IP addresses",
    "coordinates": "coordinates",
    "free_text": "free text that mentions people",
}

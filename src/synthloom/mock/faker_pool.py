"""The long tail of kinds and locales: a pool of values that Faker makes once, drawn from at full speed.

Faker makes some thousand values a second; a pool of a thousand is made in a fraction of a second and then
drawn from as fast as any list. What Faker gives may differ between its versions.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from synthloom.errors import MissingExtraError, SchemaError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

_PROVIDERS = {
    "phone": "phone_number", "card": "credit_card_number", "national_id": "ssn", "ip_address": "ipv4",
    "username": "user_name", "free_text": "paragraph", "street": "street_address", "region": "state",
    "uuid": "uuid4", "account": "bban", "title": "catch_phrase",
}  # fmt: skip
_UNSAFE = {
    "email": "safe_email", "company_email": "safe_email", "free_email": "safe_email", "ascii_email": "ascii_safe_email",
    "domain_name": "safe_domain_name",
}  # fmt: skip


@cache
def faker_pool(provider: str, locale: str, size: int, seed: int) -> pa.Array:
    """``size`` values of a Faker provider.

    Raises:
        MissingExtraError: if Faker is not installed.
        SchemaError: if Faker has no such provider or locale.
    """
    import pyarrow as pa

    try:
        from faker import Faker
    except ImportError as error:
        raise MissingExtraError(
            f'"{provider}" in the locale "{locale}" comes from Faker, which is not installed',
            hint='pip install "synthloom[mock]"',
        ) from error
    try:
        fake = Faker(locale)
    except (AttributeError, ValueError) as error:
        raise SchemaError(
            f'neither Synthloom nor Faker knows the locale "{locale}"', hint="use one such as en_US or de_DE"
        ) from error
    fake.seed_instance(seed)
    name = _UNSAFE.get(provider, _PROVIDERS.get(provider, provider))
    if name in ("safe_email", "ascii_safe_email", "safe_domain_name") and not hasattr(fake, name):
        name = "email"
    maker = getattr(fake, name, None)
    if name.startswith("_") or not callable(maker):
        known = [n for n in dir(fake) if not n.startswith("_")]
        raise SchemaError(f'Faker has no provider "{provider}"', hint=did_you_mean(provider, known))
    try:
        return pa.array([str(maker()) for _ in range(size)])
    except TypeError as error:
        raise SchemaError(f'the Faker provider "{provider}" needs arguments', hint="use another, or values") from error

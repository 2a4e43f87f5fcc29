"""IP addresses kept for documentation, and identifiers of devices.

IPv4: RFC 5737 (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24); where values must be unique, the reserved
block 240.0.0.0/4 (RFC 1112). IPv6: 2001:db8::/32 (RFC 3849).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from synthloom.values.fixed_text import Characters, characters, join_columns, to_strings
from synthloom.values.position_noise import PositionNoise

if TYPE_CHECKING:
    import pyarrow as pa

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
IPV4_CAPACITY = 1 << 28


@cache
def _documentation_addresses() -> pa.Array:
    import pyarrow as pa

    return pa.array([f"{net}.{host}" for net in ("192.0.2", "198.51.100", "203.0.113") for host in range(1, 255)])


def hex_columns(bits: np.ndarray, digits: int) -> Characters:
    """The lowest ``digits`` hexadecimal digits of whole numbers, as character codes."""
    shifts = np.arange(4 * (digits - 1), -1, -4, dtype=np.uint64)
    return _HEX[((bits[:, None] >> shifts) & np.uint64(15)).astype(np.int64)]


def make_ipv4(noise: PositionNoise, *, unique: bool = False) -> pa.Array:
    """IPv4 addresses; unique ones up to 2**28."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not unique:
        known = _documentation_addresses()
        return known.take(pa.array(noise.below("ip", len(known))))
    index = noise.permuted("ip", IPV4_CAPACITY)
    parts = [240 + (index >> 24), (index >> 16) & 255, (index >> 8) & 255, index & 255]
    return pc.binary_join_element_wise(*(pa.array(p).cast(pa.string()) for p in parts), ".")


def make_ipv6(noise: PositionNoise) -> pa.Array:
    """IPv6 addresses in 2001:db8::/32, written in full, unique."""
    low, high = hex_columns(noise.bits("ip"), 16), hex_columns(noise.bits("ip network"), 8)
    n = len(low)
    blocks = [high[:, :4], high[:, 4:], *(low[:, i : i + 4] for i in range(0, 16, 4))]
    pieces = [characters("2001:0db8", n)]
    for block in blocks:
        pieces += [characters(":", n), block]
    return to_strings(join_columns(*pieces))


def make_uuids(noise: PositionNoise) -> pa.Array:
    """UUIDs of version 4; unique, since the 64 bits of a position are all kept in them."""
    first, second = hex_columns(noise.bits("uuid"), 16), hex_columns(noise.bits("uuid rest"), 16)
    n, dash = len(first), characters("-", len(first))
    variant = _HEX[(8 + (noise.bits("uuid rest") >> np.uint64(62))).astype(np.int64)][:, None]
    return to_strings(
        join_columns(
            first[:, :8], dash, first[:, 8:12], dash, characters("4", n), first[:, 12:15], dash, variant, first[:, 15:],
            second[:, :2], dash, second[:, 2:14],
        )
    )  # fmt: skip

"""Texts of one fixed width, built as a matrix of characters: numbers with check digits, a million a second."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Characters = NDArray[np.uint8]


@cache
def _four_digits() -> NDArray[np.uint32]:
    """The four digits of 0 … 9,999, each as one word of four bytes."""
    numbers = np.arange(10_000)
    digits = np.stack([numbers // 1000, numbers // 100 % 10, numbers // 10 % 10, numbers % 10], axis=1)
    return np.ascontiguousarray(digits, dtype=np.uint8).view(np.uint32)[:, 0]


def digit_matrix(numbers: Any, width: int) -> Characters:
    """The digits (values 0 to 9, not characters) of whole numbers, shape (n, width), zeros in front."""
    rest = np.asarray(numbers, dtype=np.int64)
    blocks = -(-width // 4)
    words = np.empty((len(rest), blocks), dtype=np.uint32)
    for block in range(blocks - 1, -1, -1):
        higher = rest // 10_000
        words[:, block] = _four_digits()[rest - higher * 10_000]
        rest = higher
    return words.view(np.uint8)[:, 4 * blocks - width :]


def characters(text: str, n: int) -> Characters:
    """The same ASCII text in each of ``n`` rows, as character codes."""
    return np.broadcast_to(np.frombuffer(text.encode("ascii"), dtype=np.uint8), (n, len(text)))


def join_columns(*parts: Characters) -> Characters:
    """Character matrices side by side."""
    return np.concatenate(parts, axis=1)


def as_digits(digits: Characters) -> Characters:
    """Digit values as character codes."""
    return np.add(digits, 48, dtype=np.uint8)


def luhn_digit(digits: Characters) -> Characters:
    """The Luhn check digit of each row of digits, shape (n, 1)."""
    values = digits.astype(np.int64)
    doubled = values[:, ::-1].copy()
    doubled[:, 0::2] = doubled[:, 0::2] * 2 - 9 * (doubled[:, 0::2] > 4)
    check: Characters = ((10 - doubled.sum(axis=1) % 10) % 10).astype(np.uint8)[:, None]
    return check


def weighted_sum(digits: Characters, weights: tuple[int, ...]) -> NDArray[np.int64]:
    """The sum of digits times weights in each row."""
    total: NDArray[np.int64] = digits.astype(np.int64) @ np.asarray(weights, dtype=np.int64)
    return total


def remainder_97(digits: Characters) -> NDArray[np.int64]:
    """The long number that each row of digits spells, modulo 97."""
    rest = np.zeros(len(digits), dtype=np.int64)
    for start in range(0, digits.shape[1], 12):
        block = digits[:, start : start + 12].astype(np.int64)
        width = block.shape[1]
        rest = (rest * 10**width + block @ (10 ** np.arange(width - 1, -1, -1, dtype=np.int64))) % 97
    return rest


def to_strings(matrix: Characters) -> pa.Array:
    """An Arrow array of the rows of a matrix of ASCII character codes."""
    import pyarrow as pa

    n, width = matrix.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32) if width else np.zeros(n + 1, dtype=np.int32)
    data = np.ascontiguousarray(matrix, dtype=np.uint8)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(data))


def write_mask(text: Characters, mask: str) -> Characters:
    """Character codes written into the ``#`` of a mask, its other characters between them.

    >>> "".join(map(chr, write_mask(characters("123", 1), "#-##")[0]))
    '1-23'
    """
    out = np.empty((len(text), len(mask)), dtype=np.uint8)
    out[:] = np.frombuffer(mask.encode("ascii"), dtype=np.uint8)
    out[:, [i for i, c in enumerate(mask) if c == "#"]] = text
    return out

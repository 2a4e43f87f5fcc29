"""Rows that no other row equals in certain columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field

from synthloom.constraints.base import Constraint
from synthloom.constraints.combinations import distinct_texts


class Unique(Constraint):
    """No two rows hold the same values in ``columns``; rows with a missing value among them count for themselves."""

    kind: Literal["unique"] = "unique"
    columns: tuple[str, ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns

    @property
    def sentence(self) -> str:
        return f"{' with '.join(self.columns)} is unique"

    @property
    def whole_table(self) -> bool:
        return True

    def keys(self, columns: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """A 128-bit key of each row's values, uint64 [n, 2], and where one is missing (bool [n])."""
        import hashlib

        total, missing = None, None
        for name in self.columns:
            codes, distinct = distinct_texts(columns[name])
            gone = np.array([value is None for value in distinct], dtype=bool)[codes]
            digests = [hashlib.blake2b(repr((name, value)).encode(), digest_size=16).digest() for value in distinct]
            part = np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)[codes]
            total = part if total is None else (total * np.uint64(0x9E3779B97F4A7C15)) ^ part
            missing = gone if missing is None else missing | gone
        assert total is not None
        assert missing is not None
        return total, missing

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        keys, missing = self.keys(columns)
        _, place, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        return np.asarray((counts[place.reshape(-1)] == 1) | missing)

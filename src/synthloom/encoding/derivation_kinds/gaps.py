"""Gaps that another column determines: missing together, or missing where another has one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.encoding.derivation_kinds.mapping import Label
from synthloom.encoding.derivation_kinds.values import ColumnValues


@dataclass(frozen=True)
class GapRule:
    """``target`` is missing exactly where ``source`` is missing, or where it is ``value``."""

    target: str
    source: str
    value: Label | None = None
    sentence: str = ""

    def missing(self, source: ColumnValues) -> np.ndarray:
        """Where the target is missing, bool [n]."""
        if self.value is None:
            return source.missing
        if isinstance(self.value, str):
            return _equals(source.texts, self.value)
        if source.ticks is None:
            return np.zeros(len(source.missing), dtype=bool)
        return (source.ticks == self.value) & ~source.missing

    def state(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"target": self.target, "source": self.source, "value": self.value, "sentence": self.sentence}


def _equals(texts: Any, value: str) -> np.ndarray:
    import pyarrow.compute as pc

    return np.asarray(pc.equal(texts, value).fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)

"""Columns that are made anew and of which only the gaps are learned: constants, empty and personal columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, Encoding, PartSpec, Suppression, ValueCounts
from synthloom.randomness import RandomStream

if TYPE_CHECKING:
    import pyarrow as pa


_UNIQUE_KINDS = ("email", "username", "iban", "card", "account", "national_id")
"""Personal values that stay unique where they were. Names and addresses follow their person instead."""


class RegeneratedEncoding(Encoding):
    """Base of encodings with one code: the synthesizer learns where values are missing, no more."""

    has_nulls = False

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        return (PartSpec(self.schema.name, self.schema.name, 1, False, self.has_nulls),)

    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        nulls = column.is_null().to_numpy()
        return (EncodedColumn.of(np.zeros(len(nulls), dtype=np.int32), nulls=nulls),)


class ConstantEncoding(RegeneratedEncoding):
    """One value in every row; hidden where fewer rows than the threshold share it."""

    kind = "constant"

    def learn(self, statistics: ValueCounts) -> None:
        """Keeps the one value."""
        supported = statistics.rows >= self.protection.minimum_support
        self.value: pa.Array = statistics.values.slice(0, 1 if supported else 0)

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        import pyarrow as pa

        if len(self.value) == 0:
            return pa.nulls(len(positions), self.schema.arrow_type)
        return self.value.take(pa.array(np.zeros(len(positions), dtype=np.int64))).cast(self.schema.arrow_type)

    def state(self) -> dict[str, Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        boolean = pa.types.is_boolean(self.value.type)
        values = self.value if boolean else pc.cast(self.value, pa.string())
        return {"value": values.to_pylist()}

    def restore(self, state: dict[str, Any]) -> None:
        import pyarrow as pa

        kind = self.schema.arrow_type
        raw = pa.array(state["value"], type=pa.bool_() if pa.types.is_boolean(kind) else pa.string())
        self.value = raw.cast(kind)


class EmptyEncoding(RegeneratedEncoding):
    """No value in any row."""

    kind = "empty"

    def learn(self, statistics: ValueCounts) -> None:
        """There is nothing to learn."""

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        return ()

    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        return ()

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        import pyarrow as pa

        return pa.nulls(len(positions), self.schema.arrow_type)

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """There is nothing to restore."""


class PersonalEncoding(RegeneratedEncoding):
    """Names, e-mails, phones, addresses, account and card numbers: replaced by made-up ones.

    What is kept of the real column is its style (the shape of a phone number, the order of a
    name), never a value.
    """

    kind = "personal"

    def collect(self, column: pa.ChunkedArray) -> ValueCounts:
        return ValueCounts.collect(column)

    def learn(self, statistics: ValueCounts) -> None:
        """Learns the style in which the values are written."""
        import pyarrow as pa

        from synthloom.values import find_style

        assert self.schema.personal is not None
        self.has_nulls = statistics.nulls > 0
        self.style = find_style(self.schema.personal, pa.chunked_array([statistics.values]))
        self.unique = self.schema.personal in _UNIQUE_KINDS and bool((statistics.counts == 1).all())
        rows = statistics.rows - statistics.nulls
        what = f"personal data ({self.schema.personal.replace('_', ' ')}) replaced by made-up values"
        self.suppressed = (Suppression(self.schema.name, what, rows),)

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        from synthloom.values import make_values

        assert self.schema.personal is not None
        values = make_values(
            self.schema.personal,
            positions,
            stream,
            style=self.style,
            unique=self.unique,
            arrow_type=self.schema.arrow_type,
        )
        return pc.if_else(pa.array(parts[0].nulls), pa.scalar(None, values.type), values)

    def state(self) -> dict[str, Any]:
        return {"style": self.style.to_json(), "unique": self.unique, "has_nulls": self.has_nulls}

    def restore(self, state: dict[str, Any]) -> None:
        from synthloom.values import ValueStyle

        self.style, self.unique = ValueStyle.from_json(state["style"]), bool(state["unique"])
        self.has_nulls = bool(state["has_nulls"])

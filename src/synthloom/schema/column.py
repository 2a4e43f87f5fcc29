"""One column's schema: what kind of values it holds and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from synthloom.values.kinds import PersonalKind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KIND_MEANINGS", "ColumnKind", "ColumnSchema", "Granularity", "PersonalKind", "parse_arrow_type"]

ColumnKind = Literal["numeric", "categorical", "boolean", "datetime", "identifier", "text", "constant", "empty"]
Granularity = Literal["year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond"]

KIND_MEANINGS: dict[str, str] = {
    "numeric": "numbers whose size matters",
    "categorical": "a limited set of values",
    "boolean": "true or false",
    "datetime": "points in time or dates",
    "identifier": "keys: regenerated with the same pattern, unique, never copied",
    "text": "free text: regenerated from words that many rows share",
    "constant": "one value in every row",
    "empty": "no value in any row",
}


class ColumnSchema(BaseModel):
    """What one column holds. Every field but ``name``, ``kind`` and ``type`` may be left out.

    Attributes:
        name: the column's name.
        kind: one of :data:`ColumnKind`.
        type: the Arrow type as text, such as ``int64``, ``string`` or ``timestamp[us, tz=UTC]``.
        decimals: digits after the point of a numeric column; ``None`` for full precision.
        granularity: the finest unit in which a datetime column varies.
        format: strptime format of datetimes that are stored as text.
        pattern: how an identifier is built, as a regular expression of literals and classes.
        personal: what personal data the column holds, if any; such columns are regenerated.
        personal_confidence: how sure the finder was, 0 to 1.
        reason: why the column was taken for what it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    kind: ColumnKind
    type: str
    decimals: int | None = Field(default=None, ge=0, le=18)
    granularity: Granularity | None = None
    format: str | None = None
    pattern: str | None = None
    personal: PersonalKind | None = None
    personal_confidence: float | None = Field(default=None, ge=0, le=1)
    reason: str | None = None

    @property
    def learned(self) -> bool:
        """Whether a synthesizer learns from the column's values (and not only from its gaps)."""
        return self.personal is None and self.kind in ("numeric", "categorical", "boolean", "datetime")

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type that :attr:`type` names."""
        return parse_arrow_type(self.type)


def parse_arrow_type(text: str) -> pa.DataType:
    """The Arrow type with this name.

    Raises:
        SchemaError: if there is no such type.
    """
    import re

    import pyarrow as pa

    from synthloom.errors import SchemaError

    if match := re.fullmatch(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]", text):
        return pa.timestamp(match[1], tz=match[2])
    if match := re.fullmatch(r"decimal128\((\d+), (-?\d+)\)", text):
        return pa.decimal128(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(time32|time64|duration)\[(s|ms|us|ns)\]", text):
        return getattr(pa, match[1])(match[2])
    plain = {"date32[day]": pa.date32(), "date64[ms]": pa.date64(), "double": pa.float64(), "float": pa.float32()}
    if text in plain:
        return plain[text]
    try:
        return pa.type_for_alias(text)
    except ValueError as error:
        raise SchemaError(
            f'"{text}" is not a type', accepted="int64, double, string, bool, date32[day], timestamp[us], …"
        ) from error

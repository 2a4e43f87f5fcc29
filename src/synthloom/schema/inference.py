"""What the columns of a table are, read off their types, values and names.

The rules are few and in one place, each leaves its reason in the schema, and the user's edits win.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import OptionError, SchemaError
from synthloom.schema.column import ColumnSchema, Granularity, PersonalKind
from synthloom.schema.datetimes import datetime_format, datetime_granularity
from synthloom.schema.table_schema import TableSchema
from synthloom.schema.templates import common_template

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE_VALUES = 20_000
_KEY_NAME = re.compile(
    r"(^|[_\W])(id|ids|uuid|guid|key|nbr|no|number|num|nr|code|index|instant|row)$|^(id|uuid|guid|index)([_\W]|$)|[a-z]I[dD]$",
    re.IGNORECASE,
)
_MAXIMUM_DECIMALS = 8


@dataclass(frozen=True)
class _Facts:
    """What the rules look at."""

    name: str
    column: pa.ChunkedArray
    rows: int
    nulls: int
    distinct: int

    @property
    def present(self) -> int:
        return self.rows - self.nulls

    @property
    def distinct_share(self) -> float:
        return self.distinct / max(1, self.present)


PERSONAL_CONFIDENCE = 0.5
"""Confidence from which a column counts as personal data."""
_CONSTANT_CONFIDENCE = 0.9  # one value alone is weak evidence


def infer_schema(
    table: Table, *, find_personal: bool = True, personal_confidence: float = PERSONAL_CONFIDENCE
) -> TableSchema:
    """The schema of ``table``.

    Args:
        table: the rows to read it off.
        find_personal: whether to look for personal data; what is found is regenerated later.
        personal_confidence: confidence (0 to 1) from which a column counts as personal.

    Raises:
        SchemaError: if a column holds nested or binary values.
    """
    from synthloom.values import find_personal_columns

    if not 0.0 <= personal_confidence <= 1.0:
        raise OptionError(f"the confidence is {personal_confidence}", accepted="a number from 0 to 1")
    columns = [_infer_column(name, table.column(name)) for name in table.names]
    open_columns = [c.name for c in columns if c.kind not in ("empty", "boolean")]
    found = find_personal_columns({name: table.column(name) for name in open_columns}) if find_personal else {}
    for place, column in enumerate(columns):
        finding = found.get(column.name)
        needed = max(personal_confidence, _CONSTANT_CONFIDENCE if column.kind == "constant" else 0.0)
        if finding is not None and finding.confidence >= needed:
            columns[place] = _as_personal(column, finding.kind, finding.confidence, finding.reason)
    return TableSchema(columns=tuple(columns))


def _as_personal(column: ColumnSchema, kind: PersonalKind, confidence: float, reason: str) -> ColumnSchema:
    update = {"personal": kind, "personal_confidence": round(float(confidence), 3), "reason": reason}
    return column.model_copy(update=update)


def _infer_column(name: str, column: pa.ChunkedArray) -> ColumnSchema:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise SchemaError(
            f'column "{name}" holds values of type {kind}',
            accepted="numbers, text, booleans, dates and times",
            hint="split the column into plain ones, or leave it out",
        )
    facts = _Facts(name, column, len(column), column.null_count, 0)
    if pa.types.is_null(kind) or facts.nulls == facts.rows:
        return ColumnSchema(name=name, kind="empty", type=str(kind), reason="no value in any row")
    facts = _Facts(name, column, len(column), column.null_count, pc.count_distinct(column, mode="only_valid").as_py())
    if facts.distinct == 1 and facts.nulls == 0:
        return ColumnSchema(name=name, kind="constant", type=str(kind), reason="one value in every row")
    if pa.types.is_boolean(kind):
        return ColumnSchema(name=name, kind="boolean", type=str(kind), reason="true or false")
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return ColumnSchema(
            name=name, kind="datetime", type=str(kind), granularity=datetime_granularity(column), reason=f"typed {kind}"
        )
    if pa.types.is_string(kind):
        return _infer_text(facts)
    return _infer_number(facts)


def _infer_number(facts: _Facts) -> ColumnSchema:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = str(facts.column.type)
    if pa.types.is_integer(facts.column.type) and facts.rows >= 20 and facts.present > 0:
        limits = pc.min_max(facts.column)
        span = limits["max"].as_py() - limits["min"].as_py() + 1
        named = bool(_KEY_NAME.search(facts.name))
        unique = facts.distinct == facts.rows
        if unique and span == facts.rows:
            return ColumnSchema(name=facts.name, kind="identifier", type=kind, reason="numbers the rows without a gap")
        if named and unique:
            return ColumnSchema(name=facts.name, kind="identifier", type=kind, reason="unique, and named like a key")
        if named and facts.distinct_share > 0.2 and facts.distinct > 1000:
            reason = f"named like a key, {facts.distinct_share:.0%} of its values are distinct"
            return ColumnSchema(name=facts.name, kind="identifier", type=kind, reason=reason)
    decimals = count_decimals(facts.column)
    reason = "numbers" if decimals is None else f"numbers with {decimals} decimals" if decimals else "whole numbers"
    return ColumnSchema(name=facts.name, kind="numeric", type=kind, decimals=decimals, reason=reason)


def _infer_text(facts: _Facts) -> ColumnSchema:
    import pyarrow.compute as pc

    def column(kind: Any, reason: str, **more: Any) -> ColumnSchema:
        return ColumnSchema(name=facts.name, kind=kind, type="string", reason=reason, **more)

    distinct = pc.drop_null(pc.unique(facts.column))
    texts = distinct.slice(0, _SAMPLE_VALUES).to_pylist()
    if facts.distinct > 2 and (found := datetime_format(texts)) is not None:
        granularity: Granularity = datetime_granularity(facts.column, found)
        return column("datetime", f"dates written as {found}", format=found, granularity=granularity)
    words = float(np.mean([text.count(" ") + 1 for text in texts]))
    length = float(np.mean([len(text) for text in texts]))
    share = facts.distinct_share
    if (words >= 4 or length >= 40) and share > 0.5 and facts.distinct > 20:
        return column("text", f"{words:.0f} words a value, {share:.0%} of them distinct")
    template = common_template(texts)
    if facts.distinct > 20 and words < 2 and template is not None and share > 0.5:
        unique = facts.distinct == facts.present
        if unique or _KEY_NAME.search(facts.name) or share > 0.95:
            return column(
                "identifier", "unique codes of one pattern" if unique else "codes of one pattern", pattern=template
            )
    if facts.distinct > 20 and facts.distinct == facts.present and facts.rows >= 20:
        return column("text" if words >= 2 else "identifier", "every value differs")
    if facts.distinct > 100 and share > 0.5:
        return column("text", f"{share:.0%} of its values are distinct")
    return column("categorical", f"{facts.distinct:,} distinct values")


def count_decimals(column: pa.ChunkedArray) -> int | None:
    """Digits after the point that write every value exactly; ``None`` where more than eight are needed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        return 0
    if pa.types.is_decimal(kind):
        return max(0, int(kind.scale))
    values = pc.unique(column).drop_null().cast(pa.float64()).to_numpy(zero_copy_only=False)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return None
    precision = 2e-6 if pa.types.is_float32(kind) else 1e-12
    head = np.random.default_rng(0).permutation(values)[:_SAMPLE_VALUES]  # a fast look before the full one
    for sample in (head, values):
        decimals = _decimals_of(sample, precision)
        if decimals is None:
            return None
    return decimals


def _decimals_of(values: np.ndarray, precision: float) -> int | None:
    for decimals in range(_MAXIMUM_DECIMALS + 1):
        scaled = values * 10.0**decimals
        if np.abs(scaled).max() * precision > 0.1:
            return None  # the type's own noise reaches the last digit
        if (np.abs(scaled - np.round(scaled)) <= np.maximum(np.abs(scaled) * precision, 1e-9)).all():
            return decimals
    return None

"""Step 3, before the split: rows from later, or from elsewhere, that nothing may learn from.

The user names a column and a value. Of a number or a date, the rows at or beyond the value are the
shifted ones; of a category, the rows that hold it. They are kept from the synthesizer and from every
model, which are then tried on them: how the data generalise.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import OptionError, did_you_mean
from synthloom.evaluation.views import as_text, to_numbers
from synthloom.schema import ColumnSchema, TableSchema

MINIMUM_SHIFTED = 20
_ORDERED = ("numeric", "datetime")


def split_shifted(table: Table, schema: TableSchema, column: str, value: Any) -> tuple[Table, Table, str]:
    """The rows to work with, the shifted ones, and how these were chosen, in words.

    Args:
        table: all rows.
        schema: what its columns are.
        column: the column that tells the shifted rows.
        value: the first shifted number or date, or the shifted category.

    Raises:
        OptionError: if there is no such column or value, or too few rows on either side.
    """
    if column not in schema.names:
        raise OptionError(f'there is no column "{column}" for the shift', hint=did_you_mean(column, schema.names))
    described = schema.column(column)
    if described.kind in _ORDERED:
        numbers = to_numbers(table.column(column), described)
        start = _start(described, value)
        if numbers is None:
            raise OptionError(f'"{column}" holds no numbers or dates', accepted="a number, a date or a category")
        mask, words = np.nan_to_num(numbers, nan=-np.inf) >= start, f'"{column}" from {value} on'
    else:
        texts = as_text(table.column(column)).fill_null("").to_numpy(zero_copy_only=False)
        mask, words = np.asarray(texts == str(value), dtype=bool), f'"{column}" equal to {value}'
        if not mask.any():
            known = sorted(set(texts.tolist()))[:50]
            raise OptionError(f'no row has "{value}" in "{column}"', hint=did_you_mean(str(value), known))
    count = int(mask.sum())
    if count < MINIMUM_SHIFTED or count > table.n_rows - MINIMUM_SHIFTED:
        raise OptionError(
            f"{count:,} of {table.n_rows:,} rows have {words}",
            accepted=f"at least {MINIMUM_SHIFTED} rows on either side",
            hint="choose another value for the shift",
        )
    said = f"besides, {count:,} rows with {words} were kept from everything, to see how models fare on them"
    return table.take(np.flatnonzero(~mask)), table.take(np.flatnonzero(mask)), said


def _start(column: ColumnSchema, value: Any) -> float:
    """The cutoff as the number that views of the column hold."""
    if column.kind == "datetime":
        if isinstance(value, datetime) or hasattr(value, "isoformat"):
            value = value.isoformat()
        for layout in {column.format, None}:
            try:
                moment = datetime.strptime(str(value), layout) if layout else datetime.fromisoformat(str(value))
            except ValueError:
                continue
            return (moment.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() / 86_400
        raise OptionError(f'"{value}" is no date for "{column.name}"', accepted="a date such as 2018-01-31")
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise OptionError(f'"{value}" is no number for "{column.name}"', accepted="a number") from error

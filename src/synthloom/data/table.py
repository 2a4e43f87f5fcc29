"""A table of columns: pandas, polars and Arrow come in, the caller's own kind goes out.

Outside this file no code touches a pandas or polars object; inside Synthloom a table is Arrow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.errors import InputError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

SHARD_ROWS = 65_536
"""Rows in a shard: sampling goes shard by shard, each with its own child stream."""


@dataclass(frozen=True)
class FrameKind:
    """What a caller handed in, so that the same kind can be handed back.

    ``labels`` are the column labels as given (they may be numbers), ``dtypes`` the pandas types by
    column name, ``index_name`` the name of a pandas index.
    """

    library: str = "arrow"
    labels: dict[str, Any] = field(default_factory=dict)
    dtypes: dict[str, Any] = field(default_factory=dict)
    index_name: Any = None


class Table:
    """An in-memory table over Arrow, with unique column names in a fixed order.

    Dictionary columns are held decoded and strings as ``string``; :attr:`frame_kind` remembers
    what the caller's own frame looked like.
    """

    def __init__(self, arrow: pa.Table, frame_kind: FrameKind | None = None) -> None:
        self.arrow = _normalised(arrow)
        self.frame_kind = frame_kind or FrameKind()

    @classmethod
    def from_frame(cls, frame: Any) -> Table:
        """A table from a pandas or polars frame, an Arrow table, a mapping of columns, or a table.

        Raises:
            InputError: if the object is none of these, has no columns, or repeats a column name.
        """
        import pyarrow as pa

        if isinstance(frame, Table):
            return frame
        if isinstance(frame, pa.Table):
            return cls(_checked(frame))
        if isinstance(frame, pa.RecordBatch):
            return cls(_checked(pa.Table.from_batches([frame])))
        if _is_from(frame, "pandas", "DataFrame"):
            return _from_pandas(frame)
        if _is_from(frame, "polars", "LazyFrame"):
            frame = frame.collect()
        if _is_from(frame, "polars", "DataFrame"):
            return cls(_checked(frame.to_arrow()), FrameKind("polars", dtypes=dict(frame.schema)))
        if isinstance(frame, Mapping):
            try:
                return cls(_checked(pa.table({str(k): v for k, v in frame.items()})))
            except (pa.ArrowException, TypeError, ValueError) as error:
                raise InputError(f"the mapping is not a table: {error}", accepted="equally long columns") from error
        raise InputError(
            f"got an object of type {type(frame).__module__}.{type(frame).__qualname__}",
            accepted="a pandas or polars DataFrame, a pyarrow Table, or a dict of columns",
            hint="read files with synthloom.io.read_table(path)",
        )

    def to_frame(self, kind: FrameKind | None = None) -> Any:
        """The table as the given kind of frame (by default: as the kind it came from)."""
        kind = kind or self.frame_kind
        if kind.library == "pandas":
            return _to_pandas(self.arrow, kind)
        if kind.library == "polars":
            import polars as pl

            frame = pl.DataFrame(pl.from_arrow(self.arrow))
            casts = {n: t for n, t in kind.dtypes.items() if n in frame.columns and frame.schema[n] != t}
            return frame.cast(casts) if casts else frame  # type: ignore[arg-type]
        return self.arrow

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return list(self.arrow.column_names)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.arrow.num_rows)

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        return f"Table({self.n_rows:,} rows x {len(self.names)} columns)"

    def column(self, name: str) -> pa.ChunkedArray:
        """One column.

        Raises:
            OptionError: if there is no such column; the message names the nearest.
        """
        if name not in self.arrow.column_names:
            raise OptionError(f'there is no column "{name}"', hint=did_you_mean(name, self.names))
        return self.arrow.column(name)

    def select(self, names: Sequence[str]) -> Table:
        """The table with only these columns, in this order."""
        for name in names:
            self.column(name)
        return Table(self.arrow.select(list(names)), self.frame_kind)

    def take(self, rows: np.ndarray) -> Table:
        """The rows at these positions (whole numbers) or where this mask is true."""
        rows = np.asarray(rows)
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        return Table(self.arrow.take(rows.astype(np.int64)), self.frame_kind)

    def slice(self, start: int, length: int | None = None) -> Table:
        """``length`` rows from ``start`` on, without a copy."""
        return Table(self.arrow.slice(start, length), self.frame_kind)

    def with_column(self, name: str, values: Any) -> Table:
        """The table with one column replaced or appended."""
        if name in self.arrow.column_names:
            place = self.arrow.column_names.index(name)
            return Table(self.arrow.set_column(place, name, values), self.frame_kind)
        return Table(self.arrow.append_column(name, values), self.frame_kind)

    def batches(self, rows: int = SHARD_ROWS) -> Iterator[Table]:
        """The table in pieces of at most ``rows`` rows; can be asked for again."""
        for start in range(0, self.n_rows, rows):
            yield self.slice(start, rows)

    @classmethod
    def concatenate(cls, tables: Iterable[Table]) -> Table:
        """Tables of the same columns, one below the other."""
        import pyarrow as pa

        parts = list(tables)
        return cls(pa.concat_tables([t.arrow for t in parts]), parts[0].frame_kind)


def _is_from(frame: Any, library: str, name: str) -> bool:
    """Whether ``frame`` is an instance of ``library.name``, without importing the library."""
    module = sys.modules.get(library)
    return module is not None and isinstance(frame, getattr(module, name))


def _checked(arrow: pa.Table) -> pa.Table:
    names = arrow.column_names
    if not names:
        raise InputError("the table has no columns", accepted="at least one column")
    repeated = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if repeated:
        raise InputError(
            f"column names occur more than once: {', '.join(repeated[:5])}", hint="give each column a name of its own"
        )
    return arrow


def _normalised(arrow: pa.Table) -> pa.Table:
    """Dictionaries decoded, all strings as ``string``, half floats as floats; no copy if nothing is to do."""
    import pyarrow as pa

    for place, column in enumerate(arrow.schema):
        wanted = column.type
        if pa.types.is_dictionary(wanted):
            wanted = wanted.value_type
        if pa.types.is_large_string(wanted) or pa.types.is_string_view(wanted):
            wanted = pa.string()
        if pa.types.is_float16(wanted):
            wanted = pa.float32()
        if wanted != column.type:
            arrow = arrow.set_column(place, column.name, arrow.column(place).cast(wanted))
    return arrow.replace_schema_metadata(None)


def _from_pandas(frame: Any) -> Table:
    import pyarrow as pa

    labels = {str(label): label for label in frame.columns}
    renamed = frame.set_axis([str(label) for label in frame.columns], axis=1)
    _checked_labels = [str(label) for label in frame.columns]
    if len(set(_checked_labels)) < len(_checked_labels):
        repeated = sorted({n for n in _checked_labels if _checked_labels.count(n) > 1})
        raise InputError(
            f"column names occur more than once: {', '.join(repeated[:5])}", hint="give each column a name of its own"
        )
    try:
        arrow = pa.Table.from_pandas(renamed, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"a column holds values of several types: {error}",
            accepted="one type of value in each column",
            hint="convert the column, for example with astype(str) or pandas.to_numeric",
        ) from error
    kind = FrameKind("pandas", labels, dict(zip(renamed.columns, frame.dtypes, strict=True)), frame.index.name)
    return Table(_checked(arrow), kind)


def _to_pandas(arrow: pa.Table, kind: FrameKind) -> Any:
    import pandas as pd

    frame = arrow.to_pandas()
    for name, dtype in kind.dtypes.items():
        if name not in frame.columns or frame[name].dtype == dtype:
            continue
        if frame[name].isna().any() and isinstance(dtype, np.dtype) and dtype.kind in "iub":
            continue  # a plain NumPy integer cannot hold the missing values that are there
        if isinstance(dtype, pd.CategoricalDtype):
            values = frame[name]
            known = values.isna() | values.isin(dtype.categories)
            frame[name] = values.astype(dtype) if known.all() else values.astype("category")
        else:
            frame[name] = frame[name].astype(dtype)
    frame = frame.rename(columns={n: kind.labels[n] for n in frame.columns if n in kind.labels})
    frame.index.name = kind.index_name
    return frame

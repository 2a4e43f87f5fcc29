"""How a metric sees a column: as numbers or as codes, and as bins learned from the training rows.

Everything is learned from the training rows alone, so that real holdout rows and synthetic rows are
measured with the same rod.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np

from synthloom.schema import ColumnSchema
from synthloom.schema.datetimes import to_microseconds

if TYPE_CHECKING:
    import pyarrow as pa

NULL = -1
"""The code of a missing value in a category view."""
_DAY = 86_400_000_000  # microseconds
_HUGE = 1e100  # beyond it, squares and sums would overflow


@dataclass(frozen=True)
class ColumnView:
    """One column in the three tables, as arrays.

    Attributes:
        name: the column's name.
        kind: ``number`` (float64, missing is NaN) or ``category`` (int32 codes, missing is -1).
        is_datetime: whether the numbers are days since 1970-01-01.
        is_integral: whether every training number is whole.
        values: one array ``[rows]`` for each of ``train``, ``holdout`` and ``synthetic``.
        labels: the training categories, most frequent first; a value unseen there has the code
            ``len(labels)``.
        support: how many training rows hold each label.
        exact: the values where those unseen in training are told apart too: codes from ``len(labels)``
            on. Attacks need them, or holdout rows with a rare value would look alike and training rows
            would not.
    """

    name: str
    kind: Literal["number", "category"]
    is_datetime: bool
    is_integral: bool
    values: Mapping[str, np.ndarray]
    labels: tuple[str, ...] = ()
    support: tuple[int, ...] = ()
    exact: Mapping[str, np.ndarray] = field(default_factory=dict)

    def null(self, part: str) -> np.ndarray:
        """Where the value is missing, ``[rows]`` of bool."""
        values = self.values[part]
        return np.asarray(np.isnan(values) if self.kind == "number" else values == NULL)

    @property
    def varies(self) -> bool:
        """Whether any two training rows hold different values."""
        known = self.values["train"][~self.null("train")]
        return len(known) > 0 and bool((known != known[0]).any())


@dataclass(frozen=True)
class BinnedColumn:
    """A column as codes ``0 … size-1``: bins or categories, then other, unseen and missing values.

    ``spans`` holds the lower edges of a number's bins; ``top`` is how many codes are bins or
    categories of their own.
    """

    name: str
    size: int
    top: int
    codes: Mapping[str, np.ndarray]
    spans: np.ndarray


def build_view(column: ColumnSchema, parts: Mapping[str, pa.ChunkedArray]) -> ColumnView:
    """The view of one column: numbers where its kind and its values are such, else categories."""
    if column.kind in ("numeric", "datetime"):
        numbers = {part: to_numbers(values, column) for part, values in parts.items()}
        if all(values is not None for values in numbers.values()):
            found: dict[str, np.ndarray] = {part: values for part, values in numbers.items() if values is not None}
            known = found["train"][~np.isnan(found["train"])]
            whole = bool(len(known)) and bool((known == np.floor(known)).all())
            return ColumnView(column.name, "number", column.kind == "datetime", whole, found)
    return _category_view(column.name, parts)


def to_numbers(values: pa.ChunkedArray, column: ColumnSchema) -> np.ndarray | None:
    """A column as float64 with NaN for what is missing or infinite; ``None`` if it holds no numbers.

    Numbers beyond 1e100 count as 1e100. Points in time become days since
    1970-01-01, times of day and durations days too.
    """
    import pyarrow as pa
    import pyarrow.types as kinds

    kind = values.type
    if kinds.is_null(kind):
        return np.full(len(values), np.nan)
    if kinds.is_temporal(kind):
        if kinds.is_duration(kind):
            per_day = {"s": 86_400, "ms": 86_400_000, "us": _DAY, "ns": _DAY * 1000}[kind.unit]
            ticks = values.cast(pa.int64()).fill_null(0).to_numpy() / per_day
        else:
            ticks = to_microseconds(values) / _DAY
        return np.where(np.asarray(values.is_null().to_numpy(), dtype=bool), np.nan, ticks)
    if kinds.is_string(kind):
        return (
            _days_from_text(values, column.format) if column.kind == "datetime" else _numbers_from_text(values, column)
        )
    try:
        numbers = values.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    result = np.array(numbers.to_numpy(), dtype=np.float64)  # a copy: Arrow's own memory is read-only
    result[np.isinf(result)] = np.nan
    return np.clip(result, -_HUGE, _HUGE)


def _numbers_from_text(values: pa.ChunkedArray, column: ColumnSchema) -> np.ndarray | None:
    import pyarrow as pa

    try:
        return to_numbers(values.cast(pa.float64()), column)
    except pa.ArrowInvalid:
        return None


def _days_from_text(values: pa.ChunkedArray, form: str | None) -> np.ndarray:
    """Days since 1970 of datetimes written as text; what cannot be read counts as missing."""
    encoded = values.combine_chunks().dictionary_encode()
    known = np.array([_days(text, form) for text in encoded.dictionary.to_pylist()] + [np.nan])
    return np.asarray(known[encoded.indices.fill_null(len(known) - 1).to_numpy()])


def _days(text: str, form: str | None) -> float:
    try:
        moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    except ValueError:
        return float("nan")
    if moment.tzinfo is not None:
        moment = moment.replace(tzinfo=None)  # wall time, as in typed columns
    return (moment - datetime(1970, 1, 1)).total_seconds() / 86_400


def _category_view(name: str, parts: Mapping[str, pa.ChunkedArray]) -> ColumnView:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = {part: as_text(values) for part, values in parts.items()}
    counted = pc.value_counts(texts["train"].drop_null())
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    ranked = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    labels = [label for label, _ in ranked]
    known = pa.array(labels, pa.string())
    codes = {}
    for part, values in texts.items():
        found = pc.index_in(values, value_set=known, skip_nulls=True).fill_null(len(labels)).to_numpy()
        codes[part] = np.where(np.asarray(values.is_null().to_numpy(), dtype=bool), NULL, found).astype(np.int32)
    support = tuple(count for _, count in ranked)
    return ColumnView(
        name, "category", False, False, codes, tuple(labels), support, _told_apart(texts, codes, len(labels))
    )


def _told_apart(
    texts: Mapping[str, pa.ChunkedArray], codes: dict[str, np.ndarray], known: int
) -> dict[str, np.ndarray]:
    """The codes with one of its own, from ``known`` on, for each value that no training row holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    new = {part: texts[part].filter(pa.array(values == known)) for part, values in codes.items()}
    if not any(map(len, new.values())):
        return codes
    every = pc.unique(pa.chunked_array([chunk for values in new.values() for chunk in values.chunks], pa.string()))
    every = every.take(pc.sort_indices(every))
    exact = {}
    for part, values in codes.items():
        exact[part] = values.copy()
        exact[part][values == known] += pc.index_in(new[part], value_set=every).to_numpy().astype(np.int32)
    return exact


def as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of any type as strings; equal values give equal strings."""
    import pyarrow as pa

    if pa.types.is_string(values.type):
        return values
    try:
        return values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = [None if value is None else repr(value) for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])


def bin_column(view: ColumnView, count: int) -> BinnedColumn:
    """About ``count`` bins of equal training mass, or the ``count`` most frequent categories."""
    if view.kind == "number":
        spans = bin_spans(view.values["train"], count)
        top = len(spans)
        codes = {}
        for part, values in view.values.items():
            place = np.searchsorted(spans, values, side="right") - 1
            codes[part] = np.where(np.isnan(values), top, np.maximum(place, 0)).astype(np.int32)
        return BinnedColumn(view.name, top + 1, top, codes, spans)
    known = len(view.labels)
    top = min(known, count)
    codes = {}
    for part, values in view.values.items():
        code = np.where(values >= known, top + 1, np.minimum(values, top))
        codes[part] = np.where(values == NULL, top + 2, code).astype(np.int32)
    return BinnedColumn(view.name, top + 3, top, codes, np.empty(0))


def bin_spans(values: np.ndarray, count: int) -> np.ndarray:
    """Lower edges of at most about ``count`` bins: a value that many rows share has a bin of its own.

    With at most ``count`` distinct values each is a bin. Otherwise a value whose share is above
    ``1 / count`` stands alone, and quantiles divide the rest in proportion to its mass. Numbers
    below the first edge belong to the first bin.
    """
    values = values[~np.isnan(values)]
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) == 0:
        return np.array([0.0])
    if len(distinct) <= count:
        return distinct
    spikes = distinct[counts > len(values) / count]
    rest = np.repeat(distinct, np.where(np.isin(distinct, spikes), 0, counts))
    edges = [spikes, np.nextafter(spikes, np.inf)]
    if len(rest):
        pieces = max(3, round(count * len(rest) / len(values)))
        edges.append(np.quantile(rest, np.linspace(0, 1, pieces + 1)[:-1], method="lower"))
    edges.append(distinct[:1])
    return np.unique(np.concatenate(edges))


def date_parts(days: np.ndarray) -> dict[str, np.ndarray]:
    """Month, day of the month, weekday and time of day of days since 1970; NaN stays NaN."""
    missing = np.isnan(days)
    whole = np.floor(np.where(missing, 0.0, days))
    dates = whole.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    parts = {
        "month": months.astype(np.int64) % 12,
        "day": (dates - months.astype("datetime64[D]")).astype(np.int64),
        "weekday": (whole + 3) % 7,  # 1970-01-01 was a Thursday
        "time": np.round((np.where(missing, 0.0, days) - whole) * 86_400, 3),
    }
    return {name: np.where(missing, np.nan, values.astype(np.float64)) for name, values in parts.items()}

"""Columns as the inputs of learners and of distances, always encoded by the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.views import NULL, ColumnView, date_parts
from synthloom.randomness import RandomStream

ONE_HOT_CATEGORIES = 25
"""Categories of a column that a linear model tells apart; the others share one input."""
_ONE_HOT_INPUTS = 400
_ONE_HOT_SUPPORT = 10
_DISTANCE_CATEGORIES = 16
DISTANCE_WIDTH = 128
"""Axes of a space of distances; wider ones are projected."""
_BLOCK = 128


@dataclass(frozen=True)
class Inputs:
    """A matrix ``[rows, inputs]`` of float64 and the column that each input comes from."""

    values: np.ndarray
    columns: tuple[str, ...]


def tree_inputs(data: EvaluationData, part: str, rows: np.ndarray, names: tuple[str, ...]) -> Inputs:
    """Numbers as they are (missing: NaN), categories as codes by frequency, dates with their parts."""
    blocks: list[np.ndarray] = []
    columns: list[str] = []
    for name in names:
        view = data.view(name)
        values = view.values[part][rows].astype(np.float64)
        parts = [values]
        if view.is_datetime:
            varying = data.cached(("date parts", name), lambda view=view: _varying_parts(view))  # type: ignore[misc]
            parts += [taken for key, taken in date_parts(values).items() if key in varying]
        blocks += parts
        columns += [name] * len(parts)
    matrix = np.column_stack(blocks) if blocks else np.empty((len(rows), 0))
    return Inputs(matrix, tuple(columns))


def _varying_parts(view: ColumnView) -> frozenset[str]:
    """The date parts that differ between any two rows of the three tables."""
    days = np.concatenate(list(view.values.values()))
    parts = date_parts(days[~np.isnan(days)])
    return frozenset(name for name, values in parts.items() if len(values) and values.min() != values.max())


def linear_inputs(data: EvaluationData, part: str, rows: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Standardised numbers with an input for "missing", and one input for each frequent category."""
    views = [data.view(name) for name in names]
    categories = sum(view.kind == "category" for view in views)
    most = min(ONE_HOT_CATEGORIES, max(2, _ONE_HOT_INPUTS // max(1, categories)))
    blocks: list[np.ndarray] = []
    for view in views:
        number = view.kind == "number"
        blocks += _linear_number(view, part, rows) if number else _linear_category(view, part, rows, most)
    return np.column_stack(blocks) if blocks else np.zeros((len(rows), 1))


def _linear_number(view: ColumnView, part: str, rows: np.ndarray) -> list[np.ndarray]:
    train = view.values["train"]
    known = train[~np.isnan(train)]
    if len(known) == 0:
        return []
    spread = float(known.std())
    if spread == 0:
        return []
    values = view.values[part][rows]
    missing = np.isnan(values)
    # beyond eight deviations a single row would turn the model
    scaled = np.clip((np.where(missing, np.median(known), values) - known.mean()) / spread, -8, 8)
    return [scaled, missing.astype(np.float64)] if len(known) < len(train) else [scaled]


def _linear_category(view: ColumnView, part: str, rows: np.ndarray, most: int) -> list[np.ndarray]:
    codes = view.values[part][rows]
    frequent = [c for c, count in enumerate(view.support[:most]) if count >= _ONE_HOT_SUPPORT]
    return [(codes == code).astype(np.float64) for code in (*frequent, NULL)]


@dataclass(frozen=True)
class _Axis:
    """How one column enters the space: its sorted training values, or one vector for each category."""

    name: str
    ordered: np.ndarray | None
    vectors: np.ndarray | None
    has_null: bool
    centre: float = 0.0
    spread: float = 1.0


class DistanceSpace:
    """Rows as points, so that the Euclidean distance says how alike two rows are.

    A number becomes two axes: its rank among the training rows (0 to 2), which spreads out where rows
    are dense, and half the inverse hyperbolic sine of its distance from the median in quartile ranges,
    which keeps extreme values far apart (ranks alone hide copied outliers from an attack). A category is
    a point at distance 1 from the others: one axis each for up to 16 categories, random unit vectors
    beyond (equal categories still meet exactly). Spaces of more than 128 axes are projected at random
    (Johnson and Lindenstrauss 1984), which keeps equal rows equal and distances within about a tenth.

    Args:
        data: the evaluation whose rows become points.
        columns: the columns to look at; all that may be compared by default.
        maximum_width: axes above which the space is projected to as many.
    """

    def __init__(
        self, data: EvaluationData, columns: Sequence[str] | None = None, *, maximum_width: int = DISTANCE_WIDTH
    ) -> None:
        self._data = data
        names = data.compared if columns is None else columns
        self._axes = [data.cached(("distance axis", name), partial(self._axis, name)) for name in names]
        self._widths = [self._width(axis) for axis in self._axes]
        self.projected = sum(self._widths) > maximum_width
        self.width = min(sum(self._widths), maximum_width)

    @property
    def spans(self) -> dict[str, slice]:
        """The axes that each column takes in a space that is not projected."""
        ends = np.cumsum(self._widths).tolist()
        return {
            axis.name: slice(end - width, end) for axis, end, width in zip(self._axes, ends, self._widths, strict=True)
        }

    def _axis(self, name: str) -> _Axis:
        view = self._data.view(name)
        has_null = any(bool(view.null(part).any()) for part in view.values)
        if view.kind == "number":
            train = view.values["train"]
            ordered = np.sort(train[~np.isnan(train)])
            if len(ordered) == 0:
                return _Axis(name, ordered, None, has_null)
            low, centre, high = np.quantile(ordered, [0.25, 0.5, 0.75])
            return _Axis(name, ordered, None, has_null, float(centre), max(high - low, ordered.std() / 3, 1e-12))
        size = 2 + max(int(codes.max(initial=0)) for codes in view.exact.values())  # missing is a category too
        if size <= _DISTANCE_CATEGORIES:
            return _Axis(name, None, np.eye(size) / np.sqrt(2), False)
        generator = self._data.stream.child("distance", "categories", name).generator()
        vectors = generator.standard_normal((size, _DISTANCE_CATEGORIES))
        return _Axis(name, None, vectors / np.linalg.norm(vectors, axis=1, keepdims=True) / np.sqrt(2), False)

    @staticmethod
    def _width(axis: _Axis) -> int:
        return axis.vectors.shape[1] if axis.vectors is not None else 2 + axis.has_null

    def points(self, part: str, rows: np.ndarray) -> np.ndarray:
        """The points of some rows of a part's views, float32 ``[rows, width]``."""
        blocks = (self._block(axis, self._data.view(axis.name), part, rows) for axis in self._axes)
        if not self.projected:
            return np.column_stack(list(blocks))
        result = np.zeros((len(rows), self.width), np.float32)
        waiting: list[np.ndarray] = []
        for place, block in enumerate(blocks):
            waiting.append(block)
            if sum(each.shape[1] for each in waiting) >= self.width or place == len(self._axes) - 1:
                together = np.column_stack(waiting)
                generator = self._data.stream.child("distance", "projection", place).generator()
                signs = generator.choice(np.array([-1.0, 1.0], np.float32), (together.shape[1], self.width))
                result += together @ (signs / np.float32(np.sqrt(self.width)))
                waiting = []
        return result

    @staticmethod
    def _block(axis: _Axis, view: ColumnView, part: str, rows: np.ndarray) -> np.ndarray:
        if axis.vectors is not None:
            codes = view.exact[part][rows]
            return axis.vectors[np.where(codes == NULL, len(axis.vectors) - 1, codes)].astype(np.float32)
        values = view.values[part][rows]
        ordered = axis.ordered if axis.ordered is not None else np.empty(0)
        missing = np.isnan(values)
        filled = np.where(missing, ordered[len(ordered) // 2] if len(ordered) else 0.0, values)
        low, high = (np.searchsorted(ordered, filled, side=side) for side in ("left", "right"))
        ranks = (low + high) / max(1, len(ordered))  # mid-ranks, so that ties sit in the middle of their mass
        tails = np.arcsinh((filled - axis.centre) / axis.spread) / 2
        columns = [ranks, tails, missing] if axis.has_null else [ranks, tails]
        return np.column_stack(columns).astype(np.float32)


def shared_space(data: EvaluationData) -> DistanceSpace:
    """The space over all compared columns, made once for all metrics."""
    return data.cached("distance space", lambda: DistanceSpace(data))


def nearest_distances(base: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The distance of each query point to the nearest base point, ``[queries]``.

    Plain matrix products, block by block: in spaces of this many axes no tree is faster, and the
    blocks stay in the cache. Which base point is nearest is told in float32 (distances closer than
    about 0.001 may change places); its distance is then computed anew without that rounding.
    """
    found = nearest_places(base, query)
    result = np.empty(len(query))
    for start in range(0, len(query), _BLOCK):
        block = slice(start, start + _BLOCK)
        apart = query[block].astype(np.float64) - base[found[block]]
        result[block] = np.sqrt((apart**2).sum(axis=1))
    return result


def nearest_places(base: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Which base point is nearest to each query point, ``[queries]``; the first of equally near ones."""
    centre = base.mean(axis=0)
    base, query = base - centre, query - centre  # short vectors lose less in the products
    half_squares = (base**2).sum(axis=1) / 2
    result = np.empty(len(query), np.int64)
    for start in range(0, len(query), _BLOCK):
        closeness = query[start : start + _BLOCK] @ base.T
        closeness -= half_squares
        result[start : start + _BLOCK] = closeness.argmax(axis=1)
    return result


def boosting_settings(shape: tuple[int, ...], stream: RandomStream, threads: int) -> dict[str, Any]:
    """LightGBM's settings for a judge: the same figures for one seed, whatever the number of threads.

    Small samples get smaller leaves. Above 100 inputs each tree looks at a random part of them, in
    coarser bins: the work would otherwise grow with the inputs and not with what they tell.
    """
    rows, inputs = shape
    wide = inputs > 100
    return {
        "num_leaves": 31,
        "min_data_in_leaf": min(20, max(2, rows // 20)),
        "feature_fraction": max(0.2, 100 / inputs) if wide else 1.0,
        "max_bin": 63 if wide else 255,
        "verbosity": -1,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": stream.integer(),
    }

"""Categories by falling frequency; those that too few rows share become one code, "rare"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, Encoding, PartSpec, Suppression, ValueCounts
from synthloom.randomness import RandomStream

if TYPE_CHECKING:
    import pyarrow as pa

RARE_LABEL = "(rare)"


class CategoricalEncoding(Encoding):
    """A limited set of values of any plain type, booleans among them.

    With the protection on, a category below the threshold is not stored at all. Its rows become
    the code "rare", which decodes to a draw among the kept categories in proportion to their
    frequency, or to the label ``(rare)`` where the column is text and the schema says so.
    """

    kind = "categorical"

    def learn(self, statistics: ValueCounts) -> None:
        """Keeps the categories that enough rows share."""
        import pyarrow as pa

        counts = statistics.counts
        protection = self.protection
        keep_all = protection.rare_categories == "keep"
        kept = np.ones(len(counts), dtype=bool) if keep_all else counts >= protection.minimum_support
        order = np.argsort(-counts[kept], kind="stable")  # ties stay in value order
        self.categories: pa.Array = statistics.values.take(pa.array(np.flatnonzero(kept)[order]))
        self.counts = counts[kept][order]
        self.rare_rows = int(counts[~kept].sum())
        self.rare_categories = int((~kept).sum())
        self.has_nulls = statistics.nulls > 0
        if self.rare_rows:
            what = f"{self.rare_categories:,} categories of fewer than {protection.minimum_support} rows each"
            self.suppressed = (Suppression(self.schema.name, what, self.rare_rows),)

    @property
    def has_rare(self) -> bool:
        """Whether there is a code for rare categories, behind those of the kept ones."""
        return self.rare_rows > 0 or len(self.categories) == 0

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        n_codes = len(self.categories) + int(self.has_rare)
        return (PartSpec(self.schema.name, self.schema.name, n_codes, False, self.has_nulls),)

    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        import pyarrow.compute as pc

        if column.type != self.categories.type:
            column = column.cast(self.categories.type)
        nulls = column.is_null().to_numpy()
        found = pc.index_in(column, value_set=self.categories).fill_null(-1).to_numpy()
        unknown = len(self.categories) if self.has_rare else 0  # what was never seen counts as rare
        codes = np.where(nulls, 0, np.where(found < 0, unknown, found)).astype(np.int32)
        return (EncodedColumn.of(codes, nulls=nulls),)

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        import pyarrow as pa

        (part,) = parts
        codes, nulls = part.codes.copy(), part.nulls
        rare = (codes >= len(self.categories)) & ~nulls
        categories = self.categories
        if rare.any():
            label = self.protection.rare_categories == "label" and pa.types.is_string(categories.type)
            if label or (len(categories) == 0 and pa.types.is_string(categories.type)):
                categories = pa.concat_arrays([categories, pa.array([RARE_LABEL], type=categories.type)])
                codes[rare] = len(categories) - 1
            elif len(categories) == 0:
                nulls = nulls | rare
            else:
                draws = stream.child("rare").generator().random(int(rare.sum()))
                codes[rare] = np.searchsorted(np.cumsum(self.counts) / self.counts.sum(), draws, side="right")
        if len(categories) == 0:
            return pa.nulls(len(codes), categories.type)
        values = categories.take(pa.array(np.where(nulls, 0, codes), mask=nulls))
        return values.cast(self.schema.arrow_type) if values.type != self.schema.arrow_type else values

    def state(self) -> dict[str, Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = self.categories
        if not pa.types.is_boolean(values.type):
            values = pc.cast(values, pa.string())
        return {
            "categories": values.to_pylist(),
            "counts": self.counts.tolist(),
            "rare_rows": self.rare_rows,
            "has_nulls": self.has_nulls,
        }

    def restore(self, state: dict[str, Any]) -> None:
        import pyarrow as pa

        kind = self.schema.arrow_type
        values = pa.array(state["categories"], type=pa.bool_() if pa.types.is_boolean(kind) else pa.string())
        self.categories = values.cast(kind)
        self.counts = np.asarray(state["counts"], dtype=np.int64)
        self.rare_rows, self.has_nulls = int(state["rare_rows"]), bool(state["has_nulls"])

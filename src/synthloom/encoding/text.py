"""Free text, made anew from words and pairs of words that many rows share.

A first-order Markov chain over words (Shannon 1948) whose words and transitions each stand in at
least ``minimum_support`` different rows; how many words a text has is learned with the other
columns. It keeps the look and the vocabulary of a column, not its sense.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, Encoding, PartSpec, Suppression
from synthloom.encoding.binning import Bins, make_bins
from synthloom.randomness import RandomStream

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_ROWS = 100_000
_MAX_LENGTHS = 100
_PLACEHOLDER = "…"


@dataclass
class TextCounts:
    """In how many rows each word, each pair of words and each length stands."""

    words: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    rows: int = 0
    nulls: int = 0


class TextEncoding(Encoding):
    """The number of words as the learnable part; the words from a protected Markov chain."""

    kind = "text"

    def collect(self, column: pa.ChunkedArray) -> TextCounts:
        counts = TextCounts(nulls=column.null_count, rows=len(column) - column.null_count)
        for text in column.drop_null().slice(0, _MAX_ROWS).to_pylist():
            words = text.split()
            counts.lengths[len(words)] += 1
            counts.words.update(set(words))
            counts.pairs.update(set(zip(["", *words], words, strict=False)))
        return counts

    def merge(self, statistics: list[TextCounts]) -> TextCounts:
        total = TextCounts()
        for part in statistics:
            total.words.update(part.words)
            total.pairs.update(part.pairs)
            total.lengths.update(part.lengths)
            total.rows += part.rows
            total.nulls += part.nulls
        return total

    def learn(self, statistics: TextCounts) -> None:
        """Keeps the words and transitions that enough rows share."""
        support = self.protection.minimum_support
        self.has_nulls = statistics.nulls > 0
        kept = sorted(word for word, rows in statistics.words.items() if rows >= support)
        self.words = kept or [_PLACEHOLDER]
        self.word_rows = np.array([statistics.words[w] for w in kept] or [1], dtype=np.float64)
        place = {word: i for i, word in enumerate(self.words)}
        pairs = sorted(
            (place[a] if a else -1, place[b], rows)
            for (a, b), rows in statistics.pairs.items()
            if rows >= support and b in place and (not a or a in place)
        )
        self.pairs = np.array(pairs, dtype=np.int64).reshape(-1, 3)
        lengths = np.array(sorted(statistics.lengths), dtype=np.float64)
        rows = np.array([statistics.lengths[int(n)] for n in lengths], dtype=np.int64)
        self.bins = make_bins(lengths, rows, max_bins=_MAX_LENGTHS, support=support, step=1.0)
        dropped = len(statistics.words) - len(kept)
        what = f"text made anew; {dropped:,} words of fewer than {support} rows left out"
        self.suppressed = (Suppression(self.schema.name, what, statistics.rows),)

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        return (self.bins.spec(self.schema.name, self.schema.name, self.has_nulls),)

    def encode(self, column: pa.ChunkedArray) -> tuple[EncodedColumn, ...]:
        lengths = np.array([0 if t is None else len(t.split()) for t in column.to_pylist()], dtype=np.float64)
        return (self.bins.locate(lengths, column.is_null().to_numpy()),)

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        import pyarrow as pa

        (part,) = parts
        n = len(part)
        if n == 0:
            return pa.array([], type=pa.string())
        rng = stream.child("text", self.schema.name, int(positions[0])).generator()
        lengths = np.where(part.nulls, 0, self.bins.values(part).astype(np.int64))
        starts = np.searchsorted(self.pairs[:, 0], np.arange(-1, len(self.words) + 1))
        total = np.concatenate([[0.0], np.cumsum(self.pairs[:, 2])])
        unigram = np.cumsum(self.word_rows) / self.word_rows.sum()
        current = np.full(n, -1, dtype=np.int64)
        written: list[list[str]] = [[] for _ in range(n)]
        for step in range(int(lengths.max(initial=0))):
            active = np.flatnonzero(lengths > step)
            low, high = starts[current[active] + 1], starts[current[active] + 2]
            draw = rng.random(len(active))
            goal = total[low] + draw * (total[high] - total[low])
            edge = np.clip(np.searchsorted(total, goal, side="right") - 1, 0, max(0, len(self.pairs) - 1))
            fresh = np.searchsorted(unigram, draw, side="right").clip(0, len(self.words) - 1)
            following = self.pairs[edge, 1] if len(self.pairs) else fresh
            current[active] = np.where(high > low, following, fresh)
            for row, word in zip(active.tolist(), current[active].tolist(), strict=True):
                written[row].append(self.words[word])
        return pa.array([" ".join(words) for words in written], type=pa.string(), mask=part.nulls)

    def state(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "word_rows": self.word_rows.tolist(),
            "pairs": self.pairs.tolist(),
            "bins": self.bins.state(),
            "has_nulls": self.has_nulls,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.words, self.word_rows = list(state["words"]), np.asarray(state["word_rows"], dtype=np.float64)
        self.pairs = np.asarray(state["pairs"], dtype=np.int64).reshape(-1, 3)
        self.bins, self.has_nulls = Bins.from_state(state["bins"]), bool(state["has_nulls"])

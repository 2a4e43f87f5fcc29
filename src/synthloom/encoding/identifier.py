"""Keys: made anew in the pattern of the real ones, unique, and never equal to one of them.

No real key is stored. What is kept are a few wide gaps between them, drawn in to round numbers;
new keys come from those gaps by a keyed permutation of the row's place, so that shards made
anywhere, in any order, never collide. When the gaps are used up, keys grow longer than any real one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from synthloom.encoding.base import EncodedColumn, Suppression, ValueCounts
from synthloom.encoding.regenerated import RegeneratedEncoding
from synthloom.randomness import KeyedPermutation, RandomStream
from synthloom.schema.templates import alphabets, common_template

if TYPE_CHECKING:
    import pyarrow as pa

_LARGEST_SPACE = 2**62
_GAPS = 32
_NARROWEST_GAP = 50
_FALLBACK = "[0-9a-f]{12}"
_NUMBERED = re.compile(r"^(\D*)(0|[1-9]\d{0,16})$")


class IdentifierEncoding(RegeneratedEncoding):
    """Whole numbers, numbers behind a prefix, or text of one pattern.

    Repeated keys keep how often keys repeat, not which rows share one.
    """

    kind = "identifier"
    prefix: str
    pattern: str | None
    length: int
    sizes: np.ndarray
    size_weights: np.ndarray

    def learn(self, statistics: ValueCounts) -> None:
        """Learns the pattern, the gaps, and how many rows share a key."""
        import pyarrow as pa

        self.has_nulls = statistics.nulls > 0
        values = statistics.values
        if pa.types.is_string(values.type):
            places = self._learn_text(values.to_pylist())
        else:
            self.prefix, self.pattern = "", None
            places = np.abs(values.cast(pa.float64()).to_numpy()).clip(0, 1e17).astype(np.int64)
        places = np.unique(places)
        top = int(places[-1]) if len(places) else 9
        self.length = len(str(top)) if self.pattern is None else self.length
        self.gaps = _gaps(places, self._space)
        self.serial_start = _serial_start(places) if self.pattern is None else None
        self._learn_repeats(statistics.counts)
        rows = statistics.rows - statistics.nulls
        self.suppressed = (Suppression(self.schema.name, "keys replaced by new ones", rows),)

    def stay_off(self, before: IdentifierEncoding, fresh: ValueCounts) -> None:
        """Makes keys that are neither among ``fresh`` nor among those that ``before`` was learned from."""
        sizes, size_weights, has_nulls = self.sizes, self.size_weights, self.has_nulls
        self.learn(fresh)
        self.sizes, self.size_weights, self.has_nulls = sizes, size_weights, has_nulls
        alike = (self.prefix, self.pattern) == (before.prefix, before.pattern)
        same_space = alike and (self.pattern is None or self._space == before._space)
        # keys of another pattern cannot be placed among these: then only longer ones are sure to be new
        self.gaps = _common(self.gaps, before.gaps, before._space) if same_space else []
        self.length = max(self.length, before.length)
        starts = (self.serial_start, before.serial_start)
        self.serial_start = None if None in starts or not alike else max(start for start in starts if start is not None)

    def _learn_text(self, texts: list[str]) -> np.ndarray:
        """Sets the prefix or the pattern; gives the places int64 of the real keys in its space."""
        matches = [m for text in texts if (m := _NUMBERED.match(text))]
        if self.schema.pattern is None and len(matches) == len(texts) and len({m[1] for m in matches}) == 1:
            self.prefix, self.pattern = matches[0][1], None
            return np.array([int(m[2]) for m in matches], dtype=np.int64)
        self.prefix = ""
        pattern = self.schema.pattern or common_template(texts, minimum_share=0.0) or _FALLBACK
        self.pattern = pattern
        self.length = max((len(text) for text in texts), default=0)
        members = alphabets(pattern)
        lookup = [{c: i for i, c in enumerate(m)} for m in members[: _leading(members)]]
        places = []
        for text in texts:
            if len(text) == len(members) and all(c in look for c, look in zip(text, lookup, strict=False)):
                place = 0
                for character, look in zip(text, lookup, strict=False):
                    place = place * len(look) + look[character]
                places.append(place)
        return np.array(places, dtype=np.int64)

    @property
    def _space(self) -> int:
        """How many numbers, or combinations of the leading places of the pattern, there are."""
        if self.pattern is None:
            return int(min(10**self.length, _LARGEST_SPACE))
        members = alphabets(self.pattern)
        return int(np.prod([len(m) for m in members[: _leading(members)]], dtype=object))

    def _learn_repeats(self, counts: np.ndarray) -> None:
        """How many rows share a key; sizes that too few keys have are left out."""
        sizes, keys = np.unique(counts, return_counts=True)
        kept = keys >= self.protection.minimum_support
        if not kept.any():
            kept = keys == keys.max() if len(keys) else kept
        self.sizes, self.size_weights = sizes[kept], keys[kept] / max(1, keys[kept].sum())

    def decode(self, parts: tuple[EncodedColumn, ...], positions: np.ndarray, stream: RandomStream) -> pa.Array:
        import pyarrow as pa

        stream = stream.child("identifier", self.schema.name)
        keys = self._keys(positions, stream)
        nulls = parts[0].nulls
        if self.pattern is not None:
            return pa.array(self._texts(keys, stream), type=pa.string(), mask=nulls)
        numbers = self._numbers(keys, stream)
        if pa.types.is_string(self.schema.arrow_type):
            return pa.array([f"{self.prefix}{n}" for n in numbers.tolist()], type=pa.string(), mask=nulls)
        return pa.array(numbers, mask=nulls).cast(self.schema.arrow_type, safe=False)

    def _keys(self, positions: np.ndarray, stream: RandomStream) -> np.ndarray:
        """The number int64 [n] of each row's key: its own place, or that of the group it falls in."""
        n = len(positions)
        if n == 0 or (self.sizes == 1).all():
            return positions
        rng = stream.child("groups", int(positions[0])).generator()
        drawn = rng.choice(self.sizes, size=n, p=self.size_weights)
        return positions[0] + rng.permutation(np.repeat(np.arange(n), drawn)[:n])

    def _places(self, keys: np.ndarray, stream: RandomStream) -> tuple[np.ndarray, np.ndarray]:
        """A place in the gaps int64 [n] for each key that fits there, and which do; unique."""
        lows = np.array([low for low, _ in self.gaps], dtype=np.int64)
        widths = np.array([high - low for low, high in self.gaps], dtype=np.int64)
        capacity = int(widths.sum())
        fits = keys < capacity
        places = keys - capacity
        if fits.any():
            drawn = KeyedPermutation(capacity, stream.child("gaps"))(keys[fits])
            ends = np.cumsum(widths)
            gap = np.searchsorted(ends, drawn, side="right")
            places[fits] = lows[gap] + drawn - (ends - widths)[gap]
        return places, fits

    def _numbers(self, keys: np.ndarray, stream: RandomStream) -> np.ndarray:
        if self.serial_start is not None:
            return self.serial_start + keys
        places, fits = self._places(keys, stream)
        low = 10**self.length  # longer than every real key
        room = 9 * low
        places[~fits] = low + KeyedPermutation(room, stream.child("longer"))(places[~fits] % room)
        return places

    def _texts(self, keys: np.ndarray, stream: RandomStream) -> list[str]:
        assert self.pattern is not None
        members = alphabets(self.pattern)
        places, fits = self._places(keys, stream)
        level, within = np.divmod(places[~fits], self._space)
        places[~fits] = KeyedPermutation(self._space, stream.child("longer"))(within)
        texts = _spell(places, keys, members, stream)
        pad = self.length - len(members) + 1
        for row, number in zip(np.flatnonzero(~fits), level.tolist(), strict=True):
            texts[row] += str(number).zfill(pad)
        return texts

    def state(self) -> dict[str, Any]:
        return {
            "prefix": self.prefix,
            "pattern": self.pattern,
            "length": self.length,
            "serial_start": self.serial_start,
            "gaps": [list(gap) for gap in self.gaps],
            "sizes": self.sizes.tolist(),
            "size_weights": self.size_weights.tolist(),
            "has_nulls": self.has_nulls,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.prefix, self.pattern, self.length = state["prefix"], state["pattern"], int(state["length"])
        self.serial_start, self.has_nulls = state["serial_start"], bool(state["has_nulls"])
        self.gaps = [(int(low), int(high)) for low, high in state["gaps"]]
        self.sizes = np.asarray(state["sizes"], dtype=np.int64)
        self.size_weights = np.asarray(state["size_weights"], dtype=np.float64)


def _leading(members: list[str]) -> int:
    """How many leading places have at most 2**62 combinations."""
    size = 1
    for place, member in enumerate(members):
        size *= len(member)
        if size > _LARGEST_SPACE:
            return place
    return len(members)


def _gaps(places: np.ndarray, space: int) -> list[tuple[int, int]]:
    """The widest ranges ``[low, high)`` without a real key, drawn in to round numbers."""
    fence = np.concatenate([[-1], places[places < space], [space]]).astype(np.int64)
    widths = np.diff(fence) - 1
    out = []
    for place in np.argsort(-widths, kind="stable")[:_GAPS]:
        width = int(widths[place])
        if width < _NARROWEST_GAP:
            break
        grain = 10 ** max(1, len(str(width // 5)) - 1)
        low = -(-(int(fence[place]) + 1) // grain) * grain
        high = (int(fence[place + 1]) // grain) * grain
        if high > low:
            out.append((low, high))
    return sorted(out)


def _common(gaps: list[tuple[int, int]], before: list[tuple[int, int]], space: int) -> list[tuple[int, int]]:
    """What lies in gaps of both; beyond the ``space`` of the earlier ones nothing was taken."""
    both = [(max(a, c), min(b, d)) for a, b in gaps for c, d in [*before, (space, _LARGEST_SPACE)]]
    return sorted((low, high) for low, high in both if high - low >= _NARROWEST_GAP)


def _serial_start(places: np.ndarray) -> int | None:
    """Where keys that number the rows go on: a round number above them; ``None`` for other keys."""
    if len(places) < 2 or int(places[-1] - places[0]) >= 2 * len(places):
        return None
    grain = 10 ** (len(str(int(places[-1]))) - 1)
    return int(places[-1] // grain + 1) * grain


def _spell(places: np.ndarray, keys: np.ndarray, members: list[str], stream: RandomStream) -> list[str]:
    """The text of each place; what lies behind the leading characters is mixed from the key."""
    lead = _leading(members)
    columns: list[np.ndarray] = []
    for member in reversed(members[:lead]):
        places, index = np.divmod(places, len(member))
        columns.append(np.array(list(member))[index])
    columns.reverse()
    salt = stream.child("tail").generator().integers(0, 2**63, size=len(members), dtype=np.uint64)
    for member, grain in zip(members[lead:], salt, strict=False):
        mixed = (keys.astype(np.uint64) + grain) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(31)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        columns.append(np.array(list(member))[(mixed >> np.uint64(40)) % np.uint64(len(member))])
    return ["".join(row) for row in zip(*columns, strict=True)]

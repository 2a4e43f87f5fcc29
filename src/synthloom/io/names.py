"""Column names: empty ones are named, repeated ones told apart."""

from __future__ import annotations

from collections.abc import Sequence

from synthloom.io.source import Notes, listed


def mended_names(given: Sequence[str | None], notes: Notes) -> list[str]:
    """Unique, non-empty names in the given order; what was changed is noted.

    An empty name becomes ``column_<position>``, the second ``age`` becomes ``age_2``, and white
    space around a name goes.
    """
    trimmed = [(name or "").replace("\0", "").strip() for name in given]
    if any(short != (name or "") for short, name in zip(trimmed, given, strict=True) if short):
        notes.add("white space around column names was removed")
    taken = {name for name in trimmed if name}
    result: list[str] = []
    used: set[str] = set()
    unnamed: list[str] = []
    repeated: list[str] = []
    for place, name in enumerate(trimmed, start=1):
        wanted = name or f"column_{place}"
        mended = wanted
        copy = 1
        while mended in used or (mended != name and mended in taken):
            copy += 1
            mended = f"{wanted}_{copy}"
        if not name:
            unnamed.append(mended)
        elif mended != name:
            repeated.append(mended)
        used.add(mended)
        result.append(mended)
    if unnamed:
        notes.add(f"{_columns(len(unnamed))} without a name got one: {listed(unnamed)}")
    if repeated:
        notes.add(f"{_columns(len(repeated))} repeated the name of another and got a new one: {listed(repeated)}")
    return result


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count:,} columns"

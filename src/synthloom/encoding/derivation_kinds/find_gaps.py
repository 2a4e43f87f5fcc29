"""Columns whose gaps another column determines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthloom.encoding.derivation_kinds.base import in_words
from synthloom.encoding.derivation_kinds.gaps import GapRule
from synthloom.encoding.derivation_kinds.search import Search

_MAX_PATTERNS = 50


def find_gaps(search: Search) -> Iterator[GapRule]:
    """Gap rules that hold in all rows: gaps together, then gaps at one value of another column."""
    patterns: dict[bytes, list[str]] = {}
    for name in search.names:
        missing = search.values(name).missing
        if min(int(missing.sum()), int((~missing).sum())) >= search.support:
            patterns.setdefault(np.packbits(missing).tobytes(), []).append(name)
    for group in list(patterns.values())[:_MAX_PATTERNS]:
        leader = group[0]
        missing = search.values(leader).missing
        rows = len(missing)
        share = missing.mean()
        bits = -rows * float(share * np.log(share) + (1 - share) * np.log(1 - share))
        if bits < search.evidence + 8.0:
            continue
        for name in group[1:]:
            yield GapRule(name, leader, None, f"{name} is missing exactly where {leader} is")
        for source in search.names:
            if source not in group and (rule := _at_value(search, leader, source)):
                yield rule
                break


def _at_value(search: Search, target: str, source: str) -> GapRule | None:
    """The rule that ``target`` is missing exactly where ``source`` has one value."""
    seen, gone = search.sample[source], search.sample[target].missing
    found = seen.codes()
    if found is None or not gone.any() or not _one_value(found[0], gone):
        return None
    whole, missing = search.values(source), search.values(target).missing
    coded = search.codes(source)
    if coded is None or not _one_value(coded[0], missing):
        return None
    value = coded[1][int(coded[0][np.argmax(missing)])]
    plain = value.as_py() if hasattr(value, "as_py") else int(value)
    shown = plain if isinstance(plain, str) else in_words(plain / 10**whole.decimals)
    if whole.is_date:
        return None
    return GapRule(target, source, plain, f"{target} is missing exactly where {source} is {shown}")


def _one_value(codes: np.ndarray, missing: np.ndarray) -> bool:
    """Whether the rows with gaps hold one code, and no other row holds it."""
    first = codes[np.argmax(missing)]
    return bool(first >= 0 and (missing == (codes == first)).all())

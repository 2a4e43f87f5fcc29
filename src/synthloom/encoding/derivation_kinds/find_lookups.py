"""Functional dependencies: every value of one column goes with one value of another.

On the sample each possible source is held against all targets at once: sorted by the source, a
target's smallest and largest code must agree in every group. Sources whose values are mostly rare
are no sources: every entry of the table must be shared by enough rows, and entries for nine rows
in ten. Of numbers and dates the steps are looked for as well: the target changes only a few times
when the rows are sorted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from synthloom.encoding.binning import round_between
from synthloom.encoding.derivation_kinds.base import Derivation, in_words
from synthloom.encoding.derivation_kinds.linear import Copy
from synthloom.encoding.derivation_kinds.mapping import Label, Lookup, Steps
from synthloom.encoding.derivation_kinds.search import Search
from synthloom.encoding.derivation_kinds.values import ColumnValues

_MAX_ENTRIES = 50_000
_MAX_LABELS_OF_NUMBERS = 1_000
_COVERED = 0.9
_MAX_STEPS = 20
_MAX_PROOFS = 24
"""Candidates proved on all rows for each target, the cheapest sources first."""


def find_lookups(search: Search, taken: Collection[str]) -> Iterator[tuple[Derivation, ...]]:
    """Proven copies of texts, lookups and steps of columns not yet ``taken``, the cheapest first."""
    codes = _sample_codes(search)
    names = list(codes)
    if len(names) < 2:
        return
    matrix = np.column_stack([codes[name] for name in names])
    sizes = {name: int(codes[name].max()) + 1 for name in names}
    candidates: dict[str, list[tuple[int, int, str]]] = {name: [] for name in names}
    for name in names:
        if not _may_be_source(search, name, sizes[name]):
            continue
        for place in _determined(codes[name], matrix):
            target = names[place]
            if target != name and target not in taken and 2 <= sizes[target] <= sizes[name]:
                candidates[target].append((sizes[name], search.order[name], name))
    for source in search.names:
        for target in set(_stepwise(search, source, codes, names, matrix)) - set(taken):
            candidates[target].append((-1, search.order[source], source))
    found: list[tuple[float, int, Derivation]] = []
    for target, options in candidates.items():
        for kind, _, source in sorted(options)[:_MAX_PROOFS]:
            make = _steps if kind < 0 else _lookup
            if relation := make(search, source, target):
                found.append((relation.cost, -search.order[target], relation))
    found.sort(key=lambda item: (item[0], item[1], search.order[item[2].sources[0]]))
    yield from ((relation,) for _, _, relation in found)


def _sample_codes(search: Search) -> dict[str, np.ndarray]:
    """Codes on the sample (-1 where missing) of every column on a grid that takes two values or more."""
    out = {}
    for name in search.names:
        found = search.sample[name].codes()
        if found is not None and found[0].max(initial=-1) >= 1:
            out[name] = found[0].astype(np.int32)
    return out


def _may_be_source(search: Search, name: str, seen: int) -> bool:
    """Whether the values of a column are shared by enough rows, judged by the sample and then by all rows."""
    import pyarrow.compute as pc

    if search.n_rows > 2 * len(search.rows) and seen > 0.7 * len(search.rows):
        return False
    distinct = pc.count_distinct(search.table.column(name)).as_py()
    return distinct <= min(_MAX_ENTRIES, search.n_rows / max(1, search.support))


def _determined(source: np.ndarray, matrix: np.ndarray) -> list[int]:
    """The columns of ``matrix`` that take one code in each group of ``source``; gaps fit anything."""
    rows = np.flatnonzero(source >= 0)
    rows = rows[np.argsort(source[rows], kind="stable")]
    if len(rows) == 0:
        return []
    ordered = matrix[rows]
    starts = np.flatnonzero(np.diff(source[rows], prepend=-1))
    high = np.maximum.reduceat(ordered, starts)
    low = np.minimum.reduceat(np.where(ordered < 0, np.iinfo(np.int32).max, ordered), starts)
    return np.flatnonzero(((low >= high) | (high < 0)).all(axis=0)).tolist()


def _stepwise(
    search: Search, source: str, codes: dict[str, np.ndarray], names: list[str], matrix: np.ndarray
) -> list[str]:
    """Targets of few values that change only a few times along the sorted source."""
    values = search.sample[source]
    if values.numbers is None or len(np.unique(values.numbers)) <= 2:
        return []
    rows = np.flatnonzero(~values.missing)
    rows = rows[np.argsort(values.numbers[rows], kind="stable")]
    ordered = matrix[rows]
    limit = min(_MAX_STEPS, len(rows) // 20)
    changes = (ordered[1:] != ordered[:-1]).sum(axis=0)
    out = []
    for place, name in enumerate(names):
        few = int(codes[name].max()) + 1 <= _MAX_STEPS
        if few and (codes[name] < 0).any():
            shown = ordered[:, place][ordered[:, place] >= 0]
            changes[place] = (shown[1:] != shown[:-1]).sum()
        if few and name != source and 1 <= changes[place] <= limit:
            out.append(name)
    return out


def _label(distinct: Any, place: int) -> Label:
    """A distinct value as a plain one."""
    value = distinct[place]
    return value.as_py() if hasattr(value, "as_py") else int(value)


def _lookup(search: Search, source: str, target: str) -> Derivation | None:
    """The copy or the lookup, proved on all rows."""
    found, wanted = search.codes(source), search.codes(target)
    if found is None or wanted is None:
        return None
    codes, labels = found[0], wanted[0]
    if _label_of_each(codes[search.head], labels[search.head], len(found[1])) is None:
        return None
    label_of = _label_of_each(codes, labels, len(found[1]))
    if label_of is None:
        return None
    a, b = search.values(source), search.values(target)
    if a.texts is not None and b.texts is not None and a.texts.equals(b.texts):
        return search.proven(Copy(target, (source,), f"{target} = {source}"))
    return _with_entries(search, source, target, label_of)


def _with_entries(search: Search, source: str, target: str, label_of: np.ndarray) -> Derivation | None:
    """The lookup with the entries that enough rows share.

    Rare source values, for which there is no entry, are set aside in the proof: the protection
    keeps them from being sampled.
    """
    found, wanted = search.codes(source), search.codes(target)
    assert found is not None
    assert wanted is not None
    (codes, keys), (labels, distinct) = found, wanted
    counts = np.bincount(codes[(codes >= 0) & (labels >= 0)], minlength=len(keys))
    of_texts = search.values(source).texts is not None
    lifted = of_texts and search.schema.protection.rare_categories == "keep"
    support = 1 if lifted else search.support
    kept = np.flatnonzero(counts >= support)
    different = len(np.unique(label_of[kept]))
    if counts[kept].sum() < _COVERED * counts.sum() or different < 2:
        return None
    if not of_texts and different > _MAX_LABELS_OF_NUMBERS:
        return None
    entries = sorted((_label(keys, int(k)), int(k)) for k in kept)
    relation = Lookup(
        target,
        (source,),
        f"{target} is determined by {source} ({len(kept):,} values)",
        "sources",
        tuple(key for key, _ in entries),
        tuple(_label(distinct, int(label_of[k])) for _, k in entries),
        int(np.argmax([counts[k] for _, k in entries])),
    )
    rare = counts < support
    aside = rare[codes] & (codes >= 0) if counts[rare].any() else None
    return search.proven(relation, aside)


def _label_of_each(codes: np.ndarray, labels: np.ndarray, n_codes: int) -> np.ndarray | None:
    """The label that goes with each code (-1 if none does), ``None`` where some code has two."""
    together = (codes >= 0) & (labels >= 0)
    out = np.full(n_codes, -1)
    out[codes[together]] = labels[together]
    return out if (out[codes[together]] == labels[together]).all() else None


def _steps(search: Search, source: str, target: str) -> Derivation | None:
    """The steps of a target along the sorted source, each shared by enough rows."""
    a, b = search.values(source), search.values(target)
    wanted = search.codes(target)
    if a.numbers is None or wanted is None:
        return None
    labels, distinct = wanted
    head = search.head[~a.missing[search.head] & (labels[search.head] >= 0)]
    head = head[np.argsort(a.numbers[head], kind="stable")]
    if int((np.diff(labels[head]) != 0).sum()) > _MAX_STEPS:
        return None
    rows = np.flatnonzero(~a.missing & (labels >= 0))
    rows = rows[np.argsort(a.numbers[rows], kind="stable")]
    numbers, ordered = a.numbers[rows], labels[rows]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    lengths = np.diff(np.append(starts, len(ordered)))
    if not 2 <= len(starts) <= _MAX_STEPS + 1 or (lengths < search.support).any():
        return None
    if (numbers[starts[1:]] <= numbers[starts[1:] - 1]).any():
        return None
    grid = 10.0**-a.decimals if a.ticks is not None else None
    cuts = tuple(round_between(float(numbers[s - 1]), float(numbers[s]), grid) for s in starts[1:])
    kept = tuple(_label(distinct, int(ordered[s])) for s in starts)
    return search.proven(Steps(target, (source,), _sentence(source, target, cuts, kept, a, b), "sources", cuts, kept))


def _sentence(
    source: str, target: str, cuts: tuple[float, ...], labels: tuple[Label, ...], a: ColumnValues, b: ColumnValues
) -> str:
    if len(cuts) == 1 and not a.is_date:
        shown = [str(v) if isinstance(v, str) or b.is_date else in_words(v / 10**b.decimals) for v in labels]
        return f"{target} is {shown[1]} where {source} >= {in_words(cuts[0])}, else {shown[0]}"
    return f"{target} is given by {len(labels)} ranges of {source}"

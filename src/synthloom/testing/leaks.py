"""Planted leaks: synthetic rows with a known fault, to try attacks on, ours and yours.

    from synthloom.testing import plant_leak
    planted = plant_leak("copies", train, fresh, seed=0)

Each takes rows that betray nobody (``fresh``: real rows that were neither trained on nor held out, or
the sample of a synthesizer that is trusted) and puts in what a faulty synthesizer would have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.data import Table
from synthloom.errors import OptionError, did_you_mean
from synthloom.randomness import RandomStream

_FAR_NEIGHBOURS = 2_000


@dataclass(frozen=True)
class Leak:
    """A fault and the attacks made for it.

    Attributes:
        words: what the synthesizer does wrong.
        caught_by: names of the findings that must call it fair or poor.
        plant: makes the rows from training rows, harmless rows and randomness.
    """

    words: str
    caught_by: tuple[str, ...]
    plant: Callable[[Table, Table, RandomStream], Table]


def plant_leak(name: str, train: Table, fresh: Table, seed: int = 0) -> Table:
    """As many rows as ``fresh`` has, with the fault of this name.

    Args:
        name: one of :data:`LEAKS`.
        train: the rows that the faulty synthesizer learned from.
        fresh: rows of the same columns that betray nobody.
        seed: makes the rows repeatable.

    Raises:
        OptionError: for an unknown name.
    """
    if name not in LEAKS:
        raise OptionError(f'there is no leak "{name}"', hint=did_you_mean(name, LEAKS, limit=len(LEAKS)))
    return LEAKS[name].plant(train, fresh, RandomStream(seed, ("leak", name)))


def _bootstrap(train: Table, fresh: Table, stream: RandomStream) -> Table:
    return train.take(stream.generator().integers(0, train.n_rows, fresh.n_rows))


def _instead(copied: Table, fresh: Table, stream: RandomStream) -> Table:
    """``fresh`` with its first rows replaced, in random order."""
    together = Table.concatenate([copied, fresh.slice(copied.n_rows)])
    return together.take(stream.child("order").generator().permutation(together.n_rows))


def _some(train: Table, fresh: Table, share: float, stream: RandomStream) -> Table:
    count = min(train.n_rows, int(share * fresh.n_rows))
    return train.take(stream.child("rows").generator().permutation(train.n_rows)[:count])


def _copies(train: Table, fresh: Table, stream: RandomStream) -> Table:
    return _instead(_some(train, fresh, 0.05, stream), fresh, stream)


def _near_copies(train: Table, fresh: Table, stream: RandomStream) -> Table:
    """One value of each copied row is another row's."""
    import pyarrow as pa
    import pyarrow.compute as pc

    copied = _some(train, fresh, 0.03, stream)
    changed = stream.child("changed").generator().integers(0, len(fresh.names), copied.n_rows)
    columns = {}
    for place, name in enumerate(fresh.names):
        other = fresh.column(name).slice(0, copied.n_rows).cast(copied.column(name).type)
        columns[name] = pc.if_else(
            pa.array(changed == place), other.combine_chunks(), copied.column(name).combine_chunks()
        )
    return _instead(Table(pa.table(columns)), fresh, stream)


def _outliers(train: Table, fresh: Table, stream: RandomStream) -> Table:
    """The twentieth of the training rows that is furthest from the others."""
    points = np.column_stack([_axis(train.column(name)) for name in train.names])
    some = points[stream.child("neighbours").generator().permutation(len(points))[:_FAR_NEIGHBOURS]]
    far = np.empty(len(points))
    for start in range(0, len(points), 256):
        block = points[start : start + 256]
        square = (block**2).sum(axis=1)[:, None] - 2 * block @ some.T + (some**2).sum(axis=1)
        far[start : start + len(block)] = np.partition(square, 1, axis=1)[:, 1]  # the nearest may be the row itself
    return _instead(train.take(np.argsort(-far, kind="stable")[: fresh.n_rows // 20]), fresh, stream)


def _axis(values: Any) -> np.ndarray:
    """A column in units of its spread; rare categories lie far out."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_integer(values.type) or kinds.is_floating(values.type):
        numbers = np.asarray(values.cast(pa.float64()).fill_null(np.nan).to_numpy())
        low, middle, high = np.nanquantile(numbers, [0.25, 0.5, 0.75])
        spread = max(high - low, float(np.nanstd(numbers)) / 3, 1e-12)
        return np.nan_to_num(np.arcsinh((numbers - middle) / spread))
    counted = pc.value_counts(values.cast(pa.string()))
    share = dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
    return np.array([-np.log(share[value] / len(values)) / 2 for value in values.cast(pa.string()).to_pylist()])


def _columns_of_rows(train: Table, fresh: Table, stream: RandomStream) -> Table:
    """Every value is some training row's own value, rows mixed: rare values and exact numbers are replayed."""
    import pyarrow as pa

    columns = {
        name: train.column(name).take(
            pa.array(stream.child(name).generator().permutation(train.n_rows)[: fresh.n_rows])
        )
        for name in train.names
    }
    return Table(pa.table(columns))


LEAKS: dict[str, Leak] = {
    "bootstrap": Leak(
        "draws training rows with replacement and calls them synthetic",
        (
            "exact_copies",
            "membership_inference",
            "membership_inference_tpr",
            "membership_density",
            "membership_rare",
            "singling_out",
            "singling_out_univariate",
            "linkability",
            "attribute_inference",
        ),
        _bootstrap,
    ),
    "copies": Leak("copies a training row into every twentieth row", ("exact_copies", "singling_out"), _copies),
    "near_copies": Leak(
        "copies training rows, with one value changed, into three rows in a hundred", ("near_copies",), _near_copies
    ),
    "outliers": Leak(
        "copies only the training rows that are unlike all others",
        ("membership_inference_outliers", "membership_inference_tpr"),
        _outliers,
    ),
    "values": Leak(
        "replays every single value, rows mixed: unique numbers come back",
        ("singling_out_univariate",),
        _columns_of_rows,
    ),
}
"""Every planted leak by name."""

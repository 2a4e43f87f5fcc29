"""Why nothing fits: which clause or constraint has no support, and what comes nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthloom.conditions import Conditions
from synthloom.constraints import Constraint
from synthloom.encoding.categorical import CategoricalEncoding
from synthloom.encoding.numeric import NumericEncoding
from synthloom.errors import ConditionError, ConstraintError, UserError
from synthloom.randomness import RandomStream

if TYPE_CHECKING:
    from synthloom.synthesizers.base import Synthesizer

_ROWS = 20_000
_FEW_VALUES = 8


def explain(
    model: Synthesizer,
    conditions: Conditions,
    constraints: Sequence[Constraint],
    stream: RandomStream,
    *,
    found: int,
    wanted: int,
) -> UserError:
    """The error for ``found`` of ``wanted`` rows: the part that can be met, and the part that is in the way."""
    encoded = model._sample(_ROWS, None, {}, stream.child("explanation"))
    table = model.encoder_.decode(encoded, 0, stream.child("explanation"))
    columns = {name: table.column(name) for name in table.names}
    forms = {column.name: column.format for column in model.schema_}
    parts = [(str(clause), Conditions((clause,)).meets(columns, forms)) for clause in conditions]
    parts += [(c.sentence, c.holds(columns)) for c in constraints if not c.whole_table]
    every = np.logical_and.reduce([mask for _, mask in parts]) if parts else np.ones(_ROWS, dtype=bool)
    alone = "; ".join(f"{words}: {_share(mask)}" for words, mask in parts)
    kind = ConstraintError if constraints else ConditionError
    problem = f"only {found:,} of {wanted:,} rows that meet all of these were found; of the rows of the model, {alone}"
    return kind(problem, accepted=_feasible(parts, every), hint=_hint(model, conditions, parts))


def _share(mask: np.ndarray) -> str:
    return "none" if not mask.any() else f"{mask.mean():.3g}" if mask.mean() < 0.01 else f"{mask.mean():.0%}"


def _feasible(parts: list[tuple[str, np.ndarray]], every: np.ndarray) -> str:
    """The largest part that is known to be met: all but the clause whose absence leaves most rows."""
    if every.any():
        return f"all together are met by {_share(every)} of the rows: ask for fewer rows"
    best, words = 0.0, ""
    for without in range(len(parts)):
        rest = [mask for place, (_, mask) in enumerate(parts) if place != without]
        share = float(np.logical_and.reduce(rest).mean()) if rest else 1.0
        if share > best:
            best, words = share, parts[without][0]
    if words and len(parts) > 1:
        return f"all without ({words}), which {best:.3g} of the rows meet"
    possible = [text for text, mask in parts if mask.any()]
    return f"each of these alone: {'; '.join(possible)}" if possible else "none of these alone"


def _hint(model: Synthesizer, conditions: Conditions, parts: list[tuple[str, np.ndarray]]) -> str | None:
    """The values that the first clause without support could take."""
    for clause, (_, mask) in zip(conditions, parts, strict=False):
        if not mask.any():
            return values_of(model, clause.column)
    return None


def values_of(model: Synthesizer, name: str) -> str | None:
    """Which values a column takes, in words."""
    encoding = model.encoder_.encodings[name]
    if isinstance(encoding, CategoricalEncoding) and len(encoding.categories):
        known = encoding.categories.to_pylist()
        more = f" and {len(known) - _FEW_VALUES} more" if len(known) > _FEW_VALUES else ""
        return f"{name} takes {', '.join(map(str, known[:_FEW_VALUES]))}{more}"
    if isinstance(encoding, NumericEncoding):
        return f"{name} goes from {encoding.bins.lower[0]:g} to {encoding.bins.upper[-1]:g}"
    return None

"""Singling out by one value: does a value that one synthetic row alone holds belong to exactly one real person?

The simplest predicates of the Article 29 Working Party's first risk (opinion 05/2014): "the only one
whose fare is 512.33", "the oldest". The attacker names the values that occur once in a column of the
synthetic rows, and what lies at or beyond its lowest and its highest number. The control asks whose
row is singled out, as in ``singling_out.py``.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.privacy.predicates import coordinates, distinct_rows
from synthloom.evaluation.privacy.singling_out import MINIMUM_PREDICATES, Isolations, isolated, isolation_finding
from synthloom.evaluation.views import NULL, ColumnView
from synthloom.finding import Direction, Family, Finding

PREDICATES = 4_000
"""Values that the attacker names at most."""
_OTHERS = 1_000


class SinglingOutUnivariate(Metric):
    """The share of values unique among synthetic rows that one training row and no other real row holds."""

    name: ClassVar[str] = "singling_out_univariate"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The share of single values, unique among the synthetic rows, that exactly one real row holds, a training "
        "row; holdout rows show how often that is chance."
    )
    cost: ClassVar[float] = 0.1
    attacker: ClassVar[str | None] = "holds the synthetic rows only, and describes a person by one value"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of unique values that isolate a training row."""
        found = _attempt(data, "synthetic", PREDICATES)
        if found.tried < MINIMUM_PREDICATES:
            return [
                self.unmeasured(
                    f"this attack proves nothing here: only {found.tried} values belong to one synthetic row alone"
                )
            ]
        guessed = _attempt(data, "synthetic", _OTHERS, guess=True)
        released = _attempt(data, "train", _OTHERS)
        return [isolation_finding(self, data, found, guessed.share, released.share, {})]


def _attempt(data: EvaluationData, source: str, size: int, *, guess: bool = False) -> Isolations:
    """Predicates on single columns, at most ``size``, evenly over the columns; random numbers for a ``guess``."""
    rows = np.sort(distinct_rows(data, source))
    generator = data.stream.child("singling_out_univariate", source, "guess" if guess else "claim").generator()
    spans = {name: _spans(data.view(name), source, rows) for name in data.compared}
    spans = {name: span for name, span in spans.items() if len(span)}
    fits: list[np.ndarray] = []
    left = size
    # the columns with the fewest values first, so that what they leave goes to the others
    for done, name in enumerate(sorted(spans, key=lambda name: (len(spans[name]), name))):
        share = left // (len(spans) - done)
        span = spans[name][np.sort(generator.permutation(len(spans[name]))[:share])]
        left -= len(span)
        if guess:
            span = _guessed(data.view(name), source, len(span), generator)
        fits += _fitting(data.view(name), span)
    return isolated(data, fits)


def _spans(view: ColumnView, source: str, rows: np.ndarray) -> np.ndarray:
    """From where to where each predicate on a column reaches, ``[predicates, 2]``."""
    distinct, counts = np.unique(_known(view, source, rows), return_counts=True)
    if len(distinct) < 2:
        return np.empty((0, 2))
    alone = distinct[counts == 1]
    spans = np.column_stack([alone, alone])
    if view.kind == "category":
        return spans
    return np.vstack([spans, [[np.nextafter(-np.inf, 0), distinct[0]], [distinct[-1], np.inf]]])


def _known(view: ColumnView, source: str, rows: np.ndarray | slice) -> np.ndarray:
    values = coordinates(view, source)[rows]
    return values[(values != NULL) if view.kind == "category" else ~np.isneginf(values)]


def _guessed(view: ColumnView, source: str, size: int, generator: np.random.Generator) -> np.ndarray:
    """As many single values, drawn evenly over the column's range and rounded as its values are."""
    known = _known(view, source, slice(None))
    drawn = generator.uniform(known.min(), known.max(), size)
    drawn = np.round(drawn) if view.is_integral or view.kind == "category" else drawn
    return np.column_stack([drawn, drawn])


def _fitting(view: ColumnView, spans: np.ndarray) -> list[np.ndarray]:
    """The real rows (training rows first) that fit each span."""
    real = np.concatenate([coordinates(view, part) for part in ("train", "holdout")])
    order = np.argsort(real, kind="stable")
    ordered = real[order]
    start = np.searchsorted(ordered, spans[:, 0], side="left")
    stop = np.searchsorted(ordered, spans[:, 1], side="right")
    # two rows tell as much as two thousand: what counts is whether it is one
    return [order[first : min(last, first + 2)] for first, last in zip(start.tolist(), stop.tolist(), strict=True)]

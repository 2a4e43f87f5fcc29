"""Pairs of columns: are two columns together distributed as in the real rows?

``pair_trend`` is one less the mean total variation distance over all pairs, on about 10 bins (or the
25 most frequent categories) a side. In a table of many unrelated columns even independent columns
score well there, so ``pair_association`` looks only at pairs that hang together in the training rows
(Cramér's V of at least 0.1): by how much does the strength of their association differ?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.fidelity.association import cramers_v
from synthloom.evaluation.fidelity.distances import MeanVariation
from synthloom.evaluation.statistics import interval_around
from synthloom.finding import Direction, Family, Finding

MAXIMUM_ROWS = 50_000
MAXIMUM_PAIRS = 1_000
MATRIX_COLUMNS = 30
_BINS, _CATEGORIES = 10, 25
_ASSOCIATED = 0.1


@dataclass(frozen=True)
class _Pair:
    """One pair's distances (synthetic, holdout) and its association in train, holdout, synthetic rows."""

    names: tuple[str, str]
    distance: float
    reference: float
    strengths: tuple[float, float, float]


class PairTrend(Metric):
    """How alike columns are two by two: 1 is equal, 0 has nothing in common."""

    name: ClassVar[str] = "pair_trend"
    family: ClassVar[Family] = "fidelity"
    direction: ClassVar[Direction] = "higher_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 1.0
    meaning: ClassVar[str] = (
        "How far pairs of columns are distributed as in the real rows: 1 is equal, 0 has nothing in common."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 1.0

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The distance of pairs with the heat maps, and the strength of association."""
        pairs = data.pairs(MAXIMUM_PAIRS)
        if not pairs:
            return [self.unmeasured("there are fewer than two columns whose values may be compared")]
        size = min(data.size("holdout"), data.size("synthetic"), MAXIMUM_ROWS)
        rows = {part: data.draw(part, size, self.name) for part in ("holdout", "synthetic")}
        rows["train"] = data.draw("train", MAXIMUM_ROWS, self.name)
        codes = _Codes(data, rows)
        overall = MeanVariation(*(len(rows[part]) for part in PARTS))
        measured = [codes.compare(pair, overall) for pair in pairs]
        every = len(data.compared) * (len(data.compared) - 1) // 2
        note = data.thinned_note(f"{len(pairs):,} of {every:,} pairs" if len(pairs) < every else "")
        trend = self.finding(
            1 - overall.synthetic,
            error=overall.difference_error,
            reference=1 - overall.holdout,
            interval=interval_around(1 - overall.synthetic, overall.error, self.range),
            note=note,
            detail={**_matrices(data, codes, measured), "worst": _worst(measured), "pairs": len(pairs)},
        )
        return [trend, self._association(measured, size, note)]

    def _association(self, measured: list[_Pair], size: int, note: str | None) -> Finding:
        fields: dict[str, Any] = {
            "name": "pair_association",
            "direction": "lower_is_better",
            "best": 0.0,
            "meaning": "By how much the strength of association (0 to 1) of related columns differs from real rows.",
        }
        strengths = np.array([pair.strengths for pair in measured if pair.strengths[0] >= _ASSOCIATED])
        if len(strengths) == 0:
            return self.unmeasured("no two columns hang together in the training rows", **fields)
        misses, real = (np.abs(strengths[:, place] - strengths[:, 0]) for place in (2, 1))
        # pairs share columns, so their number counts for less: the columns stand in for independent parts
        parts = max(2.0, np.sqrt(2 * len(strengths)))
        value, reference = float(misses.mean()), float(real.mean())
        least = np.sqrt(2 / (size * parts))  # the strength of one pair in n rows errs by about 1/sqrt(n)
        error = float(np.hypot((misses - real).std() / np.sqrt(parts), least))
        return self.finding(
            value,
            error=error,
            reference=reference,
            interval=interval_around(value, float(np.hypot(misses.std() / np.sqrt(parts), least)), (0.0, 1.0)),
            note=note,
            detail={"pairs": len(strengths)},
            **fields,
        )


class _Codes:
    """The drawn rows of each column as small bin codes."""

    def __init__(self, data: EvaluationData, rows: dict[str, np.ndarray]) -> None:
        self._data, self._rows = data, rows

    def _of(self, name: str) -> tuple[dict[str, np.ndarray], int]:
        data = self._data

        def build() -> tuple[dict[str, np.ndarray], int]:
            binned = data.bins(name, _BINS if data.view(name).kind == "number" else _CATEGORIES)
            return {part: binned.codes[part][self._rows[part]] for part in PARTS}, binned.size

        return data.cached(("pair codes", name), build)

    def compare(self, names: tuple[str, str], overall: MeanVariation | None = None) -> _Pair:
        """One pair's distances, added to ``overall``, and its strength of association."""
        (first, size), (second, width) = self._of(names[0]), self._of(names[1])
        joint = {part: first[part] * width + second[part] for part in PARTS}
        strengths = (cramers_v(np.bincount(joint[part], minlength=size * width).reshape(size, width)) for part in PARTS)
        found = overall.add(joint, size * width) if overall else (0.0, 0.0)
        return _Pair(names, *found, tuple(strengths))  # type: ignore[arg-type]


def _worst(measured: list[_Pair]) -> list[list[Any]]:
    """The ten pairs that fall furthest behind the reference: names, score, reference."""
    ranked = sorted(measured, key=lambda pair: (pair.reference - pair.distance, pair.names))[:10]
    return [[*pair.names, round(1 - pair.distance, 4), round(1 - pair.reference, 4)] for pair in ranked]


def _matrices(data: EvaluationData, codes: _Codes, measured: list[_Pair]) -> dict[str, Any]:
    """Association of at most 30 columns in real and in synthetic rows, for heat maps."""
    strengths = {pair.names: pair.strengths for pair in measured}
    names = _shown(data, measured)
    real, synthetic = np.eye(len(names)), np.eye(len(names))
    for place, first in enumerate(names):
        for other in range(place + 1, len(names)):
            pair = (first, names[other])
            found = strengths[pair] if pair in strengths else codes.compare(pair).strengths
            real[place, other] = real[other, place] = found[0]
            synthetic[place, other] = synthetic[other, place] = found[2]
    matrices = {"real": real, "synthetic": synthetic, "difference": synthetic - real}
    return {"names": names} | {key: np.round(matrix, 3).tolist() for key, matrix in matrices.items()}


def _shown(data: EvaluationData, measured: list[_Pair]) -> list[str]:
    """The columns of the heat maps, in table order: the target and those that hang together most."""
    names = list(data.compared)
    if len(names) <= MATRIX_COLUMNS:
        return names
    weight = dict.fromkeys(names, 0.0)
    for pair in measured:
        for name in pair.names:
            weight[name] += pair.strengths[0]
    if data.schema.target in weight:
        weight[data.schema.target] = float("inf")
    chosen = set(sorted(names, key=lambda name: -weight[name])[:MATRIX_COLUMNS])
    return [name for name in names if name in chosen]

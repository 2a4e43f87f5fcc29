"""Rows of a plain table as inputs of boosted trees, and cross-fitted chances of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthloom.conditions.comparing import comparable
from synthloom.data import Table
from synthloom.evaluation.features import boosting_settings
from synthloom.randomness import RandomStream

_TREES = 150
_RATE = 0.06
_SMALLEST_SHARE = 1e-6


@dataclass(frozen=True)
class RowInputs:
    """How the columns of one table become a matrix: numbers as they are, texts as codes by frequency.

    Attributes:
        names: the columns that are looked at.
        codes: for columns of text, the code of each known value.
        forms: strptime formats of dates that are written as text.
    """

    names: tuple[str, ...]
    codes: dict[str, dict[str, int]]
    forms: dict[str, str | None]

    @classmethod
    def of(cls, table: Table, names: Sequence[str], forms: dict[str, str | None] | None = None) -> RowInputs:
        """The inputs that ``names`` give, learned from ``table``."""
        import pyarrow.compute as pc

        forms = forms or {}
        codes = {}
        for name in names:
            values, _ = comparable(table.column(name), forms.get(name))
            if not isinstance(values, np.ndarray):
                counts = pc.value_counts(values.drop_null())
                pairs = sorted(
                    zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True),
                    key=lambda pair: (-pair[1], pair[0]),
                )
                codes[name] = {value: place for place, (value, _) in enumerate(pairs)}
        return cls(tuple(names), codes, dict(forms))

    def matrix(self, table: Table) -> np.ndarray:
        """float64 [rows, inputs]; NaN where a value is missing or was never seen."""
        columns = [self._column(table, name) for name in self.names]
        return np.column_stack(columns) if columns else np.zeros((table.n_rows, 1))

    def _column(self, table: Table, name: str) -> np.ndarray:
        values, missing = comparable(table.column(name), self.forms.get(name))
        if isinstance(values, np.ndarray):
            return np.where(missing, np.nan, values.astype(np.float64))
        known = self.codes.get(name, {})
        return np.array([known.get(v, np.nan) if v is not None else np.nan for v in values.to_pylist()], dtype=float)


def fit_chances(
    inputs: np.ndarray, codes: np.ndarray, classes: int, stream: RandomStream, weights: np.ndarray | None = None
) -> Callable[[np.ndarray], np.ndarray]:
    """Boosted trees (LightGBM) that give the chances of classes, float64 [rows, classes].

    Args:
        inputs: float64 [n, inputs].
        codes: int64 [n], the class of each row.
        classes: how many classes there are; those without a row get no chance.
        stream: the randomness of the fit.
        weights: float64 [n], how much each row counts.
    """
    import lightgbm

    present = np.unique(codes)
    if len(present) < 2:
        return lambda rows: np.tile(np.eye(classes)[present[0]], (len(rows), 1))
    settings: dict[str, Any] = boosting_settings(inputs.shape, stream, 1) | {"learning_rate": _RATE, "num_leaves": 15}
    two = len(present) == 2
    settings |= {"objective": "binary"} if two else {"objective": "multiclass", "num_class": len(present)}
    trees = _TREES if two else max(50, _TREES * 2 // len(present))
    settings["learning_rate"] = min(0.15, _RATE * _TREES / trees)
    data = lightgbm.Dataset(inputs, np.searchsorted(present, codes), weight=weights)
    model = lightgbm.train(settings, data, trees)

    def predict(rows: np.ndarray) -> np.ndarray:
        made = np.asarray(model.predict(rows))
        out = np.zeros((len(rows), classes))
        out[:, present] = np.column_stack([1 - made, made]) if two else made
        return out

    return predict


def crossfit_chances(
    inputs: np.ndarray,
    codes: np.ndarray,
    classes: int,
    stream: RandomStream,
    folds: int = 4,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """The chances of each row's classes by models that never saw the row, float64 [n, classes]."""
    fold = stream.child("folds").generator().permutation(len(codes)) % folds
    out = np.zeros((len(codes), classes))
    for part in range(folds):
        inside = fold == part
        counted = None if weights is None else weights[~inside]
        predict = fit_chances(inputs[~inside], codes[~inside], classes, stream.child("fold", part), counted)
        out[inside] = predict(inputs[inside])
    return np.clip(out, _SMALLEST_SHARE, 1.0)

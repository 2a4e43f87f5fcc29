"""Near copies: synthetic rows that equal a training row in all compared columns but at most one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.privacy.copy_control import CopyControl, control_copies, samples_like_holdout
from synthloom.evaluation.privacy.row_keys import RowKeys, compared_keys
from synthloom.evaluation.statistics import share_interval
from synthloom.finding import Direction, Family, Finding

MAXIMUM_ROWS = 50_000
MINIMUM_COLUMNS = 3
_GUESSES = 5_000


class NearCopies(Metric):
    """The share of synthetic rows that are a training row but for one value, with both controls."""

    name: ClassVar[str] = "near_copies"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The share of synthetic rows that equal a training row in all columns but one; "
        "holdout rows show how often that is chance."
    )
    cost: ClassVar[float] = 1.0
    attacker: ClassVar[str | None] = "holds the synthetic rows and knows all but one value of a person's row"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of near copies with its controls."""
        if len(data.compared) < MINIMUM_COLUMNS:
            return [
                self.unmeasured(f"a near copy says nothing in a table of fewer than {MINIMUM_COLUMNS} compared columns")
            ]
        keys = compared_keys(data)
        generator = data.stream.child(self.name, "rows").generator()
        asked = {
            part: np.sort(generator.permutation(len(keys.totals[part]))[:MAXIMUM_ROWS])
            for part in ("synthetic", "holdout")
        }
        samples = samples_like_holdout(
            len(keys.totals["train"]), len(keys.totals["holdout"]), data.stream.child(self.name, "target")
        )
        control, guessed = _near(keys, asked, samples)
        thinned = [
            f"{len(rows):,} of {len(keys.totals[part]):,} {part}"
            for part, rows in asked.items()
            if len(rows) < len(keys.totals[part])
        ]
        return [
            self.finding(
                control.share,
                error=control.error,
                reference=control.natural,
                interval=share_interval(control.detail["copies"], len(asked["synthetic"])),
                verdict=control.verdict,
                note=f"looked at random rows: {', '.join(thinned)}" if thinned else None,
                detail={"baseline": round(guessed, 6), **control.detail},
            )
        ]


def _near(keys: RowKeys, asked: dict[str, np.ndarray], samples: list[np.ndarray]) -> tuple[CopyControl, float]:
    """Which asked rows repeat a row but for one column, held against both controls; and how many guesses do."""
    copied = {part: np.zeros(len(rows), bool) for part, rows in asked.items()}
    repeated = np.zeros(len(asked["synthetic"]), np.uint64)
    found = [np.zeros_like(repeated) for _ in samples]
    guesses = keys.guessed("synthetic")
    lucky = np.zeros(min(_GUESSES, len(guesses)), bool)
    for name in keys.columns:
        column = keys.of_column(name)
        # the key of each row without this column
        train, holdout, synthetic = (keys.totals[part] - column[part] for part in ("train", "holdout", "synthetic"))
        ours, theirs = synthetic[asked["synthetic"]], holdout[asked["holdout"]]
        guess = (guesses - keys.guess_of(name, column["synthetic"]))[: len(lucky)]
        hit = np.isin(np.concatenate([ours, theirs, guess]), train)
        copied["synthetic"] |= hit[: len(ours)]
        copied["holdout"] |= hit[len(ours) : len(ours) + len(theirs)]
        lucky |= hit[len(ours) + len(theirs) :]
        for mark, some in zip(found, samples, strict=True):
            _mark(mark, ours, hit[: len(ours)], train[some], keys.totals["train"][some])
        _mark(repeated, ours, np.isin(ours, holdout), holdout, keys.totals["holdout"])
    control = control_copies(
        "near_copies",
        synthetic=copied["synthetic"],
        holdout=copied["holdout"],
        found=[(mark, repeated) for mark in found],
        scale=len(keys.totals["train"]) / len(samples[0]),
    )
    return control, float(lucky.mean())


def _mark(mark: np.ndarray, ours: np.ndarray, known: np.ndarray, target: np.ndarray, totals: np.ndarray) -> None:
    """Notes for the rows known to have one which target row it is."""
    if known.any():  # in a wide table hardly any row needs the dearer look
        mark[known] = np.maximum(mark[known], _row_found(ours[known], target, totals))


def _row_found(asked: np.ndarray, target: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """For each asked key the key (in ``totals``) of a whole target row that has it; 0 for none."""
    order = np.argsort(target, kind="stable")
    place = np.minimum(np.searchsorted(target[order], asked), len(target) - 1)
    row = order[place]
    return np.where(target[row] == asked, totals[row], np.uint64(0))

"""What a study found: one test for each table and learner, and the counts that sum them up.

The protocol follows the evaluation of the Synthetic Data Vault (Patki, Wedge and Veeramachaneni, "The
Synthetic Data Vault", 2016), where predictive work done on synthetic data was compared with the same
work on real data, and 11 of 15 comparisons showed no significant difference. "No significant
difference" alone rewards weak tests, so each test here also tells its power, and whether the scores
are *equivalent* within a margin.

Several tests at once: whether a difference is significant is told without correction first, because a
correction would hide differences; one test in twenty then finds one where there is none. Equivalence,
which a correction makes harder to claim, is told both ways (Holm 1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from synthloom.evaluation.utility.equivalence import (
    DEFAULT_MARGIN,
    LEVEL,
    Difference,
    Status,
    corrected_difference,
    holm,
)

ENOUGH_POWER = 0.8


@dataclass(frozen=True)
class StudyTest:
    """One table and one learner: do models trained on real and on synthetic rows score differently?

    Attributes:
        table: the table's name.
        target: the column predicted.
        learner: the learner's name.
        score: ``AUC`` or ``R2``.
        splits: how many random splits there were.
        training_rows: rows that each model was trained on, mean over splits.
        holdout_rows: real rows that models were scored on in each split, mean over splits.
        real: mean score of models trained on real rows.
        synthetic: mean score of models trained on synthetic rows.
        difference: real less synthetic.
        error: its corrected standard error.
        interval: 95 % interval of the difference.
        p_difference: two-sided p-value of "there is no difference".
        p_difference_holm: the same with all tests of the study together.
        power: chance that the test would find a difference of ``detectable``.
        p_equivalence: p-value of "they differ by the margin or more" (two one-sided tests).
        p_equivalence_holm: the same with all tests of the study together.
        status: ``equivalent``, ``worse``, ``better`` or ``undecided``.
        words: the status as a clause.
    """

    table: str
    target: str
    learner: str
    score: str
    splits: int
    training_rows: int
    holdout_rows: int
    real: float
    synthetic: float
    difference: float
    error: float
    interval: tuple[float, float]
    p_difference: float
    p_difference_holm: float
    power: float
    p_equivalence: float
    p_equivalence_holm: float
    status: Status
    words: str

    @property
    def significant(self) -> bool:
        """Whether the test found a difference (without correction for the other tests)."""
        return self.p_difference < LEVEL

    @property
    def equivalent(self) -> bool:
        """Whether the scores are equivalent within the margin (without correction)."""
        return self.p_equivalence < LEVEL

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        return state | {"interval": list(self.interval), "significant": self.significant, "equivalent": self.equivalent}


@dataclass(frozen=True)
class StudySummary:
    """The counts of a study.

    Attributes:
        tests: how many tests there were.
        no_difference: in how many no significant difference was found, without correction.
        no_difference_holm: the same by Holm's correction.
        powered: how many had a power of at least 0.8.
        equivalent: in how many the scores are equivalent within the margin.
        equivalent_holm: the same by Holm's correction.
        margin: the margin of equivalence.
        detectable: the difference that the power speaks of.
    """

    tests: int
    no_difference: int
    no_difference_holm: int
    powered: int
    equivalent: int
    equivalent_holm: int
    margin: float
    detectable: float

    @property
    def sentence(self) -> str:
        """The counts in words."""
        return (
            f"In {self.no_difference} of {self.tests} tests models trained on synthetic rows scored without "
            f"significant difference from models trained on real rows ({self.no_difference_holm} by Holm). "
            f"In {self.equivalent} the scores are equivalent within {self.margin:g} ({self.equivalent_holm} by Holm's "
            f"correction). {self.powered} had a power of {ENOUGH_POWER:g} or more for a difference of "
            f"{self.detectable:g}; by chance alone about {self.tests * LEVEL:.1f} would show a difference."
        )


def make_tests(
    scores: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]],
    *,
    margin: float = DEFAULT_MARGIN,
    detectable: float = DEFAULT_MARGIN,
) -> list[StudyTest]:
    """The tests of a study.

    Args:
        scores: for each (table, learner) one mapping a split, with ``real``, ``synthetic``, ``target``,
            ``score``, ``training_rows`` and ``holdout_rows``.
        margin: difference of scores that counts as none.
        detectable: difference for which the power is told.
    """
    measured: list[tuple[str, str, Sequence[Mapping[str, Any]], Difference]] = []
    for (table, learner), splits in scores.items():
        rows = {key: _mean(splits, key) for key in ("holdout_rows", "training_rows")}
        gaps = [float(split["real"]) - float(split["synthetic"]) for split in splits]
        measured.append(
            (table, learner, splits, corrected_difference(gaps, rows["holdout_rows"], rows["training_rows"]))
        )
    differing = holm([found.p_difference for *_, found in measured])
    agreeing = holm([found.p_equivalence(margin) for *_, found in measured])
    return [
        StudyTest(
            table=table,
            target=str(splits[0]["target"]),
            learner=learner,
            score=str(splits[0]["score"]),
            splits=len(splits),
            training_rows=round(_mean(splits, "training_rows")),
            holdout_rows=round(_mean(splits, "holdout_rows")),
            real=_mean(splits, "real"),
            synthetic=_mean(splits, "synthetic"),
            difference=found.value,
            error=found.error if math.isfinite(found.error) else 0.0,
            interval=found.interval() if math.isfinite(found.error) else (-1.0, 1.0),
            p_difference=found.p_difference,
            p_difference_holm=differing[place],
            power=found.power(detectable),
            p_equivalence=found.p_equivalence(margin),
            p_equivalence_holm=agreeing[place],
            status=found.status(margin),
            words=found.words(margin, str(splits[0]["score"]), "holdout")
            if math.isfinite(found.error)
            else "undecided: one split tells nothing of chance",
        )
        for place, (table, learner, splits, found) in enumerate(measured)
    ]


def _mean(splits: Sequence[Mapping[str, Any]], key: str) -> float:
    return sum(float(split[key]) for split in splits) / len(splits)


def summarise(tests: Sequence[StudyTest], *, margin: float, detectable: float) -> StudySummary:
    """The counts of some tests."""
    return StudySummary(
        tests=len(tests),
        no_difference=sum(not test.significant for test in tests),
        no_difference_holm=sum(test.p_difference_holm >= LEVEL for test in tests),
        powered=sum(test.power >= ENOUGH_POWER for test in tests),
        equivalent=sum(test.equivalent for test in tests),
        equivalent_holm=sum(test.p_equivalence_holm < LEVEL for test in tests),
        margin=margin,
        detectable=detectable,
    )

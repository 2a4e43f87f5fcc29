"""How differently a model treats groups when it was trained on synthetic instead of real rows.

Both models (gradient boosting, those of ``tstr_gap``) decide over the same real holdout rows; a row is
selected when its likeliest class is the outcome. Fairlearn's definitions (Bird et al. 2020): the
demographic parity difference is the largest less the smallest selection rate over the groups; the
equal opportunity difference the same of the true positive rate (Hardt, Price and Srebro 2016); the
equalised odds difference the larger of those of true and false positive rates. Calibration (Kleinberg,
Mullainathan and Raghavan 2017), in the large: the mean prediction of a group less the share for which
the outcome came true, and the largest less the smallest of these over the groups.

The error covers the draw of the holdout rows (re-drawn for both models together) and of the training
rows (from the refits of :mod:`~synthloom.evaluation.utility.bench`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.fairness.disparity import DRAWS, Disparity, FairnessMetric, spread
from synthloom.evaluation.fairness.groups import MINIMUM_GROUP, Grouping, groupings
from synthloom.evaluation.fairness.outcomes import Outcome, find_outcomes, left_out
from synthloom.evaluation.statistics import interval_around, share_interval
from synthloom.evaluation.utility.bench import Bench, Source
from synthloom.finding import Finding

_SOURCES: tuple[Source, Source] = ("real", "synthetic")


@dataclass(frozen=True)
class Decisions:
    """What one model says of some rows.

    Attributes:
        selected: whether the outcome is what it expects, ``[rows]`` of bool.
        surplus: predicted less true: of the probability, or of the number in standard deviations.
    """

    selected: np.ndarray
    surplus: np.ndarray


@dataclass(frozen=True)
class Notion:
    """A notion of fairness: the conditional rates it compares.

    Attributes:
        name: as the finding is called.
        rates: among which rows the selection rate is taken: ``all``, those with the outcome
            (``true``), those without (``false``); empty for calibration.
    """

    name: str
    rates: tuple[str, ...]


NOTIONS = (
    Notion("demographic_parity", ("all",)),
    Notion("equal_opportunity", ("true",)),
    Notion("equalised_odds", ("true", "false")),
    Notion("calibration_gap", ()),
)


def model_disparities(data: EvaluationData) -> list[Disparity] | str:
    """Every notion for every grouping and outcome, of models trained on synthetic and on real rows."""
    bench, outcomes = Bench.of(data, "boosting"), find_outcomes(data)
    if isinstance(bench, str):
        return bench
    if isinstance(outcomes, str):
        return outcomes

    def build() -> list[Disparity]:
        chosen = [grouping for grouping in groupings(data) if grouping.name != data.schema.target]
        found = []
        for outcome in outcomes:
            audit = _Audit(bench, outcome)
            found += [audit.disparity(notion, grouping) for grouping in chosen for notion in NOTIONS]
        return [each for each in found if each is not None]

    return bench.once(("model disparities",), build)


class _Audit:
    """The decisions on one outcome, and the disparities that come of them."""

    def __init__(self, bench: Bench, outcome: Outcome) -> None:
        self._bench, self._outcome = bench, outcome
        self._rows = bench.rows["holdout"]
        self._truth = outcome.truth["holdout"][self._rows]
        target = bench.truth("holdout")
        self._target, self._scale = target, max(float(target.std()), 1e-12)
        self._made = {s: self._decide(np.mean(bench.predictions(s), axis=0), slice(None)) for s in _SOURCES}
        self._refits: dict[Source, list[list[Decisions]]] = {}
        if bench.has_refits:
            tested = bench.refit_tested
            for source in _SOURCES:
                self._refits[source] = [
                    [self._decide(p, tested) for p in quarters] for quarters in bench.refits(source)
                ]

    def _decide(self, predicted: np.ndarray, rows: Any) -> Decisions:
        code = self._outcome.code
        if code is None:
            return Decisions(predicted > self._outcome.threshold, (predicted - self._target[rows]) / self._scale)
        chance = predicted[:, code]
        return Decisions(predicted.argmax(axis=1) == code, chance - self._truth[rows])

    def disparity(self, notion: Notion, grouping: Grouping) -> Disparity | None:
        """One notion between the groups of one grouping; ``None`` where fewer than two can be judged."""
        codes, truth = grouping.codes["holdout"][self._rows], self._truth
        size = len(grouping.labels)
        count = np.bincount(codes, minlength=size)
        enough = count >= MINIMUM_GROUP
        for rate in notion.rates:
            enough &= np.bincount(codes[_among(rate, truth)], minlength=size) >= MINIMUM_GROUP
        judged = np.flatnonzero(enough)
        if len(judged) < 2:
            return None
        figure = self._figure(notion, codes, judged)
        tested = self._bench.refit_tested
        on_tested = self._figure(notion, codes, judged, tested)
        real, synthetic = (figure(self._made[source]) for source in _SOURCES)
        drawn = self._drawn(notion, codes, judged)
        errors = [float((drawn[1] - drawn[0]).std(ddof=1))]
        own = [float(drawn[1].std(ddof=1))]
        if self._refits:
            spreads = {s: [[on_tested(made) for made in quarters] for quarters in self._refits[s]] for s in _SOURCES}
            draw = self._bench.draw_errors(spreads)
            errors += draw
            own.append(draw[1])
        return Disparity(
            notion.name,
            grouping.name,
            grouping.crossed,
            self._outcome.words,
            min(1.0, synthetic),
            min(1.0, real),
            float(np.linalg.norm(errors)),
            float(np.linalg.norm(own)),
            self._group_rows(notion, grouping, codes, judged),
            left_out(grouping, enough, count),
        )

    def _figure(
        self, notion: Notion, codes: np.ndarray, judged: np.ndarray, rows: np.ndarray | None = None
    ) -> Callable[[Decisions], float]:
        """The disparity of given decisions on all rows, or on some of them."""
        codes, truth = (codes, self._truth) if rows is None else (codes[rows], self._truth[rows])

        def measured(made: Decisions) -> float:
            if not notion.rates:
                return float(spread(_means(made.surplus, codes)[judged]))
            rates = (_means(made.selected, codes, _among(rate, truth))[judged] for rate in notion.rates)
            return max(float(spread(rate)) for rate in rates)

        def _means(values: np.ndarray, groups: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
            if among is not None:
                values, groups = values[among], groups[among]
            size = int(judged.max()) + 1
            count = np.bincount(groups, minlength=size)
            means = np.bincount(groups, weights=values.astype(np.float64), minlength=size) / np.maximum(count, 1)
            # of the few rows that refits are tried on a group may have none: it then stands in the middle
            middle = float(values.mean()) if len(values) else 0.0
            return np.where(count > 0, means, middle)

        return measured

    def _drawn(self, notion: Notion, codes: np.ndarray, judged: np.ndarray) -> np.ndarray:
        """The disparities of both models on re-drawn holdout rows, ``[2, draws]``."""
        generator = self._bench.data.stream.child("fairness", notion.name, self._outcome.words).generator()
        groups = [codes == g for g in judged]
        if not notion.rates:
            return spread(np.stack([self._drawn_surplus(rows, generator) for rows in groups], axis=-1))
        cells = [self._drawn_cells(rows, generator) for rows in groups]
        worst = np.zeros((2, DRAWS))
        for rate in notion.rates:
            per_group = np.stack([_rates_of(each, rate) for each in cells], axis=-1)
            worst = np.maximum(worst, spread(per_group))
        return worst

    def _drawn_surplus(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Mean surplus of one group by both models on re-drawn rows, ``[2, draws]``, by the central limit theorem."""
        both = np.stack([self._made[source].surplus[rows] for source in _SOURCES])
        covariance = np.cov(both) / both.shape[1]
        draws = generator.multivariate_normal(both.mean(axis=1), covariance, DRAWS, method="svd")
        return np.asarray(draws.T)

    def _drawn_cells(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Counts of (truth, real model's choice, synthetic model's choice) on re-drawn rows, ``[draws, 2, 2, 2]``."""
        made = [self._made[source].selected[rows] for source in _SOURCES]
        cell = 4 * self._truth[rows].astype(np.int64) + 2 * made[0] + made[1]
        count = np.bincount(cell, minlength=8)
        drawn = generator.multinomial(count.sum(), count / count.sum(), DRAWS)
        return np.asarray(drawn.reshape(DRAWS, 2, 2, 2))

    def _group_rows(self, notion: Notion, grouping: Grouping, codes: np.ndarray, judged: np.ndarray) -> list[list[Any]]:
        rate = notion.rates[0] if notion.rates else "all"
        among = _among(rate, self._truth)
        out = []
        for g in judged:
            rows = (codes == g) & among
            cells: list[Any] = [grouping.labels[g], int(rows.sum())]
            for source in _SOURCES:
                made = self._made[source]
                if notion.rates:
                    hits = int(made.selected[rows].sum())
                    value, ends = hits / int(rows.sum()), share_interval(hits, int(rows.sum()))
                else:
                    surplus = made.surplus[rows]
                    value = float(surplus.mean())
                    ends = interval_around(value, float(surplus.std(ddof=1)) / np.sqrt(len(surplus)))
                cells += [round(value, 4), round(ends[0], 4), round(ends[1], 4)]
            out.append(cells)
        return out


def _among(rate: str, truth: np.ndarray) -> np.ndarray:
    """The rows among which a rate is taken."""
    return {"all": np.ones(len(truth), bool), "true": truth, "false": ~truth}[rate]


def _rates_of(cells: np.ndarray, rate: str) -> np.ndarray:
    """Selection rates of the real and of the synthetic model from drawn cells, ``[2, draws]``."""
    kept = {"all": cells.sum(axis=1), "true": cells[:, 1], "false": cells[:, 0]}[rate]
    total = np.maximum(kept.sum(axis=(1, 2)), 1)
    return np.stack([kept[:, 1, :].sum(axis=1) / total, kept[:, :, 1].sum(axis=1) / total])


class ModelParity(FairnessMetric):
    """Disparities of a model trained on synthetic rows, by four notions; that of selection rates comes first."""

    name: ClassVar[str] = "demographic_parity"
    meaning: ClassVar[str] = (
        "How far groups differ in how often a model trained on synthetic rows selects them; the reference is a model "
        "trained on real rows."
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """For each notion the grouping where the difference grew most clearly, and each sensitive column."""
        found = model_disparities(data)
        findings = []
        for notion in NOTIONS:
            own = found if isinstance(found, str) else [each for each in found if each.notion == notion.name]
            findings += self.from_disparities(data, own, name=notion.name, meaning=_MEANINGS[notion.name])
        return findings


_MEANINGS = {
    "demographic_parity": ModelParity.meaning,
    "equal_opportunity": (
        "How far groups differ in how often a model trained on synthetic rows finds those with the outcome; the "
        "reference is a model trained on real rows."
    ),
    "equalised_odds": (
        "How far groups differ in how often a model trained on synthetic rows is right or wrong to select them; the "
        "reference is a model trained on real rows."
    ),
    "calibration_gap": (
        "How far groups differ in how much a model trained on synthetic rows over- or underrates them; the reference "
        "is a model trained on real rows."
    ),
}

"""From the scores of all splits to advice: whether added rows help, which, how many, and what they are worth.

The gain that counts is that of the whole procedure: on each outer split the rows to add were chosen on
inner splits of its training rows alone, so choosing the best of several does not flatter it (Varma and
Simon, "Bias in error estimation when using cross-validation for model selection", 2006). Its interval
covers the draw of training and of tested rows by Nadeau and Bengio's correction (2003). What the gain is
worth in real rows is the ratio of two estimates, the gain and the slope of the real rows' learning curve
over the logarithm of their number, with Fieller's interval ("Some problems in interval estimation",
1954). Learning curves flatten, so the true worth is rather more than this line says, not less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from synthloom.evaluation.utility.equivalence import Difference, corrected_difference
from synthloom.guidance.augmentation_scores import MEASURES

Verdict = Literal["helps", "no gain shown", "hurts"]
NONE = "none"
MOST_WORTH = 100.0
"""Times the real rows above which a worth is not told."""


@dataclass(frozen=True)
class Gain:
    """A mean difference over splits, with its interval.

    Attributes:
        value: with added rows less without.
        low, high: the 95 % interval.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, difference: Difference) -> Gain:
        """The gain that a difference is."""
        return cls(difference.value, *difference.interval())

    @property
    def words(self) -> str:
        """Value and interval."""
        return f"{self.value:+.4f} (95 % interval {self.low:+.4f} to {self.high:+.4f})".replace("-", "−")


@dataclass(frozen=True)
class CurvePoint:
    """One way of adding rows: its kind, synthetic rows for each real one, its mean score and its gain."""

    kind: str
    multiple: float
    score: float
    gain: Gain


@dataclass(frozen=True)
class Worth:
    """How many more real rows would gain as much.

    Attributes:
        rows: the estimate, negative where added rows cost as much as losing real ones; ``None`` if untold.
        low, high: its 95 % interval; ``None`` where it is open.
        words: the same in a sentence.
    """

    rows: float | None
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True)
class LearnerAdvice:
    """The advice for one learner.

    Attributes:
        learner: its name.
        measure: the score that decides.
        verdict: ``helps``, ``no gain shown`` or ``hurts``.
        kind, multiple: the way of adding rows, of those tried, whose gain is surest.
        without: the mean score without added rows.
        gain: that of the whole procedure, chosen on inner splits, on outer test rows.
        best: the gain of the best way on the same rows (it flatters: it was chosen by them).
        harm: other scores that got worse beyond their interval.
        curve: every way that was tried.
        real_curve: (real rows, mean score) without added rows.
        worth: what the best way is worth in real rows.
        sentence: the verdict in words.
    """

    learner: str
    measure: str
    verdict: Verdict
    kind: str
    multiple: float
    without: float
    gain: Gain
    best: Gain
    harm: tuple[str, ...]
    curve: tuple[CurvePoint, ...]
    real_curve: tuple[tuple[int, float], ...]
    worth: Worth
    sentence: str

    @property
    def recommended(self) -> bool:
        """Whether rows should be added."""
        return self.verdict == "helps"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"recommended": self.recommended}


def way_name(kind: str, multiple: float) -> str:
    """The name of a way of adding rows, such as ``balanced:0.5``."""
    return f"{kind}:{multiple:g}"


def surest_way(tried: Sequence[Mapping[str, float]], ratio: float) -> str:
    """The way whose mean gain over the inner splits stands farthest above its own error; ``none`` if none does.

    A way must beat doing nothing by one standard error (the rule of Breiman and others, "Classification and
    Regression Trees", 1984), or chance would choose one nearly always.

    Args:
        tried: for each inner split the score of every way, ``none`` among them.
        ratio: tested rows for each training row.
    """
    best, chosen = 0.0, NONE
    for way in tried[0] if tried else ():
        if way != NONE:
            found = corrected_difference([scores[way] - scores[NONE] for scores in tried], ratio, 1.0)
            if found.value - found.error > best:
                best, chosen = found.value - found.error, way
    return chosen


def advise(learner: str, measure: str, splits: Sequence[Mapping[str, Any]]) -> LearnerAdvice:
    """The advice that the splits bear.

    Args:
        learner: whose models.
        measure: the score that decides.
        splits: one mapping an outer split, with ``chosen`` (way by learner), ``outer`` (score by learner,
            way and measure; ``none`` and ``real:SHARE`` among the ways), ``training_rows``, ``tested_rows``.
    """
    rows, tested = (float(np.mean([split[key] for split in splits])) for key in ("training_rows", "tested_rows"))

    def values(way: str, score: str = measure) -> np.ndarray:
        return np.array([split["outer"][learner][way][score] for split in splits])

    def gain(scores: np.ndarray, score: str = measure) -> Gain:
        return Gain.of(corrected_difference((scores - values(NONE, score)).tolist(), tested, rows))

    ways = [way for way in splits[0]["outer"][learner] if way != NONE and not way.startswith("real:")]
    curve = []
    for way in ways:
        kind, _, multiple = way.partition(":")
        curve.append(CurvePoint(kind, float(multiple), float(values(way).mean()), gain(values(way))))
    best = max(curve, key=lambda point: point.gain.low)
    name = way_name(best.kind, best.multiple)
    procedure = gain(np.array([s["outer"][learner][s["chosen"][learner]][measure] for s in splits]))
    others = [score for score in splits[0]["outer"][learner][NONE] if score != measure]
    harm = tuple(score for score in others if gain(values(name, score), score).high < 0)
    verdict: Verdict = "no gain shown"
    if procedure.low > 0 and best.gain.low > 0 and not harm:
        verdict = "helps"
    elif max(point.gain.high for point in curve) < 0:
        verdict = "hurts"
    shares = sorted(float(way[5:]) for way in splits[0]["outer"][learner] if way.startswith("real:"))
    points = [(round(share * rows), float(values(f"real:{share:g}").mean())) for share in shares]
    without = float(values(NONE).mean())
    worth = _worth(values(name) - values(NONE), _slopes(values, shares), rows, tested)
    return LearnerAdvice(
        learner=learner,
        measure=measure,
        verdict=verdict,
        kind=best.kind,
        multiple=best.multiple,
        without=without,
        gain=procedure,
        best=best.gain,
        harm=harm,
        curve=tuple(curve),
        real_curve=(*points, (round(rows), without)),
        worth=worth,
        sentence=_sentence(verdict, best, procedure, harm, measure, worth),
    )


def _slopes(values: Any, shares: list[float]) -> np.ndarray:
    """The slope of the score over the logarithm of the number of real rows, for each split."""
    logs = np.log([*shares, 1.0])
    scores = np.stack([*(values(f"real:{share:g}") for share in shares), values(NONE)])
    centred = logs - logs.mean()
    return np.asarray(centred @ scores / (centred @ centred))


def _worth(gains: np.ndarray, slopes: np.ndarray, rows: float, tested: float) -> Worth:
    """Fieller's interval of gain over slope, as rows: ``rows * (exp(ratio) - 1)``."""
    slope = corrected_difference(slopes.tolist(), tested, rows)
    if not math.isfinite(slope.error) or slope.interval()[0] <= 0:
        said = "More real rows did not raise the score beyond chance here, so the gain has no worth in real rows."
        return Worth(None, None, None, said)
    factor = 1 / len(gains) + tested / rows
    covariance = np.cov(gains, slopes, ddof=1) * factor
    square = slope.quantile(0.975) ** 2
    a = slope.value**2 - square * covariance[1, 1]
    b = slope.value * float(gains.mean()) - square * covariance[0, 1]
    c = float(gains.mean()) ** 2 - square * covariance[0, 0]
    root = math.sqrt(max(0.0, b * b - a * c))
    value, low, high = (_as_rows(ratio, rows) for ratio in (gains.mean() / slope.value, (b - root) / a, (b + root) / a))
    return Worth(value, low, high, _worth_words(value, low, high, rows))


def _as_rows(ratio: float, rows: float) -> float | None:
    return None if ratio > math.log(MOST_WORTH + 1) else rows * math.expm1(ratio)


def _worth_words(value: float | None, low: float | None, high: float | None, rows: float) -> str:
    def said(number: float | None) -> str:
        return f"more than {MOST_WORTH * rows:,.0f}" if number is None else f"{number:,.0f}".replace("-", "−")

    within = f"(95 % interval {said(low)} to {said(high)})"
    if value is not None and value < 0:
        return f"At {rows:,.0f} real rows it costs as much as having {-value:,.0f} fewer real rows {within}."
    return f"At {rows:,.0f} real rows it is worth {said(value)} more real rows {within}."


def _sentence(verdict: Verdict, best: CurvePoint, gain: Gain, harm: tuple[str, ...], measure: str, worth: Worth) -> str:
    unit = MEASURES[measure].words
    way = f"{best.multiple:g} {best.kind} synthetic rows for each real one"
    if verdict == "helps":
        return f"Synthetic rows help: {way} gain {gain.words} of {unit}. {worth.words}"
    if verdict == "hurts":
        gained = f"gains {best.gain.words} of {unit}"
        return f"Synthetic rows hurt here in every amount that was tried; the best, {way}, {gained}."
    why = f"the best way tried, {way}, gains {best.gain.words} of {unit}; "
    if gain.low == gain.high == 0:
        why += "on the inner splits no way beat doing nothing by more than its error"
    else:
        why += f"chosen without sight of the tested rows, {gain.words}"
    if harm:
        why += f", and {', '.join(MEASURES[score].words for score in harm)} gets worse"
    return f"Synthetic rows do not help here as far as can be told: {why}."

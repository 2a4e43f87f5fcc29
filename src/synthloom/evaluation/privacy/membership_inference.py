"""Membership inference: can an attacker tell whose row the synthesizer learned from?

The attacker has the synthetic rows, other real rows of the same kind (the reference), and a candidate
row. The guess is how much nearer the candidate lies to the nearest synthetic row than to the nearest
reference row: a row that is near synthetic rows only because it is common is near reference rows too
(calibration: Watson et al., "On the Importance of Difficulty Calibration in Membership Inference
Attacks", ICLR 2022; with synthetic data: van Breugel et al., "Membership Inference Attacks against
Synthetic Data through Overfitting Detection", AISTATS 2023).

Members are training rows, the others one half of the holdout; the other half is the reference; then
the halves change places. The control runs the same attack with training rows that are not among the
candidates in the place of synthetic rows: fresh real rows, which betray nobody. A second check asks
what the attack would reach if the training rows themselves had been released; where that is little
more than chance (tables so coarse that everybody has a twin), the attack proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import nearest_distances, shared_space
from synthloom.evaluation.privacy.candidates import MINIMUM_ROWS, shuffled_places
from synthloom.evaluation.statistics import AreaUnderCurve, area_under_curve, difference_error, interval_around
from synthloom.finding import Direction, Family, Finding, Verdict

MAXIMUM_CANDIDATES = 6_000
MAXIMUM_SYNTHETIC = 40_000
MAXIMUM_CONTROL = 20_000
_QUICK_CANDIDATES, _QUICK_SYNTHETIC = 2_000, 10_000
_FALSE_POSITIVES = 0.01
_OUTLIERS = 0.1
_POWER_ROWS = 1_000
_NO_POWER = 0.6
_NOTHING = 1e-3


@dataclass(frozen=True)
class _Attack:
    """One half's guesses for members and others, by the synthetic rows and by the control's rows."""

    members: np.ndarray
    others: np.ndarray
    control_members: np.ndarray
    control_others: np.ndarray
    odd_members: np.ndarray
    odd_others: np.ndarray

    def areas(self, *, odd: bool = False) -> tuple[AreaUnderCurve, AreaUnderCurve] | None:
        """The areas of the attack and of its control, over all rows or over outliers."""
        inside = self.odd_members if odd else np.ones(len(self.members), bool)
        outside = self.odd_others if odd else np.ones(len(self.others), bool)
        if inside.sum() < 2 or outside.sum() < 2:
            return None
        return (
            area_under_curve(self.members[inside], self.others[outside]),
            area_under_curve(self.control_members[inside], self.control_others[outside]),
        )


class MembershipInference(Metric):
    """How well training rows are told from rows not seen: 0.5 is a coin toss."""

    name: ClassVar[str] = "membership_inference"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.5
    meaning: ClassVar[str] = (
        "How well an attacker with the synthetic rows tells training rows from unseen rows: "
        "0.5 is a coin toss, 1 is always."
    )
    quick: ClassVar[bool] = True
    cost: ClassVar[float] = 4.0
    attacker: ClassVar[str | None] = (
        "holds the synthetic rows, other real rows of the same kind, and the whole row of the person in question"
    )

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The area under the curve, the true-positive rate at 1 %, and the area among outliers."""
        if not data.compared:
            return self._nothing("there is no column whose values may be compared")
        if data.size("holdout") < 2 * MINIMUM_ROWS or data.size("train") < 2 * MINIMUM_ROWS:
            return self._nothing(f"it takes {2 * MINIMUM_ROWS} training and {2 * MINIMUM_ROWS} holdout rows")
        setting = _Setting(data)
        attacks = [setting.attack(half) for half in (0, 1)]
        power = setting.power()
        common: dict[str, Any] = {"note": data.thinned_note(setting.limits)}
        verdict: Verdict | None = None
        if power < _NO_POWER:
            verdict = "unknown"
            blind = (
                f"this attack proves nothing here: even released training rows would be told with AUC {power:.3f} only"
            )
            common["note"] = "; ".join(filter(None, (blind, common["note"])))
        common["verdict"] = verdict
        detail = {"baseline": 0.5, "power": round(power, 4), "members": sum(len(a.members) for a in attacks)}
        return [
            self._area(attacks, {**common, "detail": detail}),
            self._true_positives(attacks, common),
            self._area(attacks, {**common, **_OUTLIER_FIELDS}, odd=True),
        ]

    def _nothing(self, reason: str) -> list[Finding]:
        return [self.unmeasured(reason, **fields) for fields in ({}, _RATE_FIELDS, _OUTLIER_FIELDS)]

    def _area(self, attacks: list[_Attack], fields: dict[str, Any], *, odd: bool = False) -> Finding:
        pairs = [found for attack in attacks if (found := attack.areas(odd=odd)) is not None]
        if not pairs:
            return self.unmeasured("too few outliers among the candidates", **{k: fields[k] for k in _OUTLIER_FIELDS})
        value, reference = (float(np.mean([pair[side].value for pair in pairs])) for side in (0, 1))
        error = float(np.sqrt(sum(pair[0].error ** 2 for pair in pairs))) / len(pairs)
        difference = float(np.sqrt(sum(difference_error(*pair) ** 2 for pair in pairs))) / len(pairs)
        fields["detail"] = {**fields.get("detail", {}), "control": round(reference, 5)}
        # a control below chance is luck, and must not make an honest attack look like a success
        return self.finding(
            value,
            error=max(difference, error),
            reference=max(reference, 0.5),
            interval=interval_around(value, error, self.range),
            **fields,
        )

    def _true_positives(self, attacks: list[_Attack], common: dict[str, Any]) -> Finding:
        if min(len(attack.others) for attack in attacks) * _FALSE_POSITIVES < 1:
            return self.unmeasured("a false-positive rate of 1 % takes 200 holdout rows", **_RATE_FIELDS)
        found = [_rate_at(attack.members, attack.others) for attack in attacks]
        control = [_rate_at(attack.control_members, attack.control_others) for attack in attacks]
        value, error = float(np.mean([rate for rate, _ in found])), _halved([error for _, error in found])
        chance = float(np.mean([_chance(len(attack.others)) for attack in attacks]))
        return self.finding(
            value,
            error=float(np.hypot(error, _halved([error for _, error in control]))),
            reference=max(chance, float(np.mean([rate for rate, _ in control]))),
            interval=interval_around(value, error, self.range),
            **common,
            detail={"baseline": round(chance, 5), "false_positives": _FALSE_POSITIVES},
            **_RATE_FIELDS,
        )


_RATE_FIELDS: dict[str, Any] = {
    "name": "membership_inference_tpr",
    "best": _FALSE_POSITIVES,
    "meaning": "The share of training rows that the attacker finds while wrongly accusing 1 %; 0.01 is guessing.",
}
_OUTLIER_FIELDS: dict[str, Any] = {
    "name": "membership_inference_outliers",
    "meaning": "How well the attacker tells training from unseen rows among the most unusual tenth: 0.5 is chance.",
}


class _Setting:
    """The points of an attack: candidates, both halves of the holdout, synthetic rows, the control's rows."""

    def __init__(self, data: EvaluationData) -> None:
        self._data = data
        candidates, most = (
            (_QUICK_CANDIDATES, _QUICK_SYNTHETIC) if data.quick else (MAXIMUM_CANDIDATES, MAXIMUM_SYNTHETIC)
        )
        space = shared_space(data)
        train, holdout = shuffled_places(data, "train"), shuffled_places(data, "holdout")
        members, others = np.split(train, [min(candidates, len(train) // 3)])
        cut = len(holdout) // 2
        self._halves = [space.points("holdout", half) for half in (holdout[:cut], holdout[cut:])]
        self._asked = max(1, min(candidates // 2, cut))
        self._members = [space.points("train", members[side::2]) for side in (0, 1)]
        self._synthetic = space.points("synthetic", data.draw("synthetic", most, "membership"))
        self._control = space.points("train", others[: min(MAXIMUM_CONTROL, len(self._synthetic))])
        self.limits = "; ".join(
            text
            for text in (
                f"{most:,} synthetic rows (a copy among the others is not seen)"
                if data.size("synthetic") > most
                else "",
                f"{2 * self._asked:,} holdout rows asked about" if cut > self._asked else "",
                "distances in a random projection" if space.projected else "",
            )
            if text
        )

    def attack(self, half: int) -> _Attack:
        """The guesses with one half of the holdout as the others, the other half as the reference."""
        others, reference = self._halves[half][: self._asked], self._halves[1 - half]
        query = np.vstack([self._members[half], others])
        far = nearest_distances(reference, query)
        odd = far >= np.quantile(far, 1 - _OUTLIERS)
        guesses = [
            np.log(far + _NOTHING) - np.log(nearest_distances(base, query) + _NOTHING)
            for base in (self._synthetic, self._control)
        ]
        cut = len(self._members[half])
        return _Attack(guesses[0][:cut], guesses[0][cut:], guesses[1][:cut], guesses[1][cut:], odd[:cut], odd[cut:])

    def power(self) -> float:
        """The area that the attack would reach if the training rows had been released as they are."""
        members = self._members[0][:_POWER_ROWS]
        others = self._halves[0][: min(_POWER_ROWS, self._asked)]
        far = nearest_distances(self._halves[1], np.vstack([members, others]))
        released = np.vstack([self._members[0], self._members[1], self._control])
        near = np.concatenate([np.zeros(len(members)), nearest_distances(released, others)])
        guess = np.log(far + _NOTHING) - np.log(near + _NOTHING)
        return area_under_curve(guess[: len(members)], guess[len(members) :]).value


def _rate_at(members: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """The true-positive rate where 1 % of the others are accused, and its standard error."""
    ordered = np.sort(others)[::-1]
    allowed = int(_FALSE_POSITIVES * len(others))
    rate = float((members > ordered[allowed]).mean())
    # the threshold is itself drawn: its error moves the rate by the slope of the curve there
    wide = float((members > ordered[min(2 * allowed, len(others) - 1)]).mean())
    slope = max(1.0, wide / (2 * _FALSE_POSITIVES))
    drawn = slope**2 * _FALSE_POSITIVES * (1 - _FALSE_POSITIVES) / len(others)
    share = max(rate, _FALSE_POSITIVES)
    return rate, float(np.sqrt(share * (1 - share) / len(members) + drawn))


def _chance(others: int) -> float:
    """The true-positive rate that guesses without knowledge reach at this threshold."""
    return (int(_FALSE_POSITIVES * others) + 1) / (others + 1)


def _halved(errors: list[float]) -> float:
    return float(np.sqrt(np.square(errors).sum())) / len(errors)

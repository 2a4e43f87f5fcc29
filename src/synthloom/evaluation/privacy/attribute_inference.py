"""Attribute inference: who knows all of a person's row but one value, does he learn it from the synthetic rows?

The third of the three risks of the Article 29 Working Party's opinion 05/2014. The attacker takes the
synthetic row that is nearest to the person in all other columns, and says that the person has its
value (Stadler, Oprisanu and Troncoso, USENIX Security 2022; Giomi et al., PETS 2023). A category is
right if it is equal, a number if it lies among the tenth of the training values around the true one.

Columns go together, so the attacker is often right about people whom no model has seen: that is
what data are for. The control counts this on holdout rows; what training rows have beyond it is the
leak. The sensitive columns that the schema names are attacked, or else all that vary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.features import DistanceSpace
from synthloom.evaluation.privacy.accusation import accusation
from synthloom.evaluation.privacy.candidates import TOO_FEW_TO_ASK, targets
from synthloom.evaluation.statistics import rate_difference
from synthloom.evaluation.verdicts import widened, worst
from synthloom.evaluation.views import ColumnView
from synthloom.finding import Direction, Family, Finding

MAXIMUM_TARGETS = 1_000
MAXIMUM_SYNTHETIC = 40_000
MAXIMUM_COLUMNS = 16
_POWER_ROWS = 300
_FLOOR = 0.05
_ABOUT = 0.05
"""A number is right if this share of the training values, or less, lies between it and the truth."""
_BLOCK = 128


@dataclass(frozen=True)
class _Secret:
    """One attacked column: what is known of it and which axes of the space it takes."""

    name: str
    view: ColumnView
    axes: slice


class AttributeInference(Metric):
    """How often a value of a training row is found from all its others, beside holdout rows."""

    name: ClassVar[str] = "attribute_inference"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = None
    meaning: ClassVar[str] = (
        "How often an attacker who knows the rest of a training row finds a value of it in the nearest synthetic row, "
        "mean over columns; the same for holdout rows is no leak."
    )
    cost: ClassVar[float] = 3.0
    attacker: ClassVar[str | None] = "holds the synthetic rows and knows all but one value of a person's row"

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The mean over the attacked columns, and one finding a column."""
        secrets, known = _chosen(data)
        if not secrets or len(known) < 2:
            return [self.unmeasured("it takes two columns that vary and whose values may be compared")]
        asked = targets(data, MAXIMUM_TARGETS, self.name)
        if asked is None:
            return [self.unmeasured(TOO_FEW_TO_ASK)]
        space = DistanceSpace(data, known, maximum_width=_WIDEST)
        attacked = [_Secret(name, data.view(name), space.spans[name]) for name in secrets]
        order = data.stream.child(self.name, "lot").generator()
        rows = order.permutation(data.draw("synthetic", MAXIMUM_SYNTHETIC, self.name))
        base = space.points("synthetic", rows)
        right = []
        for part, places in zip(("train", "holdout"), asked, strict=True):
            nearest = _nearest(base, space.points(part, places), attacked)
            right.append(_right(attacked, part, places, "synthetic", [rows[found] for found in nearest]))
        members = asked[0][:_POWER_ROWS]
        released = order.permutation(np.union1d(members, data.draw("train", len(rows), self.name, "released")))
        nearest = _nearest(space.points("train", released), space.points("train", members), attacked)
        power = _right(attacked, "train", members, "train", [released[found] for found in nearest]).mean(axis=1)
        note = data.thinned_note(
            f"{len(asked[0]):,} rows of each kind asked about",
            f"{len(rows):,} synthetic rows" if len(rows) < data.size("synthetic") else "",
            f"the attacker knows {len(known) - 1} columns" if len(known) < len(data.compared) else "",
        )
        return self._findings(attacked, right[0], right[1], power, note)

    def _findings(
        self, attacked: list[_Secret], members: np.ndarray, others: np.ndarray, power: np.ndarray, note: str | None
    ) -> list[Finding]:
        """The mean over columns and each column, from who was right about whom, ``[columns, people]``."""
        guesses = [_best_constant(secret.view) for secret in attacked]
        found = rate_difference(members.mean(axis=0), others.mean(axis=0))
        whole = accusation(
            self,
            found.value,
            reference=found.reference,
            error=found.error,
            interval=found.interval,
            baseline=float(np.mean(guesses)),
            power=float(power.mean()),
            floor=_FLOOR,
            words=f"be inferred in {power.mean():.1%} of the cases only",
            note=note,
            detail={"targets": members.shape[1], "columns": len(attacked)},
        )
        findings = [whole]
        for place, secret in enumerate(attacked):
            found = rate_difference(members[place], others[place])
            findings.append(
                accusation(
                    self,
                    found.value,
                    reference=found.reference,
                    error=widened(found.error, len(attacked)),
                    interval=found.interval,
                    baseline=guesses[place],
                    power=float(power[place]),
                    floor=_FLOOR,
                    words=f"be inferred in {power[place]:.1%} of the cases only",
                    column=secret.name,
                    meaning=f'How often "{secret.name}" of a training row is found from all its other values.',
                )
            )
        return [_with_worst(whole, findings[1:]), *findings[1:]]


def _with_worst(whole: Finding, columns: list[Finding]) -> Finding:
    """The mean over columns, called no better than a column that is accused: one secret is enough."""
    accused = [finding for finding in columns if finding.verdict in ("fair", "poor")]
    top = worst([whole.verdict, *(finding.verdict for finding in accused)])
    if not accused or top == whole.verdict:
        return whole
    names = ", ".join(f'"{finding.column}"' for finding in accused if finding.verdict == top)
    return replace(whole, verdict=top, note="; ".join(filter(None, (f"judged by {names}", whole.note))))


_WIDEST = 320
"""Axes that the columns which the attacker knows may take together; there is no projection here."""


def _chosen(data: EvaluationData) -> tuple[list[str], list[str]]:
    """The attacked columns, and all that the attacker knows of a person but the attacked one itself."""
    order = data.stream.child("attribute_inference", "columns").generator().permutation(len(data.compared))
    vary = [name for name in (data.compared[place] for place in order) if data.view(name).varies]
    named = [name for name in vary if name in data.schema.sensitive]
    first = named or [name for name in vary if name == data.schema.target]
    secrets = (named or first + [name for name in vary if name not in first])[:MAXIMUM_COLUMNS]
    width, known = 0, set()
    for name in dict.fromkeys([*secrets, *vary]):
        width += DistanceSpace(data, [name]).width
        if width > _WIDEST:
            break
        known.add(name)
    return [n for n in data.compared if n in known and n in secrets], [n for n in data.compared if n in known]


def _nearest(base: np.ndarray, query: np.ndarray, attacked: list[_Secret]) -> list[np.ndarray]:
    """For each attacked column the base point nearest to each query in all other columns."""
    centre = base.mean(axis=0)
    base, query = base - centre, query - centre
    half_squares = (base**2).sum(axis=1) / 2
    # what the column itself adds to the closeness is taken away again: dearer columns cost no more
    own = [np.ascontiguousarray(base[:, secret.axes]) for secret in attacked]
    own_squares = [(part**2).sum(axis=1) / 2 for part in own]
    result = [np.empty(len(query), np.int64) for _ in attacked]
    for start in range(0, len(query), _BLOCK):
        block = query[start : start + _BLOCK]
        closeness = block @ base.T
        closeness -= half_squares
        for place, secret in enumerate(attacked):
            without = block[:, secret.axes] @ own[place].T
            np.subtract(closeness, without, out=without)
            without += own_squares[place]
            result[place][start : start + len(block)] = without.argmax(axis=1)
    return result


def _right(attacked: list[_Secret], part: str, places: np.ndarray, source: str, found: list[np.ndarray]) -> np.ndarray:
    """Whether each guess is right, ``[columns, people]`` of float64."""
    return np.array(
        [
            _matches(secret.view, _of(secret.view, part)[places], _of(secret.view, source)[rows])
            for secret, rows in zip(attacked, found, strict=True)
        ],
        dtype=np.float64,
    )


def _of(view: ColumnView, part: str) -> np.ndarray:
    return view.exact[part] if view.kind == "category" else view.values[part]


def _matches(view: ColumnView, true: np.ndarray, said: np.ndarray) -> np.ndarray:
    if view.kind == "category":
        return np.asarray(true == said)
    both = np.isnan(true) & np.isnan(said)
    near = np.abs(_ranks(view, true) - _ranks(view, said)) <= _ABOUT
    return np.asarray(both | (near & ~np.isnan(true) & ~np.isnan(said)))


def _ranks(view: ColumnView, values: np.ndarray) -> np.ndarray:
    """Where values stand among the training values, 0 to 1; ties in the middle of their mass."""
    train = view.values["train"]
    ordered = np.sort(train[~np.isnan(train)])
    low, high = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))  # type: ignore[call-overload]
    return np.asarray((low + high) / (2 * max(1, len(ordered))))


def _best_constant(view: ColumnView) -> float:
    """How often the best single guess, the same for everybody, is right among the training rows."""
    missing = float(view.null("train").mean())
    if view.kind == "category":
        return max(missing, max(view.support, default=0) / len(view.values["train"]))
    values = view.values["train"]
    ranks = np.sort(_ranks(view, values[~np.isnan(values)]))
    inside = np.searchsorted(ranks, ranks + _ABOUT, "right") - np.searchsorted(ranks, ranks - _ABOUT, "left")
    return max(missing, float(inside.max(initial=0)) / len(values))

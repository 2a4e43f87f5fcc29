"""A finding: one figure with all that is needed to judge it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["higher_is_better", "lower_is_better", "nearer_to_reference", "information"]
Family = Literal["fidelity", "utility", "privacy", "fairness"]
Verdict = Literal["good", "fair", "poor", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One measured figure, frozen: looking at it never changes it.

    Attributes:
        name: snake_case name of the figure, such as ``c2st_auc``.
        family: which of the four evaluations it belongs to.
        value: the figure; ``None`` when it could not be measured (``note`` says why).
        interval: 95 % interval of the figure, ``None`` where it has none.
        reference: what rows of the real holdout reach in place of synthetic ones.
        best: the best value the figure can take.
        direction: which way is better.
        range: the lowest and the highest value the figure can take.
        meaning: one sentence, in plain words, that says what the figure tells.
        verdict: how it compares with its reference.
        column: the column it speaks of, where it speaks of one.
        basis: ``measured`` on data, ``learned`` by a model or ``assumed`` by the user.
        note: a caveat, or why there is no figure.
        detail: plain JSON values behind the figure (tables for pictures, per-column parts).
    """

    name: str
    family: Family
    value: float | None
    meaning: str
    interval: tuple[float, float] | None = None
    reference: float | None = None
    best: float | None = None
    direction: Direction = "higher_is_better"
    range: tuple[float, float] | None = None
    verdict: Verdict = "unknown"
    column: str | None = None
    basis: Literal["measured", "learned", "assumed"] = "measured"
    note: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values only, ready for ``json.dumps``."""
        out = {k: getattr(self, k) for k in self.__dataclass_fields__}
        for key in ("interval", "range"):
            out[key] = list(out[key]) if out[key] is not None else None
        return out

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Finding:
        """The finding that :meth:`to_json` described."""
        state = dict(state)
        for key in ("interval", "range"):
            state[key] = tuple(state[key]) if state.get(key) is not None else None
        return cls(**state)

"""What a budget was spent on: a list of events, accounted for at the end.

An event names a mechanism and the noise it used, never a result. A ledger is written before the
rows are read: an :class:`Account` hands out exactly the events that stand in it and refuses the
next one, so nothing is read that was not charged. Noise must not depend on earlier answers (*what*
is asked may), because the composition theorem of privacy loss distributions needs the parameters
fixed beforehand (Zhu, Dong and Wang 2022); a ledger that is fixed beforehand sees to that. What
stands in it and is not used in the end stays charged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from synthloom.errors import ArtifactError, InternalError


@dataclass(frozen=True)
class DiscreteGaussian:
    """Discrete Gaussian noise of this variance parameter on counts of which a row changes one, by ``sensitivity``."""

    variance: Fraction
    sensitivity: int = 1
    kind: ClassVar[str] = "discrete_gaussian"


@dataclass(frozen=True)
class DiscreteLaplace:
    """Discrete Laplace noise of this scale on counts that a row changes by ``sensitivity`` in sum."""

    scale: Fraction
    sensitivity: int = 1
    kind: ClassVar[str] = "discrete_laplace"


@dataclass(frozen=True)
class Exponential:
    """A choice by the exponential mechanism whose log ratios lie in a range of width ``epsilon``."""

    epsilon: Fraction
    kind: ClassVar[str] = "exponential"


@dataclass(frozen=True)
class Threshold:
    """A threshold that a value of one row passes with probability at most ``delta``."""

    delta: Fraction
    kind: ClassVar[str] = "threshold"


Event = DiscreteGaussian | DiscreteLaplace | Exponential | Threshold
KINDS: dict[str, type[Any]] = {c.kind: c for c in (DiscreteGaussian, DiscreteLaplace, Exponential, Threshold)}
"""Every event that can be accounted for."""


@dataclass(frozen=True)
class Entry:
    """``times`` times the same event, and what for."""

    purpose: str
    event: Event
    times: int = 1


@dataclass(frozen=True)
class Ledger:
    """Entries in the order in which they were planned.

    Attributes:
        entries: what was charged.
        adjacency: what two neighbouring tables differ in: ``row`` or ``entity``.
    """

    entries: tuple[Entry, ...] = ()
    adjacency: str = "row"

    def __add__(self, other: Ledger) -> Ledger:
        """Both together, as when the same data are learned from twice."""
        if self.entries and other.entries and self.adjacency != other.adjacency:
            raise InternalError("ledgers of different adjacency do not add up")
        return Ledger(self.entries + other.entries, self.adjacency if self.entries else other.adjacency)

    def counts(self) -> dict[Event, int]:
        """How often each event stands in the ledger, whatever for."""
        found: Counter[Event] = Counter()
        for entry in self.entries:
            found[entry.event] += entry.times
        return dict(found)

    def to_json(self) -> dict[str, Any]:
        """Plain values; fractions as text."""
        entries = [
            {
                "purpose": entry.purpose,
                "event": entry.event.kind,
                **{k: str(v) if isinstance(v, Fraction) else v for k, v in vars(entry.event).items()},
                "times": entry.times,
            }
            for entry in self.entries
        ]
        return {"adjacency": self.adjacency, "entries": entries}

    @classmethod
    def from_json(cls, plain: Any) -> Ledger:
        """The ledger that :meth:`to_json` described.

        Raises:
            ArtifactError: if an event is unknown or damaged: what cannot be accounted for is refused.
        """
        try:
            if plain["adjacency"] not in ("row", "entity"):
                raise ValueError(f"the adjacency {plain['adjacency']!r} is unknown")
            return cls(tuple(_entry(item) for item in plain["entries"]), plain["adjacency"])
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ArtifactError(
                f"the ledger cannot be accounted for: {error}",
                accepted=f"events of the kinds {', '.join(KINDS)}",
                hint="take the ledger as Synthloom wrote it",
            ) from error


def _entry(item: Mapping[str, Any]) -> Entry:
    given = dict(item)
    purpose, times, kind = str(given.pop("purpose")), given.pop("times"), given.pop("event")
    if kind not in KINDS:
        raise ValueError(f"the event {kind!r} is unknown")
    if not isinstance(times, int) or isinstance(times, bool) or times < 0:
        raise ValueError(f"{kind} happened {times!r} times")
    sensitivity = given.pop("sensitivity", None)
    values: dict[str, Any] = {name: Fraction(value) for name, value in given.items()}
    if any(value <= 0 for value in values.values()) or (kind == "threshold" and values["delta"] >= 1):
        raise ValueError(f"{kind} has the parameters {given}")
    if sensitivity is not None:
        if not isinstance(sensitivity, int) or sensitivity < 1:
            raise ValueError(f"{kind} has the sensitivity {sensitivity!r}")
        values["sensitivity"] = sensitivity
    return Entry(purpose, KINDS[kind](**values), times)


class Account:
    """Hands out the events of a ledger, each as often as it was charged and no more."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._left: dict[tuple[str, str], list[Any]] = {}
        for entry in ledger.entries:
            held = self._left.setdefault((entry.purpose, entry.event.kind), [entry.event, 0])
            if held[0] != entry.event:
                raise InternalError(f'"{entry.purpose}" stands in the ledger with two kinds of noise')
            held[1] += entry.times

    def gaussian(self, purpose: str) -> DiscreteGaussian:
        """The next noisy counts charged for ``purpose``."""
        return self._take(purpose, DiscreteGaussian.kind)  # type: ignore[return-value]

    def exponential(self, purpose: str) -> Exponential:
        """The next choice charged for ``purpose``."""
        return self._take(purpose, Exponential.kind)  # type: ignore[return-value]

    def threshold(self, purpose: str) -> Threshold:
        """The next threshold charged for ``purpose``."""
        return self._take(purpose, Threshold.kind)  # type: ignore[return-value]

    def left(self, purpose: str, kind: str = DiscreteGaussian.kind) -> int:
        """How many events of this kind are left for ``purpose``."""
        return int(self._left.get((purpose, kind), [None, 0])[1])

    def _take(self, purpose: str, kind: str) -> Event:
        held = self._left.get((purpose, kind))
        if held is None or held[1] < 1:
            raise InternalError(f'nothing is left in the ledger for "{purpose}" ({kind})')
        held[1] -= 1
        return held[0]  # type: ignore[no-any-return]


def merged(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries of the same purpose and event counted together; those that never happen left out."""
    found: Counter[tuple[str, Event]] = Counter()
    for entry in entries:
        found[entry.purpose, entry.event] += entry.times
    return tuple(Entry(purpose, event, times) for (purpose, event), times in found.items() if times)

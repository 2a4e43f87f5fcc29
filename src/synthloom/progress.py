"""Progress as data: steps report events, and whoever listens decides how to show them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ProgressEvent:
    """How far a step has come.

    ``fraction`` runs from 0 to 1, ``elapsed`` and ``remaining`` are seconds; ``remaining`` is
    ``None`` while there is nothing to extrapolate from.
    """

    step: str
    fraction: float
    message: str
    elapsed: float
    remaining: float | None


Listener = Callable[[ProgressEvent], None]


class ProgressReporter:
    """Turns "done so far" of one named step into events with the time left."""

    def __init__(self, step: str, listener: Listener | None) -> None:
        self.step, self._listener, self._start = step, listener, time.monotonic()

    def update(self, fraction: float, message: str = "") -> None:
        """Reports that ``fraction`` (0 to 1) of the step is done."""
        if self._listener is None:
            return
        fraction = min(1.0, max(0.0, fraction))
        elapsed = time.monotonic() - self._start
        remaining = elapsed * (1 - fraction) / fraction if fraction > 0.02 and elapsed > 0.5 else None
        self._listener(ProgressEvent(self.step, fraction, message, elapsed, remaining))

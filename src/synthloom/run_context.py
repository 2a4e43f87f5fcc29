"""What accompanies a run everywhere: executor, progress, cancellation and limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from synthloom.errors import Cancelled, SynthloomError
from synthloom.execution import Executor, LocalExecutor
from synthloom.progress import Listener, ProgressReporter

_SLACK = 0.2


@dataclass
class RunContext:
    """One argument that carries how to run, not what to run.

    Attributes:
        executor: where parallel work runs.
        listener: called with every :class:`~synthloom.progress.ProgressEvent`.
        time_limit: seconds from the start of the run after which it should end, or ``None``.
        memory_limit: bytes the run should stay below, or ``None``.
    """

    executor: Executor = field(default_factory=LocalExecutor)
    listener: Listener | None = None
    time_limit: float | None = None
    memory_limit: int | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)
    _reasons: list[SynthloomError] = field(default_factory=list, repr=False)
    _start: float = field(default_factory=time.monotonic, repr=False)
    _whole: RunContext | None = field(default=None, repr=False)

    def cancel(self, reason: SynthloomError | None = None) -> None:
        """Asks the run to end at its next check; with ``reason``, the check raises that error."""
        if reason is not None:
            self._reasons.append(reason)
        self._cancelled.set()

    def check(self) -> None:
        """Raises :class:`Cancelled`, or the reason given, if the run was asked to end."""
        if self._whole is not None:
            self._whole.check()
        if self._cancelled.is_set():
            raise self._reasons[0] if self._reasons else Cancelled("the run was stopped; nothing was left half written")

    def within(self, seconds: float | None) -> RunContext:
        """The same run with at most ``seconds`` from now for a part of it; stopping either stops both."""
        left = self.seconds_left()
        limits = [limit for limit in (seconds, left) if limit is not None]
        return replace(self, time_limit=max(0.0, min(limits)) if limits else None, _start=time.monotonic())

    def seconds_left(self) -> float | None:
        """Seconds until the time limit, ``None`` where there is none."""
        return None if self.time_limit is None else self.time_limit - (time.monotonic() - self._start)

    @contextmanager
    def ending(self, seconds: float | None) -> Iterator[RunContext]:
        """A part of the run that is stopped at its next check after ``seconds``; the run itself goes on.

        What the part does then ends with :class:`Cancelled`, for the caller to catch.
        """
        part = replace(self.within(seconds), _cancelled=threading.Event(), _reasons=[], _whole=self)
        if seconds is None:
            yield part
            return
        timer = threading.Timer(max(0.0, seconds), part.cancel)
        timer.daemon = True
        timer.start()
        try:
            yield part
        finally:
            timer.cancel()

    def schedule(self, shares: Sequence[float]) -> Callable[[int], bool]:
        """Tells whether a part of a job has used up its time.

        ``shares`` are the parts of the time limit by which each part of the job should have ended, in
        ascending order, the last 1. A part may borrow a fifth of the time that is left after its end,
        so that one slow part does not starve; without a limit no part is late. Once the run, or the
        whole that it is a part of, was asked to end, every part is late.
        """
        left = self.seconds_left()
        if left is None:
            return lambda place: self._stopped
        start = time.monotonic()
        ends = [start + left * (share + _SLACK * (1.0 - share)) for share in shares]
        return lambda place: self._stopped or time.monotonic() >= ends[place]

    @property
    def _stopped(self) -> bool:
        """Whether the run, or the whole that it is a part of, was asked to end."""
        return self._cancelled.is_set() or (self._whole is not None and self._whole._stopped)

    def reporter(self, step: str) -> ProgressReporter:
        """A reporter for one named step."""
        return ProgressReporter(step, self.listener)

"""Limits on time and memory: read from words, measured while a run goes on.

The time limit is a deadline that steps look at (:meth:`RunContext.seconds_left`); each ends with the
best answer it has. The memory limit is watched: a thread looks at the resident memory of the process
every few hundredths of a second and asks the run to end before the system does. What it cannot see is
a single step that takes gigabytes between two looks.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from synthloom.errors import LimitError, OptionError
from synthloom.run_context import RunContext

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h)?", re.IGNORECASE)
_SECONDS = {"ms": 1e-3, "": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SMALLEST_MEMORY = 64 * 2**20
_LOOK_EVERY = 0.05
_TRIAL_SECONDS = 0.03


def parse_duration(value: str | float) -> float:
    """Seconds from a number or from words such as ``30s``, ``5m``, ``1h`` or ``1h30m``.

    >>> parse_duration("1h30m")
    5400.0

    Raises:
        OptionError: if it is no duration, or not above zero.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
    else:
        text = str(value).strip()
        parts = list(_DURATION.finditer(text))
        if not parts or "".join(part.group() for part in parts).replace(" ", "") != text.replace(" ", ""):
            raise OptionError(f'"{value}" is no duration', accepted="seconds, or words such as 30s, 5m, 1h or 1h30m")
        seconds = sum(float(part[1]) * _SECONDS[(part[2] or "").lower()] for part in parts)
    if not 0 < seconds < float("inf"):
        raise OptionError(f"the time limit is {value}", accepted="a time above zero, such as 30s, 5m or 1h")
    return seconds


def parse_size(value: str | int) -> int:
    """Bytes from a number or from words such as ``2GB``, ``512MB`` or ``1.5GiB``.

    KB, MB and GB are powers of 1,000; KiB, MiB and GiB of 1,024.

    >>> parse_size("2GB")
    2000000000

    Raises:
        OptionError: if it is no size, or less than 64 MiB.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            raise OptionError(f'"{value}" is no size', accepted="bytes, or words such as 512MB, 2GB or 1.5GiB")
        size = round(float(match[1]) * (1024 if match[3] else 1000) ** _POWER[match[2].lower()])
    if size < _SMALLEST_MEMORY:
        raise OptionError(
            f"the memory limit is {value}",
            accepted=f"{_SMALLEST_MEMORY:,} bytes or more",
            hint="write the unit, as in 2GB",
        )
    return size


def resident_bytes() -> int | None:
    """Memory that this process holds now; on systems that do not tell, the most it ever held, or ``None``."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _page_size()
    except (OSError, IndexError, ValueError):
        return peak_bytes()


def peak_bytes() -> int | None:
    """The most memory that this process ever held, ``None`` on systems that do not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _page_size() -> int:
    import os

    return int(os.sysconf("SC_PAGE_SIZE"))


def slowdown() -> float:
    """How many times longer than on a free core work takes now, 1 or more: other programs may share the machine."""
    cpu, wall = time.thread_time(), time.perf_counter()
    while time.thread_time() - cpu < _TRIAL_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - wall) / (time.thread_time() - cpu))


class MemoryWatch:
    """Watches the memory of the process while a block runs, and stops the run when its limit is passed.

    Attributes:
        peak: the most bytes seen, ``None`` where the system does not tell.
    """

    def __init__(self, run: RunContext) -> None:
        self.run, self.peak = run, resident_bytes()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="synthloom-memory", daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_EVERY):
            held = resident_bytes()
            if held is None:
                return
            self.peak = max(held, self.peak or 0)
            limit = self.run.memory_limit
            if limit is not None and held > limit:
                self.run.cancel(memory_error(held, limit))
                return


def memory_error(held: int, limit: int) -> LimitError:
    """The words for a run that held more than it may."""
    return LimitError(
        f"the run held {format_size(held)} of memory, and its limit is {format_size(limit)}; it was stopped",
        hint="raise --memory-limit, take fewer rows, or choose a cheaper synthesizer; nothing was left half written",
    )


def format_size(size: float) -> str:
    """Bytes in words: ``1.5 GB``, ``640 MB``.

    >>> format_size(1_500_000_000)
    '1.5 GB'
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def format_duration(seconds: float) -> str:
    """Seconds in words: ``1 h 5 min``, ``2 min 3 s``, ``40 s``.

    >>> format_duration(123)
    '2 min 3 s'
    """
    whole = max(1, round(seconds))
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"

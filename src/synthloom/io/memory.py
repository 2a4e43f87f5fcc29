"""How much memory is free, by the system and by the container's own limit."""

from __future__ import annotations

from pathlib import Path

_FALLBACK = 4 * 2**30
_CONTAINER_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def free_memory() -> int:
    """Bytes that this process may still take; a cautious guess where the system does not say."""
    found = [free for free in (_free_in_system(), *map(_free_in_container, _CONTAINER_LIMITS)) if free is not None]
    return max(0, min(found)) if found else _FALLBACK


def _free_in_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def _free_in_container(files: tuple[str, str]) -> int | None:
    try:
        limit, used = (int(Path(file).read_text(encoding="ascii")) for file in files)
    except (OSError, ValueError):  # no such limit, or "max"
        return None
    return limit - used


def readable_size(count: float) -> str:
    """A number of bytes for people.

    >>> readable_size(3 * 2**20)
    '3.0 MiB'
    """
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} TiB"

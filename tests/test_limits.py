import threading
import time

import numpy as np
import pytest

from synthloom.errors import Cancelled, LimitError, OptionError
from synthloom.limits import MemoryWatch, format_duration, format_size, parse_duration, parse_size, resident_bytes
from synthloom.run_context import RunContext


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("30s", 30), ("5m", 300), ("1h", 3600), ("1h30m", 5400), ("1.5 h", 5400), (7, 7)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("2GB", 2e9), ("1.5GiB", 1.5 * 2**30), ("512 mb", 512e6), ("100000000", 1e8), (10**9, 10**9)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "soon", "-5", "0", "5 parsecs", "5m!", "m5", "inf"])
def test_what_is_no_duration(text):
    with pytest.raises(OptionError, match="Accepted: "):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "much", "-2GB", "2 GB free", "0", "1MB", "2XB"])
def test_what_is_no_size(text):
    with pytest.raises(OptionError, match="Accepted: "):
        parse_size(text)


def test_words():
    assert (format_duration(59.6), format_duration(0.1), format_duration(3700)) == ("1 min 0 s", "1 s", "1 h 1 min")
    assert (format_size(2e9), format_size(64e6)) == ("2.0 GB", "64 MB")


def test_a_part_of_a_run_has_a_nearer_deadline_and_the_same_stop():
    run = RunContext(time_limit=100.0)
    assert 4 < run.within(5).seconds_left() <= 5
    assert 90 < run.within(None).seconds_left() <= 100
    assert 90 < run.within(1_000).seconds_left() <= 100
    assert RunContext().within(None).seconds_left() is None
    assert RunContext().within(-1).seconds_left() <= 0
    part = run.within(5)
    run.cancel()
    with pytest.raises(Cancelled):
        part.check()


def test_a_schedule_ends_with_its_time_or_when_the_whole_run_is_stopped():
    run = RunContext()
    with run.ending(100.0) as part:
        limited, quiet = part.schedule([0.5, 1.0]), run.schedule([0.5, 1.0])
        assert not any(late(place) for late in (limited, quiet) for place in (0, 1))
        run.cancel()
        assert all(late(place) for late in (limited, quiet) for place in (0, 1))
    late = RunContext(time_limit=0.5, _start=time.monotonic() - 0.5).schedule([0.5, 1.0])
    assert late(0) and late(1)


def test_memory_is_watched_and_the_run_stopped_in_time():
    limit = resident_bytes() + 100_000_000
    run = RunContext(memory_limit=limit)
    with MemoryWatch(run) as watch, pytest.raises(LimitError, match=r"its limit is .*nothing was left half written"):
        kept = []
        for _ in range(60):
            kept.append(np.ones(2_500_000))  # 20 MB each
            time.sleep(0.06)
            run.check()
    assert limit < watch.peak < limit + 80_000_000
    assert not [t for t in threading.enumerate() if t.name == "synthloom-memory"]


def test_without_a_limit_memory_is_only_measured():
    run = RunContext()
    with MemoryWatch(run) as watch:
        kept = np.ones(10_000_000)
        time.sleep(0.2)
    run.check()
    assert watch.peak > kept.nbytes

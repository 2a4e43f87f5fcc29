"""Executors on this machine: one after the other, or on several threads.

Threads rather than processes: the heavy work (LightGBM, NumPy, Arrow) runs outside Python's lock,
and a fitted model need not be copied to each worker.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from synthloom.errors import OptionError
from synthloom.execution.executor import Executor, Result, Task


class SerialExecutor(Executor):
    """Runs every task in the calling thread."""

    workers = 1

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        for task in tasks:
            yield function(task)


class LocalExecutor(Executor):
    """Runs tasks on ``workers`` threads, at most twice as many in flight as there are workers."""

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise OptionError(f"workers is {workers}", accepted="1 or more", hint="leave it out to use every core")
        self.workers = workers or available_cores()

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        if self.workers == 1:
            yield from SerialExecutor().map(function, tasks)
            return
        pending: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(self.workers, thread_name_prefix="synthloom") as pool:
            try:
                for task in tasks:
                    pending.append(pool.submit(function, task))
                    if len(pending) > 2 * self.workers:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

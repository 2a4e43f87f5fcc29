"""The contract of an executor: it knows nothing of data, only of tasks in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(ABC):
    """Maps a function over tasks and yields the results in the order of the tasks.

    Results never depend on the number of workers: a task carries its own random stream, and
    nothing is shared but what the function closes over.
    """

    workers: int = 1

    @abstractmethod
    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Yields ``function(task)`` for each task, in order; an error in a task ends the map."""

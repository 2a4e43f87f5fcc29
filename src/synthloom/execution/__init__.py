"""Where work runs: an ordered map over tasks, in this process or in several."""

from synthloom.execution.executor import Executor
from synthloom.execution.local import LocalExecutor, SerialExecutor

__all__ = ["Executor", "LocalExecutor", "SerialExecutor"]

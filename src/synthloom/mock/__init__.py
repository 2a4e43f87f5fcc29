"""Mock data: rows that only fit a schema, made without any real data, for tests and demonstrations.

import synthloom as sl
data = sl.mock("shop.yaml", rows=10_000, seed=7)
data["customer"].to_pandas()
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from synthloom.mock.engine import MockEngine
from synthloom.mock.read import read_mock_schema
from synthloom.mock.result import MockData, mock
from synthloom.mock.specification import MockSchema
from synthloom.mock.writer import write_mock

__all__ = ["MockData", "MockEngine", "MockSchema", "mock", "read_mock_schema", "write_mock"]


class _CallableModule(ModuleType):
    """``synthloom.mock`` is both this package and the function: importing the one must not hide the other."""

    def __call__(self, *arguments: Any, **options: Any) -> MockData:
        return mock(*arguments, **options)


sys.modules[__name__].__class__ = _CallableModule

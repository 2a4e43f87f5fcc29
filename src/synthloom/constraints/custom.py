"""A constraint as a Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field

from synthloom.constraints.base import Constraint
from synthloom.errors import ConstraintError


class Custom(Constraint):
    """What a function says of each row.

    It cannot be stored in a schema file or a model folder, whose loading runs no code: it is handed
    to ``sample`` each time.

    Attributes:
        columns: the columns that the function looks at.
        function: takes a mapping from column names to NumPy arrays (texts as objects, ``None`` or
            NaN where missing), gives a bool for each row.
        words: what it says, for messages.
    """

    kind: Literal["custom"] = "custom"
    columns: tuple[str, ...] = Field(min_length=1)
    function: Callable[[Mapping[str, np.ndarray]], Any]
    words: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.columns

    @property
    def sentence(self) -> str:
        return self.words or f"{getattr(self.function, '__name__', 'the function')} of {', '.join(self.columns)}"

    def holds(self, columns: Mapping[str, Any]) -> np.ndarray:
        given = {name: columns[name].to_numpy() for name in self.columns}
        result = np.asarray(self.function(given))
        n = len(next(iter(given.values())))
        if result.shape != (n,) or result.dtype != bool:
            raise ConstraintError(
                f"the custom constraint ({self.sentence}) gave {result.dtype} of shape {result.shape}",
                accepted=f"a bool for each of {n} rows",
            )
        return result

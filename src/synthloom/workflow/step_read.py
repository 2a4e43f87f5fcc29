"""Step 1: the input as a table, from a path or from a frame."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from synthloom.data import Table
from synthloom.io import SourceInfo, read_table


def read_input(source: Any) -> tuple[Table, SourceInfo | None, str]:
    """The table, how its file was written (``None`` for a frame), and a name for it.

    Raises:
        InputError: if the source cannot be read as a table.
    """
    if isinstance(source, (str, os.PathLike)):
        table, info = read_table(source)
        return table, info, Path(source).name
    return Table.from_frame(source), None, "the data frame"

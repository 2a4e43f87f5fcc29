"""What the benchmark scripts share: the folder of described tables, splits, the yardstick, records kept line by line.

Libraries are imported where they are used: chain_speed.py and run_time.py state the memory of processes that need none of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def parser_for(usage: str | None, *, data_required: bool = True, yardstick: bool = False) -> argparse.ArgumentParser:
    """A parser that prints a script's own words and takes --data, with ``yardstick`` also --yardstick."""
    parser = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, required=data_required, help="folder of Parquet tables with a datasets.json"
    )
    if yardstick:
        parser.add_argument("--yardstick", type=Path, required=True, help="Python file with measure(...)")
    return parser


def load_yardstick(path: Path) -> Any:
    """The module in a file that the user named."""
    spec = importlib.util.spec_from_file_location("yardstick", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described_tables(folder: Path) -> dict[str, dict[str, Any]]:
    """By name what the folder's datasets.json says of each data set."""
    return {d["name"]: d for d in json.loads((folder / "datasets.json").read_text())["datasets"]}


def train_and_holdout(frame: pd.DataFrame, split: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """75 % of the rows and the others, at random by the number of the split."""
    from sklearn.model_selection import train_test_split

    train, holdout = (part.reset_index(drop=True) for part in train_test_split(frame, random_state=split))
    return train, holdout


def kept_model(folder: Path | None, name: str, fit: Callable[[], Any]) -> Any:
    """The fitted model of this name in a folder, fitted and put there if it is not; without a folder, fitted."""
    import synthloom as sl

    if folder is None:
        return fit()
    if not (folder / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        fit().save(folder / name)
    return sl.load(folder / name)


def as_codes(frame: pd.DataFrame, like: pd.DataFrame) -> np.ndarray:
    """Numbers as they are, texts by their place among the sorted ones of ``like``, others as -1; shape [rows, columns]."""
    import numpy as np
    import pandas as pd

    columns = []
    for name in frame:
        if pd.api.types.is_numeric_dtype(like[name]):
            columns.append(frame[name].astype(float).to_numpy())
        else:
            places = {v: i for i, v in enumerate(sorted(like[name].astype(object).map(str).unique()))}
            columns.append(frame[name].astype(object).map(str).map(places).fillna(-1).astype(float).to_numpy())
    return np.column_stack(columns)


def append_record(path: Path, record: dict[str, Any]) -> None:
    """One more line of JSON in a file."""
    with path.open("a") as file:
        file.write(json.dumps(record) + "\n")


class KeptRecords(list[dict[str, Any]]):
    """The records of a file of JSON lines: what is done, so that the same command goes on after a stop."""

    def __init__(self, path: Path) -> None:
        super().__init__(map(json.loads, path.read_text().splitlines() if path.exists() else []))
        self.path = path

    def has(self, key: dict[str, Any]) -> bool:
        """Whether a record holds all of the key."""
        return any(all(record.get(name) == value for name, value in key.items()) for record in self)

    def keep(self, record: dict[str, Any]) -> None:
        """Adds a record, in the file too."""
        self.append(record)
        append_record(self.path, record)

"""Where a study keeps what it has done: one small file a table and split, so that it can go on after a stop.

``plan.json`` says what was asked for, with a keyed hash of each table; a folder with another plan is
never mixed with this one. Every file is written under a temporary name and renamed.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthloom.artifact.writer import output_error
from synthloom.data import Table
from synthloom.errors import OutputError
from synthloom.workflow.step_write import fingerprint

_PLAN, _SPLITS = "plan.json", "splits"
_FORMAT = 1


class StudyStore:
    """The folder of one study; without a folder, everything stays in memory."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._memory: dict[str, dict[str, Any]] = {}

    def open(self, plan: Mapping[str, Any], tables: Mapping[str, Table], *, overwrite: bool) -> None:
        """Prepares the folder for this plan: fresh, or the same study that goes on.

        Raises:
            OutputError: if the folder holds another study, or anything else, or cannot be written.
        """
        if self.folder is None:
            return
        try:
            self._open(self.folder, plan, tables, overwrite=overwrite)
        except OSError as error:
            raise output_error(self.folder, error) from error

    def _open(self, folder: Path, plan: Mapping[str, Any], tables: Mapping[str, Table], *, overwrite: bool) -> None:
        old = _read(folder / _PLAN)
        if old is None and folder.exists() and (folder.is_file() or any(folder.iterdir())):
            raise OutputError(
                f'the output "{folder}" is already there and holds no study',
                accepted="a folder that does not exist yet, an empty one, or one of the same study",
                hint="choose another name",
            )
        key = secrets.token_bytes(32) if old is None else bytes.fromhex(str(old.get("key", "")))
        new = {"format": _FORMAT, "key": key.hex(), **plan}
        new["tables"] = {
            name: {**plan["tables"][name], "digest": fingerprint(table, key)["digest"]}
            for name, table in tables.items()
        }
        if old is not None and (differing := [k for k in new if old.get(k) != new[k]]):
            if not overwrite:
                raise OutputError(
                    f'the output "{folder}" holds another study (it differs in {", ".join(differing)})',
                    accepted="the same tables, learners, synthesizer, holdout and seed, to go on with it",
                    hint="choose another name, or add --overwrite to begin anew",
                )
            shutil.rmtree(folder / _SPLITS, ignore_errors=True)
        (folder / _SPLITS).mkdir(parents=True, exist_ok=True)
        self._write(folder / _PLAN, new)

    def get(self, table: str, split: int) -> dict[str, Any] | None:
        """What was measured on one split, ``None`` if it was not yet."""
        name = _name(table, split)
        return self._memory.get(name) if self.folder is None else _read(self.folder / _SPLITS / name)

    def put(self, table: str, split: int, record: dict[str, Any]) -> None:
        """Keeps what was measured on one split."""
        name = _name(table, split)
        self._memory[name] = record
        if self.folder is not None:
            self._write(self.folder / _SPLITS / name, record)

    def write_text(self, name: str, text: str) -> None:
        """Writes a file of the result beside the splits, in one step."""
        if self.folder is not None:
            _replace(self.folder / name, text)

    @staticmethod
    def _write(path: Path, value: Mapping[str, Any]) -> None:
        _replace(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _name(table: str, split: int) -> str:
    safe = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"%{ord(found.group()):x}", table)
    return f"{safe}-{split:03d}.json"


def _read(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file, ``None`` if there is no file or no object in it."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    return state if isinstance(state, dict) else None


def _replace(path: Path, text: str) -> None:
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(text.encode("utf-8"))
        os.replace(file.name, path)  # noqa: PTH105
    except OSError as error:
        raise output_error(path, error) from error

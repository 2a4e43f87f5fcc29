"""Writing folders so that nothing half written is ever seen: all under a temporary name, then renamed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from synthloom.artifact.manifest import MANIFEST_NAME, Label, Manifest, hash_folder
from synthloom.errors import OutputError


class StagedFolder:
    """A folder that appears under its name only when everything in it is written.

    Used as a context manager: the value is the temporary folder; on success it is renamed, on any
    error it is removed and the old state stands.

    Raises:
        OutputError: if the target exists (unless ``overwrite``), or cannot be written to.
    """

    def __init__(self, target: str | Path, *, overwrite: bool = False) -> None:
        self.target = Path(os.path.abspath(target))  # noqa: PTH100 - resolve() would follow links
        self.overwrite = overwrite
        self._staging: Path | None = None

    def __enter__(self) -> Path:
        self._check()
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._staging = Path(tempfile.mkdtemp(prefix=f".{self.target.name}.", dir=self.target.parent))
            self._staging.chmod(0o755)
        except OSError as error:
            raise output_error(self.target, error) from error
        return self._staging

    def _check(self) -> None:
        if self.target.is_dir() and not any(self.target.iterdir()):
            return
        if self.target.exists() and not self.overwrite:
            raise OutputError(
                f'the output "{self.target}" is already there',
                accepted="a folder that does not exist yet, or an empty one",
                hint="choose another name, or add --overwrite to replace it",
            )
        if self.target.is_file():
            raise OutputError(f'the output "{self.target}" is a file', accepted="the name of a folder")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._staging is not None
        if error is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in _OUTPUT_ERRORS:
                raise output_error(self.target, error) from error
            return
        try:
            self._swap()
        except OSError as problem:
            shutil.rmtree(self._staging, ignore_errors=True)
            raise output_error(self.target, problem) from problem

    def _swap(self) -> None:
        assert self._staging is not None
        old: Path | None = None
        if self.target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{self.target.name}.old.", dir=self.target.parent))
            self.target.rename(old / "replaced")
        try:
            self._staging.rename(self.target)
        except OSError:
            if old is not None:
                (old / "replaced").rename(self.target)
                old.rmdir()
            raise
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)


_OUTPUT_ERRORS = {errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.EDQUOT, errno.ENAMETOOLONG, errno.EFBIG}


def output_error(target: Path, error: OSError) -> OutputError:
    """The user's words for an error of the operating system while writing to ``target``."""
    words = {
        errno.ENOSPC: ("the disk is full", "free some space, or choose another disk"),
        errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another disk"),
        errno.EROFS: ("the file system is read-only", "choose another place"),
        errno.EACCES: ("there is no permission to write there", "choose another place, or change the permissions"),
        errno.EPERM: ("there is no permission to write there", "choose another place, or change the permissions"),
        errno.ENOTDIR: ("a part of the path is a file", "choose another place"),
    }
    problem, hint = words.get(error.errno or 0, (str(error.strerror or error), "choose another place"))
    return OutputError(f'cannot write "{target}": {problem}; nothing was left behind', hint=hint)


def write_json(path: Path, value: Any) -> None:
    """Writes plain values as JSON with a fixed layout: equal values, equal bytes."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def write_manifest(folder: Path, *, kind: str, label: Label, facts: dict[str, Any] | None = None) -> Manifest:
    """Hashes every file of ``folder`` and writes its manifest, last of all."""
    manifest = Manifest(kind, label, hash_folder(folder), facts or {})
    write_json(folder / MANIFEST_NAME, manifest.to_json())
    return manifest

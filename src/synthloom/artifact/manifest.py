"""What lies in an artifact: its kind, label, versions and the hash of every file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

FORMAT_VERSION = 1
"""Raised whenever an older Synthloom could misread a folder."""

MANIFEST_NAME = "manifest.json"

Label = Literal["synthetic", "simulated", "mock", "augmented", "replaced", "imputed"]
"""What data are: ``replaced`` are real rows whose personal columns alone were made anew, ``imputed``
real rows of which only the missing cells were filled in."""


@dataclass(frozen=True)
class Manifest:
    """The table of contents of a folder.

    Attributes:
        kind: what the folder is, such as ``model`` or ``release``.
        label: what kind of data it holds or makes.
        files: SHA-256 by path relative to the folder.
        facts: further plain values that the folder's maker wants to keep.
        format_version: the version of this layout.
    """

    kind: str
    label: Label
    files: dict[str, str]
    facts: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for ``json.dumps``."""
        return {
            "format": "synthloom",
            "format_version": self.format_version,
            "kind": self.kind,
            "label": self.label,
            **({"facts": self.facts} if self.facts else {}),
            "files": self.files,
        }


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_folder(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below ``folder`` but its manifest, by relative path, sorted."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST_NAME)
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in files}

"""Reading folders with suspicion: version, file list and hashes are checked before anything else is read."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any, cast, get_args

from synthloom.artifact.manifest import FORMAT_VERSION, MANIFEST_NAME, Label, Manifest, hash_file
from synthloom.errors import ArtifactError

_MAX_JSON_BYTES = 512 * 2**20


def read_json(path: Path, *, limit: int = _MAX_JSON_BYTES) -> Any:
    """The plain values in a JSON file.

    Raises:
        ArtifactError: if the file is missing, too large or no JSON.
    """
    try:
        if path.stat().st_size > limit:
            raise ArtifactError(f'"{path.name}" is larger than {limit:,} bytes', hint="the artifact may be damaged")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtifactError(f'cannot read "{path}": {error.strerror}', hint="check the path") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ArtifactError(
            f'"{path.name}" is damaged: {error}', hint="take the artifact from its source again"
        ) from error


def verify_folder(folder: str | Path, *, kind: str | None = None) -> Manifest:
    """The manifest of ``folder``, after every file was found as it describes them.

    Raises:
        ArtifactError: if a file was changed, added or removed, if the format is newer than this
            version reads, or if the folder is not of the wanted ``kind``.
    """
    folder = Path(folder)
    if not (folder / MANIFEST_NAME).is_file():
        raise ArtifactError(f'"{folder}" holds no {MANIFEST_NAME}', accepted="a folder that Synthloom wrote")
    manifest = _parse(read_json(folder / MANIFEST_NAME))
    if kind is not None and manifest.kind != kind:
        raise ArtifactError(f'"{folder}" is a {manifest.kind}', accepted=f"a {kind}")
    _check_files(folder, manifest)
    return manifest


def _parse(plain: Any) -> Manifest:
    if not isinstance(plain, dict) or plain.get("format") != "synthloom":
        raise ArtifactError("the manifest is not one of Synthloom's", accepted="a folder that Synthloom wrote")
    version = plain.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ArtifactError(f"the manifest names no format version (given: {version!r})")
    if version > FORMAT_VERSION:
        raise ArtifactError(
            f"the folder has format version {version}",
            accepted=f"up to {FORMAT_VERSION}",
            hint="install a newer Synthloom",
        )
    files, facts, label, kind = (plain.get(key) for key in ("files", "facts", "label", "kind"))
    sound = isinstance(files, dict) and all(isinstance(h, str) and _is_inside(p) for p, h in files.items())
    if not sound or label not in get_args(Label) or not isinstance(kind, str) or not isinstance(facts or {}, dict):
        raise ArtifactError("the manifest is damaged", hint="take the folder from its source again")
    assert isinstance(files, dict)
    return Manifest(kind, cast("Label", label), files, facts or {}, version)


def _is_inside(path: Any) -> bool:
    if not isinstance(path, str) or "\\" in path or "\0" in path or ":" in path:
        return False
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and path == parts.as_posix() and path != "."


def _check_files(folder: Path, manifest: Manifest) -> None:
    hint = "take the folder from its source again; it is not what was written"
    for name, wanted in manifest.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise ArtifactError(f'"{name}" is missing from "{folder}"', hint=hint)
        if hash_file(path) != wanted:
            raise ArtifactError(f'"{name}" in "{folder}" was changed after it was written', hint=hint)
    known = {*manifest.files, MANIFEST_NAME}
    added = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
    extra = [name for name in added if name not in known]
    if extra:
        raise ArtifactError(f'"{extra[0]}" was added to "{folder}"', hint=hint)

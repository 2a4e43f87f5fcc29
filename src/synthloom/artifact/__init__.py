"""Folders of plain files with a manifest: hashes, format version, label; loading runs no code."""

from synthloom.artifact.arrays import read_arrays, write_arrays
from synthloom.artifact.manifest import FORMAT_VERSION, Label, Manifest
from synthloom.artifact.reader import read_json, verify_folder
from synthloom.artifact.writer import StagedFolder, write_json, write_manifest

__all__ = [
    "FORMAT_VERSION",
    "Label",
    "Manifest",
    "StagedFolder",
    "read_arrays",
    "read_json",
    "verify_folder",
    "write_arrays",
    "write_json",
    "write_manifest",
]

"""Personal data in real tables replaced by made-up values; everything else stays real.

One person stays one person: equal real values get equal made-up ones, across columns and tables,
and the e-mail fits the name. The result is still a set of real rows: it is no synthetic data, and
what is left in the other columns may single people out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthloom.artifact import StagedFolder, write_json, write_manifest
from synthloom.data import Table
from synthloom.errors import InputError
from synthloom.io import output_suffix, read_table, write_table
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.values import Replacement, replace_personal

REMINDER = "Only personal columns were replaced; all other values are those of real rows."


def replace_frames(
    tables: Mapping[str, Any], *, seed: int | None = None
) -> tuple[dict[str, Any], tuple[Replacement, ...]]:
    """The frames with their personal columns replaced, and what was found, why, and what replaced it.

    Args:
        tables: pandas or polars frames or Arrow tables by name; persons are recognised across them.
        seed: makes the replacement repeatable; keep it secret.
    """
    given = {name: Table.from_frame(frame) for name, frame in tables.items()}
    arrow = {name: table.arrow for name, table in given.items()}
    done, report = replace_personal(arrow, RandomStream(resolve_seed(seed)).child("replacement"))
    return {name: Table(done[name], table.frame_kind).to_frame() for name, table in given.items()}, report


def replace_files(
    sources: Sequence[str | Path], output: str | Path, *, seed: int | None = None, overwrite: bool = False
) -> tuple[Replacement, ...]:
    """:func:`replace_frames` on files: each is written to ``output`` under its name and in its format.

    ``replacements.json`` beside them says what was found, why, and what replaced it.

    Raises:
        UserError: if a file cannot be read, two have one name, or the folder cannot be written.
    """
    read = {Path(source).name.split(".")[0]: read_table(source) for source in sources}
    if len(read) < len(sources):
        raise InputError("two files have the same name", hint="rename one of them")
    frames, report = replace_frames({name: table for name, (table, _) in read.items()}, seed=seed)
    with StagedFolder(output, overwrite=overwrite) as staging:
        for name, (_, info) in read.items():
            write_table(Table.from_frame(frames[name]), staging / f"{name}{output_suffix(info)}", info)
        write_json(staging / "replacements.json", {"reminder": REMINDER, "columns": [_plain(item) for item in report]})
        write_manifest(staging, kind="replaced tables", label="replaced")
    return report


def _plain(item: Replacement) -> dict[str, Any]:
    finding = item.finding
    return {
        "table": item.table,
        "column": item.column,
        "kind": finding.kind,
        "confidence": round(finding.confidence, 3),
        "reason": finding.reason,
        "different_values": item.different,
        "made_up_example": item.example,
    }

"""``read_table``: a file, or a folder of parts, becomes a table and a note of what it was like."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote

from synthloom.data import Table
from synthloom.errors import InputError, did_you_mean
from synthloom.io.csv import read_csv
from synthloom.io.excel import read_excel
from synthloom.io.parquet import read_parquet
from synthloom.io.source import READABLE, ReadLimits, SourceInfo, kind_of_suffix, listed, split_suffix

_MOST_NEIGHBOURS = 2_000
_MOST_PARTS = 100_000
_HINTS = {
    (".xls", ".xlsb", ".ods"): "save it as .xlsx or .csv",
    (
        ".json",
        ".jsonl",
        ".ndjson",
        ".xml",
        ".html",
    ): "turn it into rows and columns first, and save it as .csv or .parquet",
    (".sav", ".dta", ".sas7bdat", ".xpt", ".por"): "read it with pandas (read_spss, read_stata, read_sas) and give "
    "the frame to synthloom.run(frame), or save it as .parquet",
    (".rds", ".rdata", ".rda"): "save it from R as .csv or .parquet",
    (".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".hdf5"): "save it as .csv or .parquet; such files can run "
    "code when they are loaded, so they are never opened",
    (".feather", ".arrow", ".orc", ".avro"): "save it as .parquet",
    (".zip", ".tar", ".7z", ".rar", ".tgz"): "unpack it first",
    (".db", ".sqlite", ".sqlite3", ".duckdb", ".mdb", ".accdb"): "export the table as .csv or .parquet",
}


def read_table(path: str | os.PathLike[str], *, limits: ReadLimits | None = None) -> tuple[Table, SourceInfo]:
    """The table in a file or in a folder of parts, and what the source was like.

    CSV (``;``, tab and ``|`` too; decimal commas; any encoding; gz, zst, bz2, xz), Parquet and
    Excel (``book.xlsx#Sheet`` names a sheet; else the first is read). A folder holds the parts of
    one table, as CSV or Parquet, in the order of their names; Hive's ``key=value`` folders become
    columns.

    Args:
        path: the file or folder.
        limits: bounds against decompression bombs and tables too large for the memory.

    Raises:
        InputError: if there is no such file, it cannot be read, or it holds no table. The message
            says what is accepted and what to do.
        MissingExtraError: if Excel is given and openpyxl is not installed.
    """
    limits = limits or ReadLimits()
    source, sheet = _located(Path(path))
    try:
        mode = source.stat().st_mode
        if stat.S_ISDIR(mode):
            return _read_folder(source, limits)
        if not stat.S_ISREG(mode):
            raise InputError(f'"{source.name}" is a device or pipe', accepted=READABLE, hint="save the data to a file")
        kind = _kind_of(source)
        if kind == "csv":
            return read_csv([source], limits)
        return read_parquet([source], limits) if kind == "parquet" else read_excel(source, sheet, limits)
    except OSError as error:
        raise _unreadable(source, error) from error
    except MemoryError as error:
        raise InputError(
            f'"{source.name}" does not fit into the memory', hint="read a sample of the rows, or use a larger machine"
        ) from error


def _located(path: Path) -> tuple[Path, str | None]:
    """The path, and the sheet that ``book.xlsx#Sheet`` names."""
    if "\0" in str(path):
        raise InputError("the path holds a NUL character", accepted=READABLE, hint="check the path")
    try:
        path.stat()
        return path, None
    except FileNotFoundError as error:
        name, mark, sheet = path.name.partition("#")
        book = path.with_name(name) if mark and name else path
        if mark and kind_of_suffix(split_suffix(book)[0]) == "excel" and book.exists():
            return book, sheet
        raise _absent(path) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _absent(path: Path) -> InputError:
    folder = path.parent
    try:
        neighbours = sorted(entry.name for entry, _ in zip(folder.iterdir(), range(_MOST_NEIGHBOURS), strict=False))
    except OSError:
        return InputError(f'there is no folder "{folder}"', accepted=READABLE, hint="check the path")
    known = [name for name in neighbours if kind_of_suffix(split_suffix(Path(name))[0])] or neighbours
    hint = did_you_mean(path.name, known) if known else "check the path; the folder is empty"
    return InputError(f'there is no file "{path}"', accepted=READABLE, hint=hint)


def _unreadable(path: Path, error: OSError) -> InputError:
    if error.errno == errno.ELOOP:
        return InputError(f'"{path}" is a link that leads back to itself', hint="give the file itself")
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError(f'"{path}" may not be read by this user', hint="change its permissions, or copy it")
    return InputError(f'"{path}" cannot be read: {error.strerror or error}', accepted=READABLE, hint="check the path")


def _kind_of(path: Path) -> str:
    suffix, _ = split_suffix(path)
    kind = kind_of_suffix(suffix)
    if kind is None:
        given = f'"{path.name}" ends in {suffix}' if suffix else f'"{path.name}" has no suffix that says what it is'
        hint = next((hint for suffixes, hint in _HINTS.items() if suffix in suffixes), "save it as .csv or .parquet")
        raise InputError(f"{given}, which is not read", accepted=READABLE, hint=hint)
    if kind != "csv" and split_suffix(path)[1]:
        raise InputError(f'"{path.name}" is compressed as a whole', accepted=READABLE, hint="unpack it first")
    return kind


def _read_folder(folder: Path, limits: ReadLimits) -> tuple[Table, SourceInfo]:
    parts, others = _parts_of(folder)
    kinds = {_kind_of(part) for part in parts}
    if not parts:
        raise InputError(
            f'the folder "{folder.name}" holds no table'
            + (f" (but {listed(others, 3)})" if others else "; it is empty"),
            accepted=READABLE,
            hint="name a file, or a folder that holds the parts of one table",
        )
    if len(kinds) > 1 or (kinds == {"excel"} and len(parts) > 1):
        raise InputError(
            f'the folder "{folder.name}" holds files of several kinds or several workbooks: '
            f"{listed([part.name for part in parts], 4)}",
            accepted="CSV or Parquet parts of one table",
            hint="name one file, or put each table into a folder of its own",
        )
    kind = kinds.pop()
    if kind == "excel":
        table, info = read_excel(parts[0], None, limits)
    elif kind == "csv":
        table, info = read_csv(parts, limits)
    else:
        table, info = read_parquet(parts, limits, [_partition_values(part, folder) for part in parts])
    notes = list(info.notes)
    if len(parts) > 1:
        notes.insert(0, f"{len(parts):,} files were read as parts of one table")
    if others:
        notes.append(f"other files of the folder were not read: {listed(others, 3)}")
    return table, _with_notes(info, notes)


def _with_notes(info: SourceInfo, notes: list[str]) -> SourceInfo:
    from dataclasses import replace

    return replace(info, notes=tuple(notes))


def _parts_of(folder: Path) -> tuple[list[Path], list[str]]:
    """The files that hold tables, in natural order of their paths, and the names of the others.

    Hidden files, those that begin with ``_`` (``_SUCCESS``), and linked folders are passed over.
    """
    parts: list[Path] = []
    others: list[str] = []

    def _raise(error: OSError) -> None:
        raise error

    for place, inner, files in os.walk(folder, onerror=_raise, followlinks=False):
        inner[:] = sorted(name for name in inner if not name.startswith((".", "_")))
        for name in files:
            if name.startswith((".", "_")):
                continue
            path = Path(place, name)
            if kind_of_suffix(split_suffix(path)[0]) and not name.lower().startswith(("readme", "license")):
                parts.append(path)
            else:
                others.append(name)
        if len(parts) > _MOST_PARTS:
            raise InputError(f'the folder "{folder.name}" holds more than {_MOST_PARTS:,} files', hint="name one file")
    return sorted(parts, key=lambda path: _natural(path.relative_to(folder))), sorted(others)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """So that ``part-10`` comes after ``part-2``."""
    pieces = re.findall(r"\d+|\D+", str(path))
    return [(0, int(p), p) if p.isdecimal() and len(p) < 1000 else (1, 0, p) for p in pieces]


def _partition_values(part: Path, folder: Path) -> dict[str, str]:
    """Columns that the folders' names give: ``year=2024/month=1``."""
    pairs = (name.partition("=") for name in part.relative_to(folder).parts[:-1])
    return {unquote(key): unquote(value) for key, mark, value in pairs if mark and key}

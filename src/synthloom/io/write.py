"""``write_table``: a table, or batches of one, becomes a file; whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

from synthloom.data import Table
from synthloom.errors import OptionError, OutputError
from synthloom.io.csv_writer import write_csv
from synthloom.io.excel_writer import write_excel
from synthloom.io.parquet_writer import write_parquet
from synthloom.io.source import (
    COMPRESSION_SUFFIXES,
    WRITABLE,
    Notes,
    SourceInfo,
    SourceKind,
    kind_of_suffix,
    split_suffix,
)

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space, or write elsewhere"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or write elsewhere"),
    errno.EFBIG: ("the file would exceed the largest size allowed", "write elsewhere, or a compressed file"),
    errno.EROFS: ("the file system is read-only", "write elsewhere"),
    errno.EACCES: ("this user may not write there", "change the folder's permissions, or write elsewhere"),
    errno.EPERM: ("this user may not write there", "change the folder's permissions, or write elsewhere"),
    errno.ENAMETOOLONG: ("the name is too long", "use a shorter name"),
}


def write_table(
    table: Table | Iterator[Table],
    path: str | os.PathLike[str],
    info: SourceInfo | None = None,
    *,
    protect_formulas: bool = True,
    on_note: Callable[[str], None] | None = None,
) -> Path:
    """Writes a table as CSV, Parquet or Excel, by the path's suffix.

    Batches are written as they come, in constant memory. The file appears under its name only when
    it is complete; an existing file is replaced. Equal tables give equal bytes.

    Args:
        table: a table, or an iterator of its batches.
        path: where to; the suffix says which kind (``.csv``, ``.csv.gz``, ``.parquet``, ``.xlsx`` …).
        info: how the source was written; CSV then has its delimiter, decimal mark, encoding, line
            ends and date layouts, Excel the name of its sheet.
        protect_formulas: put an apostrophe before text cells of CSV and Excel that a spreadsheet
            would run as formulas (they begin with ``= + - @``, a tab or a line end, and are no
            plain number), as OWASP advises.
        on_note: is called with a sentence for each thing worth telling, such as the number of
            cells that got an apostrophe.

    Returns:
        The path.

    Raises:
        OutputError: if the file cannot be written there; nothing is left behind.
    """
    target = Path(path)
    kind = _checked_target(target)
    notes = Notes()
    tables = _batches(table)
    dialect = _dialect(info, kind, target)
    with _replacing(target) as temporary:
        if kind == "csv":
            compression = COMPRESSION_SUFFIXES.get(split_suffix(target)[1])
            write_csv(
                tables, temporary, dialect, compression=compression, protect_formulas=protect_formulas, notes=notes
            )
        elif kind == "excel":
            write_excel(tables, temporary, dialect, protect_formulas=protect_formulas, notes=notes)
        else:
            write_parquet(tables, temporary)
    for sentence in notes.sentences() if on_note is not None else ():
        on_note(sentence)  # type: ignore[misc]
    return target


def _dialect(info: SourceInfo | None, kind: SourceKind, target: Path) -> SourceInfo:
    """The source's way of writing where it is of the same kind, else the usual one."""
    if info is not None and info.kind == kind:
        return info
    suffix, _ = split_suffix(target)
    plain = SourceInfo(kind, suffix)
    return replace(plain, delimiter="\t") if suffix in (".tsv", ".tab") else plain


def _batches(table: Table | Iterator[Table]) -> Iterator[Table]:
    if isinstance(table, Table):
        return chain([table.slice(0, 0)], table.batches())
    batches = iter(table)
    first = next(batches, None)
    if first is None:
        raise OptionError("there are no batches to write", accepted="at least one table", hint="give an empty table")
    return chain([first], batches)


def _checked_target(target: Path) -> SourceKind:
    suffix, compression = split_suffix(target)
    kind = kind_of_suffix(suffix)
    if kind is None or suffix == ".xlsm" or (kind != "csv" and compression):
        raise OutputError(f'"{target.name}" does not say what to write', accepted=WRITABLE, hint="change the suffix")
    try:
        if target.is_dir():
            raise OutputError(f'"{target}" is a folder', accepted="the name of a file", hint="add a file name to it")
        if not target.parent.is_dir():
            raise OutputError(f'there is no folder "{target.parent}"', hint="create it first, or check the path")
    except (OSError, ValueError) as error:
        reason, hint = _REASONS.get(getattr(error, "errno", None) or 0, (str(error), "check the path"))
        raise OutputError(f'"{target}" cannot be written: {reason}', hint=hint) from error
    return kind


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A temporary path beside ``target``: put in its place at the end, removed on any failure."""
    import pyarrow as pa

    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.partial")
    try:
        yield temporary
        temporary.replace(target)
    except (OSError, pa.ArrowException) as error:
        number = getattr(error, "errno", None)
        reason, hint = _REASONS.get(number or 0, (str(error), "check the path and the disk"))
        raise OutputError(f'"{target}" cannot be written: {reason}', hint=hint) from error
    finally:
        _removed(temporary)


def _removed(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the folder has gone, or was never writable
        pass

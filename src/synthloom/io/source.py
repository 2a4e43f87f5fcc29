"""What a source was like, so that the output can be written the same way, and how much may be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from synthloom.errors import OptionError

SourceKind = Literal["csv", "parquet", "excel"]
SourceFormat = SourceKind
"""Another name of :data:`SourceKind`: the kinds of files that are read and written."""

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
COMPRESSION_SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz"}

READABLE = (
    "CSV (.csv, .tsv, .tab, .txt, also with .gz, .zst, .bz2 or .xz), Parquet (.parquet, .pq), "
    "Excel (.xlsx, .xlsm), or a folder of CSV or Parquet parts"
)
WRITABLE = "CSV (.csv, .tsv, .tab, .txt, also with .gz, .zst, .bz2 or .xz), Parquet (.parquet, .pq) or Excel (.xlsx)"


@dataclass(frozen=True)
class SourceInfo:
    """How a file was written and what was noticed while it was read; frozen.

    Attributes:
        kind: ``csv``, ``parquet`` or ``excel``.
        suffix: the file's suffix with its compression, such as ``.csv.gz``.
        rows: rows of data.
        bytes: size on disk, of all parts.
        delimiter: what parts the values of a CSV.
        quote: what encloses a value that holds the delimiter.
        decimal_mark: ``.`` or ``,``.
        encoding: Python's name of the encoding; ``utf-8-sig`` is UTF-8 with a byte order mark.
        newline: what ends a line of a CSV.
        header: whether the first row names the columns.
        sheet: the Excel sheet that was read.
        layouts: how a column's dates or booleans were written where that is not the default
            (``2024-12-31``, ``2024-12-31 23:59:59``, ``true``), such as ``%d.%m.%Y``.
        notes: sentences for the report: what was detected, renamed, read as missing.
    """

    kind: SourceKind
    suffix: str
    rows: int = 0
    bytes: int = 0
    delimiter: str = ","
    quote: str = '"'
    decimal_mark: str = "."
    encoding: str = "utf-8"
    newline: str = "\n"
    header: bool = True
    sheet: str | None = None
    layouts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadLimits:
    """Bounds that keep a decompression bomb, or a file too large for the machine, from being read.

    Attributes:
        maximum_bytes: what the data may take once decompressed; by default a sixth (text) or a
            third (Parquet, Excel) of the memory that is free when reading begins.
        maximum_ratio: how many times its size on disk a compressed text or sheet may grow to, once
            it has grown beyond 64 MiB. (Real tables stay below 100; a bomb has 1,000 and more.)
        maximum_columns: how many columns a table may have.
    """

    maximum_bytes: int | None = None
    maximum_ratio: float = 300.0
    maximum_columns: int = 20_000

    def __post_init__(self) -> None:
        given = {
            "maximum_bytes": 1 if self.maximum_bytes is None else self.maximum_bytes,
            "maximum_ratio": self.maximum_ratio,
            "maximum_columns": self.maximum_columns,
        }
        for name, value in given.items():
            if not value > 0:
                raise OptionError(f"{name} is {value!r}", accepted="a number above 0", hint="raise it or leave it out")


def split_suffix(path: Path) -> tuple[str, str]:
    """The data suffix and the compression suffix of a name, in lower case.

    >>> split_suffix(Path("a.CSV.gz"))
    ('.csv', '.gz')
    """
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes and suffixes[-1] in COMPRESSION_SUFFIXES:
        return (suffixes[0] if len(suffixes) == 2 else ""), suffixes[-1]
    return (suffixes[-1] if suffixes else ""), ""


def kind_of_suffix(suffix: str) -> SourceKind | None:
    """The kind of file that a data suffix stands for, ``None`` if there is none."""
    if suffix in TEXT_SUFFIXES:
        return "csv"
    if suffix in PARQUET_SUFFIXES:
        return "parquet"
    return "excel" if suffix in EXCEL_SUFFIXES else None


def output_suffix(info: SourceInfo) -> str:
    """The suffix that a file of the same kind as the source gets, such as ``.csv.gz``."""
    return ".xlsx" if info.kind == "excel" else info.suffix


class Notes:
    """Collects sentences; the same one about several columns becomes one sentence that lists them.

    Notes may stand in a report that leaves the house: they name columns and count rows, and never
    quote a value of the data.
    """

    _SHOWN = 8

    def __init__(self) -> None:
        self._plain: list[str] = []
        self._by_column: dict[str, list[str]] = {}

    def add(self, sentence: str) -> None:
        """Adds a sentence as it is, once."""
        if sentence not in self._plain:
            self._plain.append(sentence)

    def about(self, sentence: str, column: str, rows: int | None = None) -> None:
        """Adds a sentence about one column, and the number of rows that it is true of."""
        count = "" if rows is None else " (1 row)" if rows == 1 else f" ({rows:,} rows)"
        self._by_column.setdefault(sentence, []).append(quoted(column) + count)

    def sentences(self) -> tuple[str, ...]:
        """All sentences, in the order in which they came up."""
        grouped = [f"{sentence}: {_joined(columns, self._SHOWN)}" for sentence, columns in self._by_column.items()]
        return (*self._plain, *grouped)


def quoted(name: str) -> str:
    """A name in quotes, cut if it is long."""
    return f'"{name}"' if len(name) <= 60 else f'"{name[:57]}…"'


def listed(names: list[str], shown: int = 5) -> str:
    """The first names in quotes, and how many more there are."""
    return _joined([quoted(name) for name in names], shown)


def _joined(parts: list[str], shown: int) -> str:
    rest = len(parts) - shown
    return ", ".join(parts[:shown]) + (f" and {rest:,} more" if rest > 0 else "")

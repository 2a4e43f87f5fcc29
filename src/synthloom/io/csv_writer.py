"""Tables as CSV, batch by batch, in the dialect of a source.

Each batch is composed column by column in Arrow and joined into one block of bytes; pyarrow's own
writer knows neither decimal commas nor date layouts.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from synthloom.data import Table
from synthloom.io.column_types import TEXT_MARKERS
from synthloom.io.date_layouts import render
from synthloom.io.formulas import disarmed
from synthloom.io.source import Notes, SourceInfo

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 1 << 20


def write_csv(
    tables: Iterator[Table],
    path: Path,
    info: SourceInfo,
    *,
    compression: str | None,
    protect_formulas: bool,
    notes: Notes,
) -> None:
    """Writes the tables, one below the other, to ``path``.

    Text is quoted only where it must be. The file is in the source's encoding if that can hold
    every character, else in UTF-8.
    """
    encoding = info.encoding if _is_usable(info.encoding) else "utf-8"
    plain = encoding in ("utf-8", "utf-8-sig")
    writer = _BatchWriter(info, protect_formulas)
    if plain:
        with _compressed(path, compression) as file:
            if encoding == "utf-8-sig":
                file.write(codecs.BOM_UTF8)
            for block in writer.blocks(tables):
                file.write(block)
    else:
        unencoded = path.with_name(path.name + ".utf8")
        try:
            with unencoded.open("wb") as file:
                for block in writer.blocks(tables):
                    file.write(block)
            _recode(unencoded, path, encoding, compression, notes)
        finally:
            unencoded.unlink(missing_ok=True)
    if writer.disarmed:
        notes.add(f"{writer.disarmed:,} text cells that a spreadsheet would run as formulas got an apostrophe in front")


def _is_usable(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _recode(source: Path, target: Path, encoding: str, compression: str | None, notes: Notes) -> None:
    """Copies UTF-8 text into another encoding, or as it is where a character cannot be written."""
    for attempt in (encoding, "utf-8"):
        try:
            with source.open(encoding="utf-8", newline="") as text, _compressed(target, compression) as file:
                encoder = codecs.getincrementalencoder(attempt)()
                while piece := text.read(_CHUNK):
                    file.write(encoder.encode(piece))
                file.write(encoder.encode("", final=True))
            return
        except UnicodeEncodeError:
            notes.add(f"written as UTF-8, because {encoding} cannot hold every character")


def _compressed(path: Path, compression: str | None) -> AbstractContextManager[IO[bytes]]:
    import lzma

    import pyarrow as pa

    if compression is None:
        return path.open("wb")
    if compression == "xz":
        return lzma.open(path, "wb")
    # these set no time stamp, so that equal tables give equal bytes
    stream: AbstractContextManager[IO[bytes]] = pa.output_stream(str(path), compression=compression)
    return stream


class _BatchWriter:
    """Turns batches into blocks of bytes and counts the disarmed cells."""

    def __init__(self, info: SourceInfo, protect_formulas: bool) -> None:
        self._info, self._protect, self.disarmed = info, protect_formulas, 0

    def blocks(self, tables: Iterator[Table]) -> Iterator[bytes]:
        """The header, then the rows of each table, as UTF-8."""
        first = True
        for table in tables:
            if first and self._info.header:
                yield self._header(table.names)
            first = False
            if table.n_rows:
                yield self._rows(table)

    def _header(self, names: list[str]) -> bytes:
        import pyarrow as pa

        texts = self._texts(pa.array(names, pa.string()), "").to_pylist()
        return (self._info.delimiter.join(texts) + self._info.newline).encode()

    def _rows(self, table: Table) -> bytes:
        import pyarrow.compute as pc

        columns = [
            self._column(table.arrow.column(place).combine_chunks(), name) for place, name in enumerate(table.names)
        ]
        if len(columns) == 1:  # an empty line would be passed over by readers
            columns = [pc.fill_null(columns[0], self._info.quote * 2)]
        lines = pc.binary_join_element_wise(
            *columns, self._info.delimiter, null_handling="replace", null_replacement=""
        )
        ended = pc.binary_join_element_wise(lines, self._info.newline, "")
        return bytes_of(ended)

    def _column(self, values: pa.Array, name: str) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = values.type
        layout = self._info.layouts.get(name)
        if pa.types.is_string(kind):
            return self._texts(values, name)
        if pa.types.is_boolean(kind):
            texts = layout.split("/") if layout in ("True/False", "TRUE/FALSE") else ("true", "false")
            return pc.if_else(values, *texts)
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return self._decimals(values)
        if pa.types.is_temporal(kind) and not pa.types.is_duration(kind) and not pa.types.is_time(kind):
            usable = layout if layout is not None and layout.startswith("%") else None
            return self._quoted(render(values, usable))
        return values.cast(pa.string())

    def _decimals(self, values: pa.Array) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = values.cast(pa.string())
        if pa.types.is_floating(values.type):
            texts = pc.if_else(pc.is_finite(values), texts, pa.scalar(None, pa.string()))
            whole = pc.match_substring_regex(texts, r"^-?\d+$")  # 1 would be read as a whole number
            texts = pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
        if self._info.decimal_mark == ",":
            texts = pc.replace_substring(texts, ".", ",")
        return self._quoted(texts)

    def _texts(self, texts: pa.Array, name: str) -> pa.Array:
        if self._protect:
            texts, count = disarmed(texts)
            self.disarmed += count
        return self._quoted(texts, and_empty=True)

    def _quoted(self, texts: pa.Array, *, and_empty: bool = False) -> pa.Array:
        """Encloses what holds a delimiter, quote or line end; and what would be read as missing."""
        import re

        import pyarrow as pa
        import pyarrow.compute as pc

        quote = self._info.quote
        needs = pc.match_substring_regex(texts, "[" + re.escape(self._info.delimiter + quote) + "\r\n]")
        if and_empty:
            needs = pc.or_(needs, pc.is_in(texts, pa.array(["", *TEXT_MARKERS])))
        if not pc.any(needs).as_py():
            return texts
        doubled = pc.replace_substring(texts, quote, quote * 2)
        return pc.if_else(needs, pc.binary_join_element_wise(quote, doubled, quote, ""), texts)


def bytes_of(texts: pa.Array) -> bytes:
    """All texts one after the other: the array's own buffer."""
    _, offsets, data = texts.buffers()
    import numpy as np

    kind = np.int64 if str(texts.type).startswith("large") else np.int32
    ends = np.frombuffer(offsets, kind)[texts.offset : texts.offset + len(texts) + 1]
    return bytes(memoryview(data)[ends[0] : ends[-1]]) if data is not None else b""

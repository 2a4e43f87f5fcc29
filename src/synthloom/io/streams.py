"""Bytes of a text file: decompressed within bounds, surveyed once, handed on as UTF-8.

The survey goes over the whole file in constant memory before anything is parsed. It refuses
decompression bombs and binary files, and finds the encoding from all of the file, not from its
beginning.
"""

from __future__ import annotations

import codecs
import io
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synthloom.errors import InputError
from synthloom.io.memory import free_memory, readable_size
from synthloom.io.source import ReadLimits

CHUNK = 1 << 20
HEAD = 1 << 20
RATIO_FREE = 64 << 20  # below this size no ratio is suspicious: it fits anywhere
_EVIDENCE = 1 << 16
_TEXT_SHARE = 6  # short values take about six times their text while they are typed

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_CONTROLS = bytes(code for code in range(1, 32) if code not in b"\t\n\r\x0b\x0c")
_OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874", "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip

_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
_FOREIGN = {
    b"PK\x03\x04": ("a ZIP archive or an Excel workbook", "rename it to .xlsx, or unpack it first"),
    b"PAR1": ("a Parquet file", "rename it to .parquet"),
    b"\xd0\xcf\x11\xe0": ("an old Excel or Office file", "save it as .xlsx or .csv"),
    b"%PDF": ("a PDF document", "export the table as .csv"),
    b"\x89PNG": ("a picture", "give the table itself"),
    b"\x89HDF": ("an HDF5 file", "export the table as .parquet"),
    b"ARROW1": ("an Arrow file", "save it as .parquet"),
    b"SQLite format 3": ("a SQLite database", "export the table as .csv"),
}


def detect_compression(path: Path) -> str | None:
    """``gzip``, ``zstd``, ``bz2``, ``xz`` or ``None``, by the file's first bytes and not by its name.

    Raises:
        InputError: if the first bytes are those of another kind of file.
    """
    with path.open("rb") as file:
        start = file.read(16)
    for magic, (what, hint) in _FOREIGN.items():
        if start.startswith(magic):
            raise InputError(f'"{path.name}" is {what}, not a text table', accepted="CSV under this name", hint=hint)
    return next((name for magic, name in _COMPRESSIONS.items() if start.startswith(magic)), None)


def resolved_maximum(limits: ReadLimits, *, share: int = 3) -> int:
    """Bytes that decoded data may take: as the limits say, else one part in ``share`` of the free memory."""
    return limits.maximum_bytes if limits.maximum_bytes is not None else free_memory() // share


def refuse_size(name: str, size: int, maximum: int) -> None:
    """Raises :class:`InputError` if ``size`` bytes are more than ``maximum``."""
    if size > maximum:
        raise InputError(
            f'"{name}" holds at least {readable_size(size)} of data once it is decoded',
            accepted=f"at most {readable_size(maximum)} (by default a part of the free memory)",
            hint="read a sample of the rows, or raise ReadLimits(maximum_bytes=...)",
        )


def refuse_ratio(name: str, size: int, on_disk: int, limits: ReadLimits) -> None:
    """Raises :class:`InputError` if ``size`` decompressed bytes are suspiciously many."""
    if size > RATIO_FREE and size > limits.maximum_ratio * max(1, on_disk):
        raise InputError(
            f'"{name}" has {readable_size(on_disk)} and unpacks to more than {readable_size(size)}; '
            "that looks like a decompression bomb",
            accepted=f"at most {limits.maximum_ratio:g} times the size on disk",
            hint="unpack it yourself if you trust it, or raise ReadLimits(maximum_ratio=...)",
        )


def decompressed(path: Path, compression: str | None, limits: ReadLimits) -> Iterator[bytes]:
    """The file's bytes in chunks of at most 1 MiB, refused beyond the limits.

    Raises:
        InputError: if the file is damaged, or unpacks to more than the limits allow.
    """
    import pyarrow as pa

    on_disk, maximum, total = path.stat().st_size, resolved_maximum(limits, share=_TEXT_SHARE), 0
    try:
        with _opened(path, compression) as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                refuse_size(path.name, total, maximum)
                if compression is not None:
                    refuse_ratio(path.name, total, on_disk, limits)
                yield chunk
    except (EOFError, OSError, ValueError, lzma.LZMAError, pa.ArrowException) as error:
        if compression is None:
            raise InputError(f'"{path.name}" cannot be read: {error}', hint="check the disk and try again") from error
        raise InputError(
            f'"{path.name}" is damaged: its {compression} data cannot be unpacked ({error})',
            hint="fetch or compress the file again",
        ) from error


def _opened(path: Path, compression: str | None) -> io.BufferedIOBase:
    import pyarrow as pa

    if compression == "xz":
        return lzma.open(path)
    if compression is None:
        return path.open("rb")
    stream: io.BufferedIOBase = pa.input_stream(str(path), compression=compression)
    return stream


@dataclass(frozen=True)
class Survey:
    """What one pass over a text file found.

    Attributes:
        size: bytes once decompressed.
        head: the first MiB as UTF-8, without byte order mark and NUL bytes.
        complete: whether ``head`` is all there is.
        encoding: Python's name of the encoding.
        nul_bytes: how many NUL bytes stand in the text (they are left out).
        has_quote: whether a double quote occurs anywhere.
        last_byte: the last byte that is no line end or blank.
    """

    path: Path
    compression: str | None
    size: int
    head: bytes
    complete: bool
    encoding: str
    nul_bytes: int
    has_quote: bool
    last_byte: bytes

    def open(self, limits: ReadLimits) -> io.BufferedReader:
        """The text as a stream of UTF-8 bytes."""
        return io.BufferedReader(_IteratorStream(self._utf8(limits)), CHUNK)

    def _utf8(self, limits: ReadLimits) -> Iterator[bytes]:
        return _as_utf8(decompressed(self.path, self.compression, limits), self.encoding, self.path.name)


def survey(path: Path, compression: str | None, limits: ReadLimits) -> Survey:
    """Goes over the file once.

    Raises:
        InputError: if it is empty, no text, damaged, mixed in its encoding, or beyond the limits.
    """
    first = _FirstPass(path.name)
    for chunk in decompressed(path, compression, limits):
        first.see(chunk)
    first.finish()
    head = b""
    for chunk in _as_utf8(decompressed(path, compression, limits), first.encoding, path.name):
        head += chunk
        if len(head) > HEAD:
            break
    if not head.strip():
        raise InputError(f'"{path.name}" is empty', accepted="a table with at least one row", hint="check the export")
    complete = len(head) <= HEAD
    return Survey(
        path=path,
        compression=compression,
        size=first.size,
        head=head[:HEAD],
        complete=complete,
        encoding=first.encoding,
        nul_bytes=first.nul_bytes,
        has_quote=first.quote,
        last_byte=first.last_byte,
    )


class _FirstPass:
    """Counts, checks UTF-8, and keeps the surroundings of bytes that are not ASCII as evidence."""

    def __init__(self, name: str) -> None:
        self.name, self.size, self.nul_bytes, self.quote = name, 0, 0, False
        self.encoding = "utf-8"
        self.last_byte = b""
        self._start = b""
        self._lines = 0
        self._valid = True
        self._error_line = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._evidence: list[bytes] = []
        self._kept = 0
        self._controls = 0

    def see(self, chunk: bytes) -> None:
        """Takes in the next bytes."""
        if not self.size:
            self._start = chunk[:4096]
            self.encoding = _by_mark(chunk)
        self.size += len(chunk)
        self.nul_bytes += chunk.count(0)
        self.quote = self.quote or b'"' in chunk
        self.last_byte = chunk[-64:].replace(b"\0", b"").rstrip()[-1:] or self.last_byte
        if self._kept < _EVIDENCE:
            self._controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
        ascii_only = chunk.isascii()
        if self._valid and not (ascii_only and self._decoder.getstate()[0] == b""):
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError as error:
                self._valid = False
                self._error_line = self._lines + chunk.count(b"\n", 0, max(0, error.start)) + 1
        self._lines += chunk.count(b"\n")
        if not ascii_only and self._kept < _EVIDENCE:
            self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        """Keeps whole lines (or the surroundings in long ones) that hold bytes beyond ASCII."""
        end = 0
        for match in _BEYOND_ASCII.finditer(chunk):
            if match.start() < end:
                continue
            begin = max(end, chunk.rfind(b"\n", 0, match.start()) + 1, match.start() - 200)
            end = chunk.find(b"\n", match.end(), match.end() + 2000)
            end = min(len(chunk), match.end() + 2000) if end < 0 else end
            self._evidence.append(chunk[begin:end])
            self._kept += end - begin
            if self._kept >= _EVIDENCE:
                break

    def finish(self) -> None:
        """Settles the encoding."""
        if self._valid:
            try:
                self._decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self._valid, self._error_line = False, self._lines + 1
        if self.encoding not in {"utf-8", "utf-8-sig"}:
            self.nul_bytes = 0  # half of UTF-16's bytes are zero
            return
        self.encoding = _by_nul_pattern(self._start) or self.encoding
        if self.encoding.startswith("utf-16"):
            self.nul_bytes = 0
            return
        self._refuse_binary()
        if not self._valid:
            self.encoding = self._by_evidence()

    def _refuse_binary(self) -> None:
        seen = min(self.size, max(_EVIDENCE, CHUNK))
        if self._controls + self.nul_bytes > max(8, 0.02 * seen):
            raise InputError(
                f'"{self.name}" is not a text table: it holds many control characters',
                accepted="CSV, Parquet or Excel",
                hint="check that the file is what its name says",
            )

    def _by_evidence(self) -> str:
        evidence = b"\n".join(self._evidence)
        if self.encoding == "utf-8-sig" or _mostly_utf8(evidence):
            raise InputError(
                f'line {self._error_line:,} of "{self.name}" holds bytes that are not UTF-8, though the rest is',
                accepted="one encoding in the whole file",
                hint="save the file again as UTF-8, or repair that line",
            )
        return guess_encoding(evidence)


def _by_mark(chunk: bytes) -> str:
    """The encoding that a byte order mark names; UTF-8 where there is none."""
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    )
    return next((name for mark, name in marks if chunk.startswith(mark)), "utf-8")


def _by_nul_pattern(start: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every other byte is NUL."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half < 2:
        return None
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and odd < 0.05 * half else None


def _mostly_utf8(evidence: bytes) -> bool:
    """Whether nearly all that is not ASCII is valid UTF-8, so that another encoding is unlikely."""
    text = evidence.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(1 for character in text if ord(character) > 127) - wrong
    return right >= 4 * wrong


def guess_encoding(evidence: bytes) -> str:
    """The most plausible encoding of bytes that are not UTF-8.

    Western single-byte text is told from Central European by what stands inside words; other
    scripts, whose bytes beyond ASCII come in runs, are left to charset-normalizer. Where nothing
    speaks for anything else the answer is cp1252, and latin-1 where that has no such byte.
    """
    from charset_normalizer import from_bytes

    runs = [len(match.group()) for match in _BEYOND_ASCII.finditer(evidence)]
    if runs and sum(runs) / len(runs) >= 1.5:
        best = from_bytes(evidence, cp_isolation=list(_OTHER_SCRIPTS)).best()
        if best is not None and best.encoding in _OTHER_SCRIPTS and best.language != "Unknown":
            return str(best.encoding)
    for encoding, fits in (("cp1252", _looks_western), ("cp1250", lambda text: True), ("cp1252", lambda text: True)):
        try:
            if fits(evidence.decode(encoding)):
                return encoding
        except UnicodeDecodeError:
            continue
    return "latin-1"


def _looks_western(text: str) -> bool:
    # what Polish, Czech and Slovak letters turn into when read as cp1252
    inside_words = len(re.findall(r"[^\W\d_][³¹¿£¥¾¼]|[³¹¿£¥¾¼][a-z]", text))
    return not (inside_words > 0.02 * sum(1 for c in text if ord(c) > 127) or ("ø" in text and "ì" in text))


def _as_utf8(chunks: Iterator[bytes], encoding: str, name: str) -> Iterator[bytes]:
    """The chunks as UTF-8 without byte order mark and NUL bytes."""
    convert = _converter(encoding)
    try:
        for chunk in chunks:
            if text := convert(chunk, False).replace(b"\0", b""):
                yield text
        if text := convert(b"", True).replace(b"\0", b""):
            yield text
    except UnicodeError as error:
        raise InputError(
            f'"{name}" cannot be read as {encoding}, which its bytes suggest ({error.__class__.__name__})',
            accepted="one encoding in the whole file",
            hint="save the file again as UTF-8",
        ) from error


def _converter(encoding: str) -> Callable[[bytes, bool], bytes]:
    if encoding == "utf-8":
        return lambda chunk, _final: chunk
    decoder = codecs.getincrementaldecoder(encoding)()
    return lambda chunk, final: decoder.decode(chunk, final).encode()


class _IteratorStream(io.RawIOBase):
    """A readable stream over an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

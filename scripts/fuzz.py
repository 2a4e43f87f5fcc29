"""Feeds damaged files to Synthloom's readers and its model loader: only errors of its own tree may come back, and soon.

    python scripts/fuzz.py --inputs 100000 --seed 0

Every input is a valid file with some bytes changed, cut, doubled or spliced (for workbooks and
compressed files also beneath the compression). Input number i depends on the seed and on i alone,
so ``--only i`` repeats one. Inputs are read in child processes, so that a crash of native code is
seen and counted. The exit code is 1 if anything but "read" and the error classes of Synthloom came up.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import hashlib
import io
import json
import lzma
import multiprocessing
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SECONDS_EACH = 20
MEMORY_EACH = 6 << 30
CHUNK = 1_000

Mutation = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Target:
    """Something to feed with damaged files.

    ``seeds`` makes valid files, ``mutate`` damages one, ``run`` reads the damaged file at a path
    that ends in ``suffix``. To add one, put it into :data:`TARGETS`.
    """

    suffix: str
    seeds: Callable[[], list[bytes]]
    mutate: Mutation
    run: Callable[[Path], None]


# --- damage -----------------------------------------------------------------------------------

TOKENS = [
    b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\n\n",
    b"=1+1", b"-", b"1e999", b"inf", b"NaN", b"NA", b"99999999999999999999", b"1.234,5", b"1,234", b"0x1", b"\\N",
    b"31.12.2024", b"2024-02-30", b"00123", b"\xe4\xf6", b"\xf0\x9f\x98\x80", b"\x85", b"\xe2\x80\xa8", b"sep=;\n",
    b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"<!DOCTYPE x>", b"<", b"&", b"]]>", b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff\x0f",
]  # fmt: skip


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """One to eight small changes at random places."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        kind = chance.randrange(8)
        place = chance.randrange(len(out) + 1)
        span = chance.choice((1, 1, 2, 4, 16, 64, 256))
        if kind == 0 and out:
            out[min(place, len(out) - 1)] ^= 1 << chance.randrange(8)
        elif kind == 1 and out:
            out[min(place, len(out) - 1)] = chance.randrange(256)
        elif kind == 2:
            del out[place : place + span]
        elif kind == 3:
            out[place:place] = chance.choice(TOKENS)
        elif kind == 4:
            out[place:place] = out[place : place + span] * chance.choice((1, 2, 50))
        elif kind == 5:
            other = chance.randrange(len(out) + 1)
            out[place:place] = out[other : other + span]
        elif kind == 6:
            out[place:place] = chance.randbytes(span)
        elif chance.random() < 0.3:
            del out[place:]
    return bytes(out)


def mutate_in_place(data: bytes, chance: random.Random) -> bytes:
    """Mostly changes that move nothing, so that what follows still stands where the file says."""
    if chance.random() < 0.2:
        return mutate_bytes(data, chance)
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(out))
        new = chance.choice(
            (bytes([out[place] ^ 1 << chance.randrange(8)]), chance.randbytes(1), chance.choice(TOKENS))
        )
        out[place : place + len(new)] = new
    return bytes(out)


def beneath(unpack: Callable[[bytes], bytes], pack: Callable[[bytes], bytes]) -> Mutation:
    """Damages what is compressed in half of the cases, else the compressed bytes."""

    def mutate(data: bytes, chance: random.Random) -> bytes:
        if chance.random() < 0.5:
            return mutate_bytes(data, chance)
        return pack(mutate_bytes(unpack(data), chance))

    return mutate


def mutate_archive(data: bytes, chance: random.Random) -> bytes:
    """Damages one part of a ZIP archive in most cases, else the archive's own bytes."""
    if chance.random() < 0.3:
        return mutate_bytes(data, chance)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    if chance.random() < 0.05:
        del parts[name]
    else:
        parts[name] = mutate_bytes(parts[name], chance)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in parts.items():
            archive.writestr(key, value)
    return out.getvalue()


# --- valid files ------------------------------------------------------------------------------


@cache
def csv_seeds() -> list[bytes]:
    rows = ["id,name,amount,when,ok,zip", '1,"Mayer, Eva",12.5,2024-01-31,true,01234', "2,Jo,,2024-02-29,false,00501"]
    plain = "\n".join([*rows, '3,"a ""b""",-1e3,NA,true,99999', "4,NA,inf,2023-12-31,,10115"]) + "\n"
    german = "Größe;Preis;Datum\r\n" + "".join(f"{i},{i}5;1.{i}00,50;{i + 1:02}.12.2024 08:3{i}\r\n" for i in range(9))
    headerless = "".join(f"{i * 1.5},{i * 7},Iris-{i % 3}\n" for i in range(1, 30))
    tabs = "a\tb\n" + "x\t1\n" * 40
    return [
        plain.encode(), german.encode("cp1252"), german.encode("utf-8-sig"), plain.encode("utf-16"),
        headerless.encode(), tabs.encode(), b"only\n" + b"text\n" * 20,
        "город,число\nМосква,1\nТверь,2\n".encode("cp1251"),
        b"sep=;\na;b\n1;2\n3;4\n", b"a|b\n'x|y'|1\n'z'|2\n", b"v\n1,234\n2,345\n",
    ]  # fmt: skip


def _arrow_tables() -> list:
    import datetime as dt

    import pyarrow as pa

    plain = pa.table(
        {
            "i": pa.array([1, 2, None, 4]),
            "f": pa.array([0.5, None, float("inf"), float("nan")]),
            "s": ["a", "bb", None, "ä"],
            "b": [True, None, False, True],
            "d": pa.array([dt.date(2024, 1, 1), None, dt.date(1999, 12, 31), dt.date(2000, 2, 29)]),
            "t": pa.array([0, 1, None, 3], pa.timestamp("us", "Europe/Vienna")),
        }
    )
    encoded = pa.table({"c": pa.array(["x", "y", "x", None] * 50).dictionary_encode(), "n": list(range(200))})
    nested = pa.table({"l": [[1], [2, 3]], "m": [{"a": 1}, {"a": 2}]})
    decimals = pa.table({"p": pa.array([1, 2], pa.int64()).cast(pa.decimal128(25, 2)), "y": [b"ab", b"\xff"]})
    return [plain, encoded, nested, decimals]


@cache
def parquet_seeds() -> list[bytes]:
    import pyarrow.parquet as pq

    seeds = []
    for table in _arrow_tables():
        for compression in ("none", "snappy", "zstd"):
            out = io.BytesIO()
            pq.write_table(table, out, compression=compression, row_group_size=64, data_page_version="2.0")
            seeds.append(out.getvalue())
    return seeds


@cache
def excel_seeds() -> list[bytes]:
    import datetime as dt

    import openpyxl

    from synthloom.data import Table
    from synthloom.io import write_table

    book = openpyxl.Workbook()
    sheet = book.active
    rows = [["id", "name", "when", "ok", "x"], [1, "a", dt.datetime(2024, 1, 1, 12), True, 0.5]]
    for row in [*rows, [2, "NA", None, False, "#N/A"], [3, "=1+1", dt.date(2024, 1, 2), None, "text"]]:
        sheet.append(row)
    book.create_sheet("second").append(["z"])
    out = io.BytesIO()
    book.save(out)
    with tempfile.TemporaryDirectory() as folder:
        own = write_table(Table(_arrow_tables()[0]), Path(folder, "own.xlsx")).read_bytes()
    return [out.getvalue(), own]


def _packed(pack: Callable[[bytes], bytes]) -> Callable[[], list[bytes]]:
    return lambda: [pack(seed) for seed in csv_seeds()]


def _pack_zstd(data: bytes) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def _unpack_zstd(data: bytes) -> bytes:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()


# --- what is fed ------------------------------------------------------------------------------


@cache
def model_seeds() -> list[bytes]:
    """A model folder of each synthesizer, packed without compression."""
    from synthloom.synthesizers import SYNTHESIZERS
    from synthloom.testing import mixed_table

    seeds = []
    for cls in SYNTHESIZERS.values():
        with tempfile.TemporaryDirectory() as place:
            folder = cls().fit(mixed_table(300), seed=1).save(Path(place, "model"))
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                for path in sorted(folder.rglob("*")):
                    archive.writestr(path.name, path.read_bytes())
            seeds.append(out.getvalue())
    return seeds


def mutate_model(data: bytes, chance: random.Random) -> bytes:
    """Damages one file; in most cases the manifest is made to agree, so that the loader itself is tried."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    damage = chance.choice((mutate_bytes, mutate_in_place))
    parts[name] = damage(parts[name], chance)
    if name != "manifest.json" and chance.random() < 0.9:
        manifest = json.loads(parts["manifest.json"])
        manifest["files"][name] = hashlib.sha256(parts[name]).hexdigest()
        parts["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for key, value in parts.items():
            archive.writestr(key, value)
    return out.getvalue()


def load_model(path: Path) -> None:
    """Loads the unpacked model; what could be loaded must sample."""
    from synthloom.synthesizers import load

    folder = path.with_name("model")
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    load(folder).sample(20, seed=1)


def read_and_write(path: Path) -> None:
    """Reads the file; what could be read must be writable too."""
    from synthloom.io import ReadLimits, output_suffix, read_table, write_table

    table, info = read_table(path, limits=ReadLimits(maximum_bytes=256 << 20))
    if table.n_rows <= 2_000 and len(table.names) <= 200:
        write_table(table, path.with_name("out" + output_suffix(info)), info)


def read_folder(path: Path) -> None:
    """Reads the damaged file as one of two parts of a table."""
    from synthloom.io import ReadLimits, read_table

    folder = path.with_name("parts")
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "part-0.csv").write_bytes(csv_seeds()[0])
    shutil.copy(path, folder / "part-1.csv")
    read_table(folder, limits=ReadLimits(maximum_bytes=256 << 20))


TARGETS: dict[str, Target] = {
    "csv": Target(".csv", csv_seeds, mutate_bytes, read_and_write),
    "csv_gzip": Target(".csv.gz", _packed(gzip.compress), beneath(gzip.decompress, gzip.compress), read_and_write),
    "csv_zstd": Target(".csv.zst", _packed(_pack_zstd), beneath(_unpack_zstd, _pack_zstd), read_and_write),
    "csv_bz2": Target(".csv.bz2", _packed(bz2.compress), beneath(bz2.decompress, bz2.compress), read_and_write),
    "csv_xz": Target(".csv.xz", _packed(lzma.compress), beneath(lzma.decompress, lzma.compress), read_and_write),
    "csv_parts": Target(".csv", lambda: csv_seeds()[:1], mutate_bytes, read_folder),
    "parquet": Target(".parquet", parquet_seeds, mutate_in_place, read_and_write),
    "excel": Target(".xlsx", excel_seeds, mutate_archive, read_and_write),
    "model": Target(".zip", model_seeds, mutate_model, load_model),
}
WEIGHTS = {"csv": 6, "parquet": 4, "excel": 2, "model": 2}
"""How often a target comes up, 1 where it is not listed."""


# --- running ----------------------------------------------------------------------------------


class TookTooLong(BaseException):
    """An input was not done with in time; no ``except`` of the code under test catches it."""


def make_input(seed: int, number: int, targets: list[str]) -> tuple[str, bytes]:
    """The target's name and the damaged file of this number."""
    chance = random.Random(f"{seed}/{number}")
    name = chance.choices(targets, [WEIGHTS.get(target, 1) for target in targets])[0]
    target = TARGETS[name]
    return name, target.mutate(chance.choice(target.seeds()), chance)


def feed(name: str, data: bytes, folder: Path) -> str:
    """What came of one input: ``read``, the name of a Synthloom error, or ``unexpected …``."""
    from synthloom.errors import SynthloomError

    path = folder / f"input{TARGETS[name].suffix}"
    path.write_bytes(data)

    def too_long(_signal: int, _frame: object) -> None:
        raise TookTooLong

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_EACH)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            TARGETS[name].run(path)
        return "read"
    except SynthloomError as error:
        return type(error).__name__ if error.exit_code == 2 else f"unexpected {type(error).__name__}"
    except TookTooLong:
        return "unexpected hang"
    except Exception as error:  # finding what nobody thought of is the purpose
        return f"unexpected {type(error).__name__}: {str(error)[:120]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def fuzz_range(seed: int, numbers: range, targets: list[str], log: Path) -> None:
    """Feeds these inputs in this process; one line each in ``log``, written at once."""
    with tempfile.TemporaryDirectory() as folder, log.open("a", buffering=1) as lines:
        for number in numbers:
            name, data = make_input(seed, number, targets)
            outcome = " ".join(feed(name, data, Path(folder)).split())
            lines.write(f"{number}\t{name}\t{outcome}\n")


def outcomes(log: Path) -> list[tuple[int, str, str]]:
    """What :func:`fuzz_range` wrote: number, target and outcome of each input."""
    rows = (line.split("\t", 2) for line in log.read_text().splitlines()) if log.exists() else ()
    return [(int(number), name, outcome) for number, name, outcome in rows]


def fuzz(inputs: int, seed: int, targets: list[str]) -> list[tuple[int, str, str]]:
    """Feeds inputs number 0 to ``inputs`` in child processes: number, target and outcome of each."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit Arrow's threads half
    results: list[tuple[int, str, str]] = []
    began, unexpected = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        while len(results) < inputs:
            start = len(results)
            log = Path(folder, f"{start}.log")
            child = context.Process(target=_work, args=(seed, range(start, min(inputs, start + CHUNK)), targets, log))
            child.start()
            child.join()
            results += outcomes(log)
            if child.exitcode != 0:  # native code crashed: note the input, go on behind it
                name, _ = make_input(seed, len(results), targets)
                results.append((len(results), name, f"unexpected crash: exit code {child.exitcode}"))
            unexpected += sum(1 for _, _, outcome in results[start:] if outcome.startswith("unexpected"))
            seconds = time.monotonic() - began
            print(
                f"{len(results):,} of {inputs:,}, {unexpected} unexpected, {seconds:.0f} s", file=sys.stderr, flush=True
            )
    return results


def _work(seed: int, numbers: range, targets: list[str], log: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_EACH, MEMORY_EACH))
    fuzz_range(seed, numbers, targets, log)


def main() -> int:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="only this one (repeatable)")
    parser.add_argument("--only", type=int, help="feed only the input of this number, and show the traceback")
    parser.add_argument("--save", type=Path, help="with --only: where to put the input")
    given = parser.parse_args()
    targets = given.target or list(TARGETS)
    if given.only is not None:
        name, data = make_input(given.seed, given.only, targets)
        with tempfile.TemporaryDirectory() as folder:
            path = (given.save or Path(folder)) / f"input{TARGETS[name].suffix}"
            path.write_bytes(data)
            TARGETS[name].run(path)
        return 0
    results = fuzz(given.inputs, given.seed, targets)
    counts = Counter((name, outcome.split(":")[0]) for _, name, outcome in results)
    for (name, outcome), count in sorted(counts.items()):
        print(f"{name:12} {outcome:40} {count:9,}")
    print(f"{'all':12} {'inputs':40} {len(results):9,}")
    findings = [row for row in results if row[2].startswith("unexpected")]
    for number, name, outcome in findings[:100]:
        print(f"input {number} ({name}): {outcome}   repeat: --seed {given.seed} --only {number}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

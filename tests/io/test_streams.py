"""Encodings, compression, bombs: what happens before a CSV is parsed."""

import bz2
import gzip
import lzma
import subprocess
import sys

import pyarrow as pa
import pytest

from synthloom.errors import InputError, OptionError
from synthloom.io import ReadLimits

WESTERN = "Größe;Straße\n" + "Müller;Österreich\nGénéve;façade\nNiño;Øresund\n" * 5
POLISH = "miasto;liczba\nŁódź;1\nKraków;2\nGdańsk;3\nŚwięty;4\nżółć;5\nWrocław;6\n"
CZECH = "město;jméno\nPříbram;Jiří\nTřebíč;Žižka\nKroměříž;Šťastný\n"
RUSSIAN = "город;имя\nМосква;Иван\nТверь;Мария\nНовгород;Пётр\n"
JAPANESE = "都市;名前\n東京都;田中太郎\n大阪府;ありがとう\n京都市;さくら\n"


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN, "utf-8-sig", "utf-8-sig"),
        (WESTERN, "utf-16", "utf-16"),
        (WESTERN, "utf-16-le", "utf-16-le"),
        (WESTERN, "utf-16-be", "utf-16-be"),
        (WESTERN, "utf-32", "utf-32"),
        (WESTERN, "cp1252", "cp1252"),
        ("a;b\nx;é\ny;1\n", "latin-1", "cp1252"),
        (POLISH, "cp1250", "cp1250"),
        (CZECH, "cp1250", "cp1250"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8_r", "koi8_r"),
        (JAPANESE, "cp932", "cp932"),
        (JAPANESE, "euc_jp", "euc_jp"),
    ],
)
def test_encodings_are_told_from_the_bytes(read_text, text, encoding, named):
    arrow, info = read_text(text.encode(encoding))
    rows = [line.split(";") for line in text.splitlines()]
    assert arrow.column_names == rows[0]
    assert [[str(value) for value in row.values()] for row in arrow.to_pylist()] == rows[1:]
    assert info.encoding == named
    assert any(named in note for note in info.notes) == (named not in ("utf-8", "utf-8-sig"))


def test_an_encoding_that_shows_only_at_the_end_is_found(read_text):
    text = "a,b\n" + "plain,text\n" * 200_000 + "Müller,x\n"
    arrow, info = read_text(text.encode("cp1252"))
    assert info.encoding == "cp1252"
    assert arrow.column("a")[-1].as_py() == "Müller"


def test_characters_split_between_chunks_are_whole(read_text):
    text = "a\n" + "ä" * (1 << 20) + "\n"
    arrow, _ = read_text(("x" + text).encode())
    assert arrow.column(0)[0].as_py() == "ä" * (1 << 20)


def test_a_few_wrong_bytes_in_utf8_are_an_error_that_names_the_line(read_text):
    data = b"a;b\n" + "Müller;ä\n".encode() * 10 + b"M\xfcller;x\n" + "Größe;ö\n".encode() * 10
    with pytest.raises(InputError, match=r'line 12 of "table.csv" holds bytes that are not UTF-8'):
        read_text(data)


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", lambda data: pa.Codec("zstd").compress(data, asbytes=True)),
    ],
)
def test_compressions(read_text, suffix, pack):
    arrow, info = read_text(pack(b"a,b\n1,x\n2,y\n"), name="table.csv" + suffix)
    assert arrow.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}
    assert info.suffix == ".csv" + suffix
    assert info.notes == ()
    with pytest.raises(InputError, match="damaged"):
        read_text(pack(b"a,b\n" + bytes(range(32, 120)) * 500)[:-9], name="table.csv" + suffix)


def test_compression_under_a_wrong_name_is_read_and_noted(read_text):
    _, info = read_text(gzip.compress(b"a,b\n1,2\n"), name="table.csv")
    assert any("gzip compressed" in note for note in info.notes)
    arrow, info = read_text(b"a,b\n1,2\n", name="other.csv.gz")
    assert arrow.num_rows == 1
    assert any("not compressed" in note for note in info.notes)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"PAR1", b"%PDF-1.7", b"\x89PNG", b"\xd0\xcf\x11\xe0"])
def test_other_kinds_of_files_under_a_csv_name_are_refused_by_name(read_text, start):
    with pytest.raises(InputError, match="not a text table"):
        read_text(start + b"a,b\n1,2\n")


def test_binary_data_is_no_text(read_text):
    with pytest.raises(InputError, match="control characters"):
        read_text(bytes(range(256)) * 100)


def test_a_decompression_bomb_is_refused_in_little_memory(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    line = b"0" * ((1 << 20) - 1) + b"\n"
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(b"a\n")
        for _ in range(512):
            file.write(line)
    script = (
        "import resource, sys\n"
        "from synthloom.errors import InputError\n"
        "from synthloom.io import read_table\n"
        "import pyarrow.csv, pyarrow.compute\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    read_table(sys.argv[1])\n"
        "except InputError as error:\n    print(error)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True, timeout=60)
    message, grown = done.stdout.strip().splitlines()
    assert "decompression bomb" in message
    assert "maximum_ratio" in message
    assert int(grown) < 64  # MiB


def test_the_ratio_and_the_size_can_be_raised_and_lowered(read_text):
    data = gzip.compress(b"a,b\n" + b"0,1\n" * 20_000_000)
    with pytest.raises(InputError, match="decompression bomb"):
        read_text(data, name="t.csv.gz")
    with pytest.raises(InputError, match="at least"):
        read_text(data, name="t.csv.gz", limits=ReadLimits(maximum_bytes=1 << 20))
    with pytest.raises(InputError, match="3 columns"):
        read_text(b"a,b,c\n1,2,3\n", limits=ReadLimits(maximum_columns=2))
    with pytest.raises(OptionError):
        ReadLimits(maximum_ratio=0)


def test_a_raised_ratio_reads_what_compresses_well(read_text):
    data = gzip.compress(b"a,b\n" + b"0,1\n" * 18_000_000)
    arrow, _ = read_text(data, name="t.csv.gz", limits=ReadLimits(maximum_ratio=5_000))
    assert arrow.num_rows == 18_000_000

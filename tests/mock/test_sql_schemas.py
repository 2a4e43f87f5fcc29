"""Mock data of 35 schemas shaped like real ones: loaded into SQLite and PostgreSQL with all constraints on, or refused."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("sqlglot")

from synthloom.errors import SchemaError
from synthloom.mock import mock, write_mock
from synthloom.mock.result import make_engine

SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))
ROWS = 250


def header(path: Path) -> str:
    return path.read_text().splitlines()[0]


def loads_into(database: str) -> list[Path]:
    return [path for path in SCHEMAS if header(path).startswith("-- loads into") and database in header(path)]


def plain(value: object) -> object:
    """A value as SQLite takes it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else value


def test_there_are_thirty_schemas_and_more():
    assert len(SCHEMAS) >= 30
    assert {header(path).split(":")[0] for path in SCHEMAS} == {"-- loads into", "-- refused"}


@pytest.mark.parametrize("path", loads_into("sqlite"), ids=lambda p: p.stem)
def test_loads_into_sqlite(path):
    data = mock(path, rows=ROWS, seed=3)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(path.read_text())
    connection.execute("BEGIN")
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for table in data.load_order:
        rows = data[table]
        names = ", ".join(f'"{name}"' for name in rows.column_names)
        marks = ", ".join("?" for _ in rows.column_names)
        values = [tuple(plain(v) for v in row.values()) for row in rows.to_pylist()]
        connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)
        assert len(values) == ROWS or data.notes
    connection.execute("COMMIT")
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("path", loads_into("postgres"), ids=lambda p: p.stem)
def test_loads_into_postgres(path, postgres, tmp_path):
    engine = make_engine(path, ROWS, 3)
    write_mock(engine, tmp_path / "out", format="csv")
    facts = json.loads((tmp_path / "out" / "manifest.json").read_text())["facts"]
    database = f"t{path.stem}"
    subprocess.run([*postgres, "-c", f'CREATE DATABASE "{database}"'], check=True, capture_output=True, timeout=60)
    late = {entry["table"]: entry["columns"] for entry in facts["fill_afterwards"]}
    script = [path.read_text(), "BEGIN;"]
    after = []
    for table in facts["load_order"]:
        file = tmp_path / "out" / facts["tables"][table]["file"]
        names = file.read_text(encoding="utf-8").partition("\n")[0].strip()
        copy = f"\\copy {{}} ({names}) FROM '{file}' WITH (FORMAT csv, HEADER true)"
        if table not in late:
            script.append(copy.format(table))
            continue
        key = engine.schema.tables[table].primary_key[0]
        optional = all(engine.schema.tables[table].columns[c].missing for c in late[table])
        if not optional:  # the constraint is checked at the end of the transaction
            script.append(copy.format(table))
            continue
        kept = [name for name in names.split(",") if name not in late[table]]
        script += [f"CREATE TEMP TABLE waiting AS SELECT * FROM {table} LIMIT 0;", copy.format("waiting")]
        script.append(f"INSERT INTO {table} ({', '.join(kept)}) SELECT {', '.join(kept)} FROM waiting;")
        sets = ", ".join(f"{c} = waiting.{c}" for c in late[table])
        after.append(f"UPDATE {table} SET {sets} FROM waiting WHERE waiting.{key} = {table}.{key};")
    script += [*after, "COMMIT;"]
    script += [f"SELECT '{table}', count(*) FROM {table};" for table in facts["tables"]]
    done = subprocess.run(
        [*postgres, "-t", "-A", "-d", database],
        input="\n".join(script),
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counted = dict(line.split("|") for line in done.stdout.splitlines() if "|" in line)
    assert counted == {table: str(entry["rows"]) for table, entry in facts["tables"].items()}


@pytest.mark.parametrize("path", [p for p in SCHEMAS if header(p).startswith("-- refused")], ids=lambda p: p.stem)
def test_what_cannot_be_kept_is_refused_in_words(path):
    with pytest.raises(SchemaError) as refusal:
        mock(path, rows=ROWS, seed=3)
    assert header(path).partition(": ")[2] in str(refusal.value)
    assert "Accepted:" in str(refusal.value)

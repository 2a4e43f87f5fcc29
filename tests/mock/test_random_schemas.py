"""Random schemas: their data load into SQLite with all constraints on, or the schema is refused in words."""

import sqlite3

import pytest

pytest.importorskip("sqlglot")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthloom.errors import SchemaError
from synthloom.mock import mock
from synthloom.mock.read_sql import schema_from_sql

TYPES = ["INTEGER", "VARCHAR(12)", "DATE", "TIMESTAMP", "NUMERIC(8,2)", "BOOLEAN", "SMALLINT", "CHAR(2)", "REAL"]


@st.composite
def schemas(draw) -> str:
    """Two to four tables with keys of one or two columns, keys between them, unique sets and checks."""
    tables, keys = [], {}
    for number in range(draw(st.integers(2, 4))):
        name = f"t{number}"
        lines, names = [], []
        composite = draw(st.booleans())
        kinds = [draw(st.sampled_from(TYPES)) for _ in range(draw(st.integers(1, 3)))]
        for place, kind in enumerate(kinds):
            null = draw(st.sampled_from(["", " NOT NULL"]))
            check = (
                draw(st.sampled_from(["", f" CHECK (c{place} >= 3)", f" CHECK (c{place} BETWEEN 5 AND 50)"]))
                if "INT" in kind
                else ""
            )
            lines.append(f"c{place} {kind}{null}{check}")
            names.append(f"c{place}")
        for place, parent in enumerate(draw(st.lists(st.sampled_from([*keys, name]), max_size=2, unique=True))):
            to = keys.get(parent, ["id"])
            if parent == name and composite:
                continue
            null = " NOT NULL" if parent != name and draw(st.booleans()) else ""
            own = [f"p{place}_{column}" for column in to]
            lines += [f"{o} {'INTEGER'}{null}" for o in own]
            names += own
            tables_line = f"FOREIGN KEY ({', '.join(own)}) REFERENCES {parent} ({', '.join(to)})"
            lines.append(tables_line)
        columns = [line for line in lines if not line.startswith("FOREIGN")]
        constraints = [line for line in lines if line.startswith("FOREIGN")]
        if composite:
            second = draw(st.sampled_from([n for n in names if n.startswith("p")] or ["line"]))
            columns = ["id INTEGER NOT NULL", *(["line INTEGER NOT NULL"] if second == "line" else []), *columns]
            key = ["id", second] if second == "line" else ["id"]
            constraints.append(f"PRIMARY KEY ({', '.join(dict.fromkeys([*key, second]))})")
            keys[name] = list(dict.fromkeys([*key, second]))
        else:
            columns.insert(0, "id INTEGER PRIMARY KEY")
            keys[name] = ["id"]
        if len(names) > 1 and draw(st.booleans()):
            constraints.append(f"UNIQUE ({', '.join(draw(st.permutations(names))[:2])})")
        tables.append(f"CREATE TABLE {name} (\n  " + ",\n  ".join([*columns, *constraints]) + "\n);")
    return "\n".join(tables)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(), st.integers(1, 60))
def test_random_schemas_load_or_are_refused(sql, rows):
    try:
        data = mock(schema_from_sql(sql), rows=rows, seed=1)
    except SchemaError:
        return
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.executescript(sql)
    connection.execute("BEGIN")
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for name in data.load_order:
        table = data[name]
        marks = ", ".join("?" for _ in table.column_names)
        values = [
            tuple(v if isinstance(v, (int, float, str, type(None))) else str(v) for v in row.values())
            for row in table.to_pylist()
        ]
        connection.executemany(f"INSERT INTO {name} ({', '.join(table.column_names)}) VALUES ({marks})", values)
    connection.execute("COMMIT")
    connection.close()

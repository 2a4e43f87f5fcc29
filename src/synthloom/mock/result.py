"""``mock``: rows for a schema, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthloom.data import FrameKind, Table
from synthloom.errors import OptionError, did_you_mean
from synthloom.mock.engine import MockEngine
from synthloom.mock.read import read_mock_schema
from synthloom.run_context import RunContext

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class MockData(Mapping[str, "pa.Table"]):
    """Tables that were made up, by name; each is an Arrow table.

    Attributes:
        tables: the tables.
        seed: equal schemas and seeds give equal tables.
        load_order: names with parents first.
        notes: what the user should know.
        label: always ``mock``.
    """

    tables: dict[str, pa.Table]
    seed: int
    load_order: tuple[str, ...]
    notes: tuple[str, ...]
    label: str = "mock"

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self.tables:
            raise OptionError(f'there is no table "{name}"', hint=did_you_mean(name, self.tables))
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def frames(self, library: str = "pandas") -> dict[str, Any]:
        """The tables as frames of ``pandas`` or ``polars``."""
        if library not in ("pandas", "polars", "arrow"):
            raise OptionError(f'the library is "{library}"', accepted="pandas, polars, arrow")
        return {name: Table(table).to_frame(FrameKind(library)) for name, table in self.tables.items()}

    def frame(self, library: str = "pandas") -> Any:
        """The only table as a frame.

        Raises:
            OptionError: if there are several.
        """
        if len(self.tables) != 1:
            raise OptionError(f"there are {len(self.tables)} tables", hint="use frames(), or [name]")
        return next(iter(self.frames(library).values()))


def mock(
    schema: Any,
    rows: int = 1000,
    seed: int | None = None,
    *,
    locale: str | dict[str, float] | None = None,
    dialect: str | None = None,
    run: RunContext | None = None,
) -> MockData:
    """Rows that fit a schema, made without any real data.

    Args:
        schema: a path to YAML, SQL or a JSON Schema; a pydantic model; a mapping; a ``TableSchema``.
        rows: rows of each table that does not say how many.
        seed: makes the result repeatable.
        locale: whose people and places, or a mapping from locale to weight; replaces the schema's.
        dialect: the SQL dialect, where it cannot be told.
        run: how to run.

    Raises:
        SchemaError: if the schema is wrong, or asks for what cannot be kept.
    """
    import pyarrow as pa

    engine = make_engine(schema, rows, seed, locale=locale, dialect=dialect)
    tables = {name: pa.concat_tables(engine.batches(name, run)) for name in engine.plan.tables}
    return MockData(tables, engine.seed, engine.plan.load_order, engine.plan.notes)


def make_engine(
    schema: Any,
    rows: int,
    seed: int | None,
    *,
    locale: str | dict[str, float] | None = None,
    dialect: str | None = None,
) -> MockEngine:
    """The engine for a schema, which makes rows a shard at a time."""
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise OptionError(f"rows is {rows!r}", accepted="a whole number from 0 on")
    read = read_mock_schema(schema, dialect=dialect)
    if locale is not None:
        read = read.model_copy(update={"locale": locale})
    return MockEngine(read, rows, seed)

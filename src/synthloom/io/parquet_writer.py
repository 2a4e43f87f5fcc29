"""Tables as Parquet, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthloom.data import Table
from synthloom.data.table import SHARD_ROWS
from synthloom.errors import InternalError


def write_parquet(tables: Iterator[Table], path: Path) -> None:
    """Writes the tables, one below the other, in row groups of 65,536 rows whatever the batches."""
    import pyarrow as pa
    from pyarrow import parquet

    first = next(tables).arrow
    with parquet.ParquetWriter(path, first.schema, compression="zstd", write_page_checksum=True) as writer:
        waiting = [first]
        rows = first.num_rows
        for table in tables:
            try:
                waiting.append(table.arrow.select(first.column_names).cast(first.schema))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, KeyError) as error:
                raise InternalError(f"the batches of one table differ in their columns: {error}") from error
            rows += table.n_rows
            while rows >= SHARD_ROWS:
                together = pa.concat_tables(waiting)
                writer.write_table(together.slice(0, SHARD_ROWS), row_group_size=SHARD_ROWS)
                waiting = [together.slice(SHARD_ROWS)]
                rows -= SHARD_ROWS
        if rows:
            writer.write_table(pa.concat_tables(waiting), row_group_size=SHARD_ROWS)

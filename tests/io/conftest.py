import pytest

from synthloom.io import read_table


@pytest.fixture
def read_text(tmp_path):
    """Writes text (or bytes) to a file and reads it as a table: columns as lists, and the source's notes."""

    def read(text, name="table.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        table, info = read_table(path, **options)
        return table.arrow, info

    return read

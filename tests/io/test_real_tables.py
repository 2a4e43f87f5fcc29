"""Real tables survive a trip through each kind of file."""

import pytest

from synthloom.data import Table
from synthloom.io import read_table, write_table


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv", ".parquet"])
@pytest.mark.parametrize("name", ["adult", "airbnb_nyc", "diabetes_hospitals"])
def test_a_set_of_the_data_folder(real_data, tmp_path, name, suffix):
    table = real_data(name)
    back, info = read_table(write_table(table, tmp_path / f"t{suffix}"))
    assert back.names == table.names
    for column in table.names:
        found, given = back.column(column), table.column(column)
        assert found.cast(given.type).to_pylist() == given.to_pylist(), column
    assert info.rows == table.n_rows


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.zst", ".parquet", ".xlsx"])
def test_a_table_that_statsmodels_carries(fair, tmp_path, suffix):
    table: Table = fair.slice(0, 1_000) if suffix == ".xlsx" else fair
    back, _ = read_table(write_table(table, tmp_path / f"t{suffix}"))
    assert back.names == table.names
    for column in table.names:  # Excel and CSV tell 1.0 from 1 in different ways
        assert back.column(column).cast(table.column(column).type).equals(table.column(column)), column

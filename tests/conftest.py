import os
from pathlib import Path

import pytest

from synthloom.data import Table


@pytest.fixture(scope="session")
def real_data():
    """Reads a set of the folder named by SYNTHLOOM_DATA, or skips, saying so."""

    def read(name: str) -> Table:
        folder = os.environ.get("SYNTHLOOM_DATA")
        if not folder or not (Path(folder) / f"{name}.parquet").is_file():
            pytest.skip(f"SYNTHLOOM_DATA names no folder with {name}.parquet")
        import pyarrow.parquet as pq

        return Table(pq.read_table(Path(folder) / f"{name}.parquet"))

    return read


@pytest.fixture(scope="session")
def randhie() -> Table:
    """The RAND health insurance experiment, carried by statsmodels: 20,190 rows."""
    import statsmodels.api as sm

    return Table.from_frame(sm.datasets.randhie.load_pandas().data)


@pytest.fixture(scope="session")
def fair() -> Table:
    """Fair's survey, carried by statsmodels: 6,366 rows, ten columns."""
    import statsmodels.api as sm

    return Table.from_frame(sm.datasets.fair.load_pandas().data)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the statistical suites in full (minutes of CPU)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow") or "slow" in config.getoption("-m"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="a statistical suite in full: pytest --slow"))

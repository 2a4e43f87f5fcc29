"""A reduced share of the fuzzer: 800 damaged files. ``scripts/fuzz.py`` runs the full 100,000."""

import importlib.util
import sys
from pathlib import Path

import pytest

SHARE = 800


@pytest.fixture(scope="module")
def fuzzer():
    path = Path(__file__).parents[2] / "scripts" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("fuzz", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz"]


def test_damaged_files_give_tables_or_errors_of_our_own(fuzzer, tmp_path):
    targets = [name for name in fuzzer.TARGETS if fuzzer.TARGETS[name].suffix in READ_HERE]
    fuzzer.fuzz_range(seed=1, numbers=range(SHARE), targets=targets, log=tmp_path / "log")
    results = fuzzer.outcomes(tmp_path / "log")
    assert len(results) == SHARE
    assert [result for result in results if result[2] not in ("read", "InputError")] == []
    for target in targets:  # both outcomes come up everywhere: the damage is neither none nor total
        assert {outcome for _, name, outcome in results if name == target} == {"read", "InputError"}


READ_HERE = (".csv", ".csv.gz", ".csv.zst", ".csv.bz2", ".csv.xz", ".parquet", ".xlsx")


def test_an_input_depends_on_its_seed_and_number_alone(fuzzer):
    targets = list(fuzzer.TARGETS)
    assert fuzzer.make_input(3, 17, targets) == fuzzer.make_input(3, 17, targets)
    assert fuzzer.make_input(3, 17, targets) != fuzzer.make_input(4, 17, targets)

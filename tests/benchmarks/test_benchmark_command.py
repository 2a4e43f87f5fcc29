"""The whole command on a small table: what it writes, that it goes on, and how it says what is wrong."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from benchmarks.peers import judging, results, runner
from benchmarks.peers.__main__ import main
from benchmarks.peers.page import BEGIN, END
from benchmarks.peers.results import read_results

TOUCHED = ("adult", "mostlyai")


@pytest.fixture
def command(tmp_path, folder, yardstick, monkeypatch) -> list[str]:
    """Options for a run whose judge is this interpreter, so that nothing is downloaded."""
    monkeypatch.setattr(runner, "build_environments", lambda *_: {})
    monkeypatch.setattr(judging, "interpreter", lambda _: Path(sys.executable))
    monkeypatch.setattr(results, "_built", lambda *_: False)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "benchmarks.md").write_text("# Figures\n\nBefore.\n")
    return [
        "--data", str(folder), "--yardstick", str(yardstick), "--tables", "survey", "--rows", "700", "--splits", "1",
        "--systems", "synthloom_copula,synthloom_independent", "--cache", str(tmp_path / "cache"),
        "--results", str(tmp_path / "results.json"), "--docs", str(tmp_path / "docs"),
    ]  # fmt: skip


def test_one_command_writes_results_page_and_pictures_and_goes_on(command, tmp_path, capsys):
    assert main(command) == 0
    found = read_results(tmp_path / "results.json")
    assert [c["status"] for c in found["cells"]] == ["done", "done"]
    assert found["tables"][0]["licence"] == "public domain"
    assert found["cells"][0]["figures"]["c2st"] == found["cells"][0]["recomputed"]["c2st"]
    page = (tmp_path / "docs" / "peer-benchmark.md").read_text()
    assert "### survey" in page
    assert "Synthloom, Gaussian copula" in page
    assert str(tmp_path) not in page
    for picture in (tmp_path / "docs" / "pictures").glob("*.svg"):
        assert ElementTree.fromstring(picture.read_text()).tag.endswith("svg")
    assert len(list((tmp_path / "docs" / "pictures").glob("*.svg"))) == 3

    section = (tmp_path / "docs" / "benchmarks.md").read_text()
    assert section.startswith("# Figures\n\nBefore.\n")
    capsys.readouterr()
    assert main([*command, "--report-only"]) == 0
    assert main(command) == 0
    assert "[1/2]" not in capsys.readouterr().out  # nothing is run twice
    again = (tmp_path / "docs" / "benchmarks.md").read_text()
    assert again == section
    assert again.count(BEGIN) == again.count(END) == 1
    json.dumps(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--systems": "sdv_ctgam"}, "there is no system sdv_ctgam"),
        ({"--tables": "adult"}, "No table adult is described"),
        ({"--yardstick": "none.py"}, "none.py is missing"),
    ],
)
def test_mistakes_are_said_in_words(command, capsys, change, words):
    for option, value in change.items():
        command[command.index(option) + 1] = value
    assert main(command) == 2
    assert words in capsys.readouterr().err


def test_results_of_another_format_are_refused(tmp_path):
    (tmp_path / "r.json").write_text('{"format": 99}')
    with pytest.raises(ValueError, match="format 99"):
        read_results(tmp_path / "r.json")

"""Cells: run once, found again, cut off in time, refused or failed in words, and one process at a time."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from benchmarks.peers import cells
from benchmarks.peers.cells import Cell, Setting, held, processor_seconds, read_result, run_cell, run_child
from benchmarks.peers.runner import CAPPED_TWICE, Outcome, job_of, run_cells
from benchmarks.peers.systems import SYSTEMS
from benchmarks.peers.tables import Split, read_description


@pytest.fixture
def cell(folder) -> Cell:
    (table,) = read_description(folder)
    return Cell(system=SYSTEMS["synthloom_independent"], split=Split(table=table, index=0, rows=400))


@pytest.fixture
def setting(tmp_path) -> Setting:
    return Setting(cache=tmp_path / "cache", minutes=2)


def job(cell: Cell, setting: Setting) -> dict:
    return job_of(cell, cell.split.write(setting.cache / "splits")[0])


def test_a_cell_is_run_once_and_found_again(cell, setting):
    import pyarrow.parquet as pq

    found = run_cell(cell, setting, job(cell, setting))
    assert found["status"] == "done", found
    assert found["fit_seconds"] > 0
    assert found["sample_cpu_seconds"] >= 0
    assert 20 < found["peak_mb"] < 4000
    made = pq.read_table(cell.folder(setting) / "synthetic.parquet")
    train = pq.read_table(cell.split.write(setting.cache / "splits")[0])
    assert made.column_names == train.column_names
    assert len(made) == len(train) == 300
    stamp = (cell.folder(setting) / "result.json").stat().st_mtime_ns
    assert run_cell(cell, setting, job(cell, setting)) == found
    assert (cell.folder(setting) / "result.json").stat().st_mtime_ns == stamp


def test_another_version_or_option_is_another_cell(cell, setting, monkeypatch):
    folders = {cell.folder(setting), replace(cell, split=replace(cell.split, index=1)).folder(setting)}
    folders.add(replace(cell, system=SYSTEMS["synthloom_copula"]).folder(setting))
    monkeypatch.setattr(cells, "own_source", lambda: "changed")
    folders.add(cell.folder(setting))
    assert len(folders) == 4


def test_a_child_past_its_limit_is_ended(tmp_path):
    busy = [sys.executable, "-c", "while True: pass"]
    found = run_child(busy, tmp_path, seconds=0.5, result=tmp_path / "r.json")
    assert found["status"] == "capped"
    assert "minutes" in found["message"]


def test_waiting_for_others_does_not_count(tmp_path):
    idle = [sys.executable, "-c", "import time; time.sleep(2)"]
    found = run_child(idle, tmp_path, seconds=0.5, result=tmp_path / "r.json")
    assert found["status"] == "failed"  # it ended by itself, without a result
    assert found["exit_code"] == 0


def test_processor_time_counts_children_that_have_ended(tmp_path):
    spend = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(6_000_000))']); input()"
    child = subprocess.Popen([sys.executable, "-c", spend], stdin=subprocess.PIPE, start_new_session=True)
    try:
        for _ in range(300):
            if processor_seconds(child.pid) > 0.05:
                break
            time.sleep(0.1)
        assert 0.05 < processor_seconds(child.pid) < 60
    finally:
        child.communicate(b"\n")
    assert processor_seconds(child.pid) == 0
    assert processor_seconds(os.getpgid(0)) > 0


def test_a_child_that_fails_leaves_its_last_words(tmp_path):
    command = [sys.executable, "-c", "raise ValueError('no such column')"]
    found = run_child(command, tmp_path, seconds=30, result=tmp_path / "r.json")
    assert found["status"] == "failed"
    assert found["message"] == "ValueError: no such column"
    assert run_child([sys.executable, "-c", "pass"], tmp_path, seconds=30, result=tmp_path / "r.json")["status"] == "failed"


def test_a_refusal_is_kept_in_words(cell, setting):
    wanted = replace(cell, system=replace(SYSTEMS["synthloom_independent"], options={"synthesizer": "no_such"}))
    found = run_cell(wanted, setting, job(wanted, setting))
    assert found["status"] == "refused"
    assert "no_such" in found["message"]


def test_two_runs_do_not_work_in_one_folder(tmp_path):
    with held(tmp_path) as first, held(tmp_path) as second:
        assert (first, second) == (True, False)
    with held(tmp_path) as third:
        assert third


def test_rebalancing_asks_for_what_the_rarer_class_lacks(cell, setting, survey):
    import pyarrow.parquet as pq

    wanted = replace(cell, system=SYSTEMS["synthloom_rebalance"])
    found = job(wanted, setting)
    train = pq.read_table(wanted.split.write(setting.cache / "splits")[0]).to_pandas()
    counts = train["affair"].value_counts()
    assert found["task"] == "rebalance"
    assert found["value"] == counts.idxmin()
    assert found["rows"] == counts.max() - counts.min()


def test_a_system_cut_off_twice_is_not_started_again(cell, setting, yardstick, monkeypatch):
    from benchmarks.peers import runner

    tried = []

    def cut_off(one, *_):
        tried.append(one)
        return Outcome(cell=one, result={"status": "capped", "message": "not done"})

    monkeypatch.setattr(runner, "_run_one", cut_off)
    monkeypatch.setattr(runner, "build_environments", lambda *_: {})
    many = [replace(cell, split=replace(cell.split, index=i)) for i in range(4)]
    out = run_cells(many, setting, yardstick, hours=None, say=lambda _: None)
    assert [o.status for o in out] == ["capped", "capped", "not run", "not run"]
    assert len(tried) == CAPPED_TWICE
    late = run_cells(many, setting, yardstick, hours=-1, say=lambda _: None)
    assert {o.result["message"] for o in late} == {"the run's hours were over"}


def test_a_half_written_cell_is_run_anew(cell, setting):
    folder = cell.folder(setting)
    folder.mkdir(parents=True)
    (folder / "result.part").write_text("{")
    (folder / "adapter.json").write_text(json.dumps({"status": "done", "of": "an earlier run"}))
    assert read_result(folder) is None
    assert "of" not in run_cell(cell, setting, job(cell, setting))

"""Descriptions of tables, and splits that are the same in every run."""

import json

import pyarrow.parquet as pq
import pytest
from benchmarks.peers.plan import planned_cells, published_cells
from benchmarks.peers.systems import OURS_IN, SYSTEMS
from benchmarks.peers.tables import BenchmarkTable, DataProblem, Split, choose, read_description


def table(name: str, **other) -> BenchmarkTable:
    given = {
        "name": name, "path": None, "sha256": "0" * 64, "target": "y", "exclude": (), "rows": 9000, "columns": 3,
        "task": "binary", "source": "", "licence": "", "types": ("numeric", "categorical"), "duplicates": 0,
    }  # fmt: skip
    return BenchmarkTable(**{**given, **other})


def test_a_description_is_read(folder):
    (found,) = read_description(folder)
    assert (found.name, found.target, found.rows, found.columns) == ("survey", "affair", 1200, 9)
    assert found.licence == "public domain"
    assert choose([found], []) == []  # too small to be taken unnamed
    assert choose([found], ["survey"]) == [found]


def test_a_changed_file_is_refused(folder, survey):
    (found,) = read_description(folder)
    survey.iloc[:1100].to_parquet(folder / "survey.parquet")
    with pytest.raises(DataProblem, match="SHA-256 differs"):
        choose([found], ["survey"])


@pytest.mark.parametrize("content", ["{", "[]", '{"datasets": [{"name": "a", "target": "b"}]}'])
def test_a_damaged_description_says_so(tmp_path, content):
    (tmp_path / "datasets.json").write_text(content)
    with pytest.raises(DataProblem, match="datasets"):
        read_description(tmp_path)


def test_no_description_and_unknown_names(tmp_path, folder):
    with pytest.raises(DataProblem, match="holds no datasets"):
        read_description(tmp_path / "none")
    with pytest.raises(DataProblem, match="there are survey"):
        choose(read_description(folder), ["adult"])


def test_a_split_is_whole_disjoint_and_repeatable(folder, survey):
    (found,) = read_description(folder)
    split = Split(table=found, index=3, rows=400)
    train, holdout = split.write(folder / "splits")
    a, b = pq.read_table(train), pq.read_table(holdout)
    assert (len(a), len(b)) == (300, 100)
    again = [p.read_bytes() for p in Split(table=found, index=3, rows=400).write(folder / "other")]
    assert again == [train.read_bytes(), holdout.read_bytes()]
    other, _ = Split(table=found, index=4, rows=400).write(folder / "splits")
    assert other.read_bytes() != train.read_bytes()
    whole = Split(table=found, index=0, rows=None)
    assert sum(len(pq.read_table(p)) for p in whole.write(folder / "splits")) == 1200
    assert whole.label == Split(table=found, index=0, rows=20_000).label


def test_tables_with_keys_or_text_are_not_taken_unnamed():
    assert table("a").suitable
    assert not table("a", types=("numeric", "id")).suitable
    assert not table("a", types=("text",)).suitable
    assert not table("a", rows=1000).suitable
    assert not table("a", duplicates=8000).suitable


def test_what_tells_most_comes_first():
    tables = [table("adult"), table("other", task="regression")]
    cells = planned_cells(tables, list(SYSTEMS.values()), rows=20_000, splits=2, slow_splits=1)
    names = [(c.system.name, c.split.table.name, c.split.index, c.protocol) for c in cells]
    assert names[:4] == [("synthloom", "adult", 0, "yardstick"), ("synthloom", "other", 0, "yardstick"),
                         ("sdv_gaussian_copula", "adult", 0, "yardstick"), ("sdv_gaussian_copula", "other", 0, "yardstick")]  # fmt: skip
    assert ("synthloom", "adult", 0, "published") in names
    assert {n[2] for n in names if SYSTEMS[n[0]].slow} == {0}
    assert not [n for n in names if SYSTEMS[n[0]].group == "rebalance" and n[1] == "other"]
    assert len(names) == len(set(names))
    slow = min(i for i, n in enumerate(names) if SYSTEMS[n[0]].slow)
    assert all(i < slow for i, n in enumerate(names) if n[0] == "mostlyai" and n[2] == 0)


def test_the_papers_tables_are_whole_and_cut_as_theirs():
    cells = published_cells([table("adult", rows=48_842), table("shuttle"), table("online_shoppers")])
    assert [(c.split.table.name, c.split.rows, round(c.split.train_share, 2)) for c in cells] == [
        ("adult", None, 0.67), ("online_shoppers", None, 0.9),
    ]  # fmt: skip


def test_each_group_has_ours_and_peers():
    for group, ours in OURS_IN.items():
        members = [s for s in SYSTEMS.values() if s.group == group]
        assert ours in {s.name for s in members if s.ours}
        assert [s for s in members if not s.ours]


def test_names_in_descriptions_stay_text(tmp_path, survey):
    survey.iloc[:50].to_parquet(tmp_path / "a.parquet")
    entry = {"name": "a", "file": "a.parquet", "target": "affair", "source": {"repo": "x"}}
    (tmp_path / "datasets.json").write_text(json.dumps({"datasets": [entry]}))
    (found,) = read_description(tmp_path)
    assert found.source == '{"repo": "x"}'

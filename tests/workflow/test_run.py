import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

import synthloom as sl
from synthloom.errors import OptionError, OutputError, UserError
from synthloom.execution import LocalExecutor
from synthloom.synthesizers import SYNTHESIZERS
from synthloom.testing import mixed_table

BANNED = ("anonymous", "compliant", "guaranteed", "safe to release")


@pytest.fixture(scope="module")
def frame(fair):
    return fair.to_frame()


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("name", SYNTHESIZERS)
def test_leaves_both_folders(name, frame, tmp_path):
    budget = {"epsilon": 1.0, "rows": len(frame)} if SYNTHESIZERS[name].capabilities.private else {}
    result = sl.run(frame, target="affairs", output=tmp_path / "out", seed=1, synthesizer=name, **budget)
    names = set(files_of(tmp_path / "out"))
    assert {"release/synthetic.parquet", "release/card.html", "release/manifest.json", "run.json"} <= names
    assert {"private/report.html", "private/report.json", "private/schema.yaml", "private/model/manifest.json"} <= names
    assert len(result.data) == len(frame)
    assert (result.data.dtypes == frame.dtypes).all()
    assert len(result.report.verdicts) == 3
    assert json.loads((tmp_path / "out/release/manifest.json").read_text())["label"] == "synthetic"
    for path in (tmp_path / "out").rglob("*.html"):
        text = path.read_text().lower()
        assert not [word for word in BANNED if word in text]
        assert path.stat().st_size < 3 * 2**20
    assert "<iframe" in result._repr_html_()


def test_same_seed_same_bytes_whatever_the_workers(frame, tmp_path):
    for folder, workers in (("one", 1), ("two", 2)):
        context = sl.RunContext(executor=LocalExecutor(workers))
        sl.run(frame, target="affairs", output=tmp_path / folder, seed=7, context=context)
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    own = {
        "run.json",
        "private/fingerprint.json",
        "private/report.html",
        "private/report.json",
        "private/manifest.json",
    }
    assert set(one) == set(two)
    assert [name for name in one if name not in own and one[name] != two[name]] == []


@pytest.mark.parametrize("convert", [pl.from_pandas, lambda f: sl.Table.from_frame(f).arrow])
def test_the_callers_kind_of_frame_comes_back(convert, frame):
    given = convert(frame.head(400))
    made = sl.run(given, seed=1, synthesizer="independent_columns").data
    assert type(made) is type(given)
    assert made.schema == given.schema


def test_pandas_types_labels_and_index_name_come_back():
    n = 400
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(rng.choice(["b", "a"], n), categories=["b", "a", "z"], ordered=True),
            7: rng.integers(0, 9, n).astype("int16"),
            "n": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "t": pd.Timestamp("2020-01-01", tz="Europe/Berlin") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "b": rng.random(n) < 0.5,
            "s": pd.Series(rng.choice(["x", None], n), dtype=object),
        },
        index=pd.RangeIndex(n, name="row"),
    )
    made = sl.run(frame, seed=1, synthesizer="independent_columns").data
    assert list(made.columns) == list(frame.columns)
    assert made.index.name == "row"
    assert (made.dtypes == frame.dtypes).all()


def test_a_small_table_is_judged_in_folds(fair):
    result = sl.run(fair.slice(0, 120), target="affairs", seed=1, synthesizer="independent_columns")
    assert any("folds" in warning for warning in result.report.content.warnings)


def test_the_model_of_the_run_is_the_one_that_was_evaluated(frame, tmp_path):
    result = sl.run(frame, output=tmp_path / "out", seed=3, synthesizer="independent_columns")
    loaded = sl.load(tmp_path / "out" / "private" / "model")
    again = sl.Table.from_frame(loaded.sample(len(frame), seed=3))
    assert again.arrow.equals(sl.Table.from_frame(result.data).arrow)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"target": "affair"}, OptionError),
        ({"rows": 0}, OptionError),
        ({"seed": -1}, OptionError),
        ({"synthesizer": "gausian_copula"}, OptionError),
        ({"entity": "nobody"}, OptionError),
        ({"schema": "no/such/file.yaml"}, UserError),
    ],
)
def test_wrong_options_leave_nothing_behind(options, error, frame, tmp_path):
    with pytest.raises(error) as caught:
        sl.run(frame, output=tmp_path / "out", **options)
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_output_in_use_is_left_alone(frame, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="already there"):
        sl.run(frame, output=tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    sl.run(frame, output=tmp_path / "out", overwrite=True, synthesizer="independent_columns", seed=1)
    assert not (tmp_path / "out" / "mine.txt").exists()


def test_cancelling_leaves_nothing(tmp_path):
    context = sl.RunContext()
    context.listener = lambda event: context.cancel()
    from synthloom.errors import Cancelled

    with pytest.raises(Cancelled):
        sl.run(mixed_table(500), output=tmp_path / "out", context=context)
    assert list(tmp_path.iterdir()) == []

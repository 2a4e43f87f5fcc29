import hashlib
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # benchmarks/ is no installed package

YARDSTICK = """
def measure(train, holdout, synthetic, target=None, exclude=()):
    from benchmarks.peers.judge.row_errors import row_errors
    figures, _ = row_errors(train, holdout, synthetic, target, exclude)
    return {**figures, "gap_gbm": 0.9 - figures["syn_gbm"], "trend_real": 1.0, "mia_auc": 0.5,
            "copies_excess": -0.01, "near_excess": -0.01}
"""


@pytest.fixture(scope="session")
def survey() -> pd.DataFrame:
    """Fair's survey of 6,366 rows with a column of words and one of truth values."""
    import statsmodels.api as sm

    frame = sm.datasets.fair.load_pandas().data.sample(frac=1, random_state=0).reset_index(drop=True)  # comes sorted by the target
    frame["occupation"] = "work " + frame["occupation"].astype(int).astype(str)
    frame["affair"] = frame["affairs"] > 0
    return frame.drop(columns="affairs")


@pytest.fixture
def folder(tmp_path, survey) -> Path:
    """A folder with one described table."""
    survey.iloc[:1200].to_parquet(tmp_path / "survey.parquet")
    entry = {
        "name": "survey", "kind": "single", "file": "survey.parquet", "target": "affair", "task": "binary",
        "sha256": hashlib.sha256((tmp_path / "survey.parquet").read_bytes()).hexdigest(),
        "source": "Redbook, 1974, carried by statsmodels", "licence": "public domain",
    }  # fmt: skip
    (tmp_path / "data.json").write_text(json.dumps({"datasets": [entry]}))
    return tmp_path


@pytest.fixture
def yardstick(tmp_path) -> Path:
    """A yardstick of a few lines."""
    path = tmp_path / "yardstick.py"
    path.write_text(YARDSTICK)
    return path

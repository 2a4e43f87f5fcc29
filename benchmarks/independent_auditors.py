"""Do independent auditors agree with our attacks on the same data?

    python benchmarks/independent_auditors.py --data FOLDER [--table adult] [--rows 4000] [--cache FOLDER]

Builds one virtual environment for Anonymeter and one for SynthEval (never dependencies; they are called by
their documented interface and nothing of them is read), hands both the same training, holdout and
synthetic rows as ours get (fresh real rows, 5 % copies, a bootstrap of the training rows), and prints each
risk with its 95 % interval: (success on training rows - success on holdout rows) / (1 - success on holdout
rows), the measure of Giomi et al. (PETS 2023). Two auditors agree if their intervals overlap; who sees a
leak (an interval above zero) is printed too. Large leaks are found to different extents by design: the attacks
differ in how a description is written and how the columns are halved.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from synthloom.data import Table
from synthloom.evaluation import EvaluationData
from synthloom.evaluation.registry import METRICS
from synthloom.finding import Finding
from synthloom.randomness import RandomStream
from synthloom.schema import TableSchema, infer_schema
from synthloom.testing import plant_leak

AUDITORS = {"anonymeter": "anonymeter==1.1.0", "syntheval": "syntheval==1.7.3"}
KINDS = ("fresh", "copies", "bootstrap")

ANONYMETER = """
import json, sys, warnings
import numpy as np, pandas as pd
warnings.simplefilter("ignore")
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator
folder, secret, attacks = sys.argv[1], sys.argv[2], int(sys.argv[3])
train, holdout, synthetic = (pd.read_csv(f"{folder}/{p}.csv") for p in ("train", "holdout", "synthetic"))
np.random.seed(0)
attacks = min(attacks, len(holdout))
names = list(train.columns)
halves = (names[::2], names[1::2])
others = [n for n in names if n != secret]
jobs = {
    "singling_out_univariate": (SinglingOutEvaluator(ori=train, syn=synthetic, control=holdout, n_attacks=attacks, seed=0), {"mode": "univariate"}),
    "singling_out": (SinglingOutEvaluator(ori=train, syn=synthetic, control=holdout, n_attacks=attacks, n_cols=4, seed=0), {"mode": "multivariate"}),
    "linkability": (LinkabilityEvaluator(ori=train, syn=synthetic, control=holdout, n_attacks=attacks, aux_cols=halves, n_neighbors=1), {"n_jobs": 1}),
    "attribute_inference": (InferenceEvaluator(ori=train, syn=synthetic, control=holdout, n_attacks=attacks, aux_cols=others, secret=secret, regression=False), {"n_jobs": 1}),
}
out = {}
for name, (evaluator, options) in jobs.items():
    try:
        evaluator.evaluate(**options)
        risk = evaluator.risk(confidence_level=0.95)
        out[name] = {"value": float(risk.value), "low": float(risk.ci[0]), "high": float(risk.ci[1])}
    except RuntimeError as error:  # its own word for "too few successful attacks to tell"
        out[name] = {"error": str(error)[:200]}
print("RESULT " + json.dumps(out))
"""

SYNTHEVAL = """
import json, sys, warnings
import pandas as pd
warnings.simplefilter("ignore")
from syntheval import SynthEval
folder, secret = sys.argv[1], sys.argv[2]
train, holdout, synthetic = (pd.read_csv(f"{folder}/{p}.csv").dropna() for p in ("train", "holdout", "synthetic"))
categories = [n for n in train.columns if not pd.api.types.is_numeric_dtype(train[n])]
judge = SynthEval(train, holdout_dataframe=holdout, cat_cols=categories, verbose=False)
judge.evaluate(synthetic, secret, mia={"num_eval_iter": 5})
raw = judge._raw_results["mia"]
print("RESULT " + json.dumps({k: float(v) for k, v in raw.items() if isinstance(v, (int, float))}))
"""


def interpreter(cache: Path, name: str) -> Path:
    """The Python of an auditor's own environment, built on first use."""
    folder = cache / name
    python = folder / "bin" / "python"
    if not (folder / "built").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", AUDITORS[name]], check=True)
        (folder / "built").write_text(AUDITORS[name])
    return python


def audited(python: Path, script: str, minutes: float, *arguments: str) -> dict[str, dict[str, float]]:
    """What an auditor says, or why it says nothing."""
    command = [str(python), "-W", "ignore", "-c", script, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60 * minutes)
    except subprocess.TimeoutExpired:
        return {"failed": {"error": f"took longer than {minutes:g} minutes"}}
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    return json.loads(lines[-1][7:]) if lines else {"failed": {"error": done.stderr.strip()[-300:]}}


def risk(finding: Finding) -> dict[str, float]:
    """Our finding as the same measure, with its interval by the delta method."""
    assert finding.value is not None
    assert finding.reference is not None
    room = max(1e-9, 1 - finding.reference)
    half = 1.96 * float(finding.detail["error"]) / room
    value = (finding.value - finding.reference) / room
    return {"value": value, "low": value - half, "high": value + half}


def ours(parts: dict[str, Table], schema: TableSchema, secret: str) -> dict[str, dict[str, float]]:
    data = EvaluationData.of(
        parts["train"], parts["holdout"], parts["synthetic"], schema.with_roles(sensitive=(secret,)), RandomStream(0, ("evaluation",))
    )
    out = {}
    for name in ("singling_out_univariate", "singling_out", "linkability", "attribute_inference"):
        found = METRICS[name]().measure(data)[0]
        out[name] = risk(found) if found.value is not None else {"error": found.note or ""}
    found = METRICS["membership_inference"]().measure(data)[0]
    out["membership_inference"] = {"value": found.value, "low": found.interval[0], "high": found.interval[1]}
    return out


def told(entry: dict[str, float] | None) -> str:
    if not entry or "error" in entry:
        return f"- ({(entry or {}).get('error', 'not run')})"[:48]
    return f"{entry['value']:.3f} [{entry['low']:.3f}, {entry['high']:.3f}]"


def agreement(mine: dict[str, float], theirs: dict[str, float] | None) -> str:
    if not theirs or "error" in theirs or "error" in mine:
        return "-"
    overlap = min(mine["high"], theirs["high"]) >= max(mine["low"], theirs["low"])
    above = [name for name, entry in (("ours", mine), ("theirs", theirs)) if entry["low"] > 0]
    found = {0: "no leak", 1: f"leak seen by {''.join(above)} only", 2: "leak seen by both"}[len(above)]
    return f"{'intervals agree' if overlap else 'INTERVALS APART'}, {found}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of parquet tables")
    parser.add_argument("--table", default="adult")
    parser.add_argument("--secret", default="income", help="the column to infer; a category")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--attacks", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=15.0, help="for one auditor on one set of rows")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "synthloom-auditors")
    options = parser.parse_args()
    table = Table(pq.read_table(options.data / f"{options.table}.parquet"))
    schema = infer_schema(table)
    order = np.random.default_rng(0).permutation(table.n_rows)
    sizes = (options.rows,) * 3  # a description isolates somebody less often in a smaller holdout
    train, holdout, fresh = (table.take(part) for part in np.split(order[: sum(sizes)], np.cumsum(sizes)[:-1]))
    pythons = {name: interpreter(options.cache, name) for name in AUDITORS}
    for kind in options.kinds:
        made = fresh if kind == "fresh" else plant_leak(kind, train, fresh)
        parts = {"train": train, "holdout": holdout, "synthetic": made}
        with tempfile.TemporaryDirectory() as folder:
            for name, part in parts.items():
                part.arrow.to_pandas().to_csv(Path(folder) / f"{name}.csv", index=False)
            anonymeter = audited(pythons["anonymeter"], ANONYMETER, options.minutes, folder, options.secret, str(options.attacks))
            syntheval = audited(pythons["syntheval"], SYNTHEVAL, options.minutes, folder, options.secret)
        mine = ours(parts, schema, options.secret)
        print(f"\n{options.table}, {kind}: {sizes[0]} training, {sizes[1]} holdout, {sizes[2]} synthetic rows")
        for name in ("singling_out_univariate", "singling_out", "linkability", "attribute_inference"):
            theirs = anonymeter.get(name, anonymeter.get("failed"))
            print(f"  {name:24} ours {told(mine[name]):26} Anonymeter {told(theirs):26} {agreement(mine[name], theirs)}")
        print(f"  {'membership_inference':24} ours AUC {told(mine['membership_inference']):26} SynthEval {membership(syntheval)}", flush=True)


def membership(found: dict[str, float]) -> str:
    """SynthEval's classifier: precision among its guesses at members, half by chance, and recall."""
    if "failed" in found:
        return f"- {found['failed']}"
    said = ", ".join(f"{name} {value:.3f}" for name, value in found.items() if math.isfinite(value))
    return said or "nothing"


if __name__ == "__main__":
    main()

"""Utility and fidelity of PrivateMarginals at given budgets, by an independent yardstick, beside others.

    python benchmarks/private_tables.py --data FOLDER --yardstick FILE [--tables adult] [--epsilons 1,4]
        [--splits 0,1,2,3,4] [--public none,declared] [--peer-python PYTHON] [--engine-python PYTHON]
        [--engine-minutes 10] [--what all|utility] [--output FILE]

FOLDER and FILE are those of benchmarks/tables.py. ``declared`` hands in the categories of text columns
and the bounds of numbers as a public schema (read off the whole table here, where a user would take
them from a code book); ``none`` declares nothing, so a share of the budget finds them. PYTHON is an
interpreter of an environment with dpmm (pip install dpmm; it pins NumPy 1.26): its AIM learns the same
rows at the same budget, always with declared bounds and categories, which it needs. The other PYTHON is
of one with mostlyai-engine, whose private mode learns the same rows at the same budget, nothing declared.
``--public ""`` runs the others alone. ``utility`` leaves out the yardstick's attacks, its slowest part.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from tables import load_yardstick

from synthloom.schema import PublicColumn, PublicSchema
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals

FIGURES = (
    "real_gbm",
    "syn_gbm",
    "gap_gbm",
    "syn_lin",
    "c2st",
    "shape",
    "trend",
    "mia_auc",
    "mia_tpr1",
    "fit_cpu",
    "sample_cpu",
    "epsilon",
)

PEER = """
import sys, time, json, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd
from dpmm.pipelines import AIMPipeline
train, domain = pd.read_csv(sys.argv[1], keep_default_na=False), json.load(open(sys.argv[2]))
epsilon, delta, out = float(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
for name, facts in domain.items():
    if "categories" in facts:
        train[name] = pd.Categorical(train[name].astype(str), categories=facts["categories"])
start = time.process_time()
model = AIMPipeline(epsilon=epsilon, delta=delta, compress=True)
model.fit(train, domain=domain)
made = model.generate(n_records=len(train))
made.to_csv(out, index=False)
print(json.dumps({"fit_cpu": time.process_time() - start}))
"""


def declared(frame: pd.DataFrame, target: str) -> PublicSchema:
    columns = []
    for name in frame:
        values = frame[name]
        if pd.api.types.is_bool_dtype(values):
            columns.append(PublicColumn(name=name))
        elif pd.api.types.is_numeric_dtype(values):
            low, high = float(values.min()), float(values.max())
            columns.append(PublicColumn(name=name, minimum=low, maximum=max(high, low + 1)))
        elif pd.api.types.is_string_dtype(values) or values.dtype == object:
            columns.append(PublicColumn(name=name, categories=tuple(sorted(values.dropna().unique()))))
    return PublicSchema(columns=tuple(columns), target=target)


def ours(train, whole, target, epsilon, public, split):
    schema = declared(whole, target) if public == "declared" else PublicSchema(target=target)
    start = time.process_time()
    model = PrivateMarginals(epsilon=epsilon).fit(train, schema, seed=split)
    fitted = time.process_time()
    made = model.sample(len(train), seed=split)
    return made, {
        "fit_cpu": fitted - start,
        "sample_cpu": time.process_time() - fitted,
        "epsilon": model.epsilon_spent_,
    }


def peer(python, train, whole, epsilon):
    """dpmm's AIM: gaps become a category or the mean, since it takes none."""
    filled, domain = {}, {}
    for name in train:
        values, every = train[name], whole[name]
        if pd.api.types.is_numeric_dtype(every) and not pd.api.types.is_bool_dtype(every) and every.nunique() > 2:
            filled[name] = values.astype(float).fillna(float(every.mean()))
            domain[name] = {"lower": float(every.min()), "upper": float(every.max())}
        else:
            filled[name] = values.astype(str).where(values.notna(), "<null>").astype("category")
            categories = sorted(every.astype(str).where(every.notna(), "<null>").unique())
            domain[name] = {"categories": categories}
            filled[name] = pd.Categorical(filled[name], categories=categories)
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        pd.DataFrame(filled).to_csv(place / "train.csv", index=False)
        (place / "domain.json").write_text(json.dumps(domain))
        (place / "peer.py").write_text(PEER)
        command = [
            python,
            place / "peer.py",
            place / "train.csv",
            place / "domain.json",
            str(epsilon),
            "1e-5",
            place / "out.csv",
        ]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)
            return None, {}
        made = pd.read_csv(place / "out.csv", keep_default_na=False)
        cost = json.loads(done.stdout.strip().splitlines()[-1])
    out = pd.DataFrame(index=range(len(made)))
    for name in train:
        values = made[name]
        if "categories" in domain[name]:
            values = values.astype(object).where(values.astype(str) != "<null>", None)
        if pd.api.types.is_integer_dtype(train[name]) and not pd.api.types.is_bool_dtype(train[name]):
            values = pd.to_numeric(values).round().astype("int64")
        out[name] = values
    return out, cost


def engine(python, train, epsilon, split, minutes):
    """mostlyai-engine's private mode, by the adapter of the peer benchmark."""
    adapter = Path(__file__).parent / "peers" / "adapters" / "run_mostlyai_private.py"
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        train.to_parquet(place / "train.parquet")
        job = {name: str(place / f"{name}.parquet") for name in ("train", "output")}
        job |= {"result": str(place / "result.json"), "rows": len(train), "seed": split, "minutes": minutes}
        job |= {"options": {"epsilon": epsilon, "delta": 1e-5, "minutes": minutes}}
        (place / "job.json").write_text(json.dumps(job))
        done = subprocess.run([python, adapter, place / "job.json"], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)
            return None, {}
        cost = json.loads((place / "result.json").read_text())
        return pd.read_parquet(place / "output.parquet"), {
            "fit_cpu": cost["fit_cpu_seconds"],
            "sample_cpu": cost["sample_cpu_seconds"],
        }


def measure(yardstick, what, train, holdout, made, about):
    """The yardstick's figures, or only those of fidelity and utility."""
    exclude = about.get("ml_exclude") or ()
    if what == "all":
        return yardstick.measure(train, holdout, made, about["target"], exclude)
    tables, numeric = yardstick.unify(train, holdout, made[list(train.columns)])
    codes = yardstick.ordinal(tables, numeric)
    found = yardstick.detection(codes[1], codes[2]) | yardstick.utility(tables, numeric, about["target"], set(exclude))
    return {name: round(float(value), 4) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--yardstick", type=Path, required=True)
    parser.add_argument("--tables", default="adult")
    parser.add_argument("--epsilons", default="1,4")
    parser.add_argument("--splits", default="0,1,2,3,4")
    parser.add_argument("--public", default="none,declared")
    parser.add_argument("--peer-python")
    parser.add_argument("--engine-python")
    parser.add_argument("--engine-minutes", type=float, default=10.0)
    parser.add_argument("--what", choices=("all", "utility"), default="all")
    parser.add_argument("--output", type=Path, default=Path("private_tables.jsonl"))
    options = parser.parse_args()
    yardstick = load_yardstick(options.yardstick)
    described = {d["name"]: d for d in json.loads((options.data / "datasets.json").read_text())["datasets"]}
    who = [("ours", public) for public in options.public.split(",") if public]
    who += [("dpmm AIM", "declared")] if options.peer_python else []
    who += [("mostlyai-engine", "none")] if options.engine_python else []
    for table in options.tables.split(","):
        about = described[table]
        whole = pd.read_parquet(options.data / about["file"])
        for epsilon in map(float, options.epsilons.split(",")):
            for system, public in who:
                results = []
                for split in map(int, options.splits.split(",")):
                    train, holdout = (t.reset_index(drop=True) for t in train_test_split(whole, random_state=split))
                    if system == "ours":
                        made, cost = ours(train, whole, about["target"], epsilon, public, split)
                    elif system == "dpmm AIM":
                        made, cost = peer(options.peer_python, train, whole, epsilon)
                    else:
                        made, cost = engine(options.engine_python, train, epsilon, split, options.engine_minutes)
                    if made is None:
                        continue
                    found = measure(yardstick, options.what, train, holdout, made, about)
                    results.append({**found, **cost})
                    record = {
                        "table": table,
                        "system": system,
                        "public": public,
                        "target_epsilon": epsilon,
                        "split": split,
                        **results[-1],
                    }
                    with options.output.open("a") as file:
                        file.write(json.dumps(record) + "\n")
                shown = [f"{f} {np.mean([r[f] for r in results]):.4g}" for f in FIGURES if results and f in results[0]]
                print(
                    f"{table} ε={epsilon:g} {system} ({public}), mean of {len(results)}: {', '.join(shown)}", flush=True
                )


if __name__ == "__main__":
    main()

"""Imbalanced targets: rebalancing with synthetic rows against doing nothing and against what is usual.

    python benchmarks/rebalancing.py --data FOLDER --output FILE.jsonl [--tables motorcycle_insurance,bank_marketing,shuttle]
        [--rows 3000] [--tested 10000] [--seeds 0,1,2,3,4] [--report]

Needs imbalanced-learn (``pip install imbalanced-learn``) beside Synthloom. For each table and seed a random
``--rows`` rows are trained on and at most ``--tested`` other rows scored; ways of training:

none, threshold (none, with decisions that the training shares are divided out of), weights (class weights),
oversample (random, with repeats), smote (SMOTE-NC; SMOTE where there is no categorical column), adasyn (on the
inputs as numbers), rebalanced (Synthloom's Rebalancer, all classes even, real rows kept), rebalanced 25 %
(each class raised to a quarter of the largest), plain (as many synthetic rows as real ones added, in the real
mix, threshold as above). Learners: LightGBM, logistic regression, 15 nearest neighbours.

Scores: average precision (mean over classes; of two the rarer alone) and balanced accuracy. Differences are
paired by seed; training rows of different seeds hardly overlap, so Student's t over seeds covers their draw.
What is done is kept in --output line by line: the same command goes on after a stop. --report only prints.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from common import KeptRecords, described_tables, parser_for

from synthloom.evaluation.utility.equivalence import corrected_difference
from synthloom.guidance.rebalancing import Rebalancer

WAYS = ("none", "threshold", "weights", "oversample", "smote", "adasyn", "rebalanced", "rebalanced 25 %", "plain")
OURS = ("rebalanced", "rebalanced 25 %", "plain")
LEARNERS = ("boosting", "linear", "neighbours")
SCORES = ("average_precision", "balanced_accuracy")


class Inputs:
    """Frames as matrices: codes for trees and samplers, standardised one-hot for lines and neighbours."""

    def __init__(self, train: pd.DataFrame):
        self.number = [c for c in train if pd.api.types.is_numeric_dtype(train[c]) and train[c].nunique() > 2]
        self.kinds = {c: sorted(train[c].astype(str).unique()) for c in train if c not in self.number}
        filled = train[self.number].astype(float)
        self.median, self.spread = filled.median(), filled.std().replace(0, 1)

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        numbers = frame[self.number].astype(float).fillna(self.median)
        blocks = [numbers.to_numpy()]
        blocks += [pd.Categorical(frame[c].astype(str), k).codes[:, None].astype(float) for c, k in self.kinds.items()]
        return np.hstack(blocks)

    def lines(self, codes: np.ndarray) -> np.ndarray:
        n = len(self.number)
        blocks = [(codes[:, :n] - self.median.to_numpy()) / self.spread.to_numpy()]
        for place, kinds in enumerate(self.kinds.values()):
            blocks.append((np.rint(codes[:, n + place])[:, None] == np.arange(len(kinds))).astype(float))
        return np.hstack(blocks)


def resampled(way: str, frame: pd.DataFrame, y: np.ndarray, inputs: Inputs, seed: int):
    """Codes and targets of the training rows in one way, and what to say of it."""
    from imblearn.over_sampling import ADASYN, SMOTE, SMOTENC, RandomOverSampler

    codes = inputs.codes(frame)
    counts = pd.Series(y).value_counts()
    wanted = {c: int(counts.max()) for c, n in counts.items() if n >= 2}
    neighbours = max(1, min(5, int(counts[counts >= 2].min()) - 1))
    if way == "oversample":
        return *RandomOverSampler(random_state=seed).fit_resample(codes, y), ""
    if way == "smote":
        cats = list(range(len(inputs.number), codes.shape[1]))
        kind = SMOTENC(cats, sampling_strategy=wanted, k_neighbors=neighbours, random_state=seed) if cats else SMOTE(
            sampling_strategy=wanted, k_neighbors=neighbours, random_state=seed)  # fmt: skip
        return *kind.fit_resample(codes, y), ""
    if way == "adasyn":
        for n in (neighbours, 1):
            try:
                return *ADASYN(sampling_strategy=wanted, n_neighbors=n, random_state=seed).fit_resample(codes, y), ""
            except (ValueError, RuntimeError) as error:
                said = str(error)[:80]
        return codes, y, f"adasyn gave up: {said}"
    if way in OURS:
        whole = frame.assign(target_=y)
        if way == "plain":
            from synthloom.data import Table
            from synthloom.guidance.rebalancing import fit_for
            from synthloom.run_context import RunContext
            from synthloom.schema import infer_schema

            table = Table.from_frame(whole)
            model = fit_for(table, infer_schema(table), "auto", seed, RunContext(), last=["target_"], fine=True)
            made = model.sample(len(whole), seed=seed)[list(whole)]
            both = pd.concat([whole, made.astype(whole.dtypes)], ignore_index=True)
            return inputs.codes(both.drop(columns="target_")), both["target_"].to_numpy(), ""
        known = counts[counts >= 5]
        mix = "balanced"
        if way == "rebalanced 25 %":
            sizes = counts.where(~counts.index.isin(known.index), counts.clip(lower=int(counts.max() / 4)))
            mix = {c: float(n / sizes.sum()) for c, n in sizes.items()}
        X, target = Rebalancer(mix=mix, seed=seed).fit_resample(frame, pd.Series(y, name="target_"))
        return inputs.codes(X), target.to_numpy(), ""
    return codes, y, ""


def predicted(
    learner: str, X: np.ndarray, y: np.ndarray, tested: np.ndarray, inputs: Inputs, weighted: bool
) -> np.ndarray:
    """Chances [rows, classes of y in order]."""
    from lightgbm import LGBMClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    weight = "balanced" if weighted else None
    if learner == "boosting":
        model = LGBMClassifier(
            n_estimators=100, learning_rate=0.05, class_weight=weight, verbosity=-1, n_jobs=1, random_state=0
        )
        return model.fit(X, y).predict_proba(tested)
    X, tested = inputs.lines(X), inputs.lines(tested)
    if learner == "linear":
        return LogisticRegression(class_weight=weight, max_iter=300).fit(X, y).predict_proba(tested)
    model = KNeighborsClassifier(15).fit(X, y)
    if not weighted:
        return model.predict_proba(tested)
    near = model.kneighbors(tested, return_distance=False)  # neighbours that count by their class
    classes, codes = np.unique(y, return_inverse=True)
    share = 1 / np.bincount(codes)
    votes = np.stack([(codes[near] == c).sum(axis=1) * share[c] for c in range(len(classes))], axis=1)
    return votes / votes.sum(axis=1, keepdims=True)


def scored(truth: np.ndarray, chances: np.ndarray, classes: np.ndarray, divided: np.ndarray | None) -> dict[str, float]:
    from sklearn.metrics import average_precision_score

    present = [c for c in classes if (truth == c).sum() >= 5]
    counts = {c: (truth == c).sum() for c in present}
    wanted = [min(counts, key=counts.get)] if len(present) == 2 else present
    precision = [average_precision_score(truth == c, chances[:, list(classes).index(c)]) for c in wanted]
    decision = chances if divided is None else chances / divided
    chosen = classes[decision.argmax(axis=1)]
    recall = [(chosen[truth == c] == c).mean() for c in present]
    return {"average_precision": float(np.mean(precision)), "balanced_accuracy": float(np.mean(recall))}


def measured(frame: pd.DataFrame, target: str, rows: int, tested: int, seed: int) -> dict:
    order = np.random.default_rng(seed).permutation(len(frame))
    train, rest = frame.iloc[order[:rows]], frame.iloc[order[rows : rows + tested]]
    y, truth = train[target].to_numpy(), rest[target].to_numpy()
    train, rest = train.drop(columns=target).reset_index(drop=True), rest.drop(columns=target)
    inputs = Inputs(train)
    judged = inputs.codes(rest)
    out: dict = {"scores": {}, "notes": [], "seconds": {}}
    classes = np.unique(y)
    shares = np.array([(y == c).mean() for c in classes])
    for way in WAYS:
        start = time.process_time()
        X, labels, note = resampled(way, train, y, inputs, seed)
        out["seconds"][way] = round(time.process_time() - start, 2)
        out["notes"] += [note] if note else []
        for learner in LEARNERS:
            chances = predicted(learner, X, labels, judged, inputs, way == "weights")
            divided = shares if way in ("threshold", "plain") else None
            out["scores"][f"{way}|{learner}"] = scored(truth, chances, classes, divided)
    return out


def report(records: list[dict]) -> None:
    for table in dict.fromkeys(r["table"] for r in records):
        mine = [r for r in records if r["table"] == table]
        print(
            f"\n{table}: {len(mine)} seeds, {mine[0]['rows']:,} training rows; {[note for r in mine for note in r['notes']][:1]}"
        )
        for score in SCORES:
            for learner in LEARNERS:
                values = {w: np.array([r["scores"][f"{w}|{learner}"][score] for r in mine]) for w in WAYS}
                usual = max((w for w in WAYS if w not in OURS), key=lambda w: values[w].mean())
                own = max(OURS, key=lambda w: values[w].mean())
                print(f"  {score}, {learner}: " + ", ".join(f"{w} {v.mean():.3f}" for w, v in values.items()))
                for name in (*dict.fromkeys((own, "rebalanced")),):
                    for other in dict.fromkeys((usual, "none")):
                        found = corrected_difference((values[name] - values[other]).tolist(), 0, 1)
                        low, high = found.interval()
                        print(f"      {name} less {other}: {found.value:+.3f} ({low:+.3f} to {high:+.3f})")


def main() -> None:
    parser = parser_for(__doc__, data_required=False)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tables", default="motorcycle_insurance,bank_marketing,shuttle")
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--tested", type=int, default=10_000)
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    done = KeptRecords(options.output)
    if not options.report:
        described = described_tables(options.data)
        for seed in map(int, options.seeds.split(",")):
            for table in options.tables.split(","):
                key = {"table": table, "rows": options.rows, "tested": options.tested, "seed": seed}
                if done.has(key):
                    continue
                about = described[table]
                frame = pd.read_parquet(options.data / about["file"]).drop(columns=about.get("ml_exclude") or [])
                done.keep(key | measured(frame, about["target"], options.rows, options.tested, seed))
                print(f"{table}, seed {seed}: {done[-1]['seconds']}", flush=True)
    report([r for r in done if r["rows"] == options.rows and r["tested"] == options.tested])


if __name__ == "__main__":
    main()

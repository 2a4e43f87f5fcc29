"""Audits of the mechanisms: draws against claims, draws against OpenDP, planted faults, and one fit with canaries.

    python benchmarks/private_audit.py [--draws 10000] [--seeds 20] [--epsilons 0.5,1,2,4,8]
        [--opendp-python PYTHON] [--canaries 1000]

For each ε and seed, noise and choices calibrated to (ε, 1e-5) are drawn 2 x --draws times. All lower
bounds of ε hold together with 95 % confidence (Bonferroni over all of them); none may lie above its
claim. The same is done with faults planted: noise of three quarters and of a half of its scale, a
threshold that ignores δ, bounds read off the rows. PYTHON is an interpreter with opendp, whose
discrete Gaussian is held against ours by a two-sample chi-square test. The canaries: rows of rare
values, each in the table by a coin toss; after one fit their likelihood ranks them, and the best
guesses bound ε (Steinke, Nasr, Jagielski 2023). It shows how little one fit can prove.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
from fractions import Fraction

import numpy as np
import pyarrow as pa
from scipy.stats import binom, chi2_contingency

from synthloom.differential_privacy import (
    Account,
    DiscreteGaussian,
    Entry,
    Ledger,
    Threshold,
    calibrate,
    choose,
    discrete_gaussian,
    noisy_known_counts,
)
from synthloom.differential_privacy.accounting import _loss_distribution
from synthloom.differential_privacy.auditing import audit_curve, audited_epsilon
from synthloom.differential_privacy.mechanisms import threshold_for
from synthloom.synthesizers.private.histograms import learn_atoms
from synthloom.synthesizers.private.structure import _SENSITIVITY
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals

DELTA = 1e-5
GRID = np.array([0.0, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])


def gaussian_of(epsilon):
    def plan(scale):
        return Ledger((Entry("counts", DiscreteGaussian(Fraction(math.ceil(1024 / (2 * scale)), 1024))),))

    return calibrate(plan, epsilon, DELTA, start=0.05 * epsilon**2).entries[0].event


def curve_of(event, slack=0.0):
    loss = _loss_distribution(event)
    return lambda x: np.array([loss.get_delta_for_epsilon(float(e)) for e in x]) + slack


def noise_draws(variance, draws):
    return 1 + discrete_gaussian(variance, draws), discrete_gaussian(variance, draws)


def choice_draws(epsilon, draws):
    """The worst pair of scores: one up, the others down, by all that a row can do."""
    near, far = np.zeros(4, dtype=np.int64), np.array([1, -1, -1, -1]) * (_SENSITIVITY - 1)
    share = Fraction(epsilon).limit_denominator(2**16)
    return tuple(
        np.array([choose(s, _SENSITIVITY, share) == 0 for _ in range(draws)], dtype=float) for s in (far, near)
    )


def audit_all(options, epsilons):
    audits = len(epsilons) * options.seeds * 2
    confidence = 1 - 0.05 / audits
    worst = {}
    for epsilon in epsilons:
        event = gaussian_of(epsilon)
        for _ in range(options.seeds):
            bounds = {
                "noise": audited_epsilon(*noise_draws(event.variance, options.draws), DELTA, confidence=confidence),
                "choice": audited_epsilon(*choice_draws(epsilon, options.draws // 4), 0.0, confidence=confidence),
            }
            for name, bound in bounds.items():
                worst[name, epsilon] = max(worst.get((name, epsilon), 0.0), bound)
    for (name, epsilon), bound in worst.items():
        print(
            f"{name}, claimed ε {epsilon:g}: largest lower bound of {options.seeds} seeds {bound:.3f}, {'ABOVE' if bound > epsilon else 'below'} the claim"
        )


def faults(options, epsilons):
    for name, factor in (
        ("as it is", Fraction(1)),
        ("a quarter of the noise missing", Fraction(9, 16)),
        ("half of the noise missing", Fraction(1, 4)),
    ):
        for epsilon in epsilons:
            event = gaussian_of(epsilon)
            claim = curve_of(event)
            found = [
                audit_curve(*noise_draws(event.variance * factor, options.draws), claim, epsilons=GRID).violated
                for _ in range(options.seeds)
            ]
            print(f"noise for ε {epsilon:g}, {name}: accused in {sum(found)} of {len(found)} audits")
    variance, delta = Fraction(100), 1e-6
    claim = curve_of(DiscreteGaussian(variance), delta)
    for name, threshold in (("as it is", threshold_for(variance, delta)), ("δ ignored", 0)):
        one = np.ones(options.draws, dtype=np.int64)
        found = [
            audit_curve(
                noisy_known_counts(one, variance, threshold)[0].astype(float),
                np.zeros(options.draws),
                claim,
                epsilons=GRID,
            ).violated
            for _ in range(options.seeds)
        ]
        print(f"category lists, {name}: accused in {sum(found)} of {len(found)} audits")
    values = np.random.default_rng(0).integers(0, 3000, 4000).astype(float)
    loss = None
    for _ in range(4):
        one = _loss_distribution(DiscreteGaussian(variance))
        loss = one if loss is None else loss.compose(one)
    for name, bounds in (
        ("as it is", lambda v: None),
        ("bounds read off the rows", lambda v: (float(v.min()), float(v.max()))),
    ):
        tops = []
        for rows in (np.append(values, 9e6), values):
            draws = 90
            entries = [
                Entry(p, DiscreteGaussian(variance), draws) for p in ("spikes", "magnitudes", "ranges", "histograms")
            ]
            account = Account(Ledger((*entries, Entry("spikes", Threshold(Fraction("1e-7")), draws))))
            tops.append(np.array([learn_atoms(rows, 1.0, bounds(rows), account).starts[-1] for _ in range(draws)]))
        result = audit_curve(
            *tops, lambda x: np.array([loss.get_delta_for_epsilon(float(e)) for e in x]) + 1e-7, epsilons=GRID
        )
        print(f"bounds of numbers, {name}: {'accused' if result.violated else 'not accused'}")


OPENDP = """
import json, sys, math
import opendp.prelude as dp
dp.enable_features("contrib")
space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=float)
noise = dp.m.make_gaussian(*space, scale=math.sqrt(float(sys.argv[1])))
print(json.dumps([int(v) for _ in range(int(sys.argv[2]) // 1000) for v in noise([0] * 1000)]))
"""


def against_opendp(python, draws):
    for variance in (Fraction(4), Fraction(400)):
        done = subprocess.run(
            [python, "-c", OPENDP, str(float(variance)), str(draws)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"OpenDP: {done.stderr.strip().splitlines()[-1]}")
            return
        theirs = np.array(json.loads(done.stdout))
        ours = discrete_gaussian(variance, len(theirs))
        top = int(3.5 * math.sqrt(variance))
        table = [np.bincount(np.clip(x, -top, top) + top, minlength=2 * top + 1) for x in (ours, theirs)]
        print(
            f"against OpenDP, variance {float(variance):g}, {len(theirs):,} draws each: p = {chi2_contingency(table).pvalue:.3f}"
        )


def canaries(number, epsilon):
    """One fit with canaries: how many of the surest guesses are right, and the ε that this proves."""
    rng = np.random.default_rng(0)
    n = 10_000
    base = {f"c{j}": rng.choice(12, n, p=np.full(12, 1 / 12)).astype(str) for j in range(6)}
    rows = {f"c{j}": np.where(rng.random(number) < 0.5, "12", rng.choice(12, number).astype(str)) for j in range(6)}
    inside = rng.random(number) < 0.5
    table = pa.table({k: np.concatenate([base[k], rows[k][inside]]) for k in base})
    model = PrivateMarginals(epsilon=epsilon).fit(table)
    made = model.sample(200_000, seed=1)
    made = {k: np.array(made.column(k).to_pylist()) for k in base}
    score = np.zeros(number)
    for a in base:
        for b in base:
            if a < b:
                pairs = np.char.add(np.char.add(made[a], "·"), made[b])
                values, counts = np.unique(pairs, return_counts=True)
                known = dict(zip(values.tolist(), counts.tolist()))
                score += np.array([math.log1p(known.get(f"{x}·{y}", 0)) for x, y in zip(rows[a], rows[b])])
    order = np.argsort(-score)
    guesses = number // 5
    right = int(inside[order[:guesses]].sum() + (~inside[order[-guesses:]]).sum())
    grid = np.linspace(0, 8, 801)
    p = 1 / (1 + np.exp(-grid))
    sound = binom.sf(right - 1, 2 * guesses, p) + 2 * guesses * DELTA <= 0.05
    print(
        f"canaries in one fit at ε {epsilon:g}: {right} of {2 * guesses} guesses right, proves ε ≥ {grid[sound].max(initial=0):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epsilons", default="0.5,1,2,4,8")
    parser.add_argument("--opendp-python")
    parser.add_argument("--canaries", type=int, default=1000)
    options = parser.parse_args()
    epsilons = [float(e) for e in options.epsilons.split(",")]
    audit_all(options, epsilons)
    faults(options, epsilons)
    if options.opendp_python:
        against_opendp(options.opendp_python, 100_000)
    for epsilon in (1.0, 8.0):
        canaries(options.canaries, epsilon)


if __name__ == "__main__":
    main()

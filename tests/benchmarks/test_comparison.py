"""The tests that decide better and worse: Holm's adjustment, pairing by rows, and what one split cannot say."""

import numpy as np
import pytest
from benchmarks.peers.comparison import Judged, compare, holm, squared_error


def judged(system: str, split: int, c2st: float, noise: np.ndarray) -> Judged:
    terms = {"c2st_holdout": noise, "c2st_synthetic": np.array(1e-6)}
    return Judged("adult", system, split, {"c2st": c2st}, terms)


def test_holm_is_the_textbook_s():
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 40):
        p = rng.uniform(0, 0.2, n)
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_a_clear_difference_is_named_with_its_direction():
    rows = np.random.default_rng(1).normal(0, 1e-5, 4000)
    found = compare([judged("synthloom", 0, 0.52, rows)], [judged("mostlyai", 0, 0.60, rows), judged("sdv_ctgan", 0, 0.45, rows)])
    assert {c.peer: c.verdict for c in found} == {"mostlyai": "better", "sdv_ctgan": "worse"}
    assert {c.peer: round(c.advantage, 2) for c in found} == {"mostlyai": 0.08, "sdv_ctgan": -0.07}


def test_shared_rows_cancel_and_own_rows_add():
    rows = np.random.default_rng(2).normal(0, 0.01, 100)
    ours, peer = ({"c2st_holdout": rows, "c2st_synthetic": np.array(v)} for v in (0.003, 0.004))
    assert squared_error(ours, peer, "c2st") == pytest.approx(0.007)
    opposite = {"c2st_holdout": -rows, "c2st_synthetic": np.array(0.0)}
    assert squared_error(ours, opposite, "c2st") == pytest.approx(4 * (rows**2).sum() + 0.003)


def test_splits_that_disagree_are_no_evidence():
    rows = np.zeros(10)
    ours = [judged("synthloom", i, 0.55, rows) for i in range(3)]
    steady = [judged("mostlyai", i, v, rows) for i, v in enumerate((0.60, 0.61, 0.60))]
    wild = [judged("sdv_tvae", i, v, rows) for i, v in enumerate((0.50, 0.75, 0.57))]
    verdicts = {c.peer: (c.verdict, c.splits) for c in compare(ours, steady + wild)}
    assert verdicts == {"mostlyai": ("better", 3), "sdv_tvae": ("no difference shown", 3)}


def test_peers_on_other_splits_are_not_compared():
    rows = np.zeros(10)
    assert compare([judged("synthloom", 0, 0.5, rows)], [judged("mostlyai", 1, 0.6, rows)]) == []


def test_equal_systems_are_rarely_called_different():
    from benchmarks.peers.judge.row_errors import auc_placements

    rng = np.random.default_rng(3)
    small = 0
    for _ in range(200):
        real = rng.normal(0, 1, 300)
        both = []
        for name in ("synthloom", "mostlyai"):
            auc, above, below = auc_placements(real + rng.normal(0, 0.3, 300), rng.normal(0.5, 1.05, 300))
            terms = {"c2st_holdout": (above - auc) / 300, "c2st_synthetic": np.array(below.var() / 300)}
            both.append(Judged("t", name, 0, {"c2st": auc}, terms))
        small += compare(both[:1], both[1:])[0].p < 0.05
    assert 2 <= small <= 20  # 5 % of 200, within three standard errors

from __future__ import annotations

import random

import pytest

from synthloom.finding import Finding
from synthloom.report import (
    ColumnNote,
    PersonalColumn,
    ReportContent,
    Step,
    Suppression,
    VerdictLine,
)


def histogram(seed: int = 0, bins: int = 30, **changes):
    rng = random.Random(seed)
    heights = [[rng.random() for _ in range(bins)] for _ in range(2)]
    return {
        "kind": "histogram",
        "edges": [float(edge) for edge in range(bins + 1)],
        "real": heights[0],
        "synthetic": heights[1],
        "null_real": 0.05,
        "null_synthetic": 0.04,
    } | changes


def bars(labels, seed: int = 0):
    rng = random.Random(seed)
    return {
        "kind": "bars",
        "labels": list(labels),
        "real": [rng.random() for _ in labels],
        "synthetic": [rng.random() for _ in labels],
        "null_real": 0.0,
        "null_synthetic": 0.0,
    }


def matrices(names, seed: int = 0):
    rng = random.Random(seed)
    size = len(names)
    real, synthetic = ([[round(rng.random(), 3) for _ in range(size)] for _ in range(size)] for _ in range(2))
    difference = [[b - a for a, b in zip(x, y)] for x, y in zip(real, synthetic)]
    return {"names": list(names), "real": real, "synthetic": synthetic, "difference": difference}


def shape(name: str, detail, value: float = 0.9, verdict="fair") -> Finding:
    return Finding(
        "column_shape",
        "fidelity",
        value,
        "How far it is distributed as in the real rows.",
        reference=0.99,
        best=1.0,
        range=(0.0, 1.0),
        column=name,
        verdict=verdict,
        detail=detail,
    )


def whole_table(names=("age", "job", "income")) -> tuple[Finding, ...]:
    """Findings of a whole table, as the evaluation makes them."""
    return (
        Finding(
            "column_shape",
            "fidelity",
            0.97,
            "How far columns are distributed alike.",
            (0.96, 0.98),
            0.99,
            1.0,
            range=(0.0, 1.0),
            verdict="good",
        ),
        Finding(
            "pair_trend",
            "fidelity",
            0.86,
            "How far pairs are distributed alike.",
            (0.85, 0.87),
            0.98,
            1.0,
            range=(0.0, 1.0),
            verdict="poor",
            detail=matrices(names) | {"worst": [[names[0], names[-1], 0.5, 0.99]]},
        ),
        Finding(
            "c2st_auc",
            "fidelity",
            0.73,
            "How well a classifier tells synthetic rows from real ones.",
            (0.72, 0.75),
            0.5,
            0.5,
            "lower_is_better",
            (0.0, 1.0),
            "fair",
            detail={"importance": [[name, 1 / len(names)] for name in names], "rows": 12_000},
        ),
        Finding(
            "tstr_gap",
            "utility",
            0.02,
            "What a model loses when it is trained on synthetic rows.",
            (0.01, 0.03),
            0.0,
            0.0,
            "lower_is_better",
            None,
            "fair",
            note="12,000 holdout rows scored",
            detail={"score": "auc", "model": "LightGBM", "real": 0.93, "synthetic": 0.91},
        ),
        Finding("tail_quantiles", "fidelity", None, "How near the tails come.", note="no numeric column"),
        Finding(
            "membership_inference",
            "privacy",
            0.51,
            "How well an attacker recognises training rows.",
            (0.5, 0.52),
            0.5,
            0.5,
            "lower_is_better",
            (0.0, 1.0),
            "good",
            detail={"attacker": "knows every value of a row", "error": 0.004},
        ),
    )


@pytest.fixture
def content() -> ReportContent:
    columns = (
        shape("age", histogram(1, datetime=False)),
        shape("job", bars(["cook", "clerk", "nurse"], 2), 0.99, "good"),
        shape("income", bars(["<=50K", ">50K"], 3), 0.5, "poor"),
    )
    return ReportContent(
        title="people.csv",
        verdicts=(
            VerdictLine("Useful?", "fair", "Models lose 0.02 of their score."),
            VerdictLine("Private?", "good", "No copies; an attacker guesses."),
            VerdictLine("What was hidden or dropped?", "fair", "3 rare values in 2 columns."),
        ),
        facts=(("Input", "people.csv"), ("Rows read", "48,842")),
        card_facts=(("Made from", "one table"),),
        findings=(*whole_table(), *columns),
        columns=(
            ColumnNote("age", "numeric", "learned", "whole numbers"),
            ColumnNote("job", "categorical", "learned"),
            ColumnNote("income", "boolean", "learned"),
            ColumnNote("mail", "text", "regenerated"),
        ),
        suppressed=(Suppression("job", "categories that fewer than 5 rows share", 3), Suppression("age", "extremes")),
        personal=(PersonalColumn("mail", "email", 0.98, "the pattern of an e-mail address", "regenerated"),),
        warnings=("The holdout is small.",),
        steps=(Step("fit", 3.25), Step("evaluate", 61.0)),
        limits=("The attacks tried are not all that exist.",),
        intended_use=("Software tests.",),
        versions=(("synthloom", "0.1.0"),),
    )


@pytest.fixture
def make():
    """The builders of findings, for tests that need other ones."""
    return {
        "histogram": histogram,
        "bars": bars,
        "matrices": matrices,
        "shape": shape,
        "whole_table": whole_table,
    }


@pytest.fixture(scope="session")
def wide():
    """500 columns with long names, long categories, many findings each and a large matrix."""
    long = "a_very_long_column_name_with_ünïcödé_and_数据_" * 8
    names = [f"{long}{n}" for n in range(500)]
    findings = []
    for place, name in enumerate(names):
        detail = histogram(place) if place % 2 else bars([f"{long}{n}" for n in range(40)], place)
        findings.append(shape(name, detail))
    findings += [Finding("copied_values", "privacy", 0.001, long * 3, column=name, note=long * 3) for name in names]
    findings.append(Finding("pair_trend", "fidelity", 0.9, long, detail=matrices(names[:200])))
    return ReportContent(
        title=long * 3,
        findings=tuple(findings),
        columns=tuple(ColumnNote(name, "numeric", long, long * 4) for name in names),
        suppressed=tuple(Suppression(name, long * 2, 3) for name in names * 3),
        warnings=tuple(long * 5 for _ in range(200)),
    )

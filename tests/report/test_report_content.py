from __future__ import annotations

import datetime
import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthloom.errors import ArtifactError, InternalError
from synthloom.evaluation import Evaluation
from synthloom.report import ReportContent, VerdictLine, read_report_json, report_json
from synthloom.report.content import plain_json


def test_content_survives_json(content):
    assert read_report_json(report_json(content)) == content


def test_budgeted_figures_survive_json():
    content = ReportContent("t", card_figures=("a",))
    assert read_report_json(report_json(content)).card_figures == ("a",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "not a Synthloom report"),
        ('{"format": "synthloom-report", "format_version": 99, "title": "t"}', "version 99"),
        ('{"format": "synthloom-report", "format_version": 1}', "no title"),
        ('{"format": "synthloom-report", "format_version": 1, "title": "t", "x": 1}', "unknown entries: x"),
        ('{"format": "synthloom-report", "format_version": 1, "title": "t", "steps": [{"a": 1}]}', "damaged"),
        ('{"format": "synthloom-report", "format_version": 1, "title": "t", "steps": 3}', "damaged"),
        ('{"format": "synthloom-report", "format_version": 1, "title": "t", "facts": [1]}', "damaged"),
        ('{"format": "synthloom-report", "format_version": 1, "title": "t", "card_figures": 1}', "damaged"),
        ('{"format": "synthloom-report", "format_version": 1, "title": "t", "findings": [{"name": 1}]}', "damaged"),
    ],
)
def test_foreign_and_damaged_reports_are_refused(text, message):
    with pytest.raises(ArtifactError, match=message):
        read_report_json(text)


def test_an_evaluation_becomes_a_content(content):
    evaluation = Evaluation(content.findings, {"train": 75, "holdout": 25, "synthetic": 75}, ("few rows",), quick=True)
    hidden = VerdictLine("What was hidden or dropped?", "good", "Nothing.")
    made = ReportContent.from_evaluation(
        evaluation, "t", verdicts=(hidden,), facts=(("Input", "t.csv"),), warnings=("more",), label="augmented"
    )
    assert [line.level for line in made.verdicts[:2]] == [evaluation.useful[0], evaluation.private[0]]
    assert made.verdicts[0].sentence == evaluation.useful[1]
    assert made.verdicts[2] == hidden
    assert made.facts[0] == ("Input", "t.csv")
    assert ("Rows held out", "25") in made.facts
    assert made.warnings == ("few rows", "more")
    assert made.findings == content.findings
    assert made.quick
    assert made.label == "augmented"


def test_plain_values():
    given = {
        1: np.float64("nan"),
        "a": np.arange(3),
        "b": (np.int64(2), np.bool_(True), np.float32(0.5)),
        "c": datetime.date(2020, 1, 2),
        "d": Decimal("1.50"),
        "e": "\ud800x",
    }
    plain = plain_json(given)
    assert plain == {"1": None, "a": [0, 1, 2], "b": [2, True, 0.5], "c": "2020-01-02", "d": "1.50", "e": "?x"}
    json.dumps(plain, allow_nan=False)
    with pytest.raises(InternalError, match="type object"):
        plain_json({"x": object()})


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_anything_plain_is_strict_json(value):
    json.dumps(plain_json(value), allow_nan=False)

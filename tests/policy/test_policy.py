import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthloom.errors import OptionError
from synthloom.evaluation import known_findings
from synthloom.finding import Finding
from synthloom.policy import (
    Clause,
    Policy,
    PolicyResult,
    default_policy_text,
    judge_policy,
    policy_to_yaml,
    read_policy,
)
from synthloom.policy.reading import policy_from_yaml

MIA = Finding(
    "membership_inference",
    "privacy",
    0.52,
    "m",
    interval=(0.50, 0.54),
    reference=0.5,
    direction="lower_is_better",
    verdict="good",
    detail={"power": 0.9, "inner": {"rate": 0.2}, "status": "equivalent"},
)
BY_COLUMN = [
    Finding("copied_values", "privacy", value, "m", column=name, verdict=verdict, interval=(value, value + 0.01))
    for name, value, verdict in (("key", 0.0, "good"), ("note", 0.2, "poor"))
]
BLIND = replace(
    MIA,
    name="linkability",
    verdict="unknown",
    note="this attack proves nothing here: even released training rows would be linked by nobody",
)


def judge(findings=(MIA, *BY_COLUMN, BLIND), **clause):
    result = judge_policy(Policy(clauses=(Clause(**clause),)), findings)
    return result.clauses[0]


@pytest.mark.parametrize(
    ("clause", "state", "passes"),
    [
        ({"at_most": 0.55}, "met", True),
        ({"at_most": 0.53}, "not met", False),  # the figure keeps it, the end of the interval does not
        ({"evidence": "value", "at_most": 0.53}, "met", True),
        ({"at_least": 0.49}, "met", True),
        ({"at_least": 0.51}, "not met", False),
        ({"at_least": 0.49, "at_most": 0.53}, "not met", False),
        ({"evidence": "excess", "at_most": 0.021}, "met", True),
        ({"evidence": "excess_interval", "at_most": 0.03}, "not met", False),
        ({"evidence": "verdict", "one_of": ["good"]}, "met", True),
        ({"evidence": "verdict", "one_of": ["fair"]}, "not met", False),
        ({"evidence": "detail.power", "at_least": 0.8}, "met", True),
        ({"evidence": "detail.inner.rate", "at_most": 0.1}, "not met", False),
        ({"evidence": "detail.status", "one_of": ["equivalent", "better"]}, "met", True),
        ({"evidence": "detail.nothing", "at_most": 1}, "unknown", False),
        ({"where": {"status": "equivalent"}, "at_most": 0.55}, "met", True),
        ({"where": {"status": "worse"}, "at_most": 0.55}, "unknown", False),
        ({"where": {"status": "worse"}, "at_most": 0.55, "allow": ["not_applicable"]}, "unknown", True),
    ],
)
def test_bounds(clause, state, passes):
    result = judge(finding="membership_inference", **clause)
    assert (result.state, result.passes) == (state, passes)


def test_every_column_must_keep_the_bound():
    every = judge(finding="copied_values", column="*", evidence="value", at_most=0.1)
    assert (every.state, len(every.measured), [part.column for part in every.failing]) == ("not met", 2, ["note"])
    assert "1 of 2" in every.evidence and "0.2" in every.evidence
    assert judge(finding="copied_values", evidence="value", at_most=0.1).state == "not met"  # none of the whole table
    assert judge(finding="copied_values", column="key", evidence="value", at_most=0.1).state == "met"
    assert judge(finding="copied_values", column="other", evidence="value", at_most=0.1).state == "unknown"


def test_missing_evidence_fails_unless_allowed():
    unmeasured = replace(MIA, value=None, interval=None, note="too few rows")
    for finding, allowed in ((unmeasured, "not_measured"), (replace(MIA, interval=None), "not_measured")):
        assert not judge([finding], finding=MIA.name, at_most=0.9).passes
        assert judge([finding], finding=MIA.name, at_most=0.9, allow=[allowed]).passes
        assert not judge([finding], finding=MIA.name, at_most=0.9, allow=["not_applicable"]).passes
    assert not judge([], finding=MIA.name, at_most=0.9).passes


def test_an_attack_that_proves_nothing_is_no_evidence():
    assert judge(finding="linkability", at_most=0.9).state == "unknown"
    assert not judge(finding="linkability", at_most=0.9).passes
    assert not judge(finding="linkability", at_most=0.9, allow=["not_measured"]).passes
    assert judge(finding="linkability", at_most=0.9, allow=["proves_nothing"]).passes


def test_higher_is_better_and_nearer_to_the_reference():
    trend = replace(MIA, direction="higher_is_better", value=0.9, interval=(0.88, 0.92), reference=0.95)
    assert judge([trend], finding=MIA.name, evidence="excess", at_most=0.06).state == "met"
    assert judge([trend], finding=MIA.name, evidence="excess_interval", at_most=0.06).state == "not met"
    near = replace(trend, direction="nearer_to_reference", reference=0.9)
    assert judge([near], finding=MIA.name, evidence="excess_interval", at_most=0.021).state == "met"


@given(st.floats(0, 1), st.floats(0, 0.2), st.floats(0, 1))
def test_a_wider_interval_never_helps(value, half, bound):
    """More evidence can only help: what a wide interval passes, a narrow one passes."""
    wide = replace(MIA, value=value, interval=(value - half, value + half))
    narrow = replace(MIA, value=value, interval=(value - half / 2, value + half / 2))
    for clause in ({"at_most": bound}, {"at_least": bound}, {"evidence": "excess_interval", "at_most": bound}):
        if judge([wide], finding=MIA.name, **clause).passes:
            assert judge([narrow], finding=MIA.name, **clause).passes


def test_the_result_says_what_is_missing_and_survives_json():
    policy = Policy(name="p", clauses=(Clause(finding=MIA.name, at_most=0.53), Clause(finding=MIA.name, at_most=0.6)))
    result = judge_policy(policy, [MIA])
    assert not result.met
    assert result.summary == 'Falls short of the policy "p" in 1 of 2 clauses.'
    assert result.shortfalls == ("membership_inference: 0.54; wanted: upper end of the 95 % interval ≤ 0.53",)
    assert PolicyResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("clauses:\n  - finding: membership_inferense\n    at_most: 1\n", "line 2, column 5", "did you mean"),
        ("clauses:\n  - finding: exact_copies\n    at_moist: 1\n", "line 3, column 5", "at_moist"),
        ("clauses:\n  - finding: exact_copies\n    at_most: much\n", "line 3, column 5", "number"),
        ("clauses:\n  - finding: exact_copies\n", "line 2, column 5", "at_most, at_least or both, or one_of"),
        ("clauses:\n  - finding: exact_copies\n    at_most: .nan\n", "line 3, column 5", "finite"),
        ("clauses:\n  - finding: exact_copies\n    evidence: guess\n    at_most: 1\n", "line 3, column 5", "interval"),
        ("clauses:\n  - finding: exact_copies\n    allow: [luck]\n    at_most: 1\n", "line 3, column 13", "luck"),
        ("clauses:\n  - finding: exact_copies\n    at_least: 2\n    at_most: 1\n", "line 2, column 5", "larger"),
        ("clauses:\n  - finding: exact_copies\n    evidence: verdict\n    at_most: 1\n", "line 2, column 5", "one_of"),
        ("policy_version: 2\nclauses:\n  - finding: exact_copies\n    at_most: 1\n", "line 1, column 1", "1"),
        ("clauses: []\n", "line 1, column 1", "at least 1"),
        ("clauses:\n  - finding: [\n", "line 3, column 1", ""),
        ("- a\n", "", "mapping"),
        ("", "", "mapping"),
    ],
)
def test_a_mistake_is_named_by_line_and_column(text, where, words):
    with pytest.raises(OptionError) as caught:
        policy_from_yaml(text, source="mine.yaml", known=known_findings())
    message = str(caught.value)
    assert "mine.yaml" in message
    assert where in message
    assert words in message


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_an_error_of_ours(text):
    try:
        policy_from_yaml(text)
    except OptionError:
        pass


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(OptionError, match=r"cannot read the policy.*default"):
        read_policy(tmp_path / "none.yaml")


def test_the_default_policy_gives_a_reason_for_every_clause_and_survives_yaml():
    policy = read_policy("default", known_findings())
    assert all(clause.reason for clause in policy.clauses)
    assert policy_from_yaml(policy_to_yaml(policy)) == policy
    assert policy_from_yaml(default_policy_text()) == policy
    assert {"membership_inference", "exact_copies", "near_copies"} <= {c.finding for c in policy.clauses if not c.allow}

"""The policy that a user sets: which evidence must show what before data may leave the house."""

from synthloom.policy.clauses import Clause, Policy
from synthloom.policy.judging import ClauseResult, Measured, PolicyResult, State, judge_policy
from synthloom.policy.reading import DEFAULT, default_policy_text, policy_to_yaml, read_policy

__all__ = [
    "DEFAULT",
    "Clause",
    "ClauseResult",
    "Measured",
    "Policy",
    "PolicyResult",
    "State",
    "default_policy_text",
    "judge_policy",
    "policy_to_yaml",
    "read_policy",
]

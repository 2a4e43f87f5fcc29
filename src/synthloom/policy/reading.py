"""A policy from a YAML file; a mistake is named by line and column."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files
from pathlib import Path

from synthloom.errors import OptionError, did_you_mean
from synthloom.policy.clauses import Policy
from synthloom.yaml_marks import MarkedYaml, read_yaml_text

DEFAULT = "default"
"""The name of the policy that comes with the package."""


def read_policy(source: Policy | str | Path, known: Collection[str] = ()) -> Policy:
    """The policy in a file, the one named ``default``, or the one that is handed in.

    Args:
        source: a path, ``default``, or a policy.
        known: the names of all findings there are; a clause about another is a mistake. Empty: any.

    Raises:
        OptionError: with the line and column of the first mistake.
    """
    if isinstance(source, Policy):
        return source
    text = default_policy_text() if str(source) == DEFAULT else _read(Path(source))
    return policy_from_yaml(text, source=Path(source).name, known=known)


def default_policy_text() -> str:
    """The YAML of the policy that comes with the package, to be copied and edited."""
    return (files("synthloom.policy") / "default.yaml").read_text(encoding="utf-8")


def _read(path: Path) -> str:
    return read_yaml_text(
        path,
        "the policy",
        OptionError,
        accepted="the path of a YAML file, or default",
        hint="docs/policy.md shows how one is written",
    )


def policy_from_yaml(text: str, *, source: str = "policy.yaml", known: Collection[str] = ()) -> Policy:
    """The policy that a YAML text describes.

    Raises:
        OptionError: with the line and column of the first mistake.
    """
    document = MarkedYaml.parse(text, source, OptionError)
    if not isinstance(document.plain, dict):
        raise OptionError(f"{source} is not a mapping", accepted="a mapping with a list named clauses")
    policy = document.validated(Policy)
    for place, clause in enumerate(policy.clauses):
        if known and clause.finding not in known:
            raise document.error(
                ("clauses", place, "finding"),
                f'there is no finding "{clause.finding}"',
                hint=did_you_mean(clause.finding, sorted(known), limit=40),
            )
    return policy


def policy_to_yaml(policy: Policy) -> str:
    """The policy as YAML text that :func:`read_policy` reads back."""
    import yaml

    plain = policy.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump({"policy_version": policy.policy_version, **plain}, sort_keys=False, allow_unicode=True)

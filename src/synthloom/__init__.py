"""Synthloom: synthetic data you can trust, with the evidence.

    import synthloom as sl

    result = sl.run(frame, target="income")
    model = sl.GaussianCopula().fit(frame, seed=7)
    model.sample(1_000, seed=8)

Importing this package loads no third-party library; each name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthloom.data import Table
    from synthloom.errors import SynthloomError, UserError
    from synthloom.evaluation import Evaluation
    from synthloom.finding import Finding
    from synthloom.guidance import (
        Fairness,
        FairSynthesizer,
        Imputation,
        PlayedScenario,
        Rebalancer,
        augment,
        impute,
        make_fair,
        play_scenario,
        rebalance,
    )
    from synthloom.io import read_table, write_table
    from synthloom.mock import mock
    from synthloom.policy import Policy, read_policy
    from synthloom.run_context import RunContext
    from synthloom.scenario import Scenario, read_scenario
    from synthloom.schema import TableSchema, infer_schema, propose_constraints, read_schema
    from synthloom.synthesizers.registry import load
    from synthloom.synthesizers.tabular.boosted_chain import BoostedChain
    from synthloom.synthesizers.tabular.gaussian_copula import GaussianCopula
    from synthloom.synthesizers.tabular.independent_columns import IndependentColumns
    from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals
    from synthloom.workflow import RunResult, StudyResult, StudyTable, audit, fit, run, study
    from synthloom.workflow import evaluate_frames as evaluate
    from synthloom.workflow import replace_frames as replace_personal

_HOMES = {
    "BoostedChain": "synthloom.synthesizers.tabular.boosted_chain",
    "Evaluation": "synthloom.evaluation",
    "FairSynthesizer": "synthloom.guidance",
    "Fairness": "synthloom.guidance",
    "Finding": "synthloom.finding",
    "GaussianCopula": "synthloom.synthesizers.tabular.gaussian_copula",
    "Imputation": "synthloom.guidance",
    "IndependentColumns": "synthloom.synthesizers.tabular.independent_columns",
    "PlayedScenario": "synthloom.guidance",
    "Policy": "synthloom.policy",
    "PrivateMarginals": "synthloom.synthesizers.tabular.private_marginals",
    "Rebalancer": "synthloom.guidance",
    "RunContext": "synthloom.run_context",
    "RunResult": "synthloom.workflow",
    "Scenario": "synthloom.scenario",
    "StudyResult": "synthloom.workflow",
    "StudyTable": "synthloom.workflow",
    "SynthloomError": "synthloom.errors",
    "Table": "synthloom.data",
    "TableSchema": "synthloom.schema",
    "UserError": "synthloom.errors",
    "audit": "synthloom.workflow",
    "augment": "synthloom.guidance",
    "evaluate": "synthloom.workflow:evaluate_frames",
    "fit": "synthloom.workflow",
    "impute": "synthloom.guidance",
    "infer_schema": "synthloom.schema",
    "load": "synthloom.synthesizers.registry",
    "make_fair": "synthloom.guidance",
    "mock": "synthloom.mock",
    "play_scenario": "synthloom.guidance",
    "propose_constraints": "synthloom.schema",
    "read_policy": "synthloom.policy",
    "read_scenario": "synthloom.scenario",
    "read_schema": "synthloom.schema",
    "read_table": "synthloom.io",
    "rebalance": "synthloom.guidance",
    "replace_personal": "synthloom.workflow:replace_frames",
    "run": "synthloom.workflow",
    "study": "synthloom.workflow",
    "write_table": "synthloom.io",
}

__all__ = [
    "BoostedChain",
    "Evaluation",
    "FairSynthesizer",
    "Fairness",
    "Finding",
    "GaussianCopula",
    "Imputation",
    "IndependentColumns",
    "PlayedScenario",
    "Policy",
    "PrivateMarginals",
    "Rebalancer",
    "RunContext",
    "RunResult",
    "Scenario",
    "StudyResult",
    "StudyTable",
    "SynthloomError",
    "Table",
    "TableSchema",
    "UserError",
    "audit",
    "augment",
    "evaluate",
    "fit",
    "impute",
    "infer_schema",
    "load",
    "make_fair",
    "mock",
    "play_scenario",
    "propose_constraints",
    "read_policy",
    "read_scenario",
    "read_schema",
    "read_table",
    "rebalance",
    "replace_personal",
    "run",
    "study",
    "write_table",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'synthloom' has no attribute {name!r}")
    module, _, attribute = home.partition(":")
    return getattr(import_module(module), attribute or name)


def __dir__() -> list[str]:
    return sorted(__all__)

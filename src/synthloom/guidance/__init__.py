"""What fitted synthesizers are used for beside sampling: gaps filled, mixes changed, rows added where they help."""

from synthloom.guidance.augmentation import Augmentation, ComparedWays, augment, compare_ways
from synthloom.guidance.fair_wanted import Fairness, FairTable
from synthloom.guidance.fairness import FairSynthesizer, make_fair
from synthloom.guidance.imputation import Imputation, impute
from synthloom.guidance.rebalancing import Rebalanced, Rebalancer, rebalance
from synthloom.guidance.scenarios import PlayedScenario, play_scenario

__all__ = [
    "Augmentation",
    "ComparedWays",
    "FairSynthesizer",
    "FairTable",
    "Fairness",
    "Imputation",
    "PlayedScenario",
    "Rebalanced",
    "Rebalancer",
    "augment",
    "compare_ways",
    "impute",
    "make_fair",
    "play_scenario",
    "rebalance",
]

"""What fitted synthesizers are used for beside sampling: gaps filled, mixes changed, rows added where they help."""

from synthloom.guidance.augmentation import Augmentation, augment
from synthloom.guidance.fairness import Fairness, FairSynthesizer, FairTable, make_fair
from synthloom.guidance.imputation import Imputation, impute
from synthloom.guidance.rebalancing import Rebalanced, Rebalancer, rebalance
from synthloom.guidance.scenarios import PlayedScenario, play_scenario

__all__ = [
    "Augmentation",
    "FairSynthesizer",
    "FairTable",
    "Fairness",
    "Imputation",
    "PlayedScenario",
    "Rebalanced",
    "Rebalancer",
    "augment",
    "impute",
    "make_fair",
    "play_scenario",
    "rebalance",
]

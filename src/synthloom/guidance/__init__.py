"""What fitted synthesizers are used for beside sampling: gaps filled, mixes changed, rows added where they help."""

from synthloom.guidance.augmentation import Augmentation, augment
from synthloom.guidance.imputation import Imputation, impute
from synthloom.guidance.rebalancing import Rebalanced, Rebalancer, rebalance

__all__ = ["Augmentation", "Imputation", "Rebalanced", "Rebalancer", "augment", "impute", "rebalance"]

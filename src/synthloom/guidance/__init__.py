"""What fitted synthesizers are used for beside sampling: filling gaps in real rows."""

from synthloom.guidance.imputation import Imputation, impute

__all__ = ["Imputation", "impute"]

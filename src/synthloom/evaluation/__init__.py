"""Evaluation: fidelity, utility and privacy of synthetic rows, measured against rows nobody learned from."""

from synthloom.evaluation.base import Depth, EvaluationData, Metric
from synthloom.evaluation.evaluation import Evaluation, combine, evaluate, forecast_seconds, known_findings

__all__ = [
    "Depth",
    "Evaluation",
    "EvaluationData",
    "Metric",
    "combine",
    "evaluate",
    "forecast_seconds",
    "known_findings",
]

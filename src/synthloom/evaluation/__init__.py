"""Evaluation: fidelity, utility and privacy of synthetic rows, measured against rows nobody learned from."""

from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.evaluation import Evaluation, combine, evaluate, forecast_seconds

__all__ = ["Evaluation", "EvaluationData", "Metric", "combine", "evaluate", "forecast_seconds"]

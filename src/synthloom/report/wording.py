"""The words of a report: what figures, levels and sections are called."""

from __future__ import annotations

from synthloom.finding import Finding
from synthloom.report.formatting import clean

LEVEL_WORDS = {"good": "Good", "fair": "Fair", "poor": "Poor", "unknown": "Not judged"}
LEVEL_MARKS = {"good": "✓", "fair": "≈", "poor": "✕", "unknown": "?"}
LEVEL_ORDER = {"poor": 0, "fair": 1, "unknown": 2, "good": 3}

STATE_WORDS = {"met": "Met", "not met": "Not met", "unknown": "Unknown"}
STATE_LEVELS = {"met": "good", "not met": "poor", "unknown": "unknown"}

LABEL_WORDS = {
    "synthetic": "Synthetic data, learned from real data",
    "simulated": "Simulated data, from a model of the world",
    "mock": "Mock data, made from a schema alone",
    "augmented": "Augmented data, real data with synthetic rows added",
}

FAMILIES = {
    "fidelity": ("Does it look real?", "How close the synthetic data come to real rows that no model has seen."),
    "utility": ("Is it useful?", "What a model learns from the synthetic data, tried on real rows it has not seen."),
    "privacy": ("Is it private?", "What the synthetic data give away about the rows they were learned from."),
    "fairness": ("Is it fair?", "How groups of people fare in the synthetic data and in models trained on them."),
}

DIRECTIONS = {
    "higher_is_better": "higher is better",
    "lower_is_better": "lower is better",
    "nearer_to_reference": "nearer to the real holdout is better",
    "information": "for information",
}

BASES = {
    "measured": "measured on data",
    "learned": "learned by a model",
    "assumed": "assumed by the user",
}

HEADLINES = ("c2st_auc", "column_shape", "pair_trend", "tstr_gap", "membership_inference", "near_copies")
"""The figures to open with, in this order, where they were measured."""

_TITLES = {
    "c2st_auc": "Told from real rows",
    "column_shape": "Single columns alike",
    "pair_trend": "Pairs of columns alike",
    "pair_association": "Strength of pairs off by",
    "rare_coverage": "Rare values that appear",
    "rare_frequency": "Rare values as frequent",
    "tail_quantiles": "Extremes off by",
    "tstr_gap": "Score lost in training on it",
    "tstr_gap_linear": "Score lost, linear model",
    "tstr_gap_forest": "Score lost, random forest",
    "tstr_gap_neighbours": "Score lost, nearest neighbours",
    "trstr_gap": "Score lost in adding it to real rows",
    "generalisation_gap": "Score lost on shifted rows",
    "representation": "Shares of groups off by",
    "least_represented": "Least represented group",
    "outcome_parity": "Outcome apart between groups",
    "demographic_parity": "Model selects groups apart",
    "equal_opportunity": "Model finds groups apart",
    "equalised_odds": "Model errs on groups apart",
    "calibration_gap": "Model rates groups apart",
    "amplification": "Difference of groups amplified",
    "amplification_model": "Amplified in models",
    "exact_copies": "Exact copies",
    "near_copies": "Near copies",
    "copied_values": "Values copied",
    "distance_to_closest_record": "Nearer to training rows",
    "membership_inference": "Training rows recognised",
    "membership_inference_tpr": "Training rows recognised for sure",
    "membership_inference_outliers": "Unusual training rows recognised",
    "membership_density": "Training rows where it crowds",
    "membership_rare": "Rare training rows recognised",
    "singling_out": "Singled out by several values",
    "singling_out_univariate": "Singled out by one value",
    "linkability": "Halves of a row linked",
    "attribute_inference": "Missing values inferred",
    "personal_replay": "Personal values brought back",
    "canaries": "Planted rows recognised",
}


def title_of(finding: Finding) -> str:
    """What a figure is called on the page.

    >>> title_of(Finding("new_figure", "fidelity", 0.9, "…"))
    'New figure'
    """
    return title_of_name(finding.name)


def title_of_name(name: str) -> str:
    """What a figure of this name is called on the page."""
    return _TITLES.get(name) or humanise(name)


DETAIL_TABLES = {
    "groups": ("Group by group", ("Group", "Holdout rows", "Real", "from", "to", "Synthetic", "from", "to")),
    "groupings": ("Between which groups", ("Grouping", "Counted", "Real", "Synthetic", "Amplified by")),
    "amplifications": ("Most amplified first", ("Notion", "Grouping", "Amplified by", "Standard error")),
    "learners": ("Other learners", ("Learner", "Real", "Real and synthetic", "Verdict")),
    "worst": ("Furthest behind", ("Column", "and column", "Alike", "Real holdout")),
    "columns": ("Furthest off", ("Column", "Synthetic, level by level", "Real holdout")),
}
"""Title and head of the tables that a finding's detail may carry as lists of lists."""

_ACRONYMS = {"auc": "AUC", "r2": "R²", "tpr": "TPR", "gbm": "GBM", "id": "ID"}


def humanise(name: str) -> str:
    """A snake_case name as words, the first letter a capital.

    >>> humanise("real_auc")
    'Real AUC'
    """
    if name == "error":
        return "Standard error"
    words = " ".join(_ACRONYMS.get(word, word) for word in clean(name).replace("_", " ").split())
    return words[:1].upper() + words[1:]

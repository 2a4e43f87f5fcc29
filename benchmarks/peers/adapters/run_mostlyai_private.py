"""mostlyai-engine's TabularARGN in its differentially private mode, its other settings at their defaults.

``epsilon`` is all that may be spent: the engine counts what it takes for value ranges and categories, here a
tenth, within ``max_epsilon``, and keeps the best weights whose ε is below that. ``minutes``, if given, ends its
training.
"""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, serve
from mostlyai.engine import TabularARGN
from mostlyai.engine.domain import DifferentialPrivacyConfig

_FOR_VALUES = 0.1


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits and samples."""
    epsilon = float(job.options["epsilon"])
    privacy = DifferentialPrivacyConfig(
        max_epsilon=epsilon, delta=job.options["delta"], value_protection_epsilon=_FOR_VALUES * epsilon
    )
    limit = {"max_training_time": job.options["minutes"]} if "minutes" in job.options else {}
    model = TabularARGN(random_state=job.seed, differential_privacy=privacy, **limit)
    with clock("fit"):
        model.fit(train)
    with clock("sample"):
        return model.sample(n_samples=job.rows)


serve(work)

"""mostlyai-engine's TabularARGN at its defaults, except that its own time limit is set where the run has one:
so it hands back the best model that it found in that time, and not nothing.
"""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, serve
from mostlyai.engine import TabularARGN

RESERVE = 0.85  # of the limit; the rest is for reading the data, and for sampling


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits and samples; dates arrive as datetimes."""
    limit = {"max_training_time": RESERVE * job.minutes} if job.minutes else {}
    model = TabularARGN(random_state=job.seed, **limit)
    with clock("fit"):
        model.fit(train)
    with clock("sample"):
        return model.sample(n_samples=job.rows)


serve(work)

"""mostlyai-engine's TabularARGN at its defaults; dates arrive as datetimes."""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, serve
from mostlyai.engine import TabularARGN


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits and samples."""
    model = TabularARGN(random_state=job.seed)
    with clock("fit"):
        model.fit(train)
    with clock("sample"):
        return model.sample(n_samples=job.rows)


serve(work)

"""synthcity's plugins at their defaults. It takes no missing values: a missing category becomes a category of
its own, and a table with missing numbers or dates is refused.
"""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, Refused, serve, texts
from synthcity.plugins import Plugins
from synthcity.plugins.core.dataloader import GenericDataLoader

MISSING = "(missing)"


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits the named plugin and generates."""
    words = texts(train)
    train[words] = train[words].astype(object).fillna(MISSING)
    holes = [name for name in train if train[name].isna().any()]
    if holes:
        raise Refused(f"takes no missing values ({', '.join(holes)})")
    with clock("fit"):
        model = Plugins().get(job.options["plugin"], random_state=job.seed)
        model.fit(GenericDataLoader(train, target_column=job.target, random_state=job.seed))
    with clock("sample"):
        made = model.generate(count=job.rows, random_state=job.seed).dataframe()
    made[words] = made[words].astype(object).replace(MISSING, None)
    return made


serve(work)

"""dpmm's pipelines with bins that it learns privately, at its defaults apart from epsilon.

It adds its processing budget (0.1) to the model's; the model gets what is left, so that both together spend
the epsilon that was asked for. It takes neither missing values nor dates: a missing category becomes one of
its own, a table with missing numbers is refused, and dates are handed over as days.
"""

from __future__ import annotations

import pandas as pd
from dpmm import pipelines
from exchange import Clock, Job, Refused, serve, texts

MISSING = "(missing)"
PROCESSING = 0.1
EPOCH = pd.Timestamp("1970-01-01")


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits the named pipeline and generates."""
    words, truths = texts(train), list(train.select_dtypes("bool"))
    dates = [name for name in train if pd.api.types.is_datetime64_any_dtype(train[name])]
    train[words] = train[words].astype(object).fillna(MISSING).astype("category")
    train[truths] = train[truths].astype(str).astype("category")
    for name in dates:
        train[name] = (train[name] - EPOCH) / pd.Timedelta(days=1)
    holes = [name for name in train if train[name].isna().any()]
    if holes:
        raise Refused(f"takes no missing values ({', '.join(holes)})")
    with clock("fit"):
        kind = getattr(pipelines, job.options["pipeline"])
        model = kind(epsilon=job.options["epsilon"] - PROCESSING, proc_epsilon=PROCESSING)
        model.fit(train, random_state=job.seed)
    with clock("sample"):
        made = model.generate(n_records=job.rows, random_state=job.seed)
    for name in dates:
        made[name] = EPOCH + pd.to_timedelta(made[name].round(), unit="D")
    made[words] = made[words].astype(object).replace(MISSING, None)
    return made


serve(work)

"""SmartNoise's synthesizers: a tenth of epsilon learns the bounds of columns, as its documentation proposes."""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, serve, texts
from snsynth import Synthesizer

SHARE_FOR_BOUNDS = 0.1
MOST_CODES = 20


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Fits with columns typed as text or few whole numbers (categorical) and the others (continuous)."""
    dates = [name for name in train if pd.api.types.is_datetime64_any_dtype(train[name])]
    for name in dates:
        train[name] = (train[name] - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    few = [name for name in train if train[name].nunique() <= MOST_CODES]
    words = sorted({*texts(train), *train.select_dtypes("bool"), *few})
    train[words] = train[words].astype(object).where(train[words].notna(), "(missing)").astype(str)
    numbers = [name for name in train if name not in words]
    epsilon = job.options["epsilon"]
    with clock("fit"):
        model = Synthesizer.create(job.options["synthesizer"], epsilon=epsilon)
        model.fit(
            train, categorical_columns=words, continuous_columns=numbers, nullable=bool(train[numbers].isna().any().any()),
            preprocessor_eps=SHARE_FOR_BOUNDS * epsilon,
        )  # fmt: skip
    with clock("sample"):
        made = model.sample(job.rows)
    for name in dates:
        made[name] = pd.Timestamp("1970-01-01") + pd.to_timedelta(made[name].round(), unit="D")
    made[words] = made[words].astype(object).replace("(missing)", None)
    return made


serve(work)

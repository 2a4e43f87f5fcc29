"""imbalanced-learn's over-samplers at their defaults; the rows that they add to a class are what is handed back.

SMOTENC takes no missing values: a missing category becomes one of its own, a missing number the column's median.
"""

from __future__ import annotations

import pandas as pd
from exchange import Clock, Job, serve, texts
from imblearn.over_sampling import SMOTENC, RandomOverSampler

MISSING = "(missing)"


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Resamples until the class that is wanted has `job.rows` rows more."""
    train = train[train[job.target].notna()]
    features = train.drop(columns=job.target)
    words = [*texts(features), *features.select_dtypes("bool")]
    features[words] = features[words].astype(object).fillna(MISSING).astype(str)
    numbers = [name for name in features if name not in words]
    features[numbers] = features[numbers].fillna(features[numbers].median())
    labels = train[job.target].astype(str)
    wanted = {str(job.value): int((labels == str(job.value)).sum()) + job.rows}
    if job.options["sampler"] == "smotenc":
        sampler = SMOTENC(categorical_features=words, sampling_strategy=wanted, random_state=job.seed)
    else:
        sampler = RandomOverSampler(sampling_strategy=wanted, random_state=job.seed)
    with clock("fit"):
        grown, grown_labels = sampler.fit_resample(features, labels)
    with clock("sample"):
        made = grown.iloc[len(features) :].assign(**{job.target: grown_labels.iloc[len(features) :]})
    made[words] = made[words].astype(object).replace(MISSING, None)
    return made


serve(work)

"""Frames as numbers: which columns are numeric, and codes for the others by their frequency among training rows."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

MISSING = "(missing)"


def is_date(values: pd.Series) -> bool:
    """Whether a column holds dates or times."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    first = values.dropna().head(20)
    return len(first) > 0 and all(isinstance(value, datetime.date) for value in first)


def as_numbers_and_words(train: pd.DataFrame, *others: pd.DataFrame) -> tuple[list[pd.DataFrame], list[str]]:
    """The frames with every column either float or text, dates as days, and the names of the numeric ones."""
    dates = {c for c in train if is_date(train[c])}
    numeric = [c for c in train if c in dates or _is_number(train[c])]
    frames = []
    for frame in (train, *others):
        out = {}
        for name in train:
            if name in dates:
                stamps = pd.to_datetime(frame[name], errors="coerce")
                out[name] = ((stamps - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)).to_numpy(dtype=float)
            elif name in numeric:
                out[name] = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
            else:
                words = frame[name].astype(object)
                out[name] = np.where(words.isna(), MISSING, words.astype(str)).astype(object)
        frames.append(pd.DataFrame(out))
    return frames, numeric


def as_codes(frames: list[pd.DataFrame], numeric: list[str]) -> list[pd.DataFrame]:
    """Words replaced by their rank among the first frame's values, the most frequent first; unknown ones by -1."""
    out = [frame.copy() for frame in frames]
    for name in frames[0]:
        if name not in numeric:
            ranks = {value: i for i, value in enumerate(frames[0][name].value_counts().index)}
            for frame in out:
                frame[name] = [ranks.get(value, -1) for value in frame[name]]
    return [frame.astype("float64") for frame in out]


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)

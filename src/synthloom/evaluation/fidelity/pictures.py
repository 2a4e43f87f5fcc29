"""The data behind the pictures of single columns: histograms and bars, as plain JSON values.

Nothing here is supported by fewer training rows than the schema's protection asks for: the range of
a histogram ends where enough rows lie beyond it, and rarer categories share one bar.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from synthloom.evaluation.views import NULL, ColumnView

BARS = 40
"""The most bins or bars of a picture."""
_BINS = 30


def column_picture(view: ColumnView, support: int) -> dict[str, Any]:
    """One column's picture: ``histogram`` or ``bars``, shares of training and of synthetic rows."""
    picture = _histogram(view, support) if view.kind == "number" else _bars(view, support)
    for key, part in (("null_real", "train"), ("null_synthetic", "synthetic")):
        picture[key] = _rounded(float(view.null(part).mean()))
    return picture


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _shares(counts: np.ndarray) -> list[float]:
    return [_rounded(float(share)) for share in counts / max(1, counts.sum())]


def _bars(view: ColumnView, support: int) -> dict[str, Any]:
    shown = sum(count >= support for count in view.support[: BARS - 2])
    rest, unseen = shown, shown + 1
    counts = {}
    for part in ("train", "synthetic"):
        codes = view.values[part]
        codes = codes[codes != NULL]
        places = np.where(codes >= len(view.labels), unseen, np.minimum(codes, rest))
        counts[part] = np.bincount(places, minlength=shown + 2)
    labels = [*view.labels[:shown], "(other)", "(not in the training rows)"]
    kept = [p for p in range(shown + 2) if p < shown or counts["train"][p] + counts["synthetic"][p] > 0]
    shares = {part: _shares(counted) for part, counted in counts.items()}
    return {
        "kind": "bars",
        "labels": [labels[place][:60] for place in kept],
        "real": [shares["train"][place] for place in kept],
        "synthetic": [shares["synthetic"][place] for place in kept],
    }


def _histogram(view: ColumnView, support: int) -> dict[str, Any]:
    train = view.values["train"]
    train = np.sort(train[~np.isnan(train)])
    edges, scale = _edges(train, view.is_integral, support)
    if view.is_datetime and view.is_integral and scale == "linear":
        edges = np.ceil(edges)  # a day begins at midnight
    picture: dict[str, Any] = {"kind": "histogram", "edges": [_rounded(edge) for edge in edges], "scale": scale}
    if view.is_datetime:
        picture |= {"edges": [round(float(e), 5) for e in edges], "datetime": True, "labels": _iso(edges)}
    for key, part in (("real", "train"), ("synthetic", "synthetic")):
        values = view.values[part]
        values = np.clip(values[~np.isnan(values)], edges[0], np.nextafter(edges[-1], -np.inf))
        picture[key] = _shares(np.histogram(values, edges)[0])
    return picture


def _edges(train: np.ndarray, integral: bool, support: int) -> tuple[np.ndarray, str]:
    """Bin edges of sorted training numbers and whether they are laid out on a ``linear`` or ``log`` scale."""
    if len(train) < 2 * support:
        return np.array([0.0, 1.0]), "linear"
    low, middle, high = _inner_quantiles(train, support)
    if low >= 0 and high - middle > 10 * (middle - low):
        positive = train[train > 0]
        if len(positive) >= 4 * support:
            bottom, _, top = _inner_quantiles(positive, support)
            if top > 20 * bottom:
                return np.concatenate([[0.0] if low < bottom else [], np.geomspace(bottom, top, _BINS)]), "log"
            low, high = (0.0 if low < bottom else bottom), top
    if high <= low:
        return np.array([low - 0.5, low + 0.5]), "linear"
    if integral:
        # whole steps, or some bins would hold one number more than their neighbours
        step = max(1, -(-int(high - low + 1) // (BARS if high - low < BARS else _BINS)))
        return np.arange(low, high + step + 1, step)[: BARS + 1] - 0.5, "linear"
    return np.linspace(low, high, _BINS + 1), "linear"


def _inner_quantiles(ordered: np.ndarray, support: int) -> tuple[float, float, float]:
    """The 1st, 50th and 99th percentile, moved inwards until enough rows lie beyond."""
    edge = min(max(round(0.01 * len(ordered)), support), (len(ordered) - 1) // 2)
    return float(ordered[edge]), float(ordered[len(ordered) // 2]), float(ordered[-1 - edge])


def _iso(edges: np.ndarray) -> list[str]:
    unit = "D" if edges[-1] - edges[0] > len(edges) else "m"
    moments = np.round(edges * 86_400).astype("datetime64[s]").astype(f"datetime64[{unit}]")
    return [str(moment) for moment in moments]

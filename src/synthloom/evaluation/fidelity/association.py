"""How strongly two binned columns hang together: Cramér's V, from 0 (not at all) to 1 (one tells the other)."""

from __future__ import annotations

import numpy as np


def cramers_v(counts: np.ndarray) -> float:
    """Cramér's V of a table of counts, corrected for its bias in small samples (Bergsma 2013)."""
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    total = counts.sum()
    rows, columns = counts.shape
    if rows < 2 or columns < 2 or total < 2:
        return 0.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    mean_square = float(((counts - expected) ** 2 / expected).sum() / total)
    corrected = max(0.0, mean_square - (rows - 1) * (columns - 1) / (total - 1))
    rows_corrected = rows - (rows - 1) ** 2 / (total - 1)
    columns_corrected = columns - (columns - 1) ** 2 / (total - 1)
    least = min(rows_corrected, columns_corrected) - 1
    return float(min(1.0, np.sqrt(corrected / least))) if least > 0 else 0.0

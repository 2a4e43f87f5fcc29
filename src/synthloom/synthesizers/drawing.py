"""Drawing codes from frequencies, as every synthesizer needs it."""

from __future__ import annotations

import numpy as np


def cumulative(frequencies: np.ndarray) -> np.ndarray:
    """Cumulative shares of non-negative ``frequencies`` along the last axis; exactly 1 from the last positive on."""
    total = np.cumsum(frequencies, axis=-1, dtype=np.float64)
    last = total[..., -1:]
    return np.where(total >= last, 1.0, total / np.where(last > 0, last, 1.0))


def draw_codes(frequencies: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Codes int32 [n] from one row of ``frequencies`` [k] by inversion of ``uniforms`` [n] in [0, 1)."""
    return np.searchsorted(cumulative(frequencies), uniforms, side="right").astype(np.int32)

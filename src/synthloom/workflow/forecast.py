"""What a run will cost, told before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from synthloom.data import Table
from synthloom.synthesizers import Synthesizer

# Measured with benchmarks/run_time.py on two cores of a small server; a forecast, not a promise.
_EVALUATION_SECONDS_PER_CELL = 1.2e-5
_EVALUATION_CELLS = 1_500_000
_WRITE_SECONDS_PER_CELL = 2e-7
_BYTES_PER_CELL = 60
_BASE_BYTES = 400 * 2**20


@dataclass(frozen=True)
class RunForecast:
    """Seconds and bytes that a run is expected to take."""

    seconds: float
    bytes: int

    def __str__(self) -> str:
        minutes, seconds = divmod(max(1, round(self.seconds)), 60)
        time = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        return f"about {time} and {self.bytes / 2**30:.1f} GB of memory"


def forecast_run(synthesizer: type[Synthesizer], table: Table, size: int, folds: int, workers: int) -> RunForecast:
    """The cost of fitting, sampling, evaluating and writing ``size`` rows, ``folds`` times over."""
    rows, columns = table.n_rows, len(table.names)
    model = synthesizer.forecast(rows, columns)
    speedup = min(workers, 2) ** 0.8
    fit = model.fit_seconds / speedup
    sample = model.sample_seconds_per_million * size / 1e6 / speedup
    judged = min(_EVALUATION_CELLS, (rows + size) * columns)
    evaluate = 3.0 + judged * _EVALUATION_SECONDS_PER_CELL / speedup
    seconds = folds * (fit + sample + evaluate) + size * columns * _WRITE_SECONDS_PER_CELL
    memory = _BASE_BYTES + model.bytes + (rows + size) * columns * _BYTES_PER_CELL
    return RunForecast(seconds, memory)

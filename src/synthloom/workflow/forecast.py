"""What a run will cost, told before it begins.

Without a limit the figures of the synthesizers themselves are taken, which are those of a small server:
on another machine, or on a table of another kind, they may be off by a factor of three. With a limit
they are measured: the synthesizer learns from :data:`PROBE_ROWS` rows of this very table, and the time
that takes is scaled up. A fit grows in proportion to the rows, a sample with the root of the rows
learned from (deeper trees); both within a fifth on adult and credit_default, see docs/choosing.md.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from synthloom.data import Table
from synthloom.evaluation import forecast_seconds
from synthloom.limits import format_duration, format_size
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers import Synthesizer

PROBE_ROWS = 4_000
"""Rows of a trial fit. Fewer would be no cheaper for a chain, which cross-validates below 3,000."""
_PROBE_SAMPLE = 4_000
_WARM_ROWS = 300

# Measured with benchmarks/run_time.py on two cores of a small server; a forecast, not a promise.
_WRITE_SECONDS_PER_CELL = 2e-7
_REPORT_SECONDS = 0.8

# Memory: libraries, what the tables take (real rows, their parts and the synthetic ones, each in two copies at
# times), and the larger of the fit and the evaluation, which looks at no more than so many rows. Against the peaks
# of whole runs of five tables: 3 % too low to 30 % too high.
_BASE_BYTES = 250 * 10**6
_COPIES = 2
_EVALUATION_BYTES_PER_CELL = 150
_EVALUATION_ROWS = 100_000
_LEAST_EVALUATION_BYTES = 150 * 10**6


@dataclass(frozen=True)
class RunForecast:
    """Seconds and bytes that a run is expected to take."""

    seconds: float
    bytes: int

    def __str__(self) -> str:
        return f"about {format_duration(self.seconds)} and {format_size(self.bytes)} of memory"


@dataclass(frozen=True)
class CostModel:
    """Seconds and bytes of each step as functions of the rows.

    Attributes:
        columns: columns of the table.
        table_rows: rows of the whole table, which stays in memory.
        row_bytes: bytes of a row in memory.
        fit_fixed: seconds of a fit that do not depend on the rows.
        fit_per_row: seconds of a fit for each row.
        sample_per_row: seconds to sample a row from a model of ``sample_at`` rows.
        sample_at: see above; ``None`` where sampling does not depend on what was learned.
        model_fixed: bytes of a fit that do not depend on the rows.
        model_per_row: bytes of a fit for each row.
        slowdown: how many times longer work takes now than on a free core.
    """

    columns: int
    table_rows: int
    row_bytes: float
    fit_fixed: float
    fit_per_row: float
    sample_per_row: float
    sample_at: int | None
    model_fixed: float
    model_per_row: float
    slowdown: float = 1.0

    @classmethod
    def stated(
        cls, synthesizer: type[Synthesizer], train: Table, table_rows: int, workers: int, slowdown: float = 1.0
    ) -> CostModel:
        """The costs that the synthesizer states of itself, for a table of which ``train`` is a part."""
        columns = len(train.names)
        less, more = synthesizer.forecast(0, columns), synthesizer.forecast(1_000_000, columns)
        speedup = min(workers, 2) ** 0.8 / slowdown
        return cls(
            columns=columns,
            table_rows=table_rows,
            row_bytes=train.arrow.nbytes / max(1, train.n_rows),
            fit_fixed=less.fit_seconds / speedup,
            fit_per_row=(more.fit_seconds - less.fit_seconds) / 1e6 / speedup,
            sample_per_row=more.sample_seconds_per_million / 1e6 / speedup,
            sample_at=None,
            model_fixed=less.bytes,
            model_per_row=(more.bytes - less.bytes) / 1e6,
            slowdown=slowdown,
        )

    def probed(
        self, prototype: Synthesizer, part: Table, schema: TableSchema, seed: int, run: RunContext
    ) -> tuple[CostModel, Synthesizer]:
        """The same with seconds measured by a trial fit on ``part``, some rows of the table; and the model of it.

        Raises:
            Cancelled: if ``run`` ends before the trial does.
        """
        quiet = replace(run, listener=None)
        few = schema.names[:2]
        # the first fit of a process loads libraries and compiles: that is no part of what grows
        warm = type(prototype)(**prototype.get_params())
        warm.fit(part.slice(0, _WARM_ROWS).select(few), schema.select(few), seed=0, run=quiet).sample(1, seed=0)
        model = type(prototype)(**prototype.get_params())
        start = time.perf_counter()
        model.fit(part, schema, seed=seed, run=quiet)
        fitted = time.perf_counter()
        for _ in model.sample_batches(_PROBE_SAMPLE, seed=0, run=quiet):
            pass
        measured = replace(
            self,
            fit_fixed=0.0,
            fit_per_row=(fitted - start) / part.n_rows,
            sample_per_row=(time.perf_counter() - fitted) / _PROBE_SAMPLE,
            sample_at=part.n_rows,
        )
        return measured, model

    def fit(self, rows: int) -> float:
        """Seconds to learn from ``rows``."""
        return self.fit_fixed + self.fit_per_row * rows

    def sample(self, rows: int, size: int) -> float:
        """Seconds to sample ``size`` rows from a model of ``rows``."""
        growth = 1.0 if self.sample_at is None else math.sqrt(max(1.0, rows / self.sample_at))
        return self.sample_per_row * size * growth

    def bytes(self, rows: int, size: int) -> int:
        """Memory to learn from ``rows`` and to hold and judge ``size`` sampled rows."""
        tables = _COPIES * (self.table_rows + size) * self.row_bytes
        judged = min(_EVALUATION_ROWS, max(rows, size)) * self.columns * _EVALUATION_BYTES_PER_CELL
        evaluation = max(_LEAST_EVALUATION_BYTES, judged) if size else 0.0
        return round(_BASE_BYTES + self.model_fixed + tables + max(self.model_per_row * rows, evaluation))

    def write(self, size: int) -> float:
        """Seconds to write ``size`` rows and the report."""
        return self.slowdown * (_REPORT_SECONDS + size * self.columns * _WRITE_SECONDS_PER_CELL)

    def evaluate(self, size: int, workers: int) -> float:
        """Seconds to evaluate ``size`` rows."""
        return self.slowdown * forecast_seconds(self.table_rows + size, self.columns) / min(workers, 2) ** 0.8

    def total(self, rows: int, size: int, folds: int, workers: int) -> RunForecast:
        """The whole run, evaluation and writing included."""
        once = self.fit(rows) + self.sample(rows, size) + self.evaluate(size, workers)
        return RunForecast(folds * once + self.write(size), self.bytes(rows, size))

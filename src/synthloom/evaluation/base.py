"""What a metric is given and what it hands back.

A :class:`Metric` takes :class:`EvaluationData` (training rows, holdout rows that no model has seen,
synthetic rows) and returns findings. It never sees a synthesizer: what an attack needs beyond the
rows (a refit, say) is handed in as a callable by the workflow.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np

from synthloom.data import Table
from synthloom.evaluation.agreement import PARTS, SHIFTED, agree
from synthloom.evaluation.verdicts import excess_of, judge, margins_for
from synthloom.evaluation.views import BinnedColumn, ColumnView, bin_column, build_view
from synthloom.finding import Direction, Family, Finding, Verdict
from synthloom.randomness import RandomStream
from synthloom.schema import ColumnSchema, TableSchema

MAXIMUM_ROWS = 100_000
"""Rows of each table that the shared views hold; more are thinned at random."""
MAXIMUM_CELLS = 8_000_000
"""Rows times columns of each table that the shared views hold."""
_QUICK_ROWS = 10_000

Built = TypeVar("Built")
Refit = Callable[[Table, int], Table]
"""Fits the synthesizer anew to other training rows, with a seed, and gives as many synthetic rows."""
Depth = Literal["standard", "thorough"]
"""How much work goes into the evidence: ``thorough`` repeats fits and attacks with more seeds and rows."""
DEPTHS: tuple[Depth, ...] = ("standard", "thorough")


@dataclass(frozen=True)
class EvaluationData:
    """Three tables that are compared, and views of them that metrics share.

    Build it with :meth:`of`, which checks that the tables agree. Views are made on first use, hold
    at most :data:`MAXIMUM_ROWS` random rows of each table, and may be asked for from several threads.

    Attributes:
        train: the rows that the synthesizer learned from.
        holdout: real rows that it has not seen.
        synthetic: the rows that it sampled.
        schema: what the columns hold, and the target.
        stream: where every random choice of the evaluation comes from.
        quick: whether a first verdict within seconds is wanted: metrics then look at fewer rows.
        threads: threads that one metric may use inside a library.
        depth: how much work goes into the evidence, ``standard`` or ``thorough``.
        shifted: real rows from later, or from elsewhere, than all the others, if there are any.
        refit: fits the synthesizer anew, for attacks that plant rows; ``None`` where nobody can.
    """

    train: Table
    holdout: Table
    synthetic: Table
    schema: TableSchema
    stream: RandomStream
    quick: bool = False
    threads: int = 1
    depth: Depth = "standard"
    shifted: Table | None = None
    refit: Refit | None = None
    _cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        train: Table,
        holdout: Table,
        synthetic: Table,
        schema: TableSchema,
        stream: RandomStream,
        *,
        quick: bool = False,
        threads: int = 1,
        depth: Depth = "standard",
        shifted: Table | None = None,
        refit: Refit | None = None,
    ) -> EvaluationData:
        """The data of an evaluation, its tables brought to the same columns and types.

        Raises:
            InputError: if a table has no rows.
            SchemaError: if the columns differ.
        """
        tables = {"train": train, "holdout": holdout, "synthetic": synthetic}
        if shifted is not None:
            tables[SHIFTED] = shifted
        agreed = agree(tables, schema)
        train, holdout, synthetic = (agreed[part] for part in PARTS)
        return cls(train, holdout, synthetic, schema, stream, quick, threads, depth, agreed.get(SHIFTED), refit)

    def cached(self, key: Any, build: Callable[[], Built]) -> Built:
        """What ``build`` makes, made once for all metrics that ask with the same key."""
        with self._lock:
            if key not in self._cache:
                self._cache[key] = build()
            return self._cache[key]  # type: ignore[no-any-return]

    def table(self, part: str) -> Table:
        """The whole ``train``, ``holdout``, ``synthetic`` or (if there is one) ``shifted`` table."""
        if part == SHIFTED and self.shifted is not None:
            return self.shifted
        return {"train": self.train, "holdout": self.holdout, "synthetic": self.synthetic}[part]

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the tables that there are."""
        return PARTS if self.shifted is None else (*PARTS, SHIFTED)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that models and distances see: no keys, no personal data, no free text."""
        return tuple(column.name for column in self.schema if is_compared(column))

    @property
    def withheld(self) -> tuple[str, ...]:
        """Identifiers, personal and text columns: looked at for gaps and for copied values only."""
        return tuple(column.name for column in self.schema if not is_compared(column))

    def size(self, part: str) -> int:
        """How many rows of a table the shared views hold."""
        cap = min(_QUICK_ROWS if self.quick else MAXIMUM_ROWS, max(1, MAXIMUM_CELLS // len(self.schema.columns)))
        return min(self.table(part).n_rows, cap)

    def rows(self, part: str) -> np.ndarray:
        """The positions in the whole table of the rows that the views hold, ascending, ``[size]``."""

        def build() -> np.ndarray:
            total, size = self.table(part).n_rows, self.size(part)
            if size == total:
                return np.arange(total)
            chosen = self.stream.child("rows", part).generator().choice(total, size, replace=False)
            return np.sort(chosen)

        return self.cached(("rows", part), build)

    def view(self, name: str) -> ColumnView:
        """One column in the three tables, as numbers or as category codes."""

        def build() -> ColumnView:
            parts = {}
            for part in self.parts:
                column = self.table(part).column(name)
                thinned = self.size(part) < len(column)
                parts[part] = column.take(self.rows(part)) if thinned else column
            return build_view(self.schema.column(name), parts)

        return self.cached(("view", name), build)

    def bins(self, name: str, count: int) -> BinnedColumn:
        """One column as about ``count`` bins of equal training mass or its most frequent categories."""
        return self.cached(("bins", name, count), lambda: bin_column(self.view(name), count))

    def draw(self, part: str, size: int, *names: object) -> np.ndarray:
        """``size`` random places in a part's views (all of them, in order, if there are no more)."""
        available = self.size(part)
        if size >= available:
            return np.arange(available)
        generator = self.stream.child("draw", part, *names).generator()
        return np.sort(generator.choice(available, size, replace=False))

    def pairs(self, limit: int) -> list[tuple[str, str]]:
        """Pairs of compared columns: all, or ``limit`` at random with every pair of the target kept."""
        names = self.compared
        every = list(combinations(names, 2))
        if len(every) <= limit:
            return every
        target = self.schema.target
        kept = [pair for pair in every if target in pair][:limit]
        others = [pair for pair in every if target not in pair]
        chosen = self.stream.child("pairs").generator().choice(len(others), limit - len(kept), replace=False)
        return kept + [others[place] for place in np.sort(chosen)]

    def thinned_note(self, *limits: str) -> str | None:
        """A sentence that says which limits held, ``None`` if everything was looked at."""
        parts = [
            f"{self.size(p):,} of {self.table(p).n_rows:,} {p}" for p in PARTS if self.size(p) < self.table(p).n_rows
        ]
        said = ([f"measured on random rows: {', '.join(parts)}"] if parts else []) + [text for text in limits if text]
        return "; ".join(said) or None


def is_compared(column: ColumnSchema) -> bool:
    """Whether metrics compare the column's values, and not only its gaps."""
    return column.personal is None and column.kind not in ("identifier", "text")


class Metric(ABC):
    """One figure, or a few that belong together, and all that is needed to read it.

    A subclass declares the class attributes and writes :meth:`measure`. It has no state: everything
    comes from the data, every random choice from ``data.stream.child(self.name)``.

    Attributes:
        name: snake_case name of the metric and of its first finding.
        family: fidelity, utility, privacy or fairness.
        direction: which way is better.
        range: the lowest and the highest value of the figure (infinite where there is none).
        best: the best value, ``None`` where only the reference is a yardstick.
        meaning: one sentence in plain words.
        quick: whether it takes part in the first verdict within seconds.
        cost: seconds on a table such as adult, to order the work and to forecast the time.
        attacker: what the attacker of a privacy metric knows, in one sentence.
    """

    name: ClassVar[str]
    family: ClassVar[Family]
    direction: ClassVar[Direction]
    range: ClassVar[tuple[float, float]]
    best: ClassVar[float | None]
    meaning: ClassVar[str]
    quick: ClassVar[bool] = False
    cost: ClassVar[float] = 1.0
    attacker: ClassVar[str | None] = None

    def applies(self, data: EvaluationData) -> bool:
        """Whether there is anything for it to measure; if not it is left out, unless asked for by name."""
        return True

    @abstractmethod
    def measure(self, data: EvaluationData) -> list[Finding]:
        """The findings, at least one, the first with the metric's own name.

        A figure that cannot be measured is a finding without value whose note says why.
        """

    def finding(
        self,
        value: float | None,
        *,
        error: float | None = None,
        reference: float | None = None,
        interval: tuple[float, float] | None = None,
        verdict: Verdict | None = None,
        detail: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Finding:
        """A finding with the metric's declarations filled in and the verdict by the common rule.

        ``error`` is the standard error of the difference between value and reference; it is kept as
        ``detail["error"]`` so that findings of several folds can be judged together. ``changes`` are
        other fields of the finding that differ from the metric's declarations.
        """
        fields: dict[str, Any] = {
            "name": self.name,
            "family": self.family,
            "meaning": self.meaning,
            "best": self.best,
            "direction": self.direction,
            "range": self.range if all(map(np.isfinite, self.range)) else None,
        } | changes
        detail = dict(detail or {})
        if self.attacker:
            detail["attacker"] = self.attacker
        if error is not None:
            detail["error"] = round(float(error), 6)
        if verdict is None and value is not None and reference is not None:
            excess = excess_of(value, reference, fields["direction"])
            verdict = judge(excess, error, margins_for(fields["name"], fields.get("column")))
        return Finding(
            value=None if value is None else float(value),
            reference=None if reference is None else float(reference),
            interval=None if interval is None else (float(interval[0]), float(interval[1])),
            verdict=verdict or "unknown",
            detail=detail,
            **fields,
        )

    def unmeasured(self, reason: str, **changes: Any) -> Finding:
        """A finding without a figure, with the reason."""
        return self.finding(None, note=reason, **changes)

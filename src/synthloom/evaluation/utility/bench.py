"""Models trained on real, on synthetic and on both kinds of rows, made once and shared by the metrics.

TRTR: trained on real rows, tried on real rows. TSTR: trained on synthetic rows (Esteban, Hyland and
Rätsch, "Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs", 2017). TRSTR:
trained on both. The rows that models are tried on are always holdout rows, or shifted ones.

Two kinds of chance blur a difference of two scores. The draw of the holdout rows: a paired bootstrap
re-draws them for both models together. The draw of the training rows, and the learner's own seed: each
learner is fitted again, with other seeds, to four disjoint quarters of the real and of the synthetic
training rows; the spread of their scores, scaled to the full size, tells how far two equally good
training sets differ. Synthetic rows also inherit the draw of the rows that their model learned from,
which one synthetic table cannot show: their part counts no less than the real rows' own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from synthloom.evaluation.agreement import SHIFTED
from synthloom.evaluation.base import EvaluationData
from synthloom.evaluation.features import linear_inputs, tree_inputs
from synthloom.evaluation.utility.equivalence import Difference, combined_error
from synthloom.evaluation.utility.learners import Effort, Learner, Predictor, learner_named
from synthloom.evaluation.utility.scoring import Scorer
from synthloom.evaluation.utility.task import Task, shared_task

Source = Literal["real", "synthetic", "both"]
"""What a model was trained on."""

Built = TypeVar("Built")

MAXIMUM_WORK = 3_000_000
"""Training rows times inputs times class scores of one model of trees."""
MAXIMUM_LINEAR_WORK = 600_000_000
"""Training rows times squared inputs times class scores of the linear model."""
FEWEST_KEPT = 5_000
"""Rows that the limits on work leave in any case."""
MAXIMUM_TESTED = 20_000
MINIMUM_ROWS = 20
_QUARTERS = 4
_REFIT_TESTED = 5_000
_SEEDS = {"standard": 1, "thorough": 3}
_PARTITIONS = {"standard": 1, "thorough": 3}


@dataclass(frozen=True)
class ScoreGap:
    """What one source of training rows scores less than another.

    Attributes:
        difference: first score less second score, with the error of both draws.
        first: the score of the first, on the rows as they are.
        second: the same of the second.
        first_error: the error of the first score that the draw of the tested rows brings.
        holdout_error: the error of the difference by the draw of the tested rows.
        draw_error: the error of the difference by the draw of the training rows; ``None`` if not measured.
    """

    difference: Difference
    first: float
    second: float
    first_error: float
    holdout_error: float
    draw_error: float | None

    @property
    def lacking(self) -> str:
        """Of which rows there are too few, where nothing can be told."""
        return "training" if (self.draw_error or 0.0) > self.holdout_error else "holdout"


class Bench:
    """One learner's models on one evaluation's rows; every piece is made on first use, from any thread.

    Attributes:
        task: what is predicted.
        learner: by which learner.
        multiple: synthetic rows for each real one that a model is trained on; 1 but for a study that asks for more.
        rows: places in the views of the rows trained on and tried on.
    """

    def __init__(self, data: EvaluationData, task: Task, learner: Learner, multiple: float = 1.0) -> None:
        self.data, self.task, self.learner, self.multiple = data, task, learner, multiple
        self._lock = threading.RLock()
        self._kept: dict[Any, Any] = {}
        self._stream = data.stream.child("utility", learner.name)
        self.rows = self._choose_rows()

    @classmethod
    def of(cls, data: EvaluationData, learner: str, multiple: float = 1.0) -> Bench | str:
        """The bench that all metrics share, or the reason why nothing can be trained."""
        chosen = learner_named(learner)
        task = shared_task(data)
        if isinstance(task, str):
            return task
        fewest = min(len(task.known(part)) for part in data.parts if part != SHIFTED)
        if fewest < MINIMUM_ROWS:
            return f"{fewest} rows with a target are too few to train and to score; it takes {MINIMUM_ROWS}"
        return data.cached(("bench", learner, multiple), lambda: cls(data, task, chosen, multiple))

    # ------------------------------------------------------------------------------------------ rows

    def _choose_rows(self) -> dict[str, np.ndarray]:
        data, task = self.data, self.task
        known = {part: task.known(part) for part in data.parts}
        size = min(len(known["train"]), self._most_rows())
        size = min(size, int(len(known["synthetic"]) / self.multiple))
        sizes = {"train": size, "synthetic": round(size * self.multiple)}
        return {part: self._thinned(places, sizes.get(part, MAXIMUM_TESTED), part) for part, places in known.items()}

    def _most_rows(self) -> int:
        data, task = self.data, self.task
        most = self.learner.rows[data.depth == "thorough"]
        outputs = len(task.scored) if self.learner.name == "linear" else task.classes if task.classes > 2 else 1
        if self.learner.inputs == "trees":
            allowed = MAXIMUM_WORK // (len(task.features) * outputs)
        elif self.learner.name == "linear":
            width = linear_inputs(data, "train", np.arange(1), task.features).shape[1]
            allowed = MAXIMUM_LINEAR_WORK // (width**2 * max(1, outputs))
        else:
            allowed = most
        return min(most, max(FEWEST_KEPT, allowed))

    def _thinned(self, places: np.ndarray, size: int, *names: object) -> np.ndarray:
        if size >= len(places):
            return places
        return np.sort(self._stream.child("rows", *names).generator().choice(places, size, replace=False))

    def inputs(self, part: str) -> np.ndarray:
        """The inputs of a part's rows, ``[rows, inputs]``."""
        make = tree_inputs if self.learner.inputs == "trees" else linear_inputs

        def build() -> np.ndarray:
            made = make(self.data, part, self.rows[part], self.task.features)
            return made if isinstance(made, np.ndarray) else made.values

        return self.once(("inputs", part), build)

    def truth(self, part: str) -> np.ndarray:
        """The target of a part's rows."""
        return self.task.values[part][self.rows[part]]

    # ---------------------------------------------------------------------------------------- models

    def _models(self, source: Source) -> list[Predictor]:
        """The models of a source, one for each seed."""
        return self.once(("models", source), lambda: self._fit_models(source))

    def _fit_models(self, source: Source) -> list[Predictor]:
        inputs, target = self._training(source)
        return [self._fit(inputs, target, "seed", seed) for seed in range(_SEEDS[self.data.depth])]

    def _training(self, source: Source) -> tuple[np.ndarray, np.ndarray]:
        parts = {"real": ("train",), "synthetic": ("synthetic",), "both": ("train", "synthetic")}[source]
        return np.concatenate([self.inputs(p) for p in parts]), np.concatenate([self.truth(p) for p in parts])

    def _fit(self, inputs: np.ndarray, target: np.ndarray, *names: object) -> Predictor:
        # real and synthetic rows meet the same seeds, so that those do not blur the difference
        effort = Effort(self._stream.child(*names), self.data.threads, self.data.quick)
        return self.learner.fit(self.task, inputs, target, effort)

    def predictions(self, source: Source, part: str = "holdout") -> list[np.ndarray]:
        """What the models of a source predict for a part's rows: one array for each seed."""

        def build() -> list[np.ndarray]:
            return [model(self.inputs(part)) for model in self._models(source)]

        return self.once(("predictions", source, part), build)

    @property
    def has_refits(self) -> bool:
        """Whether the draw of the training rows is measured: not in a quick look, nor with few rows."""
        return not self.data.quick and len(self.rows["train"]) >= _QUARTERS * MINIMUM_ROWS

    @property
    def refit_tested(self) -> np.ndarray:
        """Places within the holdout rows on which the refits are tried."""
        size = len(self.rows["holdout"])
        return self._thinned(np.arange(size), _REFIT_TESTED, "refits")

    def refits(self, source: Source) -> list[list[np.ndarray]]:
        """Predictions for :attr:`refit_tested` of models of disjoint quarters of the training rows.

        One list of four for each partition into quarters.
        """

        def build() -> list[list[np.ndarray]]:
            inputs, target = self._training(source)
            judged = self.inputs("holdout")[self.refit_tested]
            out = []
            for partition in range(_PARTITIONS[self.data.depth]):
                stream = self._stream.child("quarters", source, partition)
                quarter = stream.generator().permutation(len(target)) % _QUARTERS
                out.append(
                    [
                        self._fit(inputs[quarter == q], target[quarter == q], "refit", source, partition, q)(judged)
                        for q in range(_QUARTERS)
                    ]
                )
            return out

        return self.once(("refits", source), build)

    def draw_errors(self, figures: dict[Source, list[list[float]]]) -> tuple[float, float]:
        """Errors of a real and of a synthetic figure by the draw of training rows, from the figures of the refits."""
        errors: dict[str, float] = {}
        for source, partitions in figures.items():
            # the error of a figure falls with the root of the rows that it was learned from
            variance = float(np.mean([np.var(quarters, ddof=1) for quarters in partitions])) / _QUARTERS
            errors[source] = float(np.sqrt(variance))
        return errors["real"], max(errors["synthetic"], errors["real"])

    @property
    def refit_degrees(self) -> float:
        """Degrees of freedom of the errors of :meth:`draw_errors`."""
        return float(_QUARTERS - 1) * _PARTITIONS[self.data.depth]

    # ---------------------------------------------------------------------------------------- scores

    def _scorer(self, part: str) -> Scorer:
        stream = self.data.stream.child("utility", "bootstrap", part)
        return self.once(("scorer", part), lambda: Scorer(self.task, self.truth(part), stream))

    def scores(self, source: Source, part: str = "holdout") -> np.ndarray:
        """The score of a source's models, mean over seeds: as the rows are (place 0), and re-drawn."""

        def build() -> np.ndarray:
            scorer = self._scorer(part)
            return np.mean([scorer.drawn(each) for each in self.predictions(source, part)], axis=0)

        return self.once(("scores", source, part), build)

    def score(self, source: Source, part: str = "holdout") -> float:
        """The score of a source's models on the rows as they are, mean over seeds."""
        scorer = self.once(("plain scorer", part), lambda: Scorer(self.task, self.truth(part), self._stream, draws=0))
        return float(np.mean([scorer(each) for each in self.predictions(source, part)]))

    def _score_draws(self) -> tuple[float, float] | None:
        """Errors of the real and the synthetic score by the draw of training rows."""
        if not self.has_refits:
            return None

        def build() -> tuple[float, float]:
            truth = self.truth("holdout")[self.refit_tested]
            scorer = Scorer(self.task, truth, self._stream.child("refit scores"), draws=0)
            sources: tuple[Source, ...] = ("real", "synthetic")
            return self.draw_errors(
                {s: [[scorer(p) for p in quarters] for quarters in self.refits(s)] for s in sources}
            )

        return self.once(("score draws",), build)

    def gap(self, first: Source, second: Source, part: str = "holdout") -> ScoreGap:
        """What the ``second`` source's models score less than the ``first`` one's."""
        one, two = self.scores(first, part), self.scores(second, part)
        gaps = one - two
        holdout_error = float(gaps[1:].std(ddof=1))
        draws = self._score_draws()
        parts = [(holdout_error, np.inf), *((error, self.refit_degrees) for error in draws or ())]
        error, degrees = combined_error(parts)
        return ScoreGap(
            Difference(float(gaps[0]), error, degrees),
            float(one[0]),
            float(two[0]),
            float(one[1:].std(ddof=1)),
            holdout_error,
            None if draws is None else float(np.hypot(*draws)),
        )

    # ----------------------------------------------------------------------------------------- notes

    def note(self) -> str | None:
        """A sentence that says which limits held."""
        size, tested = len(self.rows["train"]), len(self.rows["holdout"])
        thinned = size < min(len(self.task.known("train")), len(self.task.known("synthetic")))
        return self.data.thinned_note(
            f"{size:,} training rows a model" if thinned else "",
            f"{tested:,} holdout rows scored" if tested == MAXIMUM_TESTED else "",
        )

    def once(self, key: Any, build: Callable[[], Built]) -> Built:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = build()
            return self._kept[key]

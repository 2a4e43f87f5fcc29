"""Which learner a level of a column gets, and how large it grows: decided on rows it does not learn from.

The candidates are the level's own frequencies (no tree), one tree, boosted trees, and boosted trees of
smaller leaves. Each grows until held-out rows gain no more; the one of the least loss on them is taken,
but a finer one only if it is better by two standard errors of the paired difference (compare Breiman
et al. 1984, "Classification and Regression Trees"): what is finer remembers more. All rows then grow the
chosen learner to the size that was found, unless they are very many, and its scores are multiplied by the one
factor that suits the held-out rows best. The loss is that of the level's few digits, a resolution at which all
candidates can be compared; that of fine codes would favour smooth ones.

Where rows are few, each of five folds is held out in turn, and the scores stay as they grew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from synthloom.synthesizers.boosting.calibration import stretch_of
from synthloom.synthesizers.boosting.forest import MOST_LEAVES, Forest, Tree

_FEW_ROWS = 3_000
_MANY_ROWS = 60_000  # with so many, the rows held out would teach little more
_FOLDS = 5
_LEAVES_OF_FEW = 30
_CLEARLY = 2.0  # standard errors


@dataclass(frozen=True)
class BoostingOptions:
    """How the boosted models are grown.

    Attributes:
        learning_rate: shrinkage of each tree.
        leaves: most leaves of a tree.
        min_leaf: fewest rows in a leaf of a model of many rows; a thirtieth of the rows where they are few.
        support: fewest rows in any leaf.
        l2: ridge penalty on leaf values.
        patience: rounds without a gain on held-out rows after which growing stops.
        max_rounds: most rounds.
        held_out: share of the training rows that decide when to stop.
    """

    learning_rate: float = 0.15
    leaves: int = 16
    min_leaf: int = 150
    support: int = 5
    l2: float = 5.0
    patience: int = 8
    max_rounds: int = 200
    held_out: float = 0.15

    def learners(self, classes: int) -> dict[str, BoostingOptions]:
        """The candidates by name, the gentlest first."""
        boosted = self
        if classes == 2:  # one score a tree: many small steps cost little
            boosted = replace(
                self,
                learning_rate=self.learning_rate / 3.0,
                leaves=min(2 * self.leaves, MOST_LEAVES),
                min_leaf=self.min_leaf // 2,
                patience=5 * self.patience // 2,
                max_rounds=5 * self.max_rounds,
            )
        return {
            "tree": replace(self, learning_rate=1.0, leaves=MOST_LEAVES, max_rounds=1),
            "boosted": boosted,
            "finely boosted": replace(boosted, min_leaf=boosted.min_leaf // 3),
        }

    def least_rows(self, rows: int) -> int:
        """Fewest rows in a leaf of a model that learns from ``rows``."""
        return max(self.support, min(self.min_leaf, rows // _LEAVES_OF_FEW))


@dataclass(frozen=True)
class Sample:
    """What a model learns from.

    Attributes:
        inputs: uint8 [k, n], the bin of each input; 0 where it is missing.
        begin: float32 [n, scores], the scores to begin at: one for each class, or the logit of two.
        target: int32 [n], the class.
        weights: float32 [n].
    """

    inputs: np.ndarray
    begin: np.ndarray
    target: np.ndarray
    weights: np.ndarray

    @cached_property
    def by_row(self) -> np.ndarray:
        """The inputs uint8 [n, k], as histograms are filled."""
        return np.ascontiguousarray(self.inputs.T)

    @cached_property
    def offset(self) -> np.ndarray:
        """Where the bins of each input begin in a histogram, int64 [k + 1]."""
        return np.concatenate([[0], np.cumsum(self.inputs.max(axis=1).astype(np.int64) + 1)])

    def take(self, rows: np.ndarray) -> Sample:
        """Some of the rows."""
        return Sample(np.take(self.inputs, rows, axis=1), self.begin[rows], self.target[rows], self.weights[rows])

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return max(2, self.begin.shape[1])


@dataclass(frozen=True)
class Grown:
    """A learner that was chosen and grown.

    Attributes:
        learner: its name among the candidates; ``frequencies`` where no tree helps.
        forest: its trees, ``None`` where there are none.
    """

    learner: str
    forest: Forest | None


@dataclass(frozen=True)
class _Trial:
    """A candidate that was grown on some rows and judged on others.

    Attributes:
        rounds: how many give the least loss.
        losses: float64 [judged rows], the loss of each row after them.
        trees: what has grown, where one model was grown.
        stretch: by what the trees' scores are multiplied to fit the judged rows best.
    """

    rounds: int
    losses: np.ndarray
    trees: list[Tree]
    stretch: float = 1.0


def grow(sample: Sample, held: np.ndarray, options: BoostingOptions, seed: int, stop: Callable[[], bool]) -> Grown:
    """The best learner for ``sample``. ``held`` bool [n] are held out of many rows.

    ``stop`` is asked after every round; where it says yes, what has grown so far is the model.
    """
    if stop():
        return Grown("frequencies", None)
    few = len(sample.target) < _FEW_ROWS
    fold = np.random.default_rng(seed).permutation(len(sample.target)) % _FOLDS if few else (~held).astype(np.int64)
    name, best = "", _Trial(0, np.empty(0), [])
    candidates = options.learners(sample.classes)
    for candidate, its_options in candidates.items():
        trial = _by_folds(sample, fold, its_options, stop) if few else _trial(sample, fold, 0, its_options, stop)
        if best.rounds == 0 or _clearly_less(trial.losses, best.losses, sample.weights, fold):
            name, best = candidate, trial
        if stop():
            break
    if best.rounds == 0:
        return Grown("frequencies", None)
    trees = best.trees[: best.rounds]
    if not trees or (len(sample.target) < _MANY_ROWS and not stop()):
        growing = _growing(sample, np.arange(len(sample.target)), None, candidates[name])
        trees = [tree for (tree, *_), _ in zip(growing, range(best.rounds), strict=False)]
    trees = [tree._replace(values=(tree.values * best.stretch).astype(np.float32)) for tree in trees]
    return Grown(name, Forest.of(trees, len(sample.inputs)))


def _by_folds(sample: Sample, fold: np.ndarray, options: BoostingOptions, stop: Callable[[], bool]) -> _Trial:
    """A trial on every part of the rows in turn; the rounds of the least mean loss."""
    histories: list[list[np.ndarray]] = []
    for part in range(_FOLDS):
        histories.append([])
        _trial(sample, fold, part, options, stop, histories[-1])
    longest = max(len(history) for history in histories)
    means = np.zeros(longest)
    for history in histories:
        each = np.array([row_losses.mean() for row_losses in history])
        means += np.pad(each, (0, longest - len(each)), mode="edge")
    rounds = int(np.argmin(means))
    return _Trial(rounds, np.concatenate([history[min(rounds, len(history) - 1)] for history in histories]), [])


def _trial(
    sample: Sample,
    fold: np.ndarray,
    part: int,
    options: BoostingOptions,
    stop: Callable[[], bool],
    history: list[np.ndarray] | None = None,
) -> _Trial:
    """Grows on all rows but the ``part``, until the loss on that falls no more.

    The losses of its rows before the first round and after each are added to ``history``, if wanted.
    """
    from synthloom.synthesizers.boosting import kernels

    checked = sample.take(np.flatnonzero(fold == part))
    best = kernels.losses(checked.begin, checked.target)
    least, rounds, trees = _mean(best, checked), 0, []
    if history is not None:
        history.append(best)
    scores = checked.begin
    for tree, losses, aside in _growing(sample, np.flatnonzero(fold != part), checked, options):
        trees.append(tree)
        if history is not None:
            history.append(losses)
        mean = _mean(losses, checked)
        if mean < least:
            best, least, rounds, scores = losses, mean, len(trees), aside.copy()
        if len(trees) - rounds >= options.patience or stop():
            break
    if history is not None or not rounds:
        return _Trial(rounds, best, trees)
    return _Trial(rounds, best, trees, stretch_of(checked.begin, scores, checked.target, checked.weights))


def _mean(losses: np.ndarray, sample: Sample) -> float:
    return float(np.average(losses, weights=sample.weights))


def _clearly_less(new: np.ndarray, old: np.ndarray, weights: np.ndarray, fold: np.ndarray) -> bool:
    """Whether losses of the judged rows are less than others by more than chance."""
    order = np.argsort(fold, kind="stable")[: len(new)]  # the order in which parts were judged
    gain, weight = old - new, weights[order]
    mean = np.average(gain, weights=weight)
    error = np.sqrt(np.sum((weight * (gain - mean)) ** 2)) / weight.sum()
    return bool(mean > _CLEARLY * error)


def _growing(
    sample: Sample, train: np.ndarray, checked: Sample | None, options: BoostingOptions
) -> Iterator[tuple[Tree, np.ndarray, np.ndarray]]:
    """Trees grown on the rows ``train`` one after the other, each with losses and scores of ``checked`` rows so far."""
    from synthloom.synthesizers.boosting import kernels

    scores = sample.begin.copy()
    slope, curve = np.empty_like(scores), np.empty_like(scores)
    sums = np.empty((options.leaves, sample.offset[-1], scores.shape[1]), dtype=np.float32)
    counts = np.empty((options.leaves, sample.offset[-1]), dtype=np.int32)
    train = train.astype(np.int32)
    order, spare = np.empty_like(train), np.empty_like(train)
    aside = checked.begin.copy() if checked is not None else scores[:0]
    limits = (options.leaves, options.least_rows(len(sample.target)), options.l2)
    for _ in range(options.max_rounds):
        kernels.gradients(scores, sample.target, sample.weights, train, slope, curve)
        order[:] = train
        splits, ends = kernels.grow_tree(sample.by_row, sample.offset, order, slope, curve, limits, sums, counts, spare)
        values = kernels.finish_leaves(order, ends, options.l2, options.learning_rate, scores)
        tree, losses = Tree(*(*splits, values)), aside[:0, 0]
        if checked is not None:
            Forest.of([tree], len(sample.inputs)).add_to(aside, checked.inputs)
            losses = kernels.losses(aside, checked.target)
        yield tree, losses, aside

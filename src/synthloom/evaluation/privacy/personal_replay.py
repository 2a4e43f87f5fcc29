"""Replay of personal values: does a synthetic row bring back what identifies one real person?

Personal columns are made anew, value by value, so a first name may well come back; a first name, a last
name and a town of one training row should not come back together, and none of its rare values
should turn up inside a free text. Both are counted:

- two personal values of a training row, together in fewer rows than the protection asks for, that a
  synthetic row holds together;
- a rare personal value of a training row, of at least six characters, inside a synthetic text.

Common names meet by chance. The control therefore asks whether synthetic rows bring back training
rows more often than they bring back as many holdout rows (see ``copy_control.py``).
"""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

import numpy as np

from synthloom.evaluation.agreement import PARTS
from synthloom.evaluation.base import EvaluationData, Metric
from synthloom.evaluation.privacy.copy_control import control_copies, samples_like_holdout
from synthloom.evaluation.privacy.row_keys import RowKeys
from synthloom.evaluation.statistics import share_interval
from synthloom.evaluation.views import as_text
from synthloom.finding import Direction, Family, Finding

MAXIMUM_PAIRS = 15
MAXIMUM_TEXTS = 20_000
"""Texts of each column that are searched."""
_LENGTH = 6
_WORDS = 4
_EDGES = ".,;:!?()[]{}<>\"'"


class PersonalReplay(Metric):
    """The share of synthetic rows that bring back personal values which point to one training row."""

    name: ClassVar[str] = "personal_replay"
    family: ClassVar[Family] = "privacy"
    direction: ClassVar[Direction] = "lower_is_better"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    best: ClassVar[float | None] = 0.0
    meaning: ClassVar[str] = (
        "The share of synthetic rows that bring back two personal values of one training row together, or a rare one "
        "inside a text; holdout rows show how often that is chance."
    )
    cost: ClassVar[float] = 0.5
    attacker: ClassVar[str | None] = "holds the synthetic rows and searches them for what is known of a person"

    def applies(self, data: EvaluationData) -> bool:
        personal, texts = _columns(data)
        return len(personal) > 1 or bool(personal and texts)

    def measure(self, data: EvaluationData) -> list[Finding]:
        """The share of rows that bring somebody back."""
        personal, texts = _columns(data)
        if not self.applies(data):
            return [self.unmeasured("it takes two personal columns, or a personal column and a free text")]
        found = _Found(data)
        generator = data.stream.child(self.name).generator()
        pairs = list(combinations(personal, 2))
        for place in np.sort(generator.permutation(len(pairs))[:MAXIMUM_PAIRS]):
            found.add_pair(pairs[place])
        for text in texts:
            for name in personal:
                found.add_text(name, text)
        return [self._finding(data, found)]

    def _finding(self, data: EvaluationData, found: _Found) -> Finding:
        control = control_copies(
            self.name,
            synthetic=found.hits["synthetic"] != 0,
            holdout=found.hits["holdout"] != 0,
            found=[(mark, found.of_holdout) for mark in found.of_samples],
            scale=data.train.n_rows / len(found.samples[0]),
        )
        return self.finding(
            control.share,
            error=control.error,
            reference=control.natural,
            interval=share_interval(control.detail["copies"], data.synthetic.n_rows),
            verdict=control.verdict,
            detail={"baseline": round(float((found.hits["guess"] != 0).mean()), 6), **control.detail},
        )


def _columns(data: EvaluationData) -> tuple[list[str], list[str]]:
    """The personal columns, and the free texts in which their values may turn up."""
    personal = [column.name for column in data.schema if column.personal is not None]
    return personal, [column.name for column in data.schema if column.kind == "text" and column.personal is None]


class _Found:
    """For each row the key of what it brings back, 0 for nothing.

    ``hits`` says it of synthetic rows, of holdout rows and of guesses (synthetic rows whose columns
    were shuffled) against all training rows; ``of_samples`` and ``of_holdout`` say it of synthetic rows
    against samples of training rows and against as many holdout rows.
    """

    def __init__(self, data: EvaluationData) -> None:
        self._data = data
        sizes = {part: data.table(part).n_rows for part in PARTS}
        stream = data.stream.child("personal_replay", "target")
        self.samples = samples_like_holdout(sizes["train"], sizes["holdout"], stream)
        sizes["guess"] = sizes["synthetic"]
        self.hits = {part: np.zeros(sizes[part], np.uint64) for part in ("synthetic", "holdout", "guess")}
        self.of_holdout = np.zeros(sizes["synthetic"], np.uint64)
        self.of_samples = [np.zeros_like(self.of_holdout) for _ in self.samples]

    def add_pair(self, names: tuple[str, str]) -> None:
        """Looks for two values of one row."""
        keys = RowKeys(self._data, names)
        filled = {part: self._filled(part, names) for part in PARTS}
        found = {part: np.where(filled[part], keys.totals[part], np.uint64(0)) for part in PARTS}
        order = self._data.stream.child("personal_replay", *names).generator().permutation(len(found["synthetic"]))
        first, second = (keys.of_column(name)["synthetic"] for name in names)
        guess = np.where(filled["synthetic"][order] & filled["synthetic"], first[order] + second, np.uint64(0))
        self._match({**found, "guess": guess}, found["train"], found["holdout"])

    def _filled(self, part: str, names: tuple[str, str]) -> np.ndarray:
        columns = [np.asarray(self._data.table(part).column(name).is_valid().to_numpy(), bool) for name in names]
        return np.asarray(columns[0] & columns[1])

    def add_text(self, name: str, text: str) -> None:
        """Looks for values of a personal column inside a text."""
        values = {part: as_text(self._data.table(part).column(name)).to_pylist() for part in ("train", "holdout")}
        number: dict[str, int] = {}
        keys = {
            part: np.array(
                [0 if v is None or len(v) < _LENGTH else number.setdefault(_plain(v), len(number) + 1) for v in held],
                np.uint64,
            )
            for part, held in values.items()
        }
        asked = {part: np.zeros(len(mark), np.uint64) for part, mark in self.hits.items()}
        for part in ("synthetic", "holdout"):
            phrases = as_text(self._data.table(part).column(text).slice(0, MAXIMUM_TEXTS)).to_pylist()
            asked[part][: len(phrases)] = [_first_found(phrase, number) for phrase in phrases]
        self._match(asked, keys["train"], keys["holdout"])  # words are not guessed

    def _match(self, asked: dict[str, np.ndarray], train: np.ndarray, holdout: np.ndarray) -> None:
        """Marks the asked keys that few training rows hold, and those that few holdout rows hold."""
        least = max(2, self._data.schema.protection.minimum_support)
        target = _rare(train, least)
        for part, mark in self.hits.items():
            _mark(mark, asked[part], target)
        for mark, some in zip(self.of_samples, self.samples, strict=True):
            _mark(mark, asked["synthetic"], _rare(train[some], least))
        _mark(self.of_holdout, asked["synthetic"], _rare(holdout, least))


def _rare(keys: np.ndarray, least: int) -> np.ndarray:
    distinct, counts = np.unique(keys[keys != 0], return_counts=True)
    return np.asarray(distinct[counts < least])


def _mark(mark: np.ndarray, asked: np.ndarray, target: np.ndarray) -> None:
    new = (mark == 0) & (asked != 0) & np.isin(asked, target)
    mark[new] = asked[new]


def _plain(text: str) -> str:
    return " ".join(word.strip(_EDGES) for word in text.casefold().split())


def _first_found(phrase: str | None, number: dict[str, int]) -> int:
    """The number of the first known value among runs of up to four words of a text; 0 for none."""
    words = [word.strip(_EDGES) for word in (phrase or "").casefold().split()]
    for start in range(len(words)):
        for stop in range(start + 1, min(start + _WORDS, len(words)) + 1):
            known = number.get(" ".join(words[start:stop]))
            if known is not None:
                return known
    return 0

"""Fair generation: rows in which groups are represented, or decided about, as is wanted.

- **representation**: rows are weighted so that the groups have the shares that are asked for; what
  rows of a group are like stays.
- **statistical parity**, **equal opportunity**: the outcome is drawn anew from a fair score (see
  :mod:`~synthloom.guidance.fair_scores`), so that models trained on the rows select all groups at the same
  rate, or find those with the outcome at the same rate. All other columns keep their joint distribution.
- statistical parity by **reweighing** (Kamiran and Calders 2012, "Data preprocessing techniques for
  classification without discrimination"): the outcome is made independent of the groups by weights,
  p(x | group, outcome) stays. Models still find it through columns that stand in for the group.

A synthesizer blurs what it learns and brings part of a difference back, so models of its rows are
measured too, and the labels corrected once more. Everything is learned, measured and corrected on
training rows alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from synthloom.data import Table
from synthloom.errors import NotFittedError, OptionError, did_you_mean
from synthloom.guidance.fair_labels import Outcome, Relabelling, tell_rates
from synthloom.guidance.fair_wanted import Fairness, FairTable, Method, Notion
from synthloom.guidance.groups import Groups, cross_groups
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, infer_schema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.base import Drawn
from synthloom.synthesizers.guided.guided_sampling import GuidedRows
from synthloom.synthesizers.tabular.boosted_chain import BoostedChain

_SMALLEST_GROUP = 100


def make_fair(data: Any, wanted: Fairness, schema: TableSchema | None = None, *, seed: int | None = None) -> FairTable:
    """The rows with a fair target and weights, for any learner.

    Args:
        data: a pandas or polars frame, an Arrow table or a :class:`~synthloom.data.Table`.
        wanted: what is to be fair.
        schema: what the columns are; inferred if left out.
        seed: makes the draw of the labels repeatable.

    Raises:
        OptionError: if a column is not there or has no two groups, or the target is no class.
    """
    table = Table.from_frame(data)
    return _prepared(table, wanted, schema or infer_schema(table), seed)[0]


def _prepared(
    table: Table, wanted: Fairness, schema: TableSchema, seed: int | None
) -> tuple[FairTable, Relabelling | None]:
    """The fair rows, and what made their labels if any were drawn anew."""
    stream = RandomStream(resolve_seed(seed)).child("fair")
    for name in wanted.sensitive:
        table.column(name)
    groups = cross_groups(table, wanted.sensitive, _SMALLEST_GROUP)
    if len(groups.labels) < 2:
        raise OptionError(
            f"{', '.join(wanted.sensitive)} make only one group of {_SMALLEST_GROUP} rows or more",
            accepted="columns with two groups or more",
        )
    weights = _representing(groups, wanted.representation)
    record: dict[str, Any] = {
        "sensitive": list(wanted.sensitive),
        "notion": wanted.notion,
        "method": wanted.method if wanted.notion != "none" else "weights",
        "groups": [
            {"group": label, "rows": int(n), "weight": round(float(weights[groups.codes == g].mean()), 5)}
            for g, (label, n) in enumerate(zip(groups.labels, groups.counts, strict=True))
        ],
    }
    if wanted.notion == "none":
        return FairTable(table, weights, record), None
    outcome = Outcome.of(table, wanted)
    record |= {"target": wanted.target, "outcome": str(outcome.value)}
    tell_rates(record, "rate_before", groups, outcome, np.ones(table.n_rows))
    if wanted.method == "reweighing":
        weights = weights * _reweighing(groups, outcome, weights)
        tell_rates(record, "rate_after", groups, outcome, weights)
        return FairTable(table, weights, record), None
    labels = Relabelling(table, wanted, schema, groups, outcome, stream)
    return labels.first(weights, record | {"leeway": wanted.leeway, "difference": wanted.difference}), labels


def _representing(groups: Groups, wanted: str | Mapping[str, float]) -> np.ndarray:
    """The weights [n], mean 1, that give the groups their shares."""
    now = groups.counts / groups.counts.sum()
    if isinstance(wanted, str):
        if wanted not in ("as_is", "equal"):
            raise OptionError(f"the representation is {wanted!r}", accepted="as_is, equal, or a share for each group")
        goal = now if wanted == "as_is" else np.full(len(now), 1 / len(now))
        return np.asarray((goal / now)[groups.codes])
    for label, share in wanted.items():
        if label not in groups.labels:
            raise OptionError(f'there is no group "{label}"', hint=did_you_mean(label, groups.labels))
        if not 0 <= share <= 1:
            raise OptionError(f'the share of "{label}" is {share!r}', accepted="a number from 0 to 1")
    named = np.array([label in wanted for label in groups.labels])
    given = sum(wanted.values())
    if given > 1 + 1e-9 or (named.all() and abs(given - 1) > 1e-6):
        raise OptionError(f"the shares add up to {given:g}", accepted="1 in all, or less where groups are left out")
    rest = now[~named].sum()
    goal = np.array([wanted.get(label, 0.0) for label in groups.labels])
    goal[~named] = now[~named] / rest * (1 - given) if rest else 0.0
    return np.asarray((goal / now)[groups.codes])


def _reweighing(groups: Groups, outcome: Outcome, weights: np.ndarray) -> np.ndarray:
    """p(group) p(outcome) / p(group, outcome) for each row, of weighted rows [n]."""
    cell = np.where(outcome.known, groups.codes * 2 + outcome.hit, 2 * len(groups.labels))
    mass = np.bincount(cell, weights=weights, minlength=2 * len(groups.labels) + 1)[:-1].reshape(-1, 2)
    if (mass <= 0).any():
        empty = groups.labels[int(np.flatnonzero((mass <= 0).any(axis=1))[0])]
        raise OptionError(f'in the group "{empty}" every row has the same outcome', hint="choose the method labels")
    goal = mass.sum(axis=1, keepdims=True) * mass.sum(axis=0, keepdims=True) / mass.sum()
    return np.append((goal / mass).ravel(), 1.0)[cell]


class FairSynthesizer:
    """Learns a table made fair; samples, saves and tells densities as the synthesizer inside does.

    Args:
        base: the synthesizer that learns; BoostedChain if left out.
        sensitive, target, outcome, notion, method, representation, leeway, difference: see :class:`Fairness`.

    Attributes:
        model_: the fitted synthesizer.
        record_: what was done, group by group; kept in the manifest of a saved model.
    """

    def __init__(
        self,
        base: Synthesizer | None = None,
        *,
        sensitive: str | Sequence[str],
        target: str | None = None,
        outcome: Any = None,
        notion: Notion = "statistical_parity",
        method: Method = "labels",
        representation: Literal["as_is", "equal"] | Mapping[str, float] = "as_is",
        leeway: float = 0.4,
        difference: float = 0.01,
    ) -> None:
        self.base = base
        columns = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
        self.wanted = Fairness(columns, target, outcome, notion, method, representation, leeway, difference)

    def fit(
        self, data: Any, schema: TableSchema | None = None, *, seed: int | None = None, run: RunContext | None = None
    ) -> Self:
        """Learns from ``data``, made fair first.

        Raises:
            OptionError: as :func:`make_fair`; if weights are needed and the base takes none; or if the base
                keeps a privacy budget, which pays for no look at groups and outcomes.
            InputError, SchemaError: as the base's ``fit``.
        """
        if self.base is not None and self.base.capabilities.private:
            raise OptionError(
                f"{self.base.name} cannot learn rows made fair: groups and outcomes are read off the rows, and "
                "no budget pays for it",
                accepted="a synthesizer without a privacy budget",
            )
        seed = resolve_seed(seed)
        table = Table.from_frame(data)
        schema = schema or infer_schema(table)
        fair, labels = _prepared(table, self.wanted, schema, seed)
        model = self._learned(fair, table, schema, seed, run)
        if labels is not None:
            model, fair = self._corrected(model, fair, labels, seed, run)
        model.choice_ = {"synthesizer": model.name, "fairness": fair.record}
        self.model_, self.record_ = model, fair.record
        return self

    def _corrected(
        self, model: Synthesizer, fair: FairTable, labels: Relabelling, seed: int, run: RunContext | None
    ) -> tuple[Synthesizer, FairTable]:
        """The model, or one of corrected labels where models of its rows treat groups more alike."""
        rows = fair.table.n_rows
        worst, changed = labels.again(Table.concatenate(model.sample_batches(rows, seed=seed, run=run)), fair)
        measured = [round(worst, 5)]
        if changed is not None:
            second = self._learned(changed, fair.table, model.schema_, seed, run)
            made = Table.concatenate(second.sample_batches(rows, seed=seed, run=run))
            after, _ = labels.again(made, changed)
            measured.append(round(after, 5))
            if after < worst:
                model, fair = second, changed
        return model, replace(fair, record=fair.record | {"difference_of_models_of_made_rows": measured})

    def _learned(
        self, fair: FairTable, given: Table, schema: TableSchema, seed: int, run: RunContext | None
    ) -> Synthesizer:
        model = BoostedChain() if self.base is None else type(self.base)(**self.base.get_params())
        even = bool(np.allclose(fair.weights, 1.0))
        weights = None if even else fair.weights
        return model.fit(Table(fair.table.arrow, given.frame_kind), schema, weights=weights, seed=seed, run=run)

    @property
    def _fitted(self) -> Synthesizer:
        if not hasattr(self, "model_"):
            raise NotFittedError("this FairSynthesizer has not learned anything yet", hint="call fit(data) first")
        return self.model_

    def sample(self, size: int | None = None, **options: Any) -> Any:
        """New rows; takes what :meth:`Synthesizer.sample` takes."""
        return self._fitted.sample(size, **options)

    def draw(self, size: int | None = None, **options: Any) -> Drawn:
        """:meth:`sample`, with what it took."""
        return self._fitted.draw(size, **options)

    def sample_batches(self, size: int | None = None, **options: Any) -> Iterator[Table]:
        """The rows of :meth:`sample`, shard by shard."""
        return self._fitted.sample_batches(size, **options)

    def draw_batches(self, size: int | None = None, **options: Any) -> Iterator[GuidedRows]:
        """The rows of :meth:`draw`, shard by shard."""
        return self._fitted.draw_batches(size, **options)

    def log_density(self, data: Any) -> np.ndarray:
        """The log density float64 [n] of rows, where the synthesizer inside can tell it.

        Raises:
            OptionError: if it cannot.
        """
        density = getattr(self._fitted, "log_density", None)
        if density is None:
            raise OptionError(f"{type(self._fitted).__name__} tells no density", hint="use BoostedChain")
        return np.asarray(density(data))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the model; :func:`synthloom.load` gives the synthesizer inside."""
        return self._fitted.save(folder, overwrite=overwrite)

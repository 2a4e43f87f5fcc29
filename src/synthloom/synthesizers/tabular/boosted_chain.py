"""BoostedChain: the joint distribution as a chain of boosted one-column conditionals.

p(row) = p(c1) p(c2 | c1) p(c3 | c1, c2) …, each factor a model of gradient-boosted trees over the
column's codes (sequential synthesis: Reiter 2005, "Using CART to generate partially synthetic
public use microdata"; chains of boosted trees: McCarter 2024, "Unmasking Trees for Tabular
Data"). How large each model grows is decided on held-out rows, which is what keeps it from
memorising. Missing values are codes of their own, so they depend on the other columns; numbers are
seen by later models at full resolution, and drawn in up to 800 codes with the place inside.

The chain gives log densities in closed form, and is conditional by nature: columns that come first
can be given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from synthloom.artifact import read_arrays, write_arrays
from synthloom.data import Table
from synthloom.encoding import EncodedColumn, EncodedTable
from synthloom.errors import OptionError
from synthloom.randomness import RandomStream
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.synthesizers.base import Capabilities, Forecast, Synthesizer
from synthloom.synthesizers.boosting.chain_column import ChainColumn, Seen
from synthloom.synthesizers.boosting.code_tree import is_direct
from synthloom.synthesizers.boosting.conditional_model import ConditionalModel, Inputs
from synthloom.synthesizers.boosting.forest import MOST_LEAVES
from synthloom.synthesizers.boosting.growing import BoostingOptions
from synthloom.synthesizers.boosting.linear_hint import LinearHint
from synthloom.synthesizers.boosting.screening import Profiles, alike, most_telling, profiles
from synthloom.synthesizers.category_order import category_order

_CONTEXT = "context\x1f"
_HINT_ROWS = 20_000
_FIXED_COST = 3.0  # of a column's model, in inputs
_NEVER_ZERO = 1e-9  # a code that no weighted row has can still be drawn from a tree of codes


class BoostedChain(Synthesizer):
    """An autoregressive chain of boosted trees; the default synthesizer.

    Parameters:
        learning_rate, leaves, min_leaf, l2, patience, max_rounds, held_out: how the boosted models
            grow, see :class:`~synthloom.synthesizers.boosting.growing.BoostingOptions`.
        max_inputs: most earlier columns that a column's model sees; in wider tables those that tell
            most of it are chosen.
    """

    name: ClassVar[str] = "boosted_chain"
    capabilities: ClassVar[Capabilities] = Capabilities(
        conditions="leading", context=True, weights=True, log_density=True, update=True
    )

    def __init__(
        self,
        *,
        learning_rate: float = 0.15,
        leaves: int = 16,
        min_leaf: int = 150,
        l2: float = 5.0,
        patience: int = 8,
        max_rounds: int = 200,
        held_out: float = 0.15,
        max_inputs: int = 40,
    ) -> None:
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.min_leaf = min_leaf
        self.l2 = l2
        self.patience = patience
        self.max_rounds = max_rounds
        self.held_out = held_out
        self.max_inputs = max_inputs

    def log_density(self, data: Any) -> np.ndarray:
        """The log density float64 [n] of rows.

        Values on a grid and categories are counted, other numbers measured per unit of length. A
        category that was never seen counts as rare.
        """
        self._require_fitted()
        encoded = self.encoder_.encode(Table.from_frame(data).select(self.schema_.names))
        seen = {name: link.seen(encoded.columns[name]) for name, link in self.links_.items()}
        total = np.zeros(encoded.n_rows)
        for name in self.models_:  # what other columns determine adds nothing
            link, column = self.links_[name], encoded.columns[name]
            inputs = self._inputs(name, seen, encoded.n_rows)
            total += self.models_[name].log_share(inputs, link.codes(column)) - link.log_width(column)
        return total

    @property
    def learners_(self) -> dict[str, list[str]]:
        """The learner that was chosen for each level of each part's codes, coarse to fine."""
        self._require_fitted()
        return {name: [level.learner for level in model.levels] for name, model in self.models_.items()}

    @classmethod
    def forecast(cls, rows: int, columns: int) -> Forecast:
        cells = rows * columns
        inputs = min(columns / 2, 40)
        return Forecast(2.0 + cells * (1.0e-5 + 1.0e-6 * inputs), 8.0 * columns, 300 * 2**20 + cells * 100)

    def _fit(
        self,
        target: EncodedTable,
        context: EncodedTable | None,
        weights: np.ndarray | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        options, derived = self._options(), self.encoder_.derived_parts
        table = _joined(context, _learned_first(target, self.schema_))
        profile = profiles(table, stream.child("profile"))
        self.links_ = _links(table, profile, np.ones(table.n_rows) if weights is None else weights)
        seen = {name: link.seen(table.columns[name]) for name, link in self.links_.items()}
        self.inputs_ = most_telling(profile, list(self.links_), self.max_inputs)
        self.alike_ = {name: self._find_alike(name, table, seen, profile.rows) for name in self.links_}
        self.hints_: dict[str, LinearHint] = {}
        names = [name for name in self.links_ if not name.startswith(_CONTEXT) and name not in derived]
        for name in names:
            if hint := self._find_hint(name, seen, weights, stream.child("hint", name)):
                self.hints_[name] = hint
        reporter = run.reporter("fit")
        shares = np.cumsum([_FIXED_COST + len(self.inputs_[name]) for name in names])
        late = run.schedule((shares / shares[-1:]).tolist())

        def learn(place: int) -> ConditionalModel:
            run.check()
            name = names[place]
            link = self.links_[name]
            return ConditionalModel.fit(
                self._inputs(name, seen, table.n_rows),
                link.codes(table.columns[name]),
                link.code_mass + _NEVER_ZERO,
                weights,
                options,
                stream.child("column", name),
                first_apart=bool(link.nulls),
                stop=lambda: late(place),
            )

        self.models_: dict[str, ConditionalModel] = {}
        for name, model in zip(names, run.executor.map(learn, range(len(names))), strict=True):
            self.models_[name] = model
            reporter.update(len(self.models_) / len(names), f"{len(self.models_)} of {len(names)} columns")

    def _find_alike(self, name: str, table: EncodedTable, seen: Mapping[str, Seen], rows: np.ndarray) -> list[str]:
        """Earlier numbers on a scale like this column's, which are also shown relative to its codes."""
        link = self.links_[name]
        if not link.spec.ordered or is_direct(link.code_mass):
            return []
        ordered = [other for other in self.inputs_[name] if self.links_[other].spec.ordered]
        positions = {other: link.positions(seen[other].numbers[rows]) for other in ordered}
        return alike(positions, link.codes(table.columns[name].take(rows)).astype(np.float64))

    def _find_hint(
        self, name: str, seen: Mapping[str, Seen], weights: np.ndarray | None, stream: RandomStream
    ) -> LinearHint | None:
        """A linear guess at an ordered column from earlier ordered ones, where there is a good one."""
        others = [other for other in self.inputs_[name] if self.links_[other].spec.ordered]
        if not self.links_[name].spec.ordered or not others:
            return None
        n = len(seen[name].numbers)
        rows = np.sort(stream.generator().permutation(n)[:_HINT_ROWS])
        check = stream.child("check").generator().random(len(rows)) < self.held_out
        inputs = np.column_stack([seen[other].numbers[rows] for other in others])
        weight = np.ones(len(rows)) if weights is None else weights[rows]
        return LinearHint.fit(others, inputs, seen[name].numbers[rows], weight, check)

    def _inputs(self, name: str, seen: Mapping[str, Seen], n: int) -> Inputs:
        """What a column's model sees of ``n`` rows of earlier columns."""
        link = self.links_[name]
        bins = [seen[other].bins for other in self.inputs_[name]]
        near = [link.positions(seen[other].numbers) for other in self.alike_[name]]
        if name in self.hints_:
            hint = self.hints_[name]
            guess = hint.guess(np.column_stack([seen[other].numbers for other in hint.names]))
            bins.append(link.input_of(guess))
            near.append(link.positions(guess))
        return Inputs(
            np.stack(bins) if bins else np.zeros((0, n), dtype=np.uint8), np.stack(near) if near else np.zeros((0, n))
        )

    def _options(self) -> BoostingOptions:
        if not 2 <= self.leaves <= MOST_LEAVES:
            raise OptionError(f"leaves is {self.leaves!r}", accepted=f"a whole number from 2 to {MOST_LEAVES}")
        return BoostingOptions(
            learning_rate=self.learning_rate,
            leaves=self.leaves,
            min_leaf=self.min_leaf,
            support=self.schema_.protection.minimum_support,
            l2=self.l2,
            patience=self.patience,
            max_rounds=self.max_rounds,
            held_out=self.held_out,
        )

    def _sample(
        self, n: int, context: EncodedTable | None, fixed: Mapping[str, EncodedColumn], stream: RandomStream
    ) -> EncodedTable:
        given = {_CONTEXT + spec.name: column for spec, column in context} if context is not None else {}
        given |= dict(fixed)
        derived = self.encoder_.derived_parts
        columns: dict[str, EncodedColumn] = {}
        seen: dict[str, Seen] = {}
        for name, link in self.links_.items():
            if name in derived and name not in given:
                made = self.encoder_.derive(derived[name], columns, np.arange(n), stream.child("derived"))
                given |= made or {}
            if name in given:
                column = given[name]
            else:
                rng = stream.child(name).generator()
                column = link.decode(self.models_[name].sample(self._inputs(name, seen, n), rng.random(n)), rng)
            columns[name] = column
            seen[name] = link.seen(column)
        wanted = {spec.name: columns[spec.name] for spec in self.encoder_.specs}
        return EncodedTable(self.encoder_.specs, wanted, n)

    def _state(self, folder: Path) -> dict[str, Any]:
        arrays: dict[str, np.ndarray] = {}
        names = list(self.models_)
        for place, name in enumerate(names):
            arrays |= self.models_[name].arrays(f"c{place}")
        write_arrays(folder / "trees.safetensors", arrays)
        return {
            "models": names,
            "learners": self.learners_,
            "inputs": self.inputs_,
            "alike": self.alike_,
            "hints": {name: hint.state() for name, hint in self.hints_.items()},
            "links": {name: link.state() for name, link in self.links_.items()},
        }

    def _restore(self, state: dict[str, Any], folder: Path) -> None:
        specs = {spec.name: spec for spec in self.encoder_.specs}
        if self.context_encoder_ is not None:
            specs |= {_CONTEXT + s.name: replace(s, name=_CONTEXT + s.name) for s in self.context_encoder_.specs}
        self.links_ = {name: ChainColumn.from_state(specs[name], plain) for name, plain in state["links"].items()}
        self.inputs_, self.alike_ = state["inputs"], state["alike"]
        self.hints_ = {name: LinearHint.from_state(plain) for name, plain in state["hints"].items()}
        arrays = read_arrays(folder / "trees.safetensors")
        self.models_ = {}
        for place, name in enumerate(state["models"]):
            link = self.links_[name]
            self.models_[name] = ConditionalModel.from_arrays(
                arrays,
                f"c{place}",
                link.code_mass + _NEVER_ZERO,
                state["learners"][name],
                first_apart=bool(link.nulls),
            )


def _learned_first(target: EncodedTable, schema: TableSchema) -> EncodedTable:
    """The parts to be learned in their order, then those of which only the gaps are."""
    specs = sorted(target.specs, key=lambda spec: not schema.column(spec.column).learned)
    return target.select([spec.name for spec in specs])


def _joined(context: EncodedTable | None, target: EncodedTable) -> EncodedTable:
    """Context and target side by side, the context first and under names of its own."""
    if context is None:
        return target
    specs = tuple(replace(spec, name=_CONTEXT + spec.name) for spec in context.specs)
    columns = {_CONTEXT + name: column for name, column in context.columns.items()}
    return EncodedTable((*specs, *target.specs), {**columns, **target.columns}, target.n_rows)


def _links(table: EncodedTable, profile: Profiles, weights: np.ndarray) -> dict[str, ChainColumn]:
    """Every part as a link of the chain, categories in the order in which they go along with the rest."""
    links = {}
    for spec, column in table:
        order = np.arange(spec.n_codes)
        if not spec.ordered:
            sample = column.take(profile.rows)
            seen = ~sample.nulls
            others = profile.without(spec.name)[seen]
            order = category_order(sample.codes[seen], spec.n_codes, others, weights[profile.rows][seen])
        links[spec.name] = ChainColumn.learn(spec, column, order, weights)
    return links

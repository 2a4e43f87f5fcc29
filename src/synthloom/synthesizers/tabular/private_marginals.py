"""PrivateMarginals: rows from noisy counts of few columns at a time, under differential privacy.

Single columns, the pairs of a tree over all columns, and the pairs (or triples with the target) that
a model of these misses most are counted with exact discrete noise; a graphical model of largest
entropy is fitted to the noisy counts, and rows are drawn from it (MST and AIM: McKenna, Miklau,
Sheldon 2021; McKenna, Mullins, Sheldon, Miklau 2022). All that is learned of the rows, bounds and
categories and their number included, goes through the mechanisms of ``differential_privacy``, each
charged to a ledger that is written before the first row is read. Rows are then as private as the
ledger says, for tables that differ in one row, or in all rows of one entity where the schema names
the entity (of which one row, drawn at random, is kept).

Noise comes from the system's randomness and cannot be seeded: two fits differ, and only sampling
repeats.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from synthloom.artifact import read_arrays, write_arrays
from synthloom.data import Table
from synthloom.data.table import FrameKind
from synthloom.differential_privacy import Account, Ledger, epsilon_of, keep_with_probability
from synthloom.differential_privacy.system_random import words
from synthloom.encoding import EncodedColumn, EncodedTable
from synthloom.errors import OptionError
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.run_context import RunContext
from synthloom.schema import PublicSchema, TableSchema
from synthloom.synthesizers.base import Capabilities, Forecast, Synthesizer
from synthloom.synthesizers.private.budget import plan_ledger
from synthloom.synthesizers.private.columns import learn_columns, needs_of
from synthloom.synthesizers.private.drawing_rows import draw_rows_given
from synthloom.synthesizers.private.graphical_model import GraphicalModel
from synthloom.synthesizers.private.grouping import Groups
from synthloom.synthesizers.private.junction_tree import JunctionTree
from synthloom.synthesizers.private.single_columns import measure_parts
from synthloom.synthesizers.private.structure import CodedRows, FurtherRounds, learn_tree, measure

_FIRST_STEPS, _ROUND_STEPS, _LAST_STEPS = 60, 40, 300


class PrivateMarginals(Synthesizer):
    """Samples rows from a graphical model of noisy counts, at a privacy budget of (ε, δ).

    Args:
        epsilon: what may be spent.
        delta: the δ that goes with it; well below 1 / rows.
        rounds: how many further counts are taken once the tree is measured; by default about as
            many as there are columns.
        max_groups: groups of values that a column has at most in the model.
        max_cells: cells of the model's tables in all.
    """

    name: ClassVar[str] = "private_marginals"
    capabilities: ClassVar[Capabilities] = Capabilities(conditions="all", weights=True, private=True)

    def __init__(
        self,
        *,
        epsilon: float = 1.0,
        delta: float = 1e-5,
        rounds: int | None = None,
        max_groups: int = 24,
        max_cells: int = 300_000,
    ) -> None:
        self.epsilon = epsilon
        self.delta = delta
        self.rounds = rounds
        self.max_groups = max_groups
        self.max_cells = max_cells

    def fit(
        self,
        data: Any,
        schema: TableSchema | PublicSchema | None = None,
        *,
        context: Any = None,
        weights: np.ndarray | None = None,
        seed: int | None = None,
        run: RunContext | None = None,
    ) -> Self:
        """Learns from ``data`` within the budget.

        Args:
            data: as for every synthesizer.
            schema: what is public of the columns. A whole schema is taken as public too: hand in
                none that was read off the rows.
            context: refused.
            weights: float64 [n] in [0, 1]. Each row is kept with this probability, so that none
                counts more than once; a largest weight read off the rows would have to be charged.
            seed: for what touches no rows; the noise cannot be seeded.
            run: executor, progress and cancellation.

        Raises:
            OptionError: if a parameter or weight is outside what is accepted.
            MissingExtraError: if dp-accounting is not installed.
        """
        table = Table.from_frame(data)
        self._check_rows(table)
        self._check_parameters()
        if context is not None:
            self._require("context", "a context")
        run = run or RunContext()
        weights = self._checked_weights(weights, table.n_rows)
        public = PublicSchema.of(schema) if isinstance(schema, TableSchema) else schema or PublicSchema()
        resolved, facts = public.resolve(table)
        rows = bounded_rows(table.select(resolved.names), resolved.entity, weights)
        stream = RandomStream(resolve_seed(seed)).child("fit")
        needs = needs_of(resolved, facts)
        parts = needs["single columns"]
        rounds = self._rounds(parts)
        needs |= {"tree choice": parts - 1, "tree": parts - 1, "further choice": rounds, "further": rounds}
        adjacency = "row" if resolved.entity is None else "entity"
        ledger = plan_ledger(needs, self.epsilon, self.delta, adjacency)
        account = Account(ledger)
        encoder, learned = learn_columns(rows, resolved, facts, account)
        self.schema_, self.encoder_, self.context_encoder_ = encoder.schema, encoder, None
        self.frame_kind_ = _without_categories(table.frame_kind)
        self.ledger_ = ledger
        self._account, self._learned = account, learned
        run.check()
        self._fit(encoder.encode(rows), None, None, stream, run)
        del self._account, self._learned
        return self

    @property
    def epsilon_spent_(self) -> float:
        """The ε at :attr:`delta` of all that was charged."""
        return epsilon_of(self.ledger_, self.delta)

    def public_facts(self) -> dict[str, Any]:
        spent = {"epsilon": round(self.epsilon_spent_, 6), "delta": self.delta, "ledger": self.ledger_.to_json()}
        return {"differential_privacy": spent}

    def _fit(
        self,
        target: EncodedTable,
        context: EncodedTable | None,
        weights: np.ndarray | None,
        stream: RandomStream,
        run: RunContext,
    ) -> None:
        account = self._account
        singles = measure_parts(target, self._learned, account, self.max_groups)
        self.groups_, self.total_ = singles.groups, singles.total
        rows = CodedRows(singles.codes, singles.sizes)
        model = GraphicalModel(singles.sizes, singles.total)
        model.add(singles.measurements)
        model.fit(_FIRST_STEPS)
        parts = [part for part, size in enumerate(singles.sizes) if size > 1]
        if len(parts) > 1:
            tree = learn_tree(rows, model, account, parts)
            model.add([measure(rows, clique, account, "tree") for clique in tree])
            model.fit(_FIRST_STEPS)
            wanted = self.schema_.target
            aim = next((p for p in parts if self.encoder_.specs[p].column == wanted), None)
            rounds = FurtherRounds(rows, model, account, aim, self.max_cells, _ROUND_STEPS)
            rounds.run(parts, stream, run)
        model.fit(_LAST_STEPS)
        self.tree_, self.potentials_ = model.tree, model.potentials()
        self.measured_ = tuple(found.clique for found in model.measurements)
        self.distance_ = _distance(model)

    def _sample(
        self, n: int, context: EncodedTable | None, fixed: Mapping[str, EncodedColumn], stream: RandomStream
    ) -> EncodedTable:
        specs = self.encoder_.specs
        held = {}
        for place, spec in enumerate(specs):
            if spec.name in fixed:
                held[place] = self.groups_[place].group_of[fixed[spec.name].discrete(spec.n_codes)]
        groups = draw_rows_given(self.tree_, self.potentials_, held, n, stream.child("rows").generator())
        columns = {}
        for place, spec in enumerate(specs):
            if spec.name in fixed:
                columns[spec.name] = fixed[spec.name]
                continue
            rng = stream.child("inside", spec.name).generator()
            codes = self.groups_[place].draw(groups[:, place], rng.random(n))
            nulls = codes >= spec.n_codes
            columns[spec.name] = EncodedColumn.drawn(np.where(nulls, 0, codes), nulls, rng.random(n), spec)
        return EncodedTable(specs, columns, n)

    def _state(self, folder: Path) -> dict[str, Any]:
        write_arrays(folder / "potentials.safetensors", {f"{c:04d}": p for c, p in enumerate(self.potentials_)})
        return {
            "ledger": self.ledger_.to_json(),
            "total": self.total_,
            "groups": [groups.state() for groups in self.groups_],
            "cliques": [list(clique) for clique in self.tree_.cliques],
            "measured": [list(clique) for clique in self.measured_],
            "distance": self.distance_,
        }

    def _restore(self, state: dict[str, Any], folder: Path) -> None:
        specs = self.encoder_.specs
        self.ledger_ = Ledger.from_json(state["ledger"])
        self.total_, self.distance_ = float(state["total"]), float(state["distance"])
        if len(state["groups"]) != len(specs):
            raise ValueError("the groups do not fit the columns")
        self.groups_ = [Groups.from_state(s, spec.n_codes) for s, spec in zip(state["groups"], specs)]
        sizes = tuple(len(groups) for groups in self.groups_)
        cliques = [tuple(int(part) for part in clique) for clique in state["cliques"]]
        self.measured_ = tuple(tuple(int(part) for part in clique) for clique in state["measured"])
        if any(not 0 <= part < len(sizes) for clique in cliques for part in clique):
            raise ValueError("a clique names a column that is not there")
        self.tree_ = JunctionTree.build(sizes, cliques)
        if list(self.tree_.cliques) != cliques:
            raise ValueError("the cliques are no junction tree")
        arrays = read_arrays(folder / "potentials.safetensors")
        self.potentials_ = [arrays[f"{c:04d}"].astype(np.float64) for c in range(len(cliques))]
        for clique, potential in zip(cliques, self.potentials_):
            if potential.shape != self.tree_.shape(clique) or not np.isfinite(potential).all():
                raise ValueError("the potentials are damaged")

    @classmethod
    def forecast(cls, rows: int, columns: int) -> Forecast:
        """Measured on one core: the fit is mostly that of the graphical model, whatever the rows."""
        return Forecast(5 + 0.7 * columns + rows * columns * 3e-6, 0.9 * columns, 300 * 2**20 + rows * columns * 40)

    def _rounds(self, parts: int) -> int:
        if parts < 2:
            return 0
        return int(np.clip(parts, 8, 24)) if self.rounds is None else self.rounds

    def _check_parameters(self) -> None:
        for name, low in (("rounds", 0), ("max_groups", 4), ("max_cells", 1000)):
            value = getattr(self, name)
            if not (name == "rounds" and value is None) and (not isinstance(value, int) or value < low):
                raise OptionError(f"{name} is {value!r}", accepted=f"a whole number from {low}")

    def _checked_weights(self, weights: np.ndarray | None, rows: int) -> np.ndarray | None:
        weights = super()._checked_weights(weights, rows)
        if weights is not None and weights.max() > 1:
            raise OptionError(
                f"the largest weight is {weights.max():g}",
                accepted="weights from 0 to 1 under differential privacy: no row may count more than once",
                hint="divide them by the largest weight that any row might have, whether or not one has it",
            )
        return weights


def bounded_rows(table: Table, entity: str | None, weights: np.ndarray | None) -> Table:
    """The rows that are learned from: with weights, each by chance; with an entity, one of each entity.

    Which row of an entity stays is drawn from the system's randomness, for each entity by itself, so
    two tables that differ in one entity differ, given the same draws, in one row at most. A row
    without an entity is an entity of its own.
    """
    kept = np.arange(table.n_rows)
    if weights is not None:
        kept = kept[keep_with_probability(weights)]
    if entity is not None:
        owner = table.column(entity).combine_chunks().dictionary_encode().indices
        codes = owner.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)[kept]
        nobody = codes < 0
        codes[nobody] = table.n_rows + np.arange(int(nobody.sum()))
        order = np.lexsort((words(len(kept)), codes))
        first = np.append(True, codes[order][1:] != codes[order][:-1])[: len(order)]
        kept = np.sort(kept[order[first]])
    return table if len(kept) == table.n_rows else table.take(kept)


def _distance(model: GraphicalModel) -> float:
    """Mean total variation distance of the model from its noisy counts; costs nothing, both are public."""
    distances = [
        0.5 * float(np.abs(model.marginal(m.clique) - np.asarray(m.counts) / model.total).sum())
        for m in model.measurements
    ]
    return float(np.mean(distances)) if distances else 0.0


def _without_categories(kind: FrameKind) -> FrameKind:
    """The kind of frame without column types that list categories: those were read off the rows."""
    dtypes = {name: dtype for name, dtype in kind.dtypes.items() if not hasattr(dtype, "categories")}
    return FrameKind(kind.library, kind.labels, dtypes, kind.index_name)

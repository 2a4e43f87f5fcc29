"""Clauses of a scenario read against a model: which rows they speak of, and what cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from synthloom.conditions import Among, Clause, Conditions, parse_conditions
from synthloom.data import Table
from synthloom.errors import ConditionError, ScenarioError, did_you_mean
from synthloom.scenario import AmplifyClause, CombineClause, MeanClause, ShareClause, TailClause
from synthloom.synthesizers import Synthesizer


class ClauseReader:
    """What the clauses of a scenario mean on one model."""

    def __init__(self, model: Synthesizer) -> None:
        self.schema = model.schema_
        self.forms = {column.name: column.format for column in self.schema}
        self.kinds = {column.name: column.arrow_type for column in self.schema}

    def check(self, clauses: Sequence[Any]) -> None:
        seen: dict[tuple[str, ...], str] = {}
        total = 0.0
        for clause in clauses:
            if isinstance(clause, (ShareClause, AmplifyClause)):
                self.event(clause)
            elif isinstance(clause, (MeanClause, TailClause)):
                self.column(clause.column, clause, number=True)
            if isinstance(clause, MeanClause):
                self.conditions(clause.within, clause)
            if isinstance(clause, CombineClause):
                self._check_combination(clause)
                total += clause.share
            if isinstance(clause, TailClause) and clause.known_to:
                total += 1 - clause.known_to
            key = self._subject(clause)
            if key in seen:
                raise ScenarioError(f"({clause}) and ({seen[key]}) speak of the same", hint="keep one of them")
            seen[key] = str(clause)
        if total > 1 + 1e-9:
            raise ScenarioError(f"combinations and tails take {total:g} of all rows", accepted="at most 1 in all")

    def _subject(self, clause: Any) -> tuple[str, ...]:
        if isinstance(clause, (AmplifyClause, CombineClause)):
            return (type(clause).__name__, " ".join(clause.where.split()))
        values = tuple(map(str, clause.values)) if isinstance(clause, ShareClause) else ()
        side = clause.side if isinstance(clause, TailClause) else str(clause.within)
        return (type(clause).__name__, clause.column, side, *values)

    def _check_combination(self, clause: CombineClause) -> None:
        found = self.conditions(clause.where, clause)
        if len(found.columns) < 2:
            raise ScenarioError(
                f"({clause}) speaks of one column", accepted="conditions on two columns or more",
                hint="use share or amplify for one column",
            )  # fmt: skip

    def column(self, name: str, clause: Any, *, number: bool = False) -> None:
        import pyarrow as pa

        if name not in self.schema.names:
            raise ScenarioError(f'({clause}): there is no column "{name}"', hint=did_you_mean(name, self.schema.names))
        column = self.schema.column(name)
        if not column.learned:
            raise ScenarioError(
                f'({clause}): "{name}" is {column.personal or column.kind} and made anew, nothing is learned of it'
            )
        kind = column.arrow_type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        if number and not is_number:
            raise ScenarioError(f'({clause}): "{name}" is {column.kind}', accepted="a column of numbers")

    def conditions(self, text: str | None, clause: Any) -> Conditions:
        if text is None:
            return Conditions()
        try:
            found = parse_conditions(text, self.schema.names)
            for name in found.columns:
                self.column(name, clause)
            return found.typed(self.kinds, self.forms)
        except ConditionError as error:
            raise ScenarioError(f"({clause}): {error.problem}", accepted=error.accepted, hint=error.hint) from error

    def event(self, clause: ShareClause | AmplifyClause) -> tuple[Conditions, Conditions]:
        """The rows a clause counts, and those among which it counts them."""
        if isinstance(clause, AmplifyClause):
            return self.conditions(clause.where, clause), Conditions()
        self.column(clause.column, clause)
        within = self.conditions(clause.within, clause)
        try:
            own = Conditions((Clause(clause.column, Among(tuple(clause.values))),)).typed(self.kinds, self.forms)
        except ConditionError as error:
            raise ScenarioError(f"({clause}): {error.problem}", accepted=error.accepted) from error
        return Conditions((*own, *within)), within

    def meets(self, conditions: Conditions, table: Table) -> np.ndarray:
        if not conditions:
            return np.ones(table.n_rows, dtype=bool)
        return conditions.meets({name: table.column(name) for name in conditions.columns}, self.forms)

    @staticmethod
    def share_goal(clause: ShareClause | AmplifyClause, share: float) -> float:
        goal = getattr(clause, "to", None)
        goal = share * (clause.times or 0.0) if goal is None else goal
        if goal >= 1:
            raise ScenarioError(
                f"({clause}): the model's share is {share:.3g}, so this asks for {goal:.3g} of the rows",
                accepted=f"at most {1 / share:.3g} times as many",
            )
        return float(goal)

    @staticmethod
    def mean_goal(clause: MeanClause, mean: float) -> float:
        if clause.to is not None:
            return clause.to
        return mean * clause.times if clause.times is not None else mean + (clause.plus or 0.0)

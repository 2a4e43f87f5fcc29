"""What a run or a fit does otherwise under differential privacy.

The schema comes from public facts, the synthesizer is one that keeps a ledger, the number of rows is
the noisy one, and the evidence card quotes nothing but what the ledger paid for. The report on real
rows that were held out is made as ever; it stays in ``private/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synthloom.artifact import read_json, write_json
from synthloom.data import Table
from synthloom.differential_privacy import Ledger, epsilon_of
from synthloom.differential_privacy.accounting import check_delta, check_epsilon
from synthloom.errors import ArtifactError, OptionError
from synthloom.report import ReportContent
from synthloom.run_context import RunContext
from synthloom.schema import PublicSchema, TableSchema, read_public_schema
from synthloom.synthesizers import Synthesizer
from synthloom.synthesizers.choice import AUTO
from synthloom.synthesizers.tabular.private_marginals import PrivateMarginals

DEFAULT_DELTA = 1e-5
TYPES_NOTE = (
    "Names and types of columns are taken as public. Where a text file leaves the types open, they were "
    "read off its rows: declare what is doubtful in the public schema."
)


@dataclass(frozen=True)
class Privacy:
    """The budget of one release.

    Attributes:
        prototype: the synthesizer, with its ε and δ.
        public: what is public of the table.
        ledger: a file of what was spent on the same data before, to which this release is added.
        spent: what stands in it.
    """

    prototype: PrivateMarginals
    public: PublicSchema
    ledger: Path | None
    spent: Ledger

    def schema(self, table: Table, *, sensitive: Sequence[str] = ()) -> TableSchema:
        """The schema of ``table`` from public facts alone."""
        return self.public.resolve(table)[0].with_roles(sensitive=sensitive)

    def fit(self, model: Synthesizer, rows: Table, seed: int, run: RunContext) -> None:
        """Learns within the budget."""
        assert isinstance(model, PrivateMarginals)
        model.fit(rows, self.public, seed=seed, run=run)

    def record(self, model: Synthesizer) -> dict[str, Any]:
        """Adds the model's ledger to the file, at once: the budget is spent whatever comes after.

        Gives the facts that go on record: ε and δ, of this release and of all together.
        """
        assert isinstance(model, PrivateMarginals)
        facts: dict[str, Any] = {"epsilon": round(model.epsilon_spent_, 6), "delta": model.delta}
        if self.ledger is not None:
            total = self.spent + model.ledger_
            facts |= {"epsilon_of_all_releases": round(epsilon_of(total, model.delta), 6)}
            temporary = self.ledger.with_name(f".{self.ledger.name}.writing")
            write_json(temporary, {"format": "synthloom-ledger", **total.to_json()})
            temporary.replace(self.ledger)
        return facts


def read_privacy(
    epsilon: float | None,
    delta: float | None,
    public_schema: PublicSchema | str | Path | None,
    ledger: str | Path | None,
    *,
    refused: dict[str, Any],
    synthesizer: str | Synthesizer | None,
    target: str | None = None,
    entity: str | None = None,
) -> Privacy | None:
    """The budget that was asked for, ``None`` if none was.

    Args:
        epsilon: what may be spent; that of a private synthesizer that is handed in if left out.
        delta: the δ that goes with it; likewise, or 1e-5 if left out.
        public_schema: what is public of the table.
        ledger: a file of what was spent on the same data before.
        refused: other options, by name, that read rows without a charge.
        synthesizer: the one asked for.
        target: the column that a model is to predict.
        entity: the column that says whose row it is.

    Raises:
        OptionError: if options do not go together, or a number is outside what is accepted.
        SchemaError: if the public schema is wrong.
        ArtifactError: if the ledger cannot be accounted for.
    """
    if epsilon is None and isinstance(synthesizer, PrivateMarginals):
        epsilon = synthesizer.epsilon  # whoever hands it in asks for its budget
    if epsilon is None:
        given = {"delta": delta, "public schema": public_schema, "ledger": ledger}
        for name, value in given.items():
            if value is not None:
                raise OptionError(f"{name} was given without epsilon", hint="add --epsilon, or leave it out")
        if synthesizer == PrivateMarginals.name:
            raise OptionError(
                f"{PrivateMarginals.name} was asked for without epsilon: its budget would be unknown, and the "
                "schema and the card would rest on rows that no budget pays for",
                hint="add --epsilon",
            )
        return None
    if delta is None:
        delta = synthesizer.delta if isinstance(synthesizer, PrivateMarginals) else DEFAULT_DELTA
    check_epsilon(epsilon)
    check_delta(delta)
    for name, value in refused.items():
        if value is not None:
            raise OptionError(
                f"{name} was given with epsilon: it rests on the rows, and no budget pays for it",
                hint="declare what is public with --public-schema" if name == "schema" else "leave it out",
            )
    prototype = _prototype(synthesizer, epsilon, delta)
    if isinstance(public_schema, PublicSchema):
        public = public_schema
    else:
        public = PublicSchema() if public_schema is None else read_public_schema(public_schema)
    public = public.with_roles(target=target, entity=entity)
    path = None if ledger is None else Path(ledger)
    spent = Ledger() if path is None or not path.exists() else _read_ledger(path)
    adjacency = "row" if public.entity is None else "entity"
    if spent.entries and spent.adjacency != adjacency:
        raise OptionError(
            f'the ledger "{path}" protects one {spent.adjacency}, this release would protect one {adjacency}',
            hint="name the same entity column in every release of the data",
        )
    return Privacy(prototype, public, path, spent)


def _prototype(asked: str | Synthesizer | None, epsilon: float, delta: float) -> PrivateMarginals:
    if asked is None or asked in (AUTO, PrivateMarginals.name):
        return PrivateMarginals(epsilon=epsilon, delta=delta)
    if isinstance(asked, PrivateMarginals):
        return PrivateMarginals(**{**asked.get_params(), "epsilon": epsilon, "delta": delta})
    name = asked if isinstance(asked, str) else asked.name
    raise OptionError(
        f"{name} cannot keep a privacy budget",
        accepted=f"{PrivateMarginals.name}, which is the default with epsilon",
        hint="leave out the synthesizer, or leave out epsilon",
    )


def _read_ledger(path: Path) -> Ledger:
    plain = read_json(path)
    if not isinstance(plain, dict) or plain.get("format") != "synthloom-ledger":
        raise ArtifactError(f'"{path}" is not a ledger of Synthloom', hint="name another file, or a new one")
    return Ledger.from_json(plain)


def budgeted(content: ReportContent, model: Synthesizer, facts: dict[str, Any]) -> ReportContent:
    """The report with the budget in it, and a card that quotes only what the ledger paid for."""
    assert isinstance(model, PrivateMarginals)
    unit = "row" if model.ledger_.adjacency == "row" else f'entity of "{model.schema_.entity}"'
    budget = [
        ("Privacy budget", f"ε = {facts['epsilon']:.4g} at δ = {model.delta:g}, for one {unit} added or removed"),
        ("Accounted by", "privacy loss distributions over every event of the ledger"),
    ]
    if "epsilon_of_all_releases" in facts:
        budget.append(("With earlier releases", f"ε = {facts['epsilon_of_all_releases']:.4g} at δ = {model.delta:g}"))
    kept = [pair for pair in content.card_facts if pair[0] in ("What", "From what", "Limits")]
    charged = [
        ("How", f"{model.name}: noisy counts of {len(model.measured_)} sets of columns, and a graphical model of them"),
        ("Rows learned from", f"about {model.total_:,.0f}: a noisy count"),
        ("Distance of the model from its noisy counts", f"{model.distance_:.3f} (mean total variation; 0 is best)"),
    ]
    limits = (
        "The budget holds under the assumptions stated in the documentation: names and types of columns, and "
        "what the user declared, are public.",
        *content.limits,
    )
    private_facts = tuple(pair for pair in content.facts if pair[0] != "Protection")
    return replace(
        content,
        facts=(*private_facts, *budget, *charged[1:]),
        card_facts=(*kept, *budget, *charged),
        card_figures=(),
        limits=limits,
        warnings=(TYPES_NOTE, *content.warnings),
    )

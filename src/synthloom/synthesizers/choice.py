"""``auto``: which synthesizer suits a table, by rules that stand here as data, each with its measured ground.

The first rule that fits a table decides; the last fits every table. What the rules look at are
:class:`TableTraits`: how many rows there are to learn from, how many columns carry something to be
learned, and of what kind they are. Where a limit on time or memory does not allow the synthesizer
chosen, :data:`CHEAPER` says which one takes its place.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from synthloom.data import Table
from synthloom.schema import TableSchema

AUTO = "auto"
"""The name that asks for a choice."""


@dataclass(frozen=True)
class TableTraits:
    """What the rules look at.

    Attributes:
        rows: rows to learn from.
        learned: columns whose values are learned (no keys, no personal data, no free text, no constants).
        numeric: how many of these are numbers or dates.
        categories: different values of the widest categorical column.
    """

    rows: int
    learned: int
    numeric: int
    categories: int

    @classmethod
    def of(cls, table: Table, schema: TableSchema, rows: int | None = None) -> TableTraits:
        """The traits of a table of which ``rows`` (all by default) are learned from."""
        import pyarrow.compute as pc

        learned = [column for column in schema if column.learned]
        names = [column.name for column in learned if column.kind in ("categorical", "boolean")]
        widest = max((pc.count_distinct(table.column(name)).as_py() for name in names), default=0)
        return cls(table.n_rows if rows is None else rows, len(learned), len(learned) - len(names), widest)

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows to learn from, {self.learned} columns to learn ({self.numeric} of numbers or dates; "
            f"at most {self.categories:,} categories)"
        )


@dataclass(frozen=True)
class Rule:
    """A synthesizer, the tables that it is for, and why.

    Attributes:
        synthesizer: its name in the registry.
        reason: why it suits these tables, in words for the user.
        ground: what was measured, and where.
        at_most: the largest traits of these tables by name; a trait that is not named may take any value.
    """

    synthesizer: str
    reason: str
    ground: str
    at_most: dict[str, int] = field(default_factory=dict)

    def fits(self, traits: TableTraits) -> bool:
        """Whether the rule speaks of such a table."""
        return all(getattr(traits, name) <= most for name, most in self.at_most.items())


RULES: tuple[Rule, ...] = (
    Rule(
        "independent_columns",
        "no two columns carry values that could depend on each other",
        "with one column the other synthesizers learn the same frequencies",
        {"learned": 1},
    ),
    Rule(
        "gaussian_copula",
        "the table has few rows, from which boosted trees learn little and give away more",
        "mean of adult, credit_default, german_credit and online_shoppers: from 60 rows a model loses 0.17 AUC on a "
        "chain's rows and 0.04 on a copula's, from 150 rows 0.06 and 0.06, from 300 rows 0.035 and 0.047; membership "
        "inference reaches 0.56 and 0.54 from 150 rows: docs/choosing.md",
        {"rows": 250},
    ),
    Rule(
        "boosted_chain",
        "it comes closest to real rows on tables of this size",
        "c2st 0.52 to 0.57 on adult, bank_marketing, credit_default and online_shoppers, a Gaussian copula 0.84 to "
        "0.99: docs/benchmarks.md",
    ),
)
"""The first that fits decides."""

CHEAPER: tuple[str, ...] = ("boosted_chain", "gaussian_copula", "independent_columns")
"""From dear to cheap: where a limit does not allow one, the next takes its place."""

LEAST_ROWS: dict[str, int] = {"boosted_chain": 4_000, "gaussian_copula": 400, "independent_columns": 100}
"""Rows below which learning from fewer saves no time (a chain then cross-validates) or loses more than the next
synthesizer on all rows."""


@dataclass(frozen=True)
class Choice:
    """Which synthesizer learned a table, who chose it, why, and what a limit cost.

    Attributes:
        synthesizer: its name.
        asked: what was asked for, ``auto`` or a name.
        reason: why, in words.
        traits: the table's traits that the reason rests on; they count rows, so they stay private.
        ground: the measurement behind the rule.
        given_up: what was given up to keep a limit, a sentence each.
    """

    synthesizer: str
    asked: str
    reason: str
    traits: str = ""
    ground: str = ""
    given_up: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.synthesizer}: {self.reason}" + (f" ({self.traits})" if self.traits else "")

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def choose(traits: TableTraits) -> Choice:
    """The choice of the first rule that fits.

    >>> choose(TableTraits(rows=40_000, learned=14, numeric=6, categories=42)).synthesizer
    'boosted_chain'
    >>> choose(TableTraits(rows=120, learned=14, numeric=6, categories=42)).synthesizer
    'gaussian_copula'
    """
    rule = next(rule for rule in RULES if rule.fits(traits))
    return Choice(rule.synthesizer, AUTO, rule.reason, str(traits), rule.ground)

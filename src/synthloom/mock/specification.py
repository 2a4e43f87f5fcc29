"""What mock data shall look like: tables, columns, keys. The YAML format is these classes, field by field.

Every other source (SQL, JSON Schema, pydantic, an inferred schema) is turned into this first.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from synthloom.values.kinds import VALUE_KINDS

ColumnType = Literal["integer", "float", "decimal", "string", "boolean", "date", "datetime", "time", "uuid", "json"]
DistributionName = Literal["uniform", "normal", "lognormal", "exponential", "poisson", "pareto", "triangular"]

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?|years?)\s*")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_557_600.0}


def parse_duration(value: Any) -> float:
    """Seconds of a duration such as ``15 min``, ``2 days`` or a plain number of seconds.

    Raises:
        ValueError: if it is none.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{value!r} is no duration; write for example 30 s, 15 min, 1 h, 7 days or 2 years")
    return float(match[1]) * _SECONDS[match[2][0]]


Duration = Annotated[float, BeforeValidator(parse_duration)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Distribution(_Strict):
    """How numbers are spread.

    Attributes:
        name: which distribution.
        mean: mean of a normal, poisson or exponential one, mode of a triangular one.
        sd: standard deviation of a normal one.
        median: median of a lognormal one; ``spread`` is the standard deviation of its logarithm.
        shape: exponent of a pareto one; its scale is ``min`` of the column.
    """

    name: DistributionName = "uniform"
    mean: float | None = None
    sd: float | None = Field(default=None, gt=0)
    median: float | None = Field(default=None, gt=0)
    spread: float = Field(default=0.5, gt=0)
    shape: float = Field(default=1.5, gt=0)


class Sequence(_Strict):
    """Values in equal steps: ``start``, ``start + step``, … by row, or by row of each parent."""

    start: Any = 1
    step: Any = 1


class Series(_Strict):
    """A number that moves in time: level + trend + season + noise with memory (a moving average of white noise).

    Attributes:
        level: around which it moves; ``level_sd`` lets parents differ.
        trend: change a step.
        period: steps of a season, 0 for none; ``season`` is its height.
        noise: standard deviation of the noise.
        memory: how much of the noise lasts from step to step, 0 to 0.98.
    """

    level: float = 0.0
    level_sd: float = Field(default=0.0, ge=0)
    trend: float = 0.0
    period: int = Field(default=0, ge=0)
    season: float = 0.0
    noise: float = Field(default=1.0, ge=0)
    memory: float = Field(default=0.0, ge=0, le=0.98)


class Case(_Strict):
    """One branch of a conditional column.

    Attributes:
        when: for each column named, the value, the list of values, or the range (``{min: …, max: …}``) it must
            have; an empty mapping is always met.
        then: how the column is made in these rows; ``null`` for a missing value.
    """

    when: dict[str, Any] = {}
    then: ColumnSpec | None = None


class ColumnSpec(_Strict):
    r"""How one column is made. At most one of the makers is given; without one the type says enough.

    Attributes:
        type: type of the values.
        kind: a kind of value: a name, an e-mail address, an IBAN …
        person: which person of the row the value belongs to; kinds with the same word agree.
        locale: for this column, where it differs from the schema's.
        values: the values to choose from: a list, or a mapping from value to weight.
        pattern: a regular expression; literals, classes, ``\d \w \s``, groups, ``|``, ``? * + {m,n}``.
        template: text with other columns in braces, such as ``{first_name} {last_name}``.
        formula: an expression in SQL over other columns of the row, such as ``net * 0.19`` (needs the extra ``mock``).
        constant: one value for every row.
        sequence: values in equal steps.
        series: a number that moves in time.
        lookup: a column of the row that a key points to, as ``key_column.column``.
        references: the column that a key points to, as ``table.column``.
        skew: how unevenly a key is spread over its parents, 0 (evenly) to 1.
        faker: the name of a Faker provider; ``pool`` values are drawn from it once.
        min, max: bounds, both included.
        decimals: digits after the point.
        distribution: how numbers are spread between the bounds.
        after: a column of the row, or ``key_column.column``, that this value must not be less than.
        least, within: how much later it is, at least and at most.
        cases: other makers for rows that meet a condition; the first that is met counts.
        unique: no value twice.
        missing: share of missing values.
        max_length: longest text.
    """

    type: ColumnType | None = None
    kind: str | None = None
    person: str = "person"
    locale: str | None = None
    values: list[Any] | dict[Any, float] | None = None
    pattern: str | None = None
    template: str | None = None
    formula: str | None = None
    constant: Any = None
    sequence: Sequence | None = None
    series: Series | None = None
    lookup: str | None = None
    references: str | None = None
    skew: float = Field(default=0.0, ge=0, le=1)
    faker: str | None = None
    pool: int = Field(default=1000, ge=1, le=100_000)
    min: Any = None
    max: Any = None
    decimals: int | None = Field(default=None, ge=0, le=18)
    distribution: Distribution | None = None
    after: str | None = None
    least: Duration | None = None
    within: Duration | None = None
    cases: tuple[Case, ...] = ()
    unique: bool = False
    missing: float = Field(default=0.0, ge=0, le=1)
    max_length: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        """``distribution: normal`` for ``distribution: {name: normal}``, and a bare list for ``values``."""
        if isinstance(given, list):
            return {"values": given}
        if isinstance(given, dict) and isinstance(given.get("distribution"), str):
            return {**given, "distribution": {"name": given["distribution"]}}
        return given

    @model_validator(mode="after")
    def _one_maker(self) -> ColumnSpec:
        makers = [name for name in MAKERS if getattr(self, name) is not None]
        if len(makers) > 1:
            raise ValueError(f"give one of {', '.join(makers)}, not {len(makers)}")
        if self.kind is not None and self.kind not in VALUE_KINDS:
            raise ValueError(f"there is no kind {self.kind!r}; known: {', '.join(VALUE_KINDS)}")
        if self.values is not None and not self.values:
            raise ValueError("values is empty")
        if isinstance(self.values, dict) and (min(self.values.values()) < 0 or sum(self.values.values()) <= 0):
            raise ValueError("weights must not be negative, nor all zero")
        if self.references is not None and self.references.count(".") != 1:
            raise ValueError(f"references is {self.references!r}; write table.column")
        if self.lookup is not None and self.lookup.count(".") != 1:
            raise ValueError(f"lookup is {self.lookup!r}; write key_column.column")
        return self


MAKERS = (
    "kind", "values", "pattern", "template", "formula", "constant", "sequence", "series", "lookup", "references",
    "faker",
)  # fmt: skip


class ForeignKey(_Strict):
    """Columns that point to columns of another table, or of the same one.

    ``deferrable`` says that the database checks it only at the end of a transaction.
    """

    columns: tuple[str, ...] = Field(min_length=1)
    table: str
    to: tuple[str, ...] = Field(min_length=1)
    deferrable: bool = False


class ChildrenPer(_Strict):
    """How many rows each row of a parent table has: between ``min`` and ``max``, spread evenly."""

    parent: str
    min: int = Field(default=1, ge=0)
    max: int = Field(default=5, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> ChildrenPer:
        if self.max < self.min:
            raise ValueError(f"max is {self.max}, less than min, {self.min}")
        return self


class TableSpec(_Strict):
    """One table.

    Attributes:
        columns: how each column is made, in order.
        rows: how many rows; the number asked for on the command line if left out.
        per: rows for each row of a parent, instead of a number.
        primary_key: columns that together name a row.
        unique: further sets of columns that no two rows share.
        foreign_keys: keys of several columns; a key of one column is written with ``references``.
        checks: conditions in SQL that every row meets (needs the extra ``mock``).
    """

    columns: dict[str, ColumnSpec] = Field(min_length=1)
    rows: int | None = Field(default=None, ge=0)
    per: ChildrenPer | None = None
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _lists_of_names(cls, given: Any) -> Any:
        """``primary_key: id`` for ``primary_key: [id]``; the same inside ``unique``."""
        if not isinstance(given, dict):
            return given
        given = dict(given)
        if isinstance(given.get("primary_key"), str):
            given["primary_key"] = [given["primary_key"]]
        if isinstance(given.get("unique"), list):
            given["unique"] = [[names] if isinstance(names, str) else names for names in given["unique"]]
        return given

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        """All foreign keys, those of one column too."""
        single = tuple(
            ForeignKey(columns=(name,), table=spec.references.split(".")[0], to=(spec.references.split(".")[1],))
            for name, spec in self.columns.items()
            if spec.references is not None
        )
        return single + self.foreign_keys

    @property
    def unique_sets(self) -> tuple[tuple[str, ...], ...]:
        """Every set of columns that no two rows share, the primary key first."""
        singles = tuple((name,) for name, spec in self.columns.items() if spec.unique)
        sets = ((self.primary_key,) if self.primary_key else ()) + singles + self.unique
        return tuple(dict.fromkeys(sets))


class MockSchema(_Strict):
    """Tables that belong together.

    Attributes:
        tables: by name, in order.
        locale: whose people and places: one, or a mapping from locale to weight.
        notes: what a reader of another format wants the user to know.
    """

    tables: dict[str, TableSpec] = Field(min_length=1)
    locale: str | dict[str, float] = "en_US"
    notes: tuple[str, ...] = ()

    @property
    def locales(self) -> dict[str, float]:
        """Locales and their weights."""
        return self.locale if isinstance(self.locale, dict) else {self.locale: 1.0}


Case.model_rebuild()
ColumnSpec.model_rebuild()

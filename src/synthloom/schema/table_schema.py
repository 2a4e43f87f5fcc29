"""A table's schema: its columns, its roles and how its rare values are protected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from synthloom.constraints import AnyConstraint
from synthloom.errors import SchemaError, did_you_mean
from synthloom.schema.column import ColumnSchema


class Protection(BaseModel):
    """What may be learned of values that few rows share.

    Attributes:
        minimum_support: a category, a bin or a bound must be shared by this many training rows
            (or entities); 1 switches the protection off.
        rare_categories: what a category below the threshold becomes: ``sample`` another category
            of the column, the ``label`` "(rare)", or ``keep`` it (which lifts the protection).
        extremes: ``clamp`` numbers and dates to the outermost values that enough rows reach, or
            ``keep`` the true minimum and maximum.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    minimum_support: int = Field(default=5, ge=1)
    rare_categories: Literal["sample", "label", "keep"] = "sample"
    extremes: Literal["clamp", "keep"] = "clamp"


class TableSchema(BaseModel):
    """The columns of one table, in order, and their roles.

    Attributes:
        columns: one entry a column.
        target: the column that a model is to predict, if any.
        entity: the column that says whose row it is; an entity is never split between training
            and holdout.
        time: the column that orders the rows; the holdout is then the latest part.
        sensitive: columns by whose groups fairness is audited, such as sex or age.
        protection: the thresholds for rare values.
        relations: whether relations between columns that hold in all training rows (totals,
            copies, ratios, codes and their names) are found and kept exactly, or ignored.
        constraints: statements that hold in every synthetic row, see :mod:`synthloom.constraints`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[ColumnSchema, ...] = Field(min_length=1)
    target: str | None = None
    entity: str | None = None
    time: str | None = None
    sensitive: tuple[str, ...] = ()
    protection: Protection = Protection()
    relations: Literal["keep", "ignore"] = "keep"
    constraints: tuple[AnyConstraint, ...] = ()

    def __iter__(self) -> Iterator[ColumnSchema]:  # type: ignore[override]
        return iter(self.columns)

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> ColumnSchema:
        """The column of this name.

        Raises:
            SchemaError: if there is none; the message names the nearest.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f'the schema has no column "{name}"', hint=did_you_mean(name, self.names))

    def with_roles(
        self,
        *,
        target: str | None = None,
        entity: str | None = None,
        time: str | None = None,
        sensitive: Iterable[str] = (),
    ) -> TableSchema:
        """The schema with the given roles set; ``None`` (or no sensitive column) leaves a role as it is."""
        given = {"target": target, "entity": entity, "time": time}
        groups = tuple(dict.fromkeys(sensitive))
        for name in (*filter(None, given.values()), *groups):
            self.column(name)
        update: dict[str, object] = {role: name for role, name in given.items() if name is not None}
        return self.model_copy(update=update | ({"sensitive": groups} if groups else {}))

    def select(self, names: list[str]) -> TableSchema:
        """The schema of only these columns, roles outside them dropped."""
        roles = {r: getattr(self, r) for r in ("target", "entity", "time")}
        update: dict[str, object] = {r: (n if n in names else None) for r, n in roles.items()}
        update["columns"] = tuple(self.column(name) for name in names)
        update["constraints"] = tuple(c for c in self.constraints if set(c.names) <= set(names))
        update["sensitive"] = tuple(name for name in self.sensitive if name in names)
        return self.model_copy(update=update)

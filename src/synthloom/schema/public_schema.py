"""What the user declares public about a table before any row is read under differential privacy.

Names and physical types of columns are taken as public. Everything else about a column (which
categories there are, between which bounds its numbers lie, how many decimals they have) is either
declared here, or learned from the rows at a charge. What is declared must be known without looking
at the rows: from a code book, a form, a law of nature.
"""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from synthloom.constraints import AnyConstraint
from synthloom.errors import OptionError, SchemaError, did_you_mean
from synthloom.schema.column import ColumnKind, ColumnSchema, Granularity, PersonalKind
from synthloom.schema.table_schema import Protection, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

    from synthloom.data import Table

Bound = float | datetime | date | time


class PublicColumn(BaseModel):
    """What is public of one column; all but the name may be left out.

    Attributes:
        name: the column's name.
        kind: what it holds; by default what its physical type says: numbers are numeric, text is
            categorical, times are datetime.
        categories: every value it may take.
        minimum, maximum: the bounds of its numbers or times; values outside are pulled in.
        nullable: whether values may be missing.
        decimals, granularity, format, pattern, personal: as in a schema.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    kind: ColumnKind | None = None
    categories: tuple[Any, ...] | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    nullable: bool = True
    decimals: int | None = Field(default=None, ge=0, le=18)
    granularity: Granularity | None = None
    format: str | None = None
    pattern: str | None = None
    personal: PersonalKind | None = None

    @field_validator("categories")
    @classmethod
    def _some_categories(cls, given: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        if given is not None and (not given or len(set(map(str, given))) < len(given) or None in given):
            raise ValueError("categories are one value or more, each once, none of them null")
        return given

    @model_validator(mode="after")
    def _both_bounds(self) -> PublicColumn:
        if (self.minimum is None) != (self.maximum is None):
            raise ValueError("give minimum and maximum, or neither")
        if self.minimum is not None and self.maximum is not None and not self.minimum < self.maximum:  # type: ignore[operator]
            raise ValueError("minimum must be below maximum")
        return self


class PublicSchema(BaseModel):
    """Public facts by column, and the roles of columns; columns that are not named have none.

    Attributes:
        columns: what is public of each column.
        target: the column that a model is to predict, if any.
        entity: the column that says whose row it is: then one entity is protected, not one row.
        protection: ``rare_categories`` says what values outside the listed categories become.
        constraints: statements that hold in every synthetic row; none that has to be read off the rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[PublicColumn, ...] = ()
    target: str | None = None
    entity: str | None = None
    protection: Protection = Protection()
    constraints: tuple[AnyConstraint, ...] = ()

    @classmethod
    def of(cls, schema: TableSchema) -> PublicSchema:
        """A whole schema taken as public, for callers who know that it was not read off the rows."""
        columns = tuple(
            PublicColumn(
                name=c.name,
                kind=None if c.kind in ("constant", "empty") else c.kind,
                decimals=c.decimals,
                granularity=c.granularity,
                format=c.format,
                pattern=c.pattern,
                personal=c.personal,
            )
            for c in schema
        )
        return cls(
            columns=columns,
            target=schema.target,
            entity=schema.entity,
            protection=schema.protection,
            constraints=schema.constraints,
        )

    def with_roles(self, *, target: str | None = None, entity: str | None = None) -> PublicSchema:
        """The schema with the given roles set; ``None`` leaves a role as it is."""
        given = {"target": target, "entity": entity}
        return self.model_copy(update={role: name for role, name in given.items() if name is not None})

    def resolve(self, table: Table) -> tuple[TableSchema, dict[str, PublicColumn]]:
        """The table's schema from names, types and declarations alone, and the public facts by column.

        Raises:
            SchemaError: if a declaration does not fit the names and types of the table.
            OptionError: if a role names a column that is not there.
        """
        names = table.names
        for column in self.columns:
            if column.name not in names:
                raise SchemaError(
                    f'the public schema names the column "{column.name}"', hint=did_you_mean(column.name, names)
                )
        for role, name in (("target", self.target), ("entity", self.entity)):
            if name is not None and name not in names:
                raise OptionError(f'there is no column "{name}" for {role}', hint=did_you_mean(name, names))
        given = {column.name: column for column in self.columns}
        facts = {name: given.get(name) or PublicColumn(name=name) for name in names}
        if self.entity is not None:
            facts[self.entity] = facts[self.entity].model_copy(update={"kind": "identifier"})
        columns = tuple(_column(facts[name], table.column(name).type) for name in names)
        if any(constraint.reads_rows for constraint in self.constraints):
            raise SchemaError(
                "a constraint of the public schema has to be read off the rows, and no budget pays for it",
                hint="list what it allows in the public schema",
            )
        schema = TableSchema(
            columns=columns,
            target=self.target,
            entity=self.entity,
            protection=self.protection,
            relations="ignore",
            constraints=self.constraints,
        )
        return schema, {c.name: facts[c.name].model_copy(update={"kind": c.kind}) for c in columns}


def _column(fact: PublicColumn, kind: pa.DataType) -> ColumnSchema:
    """The column's schema from its physical type and what was declared."""
    import pyarrow as pa

    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise SchemaError(f'column "{fact.name}" holds values of type {kind}', hint="leave it out, or split it")
    text = pa.types.is_string(kind)
    temporal = pa.types.is_temporal(kind) and not pa.types.is_duration(kind)
    found: ColumnKind
    if pa.types.is_null(kind):
        found = "empty"
    elif fact.kind is not None:
        found = fact.kind
    elif fact.categories is not None or (text and fact.format is None):
        found = "categorical"
    elif pa.types.is_boolean(kind):
        found = "boolean"
    else:
        found = "datetime" if temporal or text else "numeric"
    fits = {"numeric": not text and not temporal, "datetime": temporal or (text and fact.format is not None)}
    if not fits.get(found, True):
        raise SchemaError(
            f'the public schema says the column "{fact.name}" is {found}; it holds {kind}',
            hint="correct kind, or give format for dates written as text",
        )
    exact = pa.types.is_integer(kind) or pa.types.is_duration(kind)
    decimals = 0 if exact else max(0, kind.scale) if pa.types.is_decimal(kind) else fact.decimals
    granularity: Granularity | None = fact.granularity
    if granularity is None and pa.types.is_date(kind):
        granularity = "day"
    return ColumnSchema(
        name=fact.name,
        kind=found,
        type=str(kind),
        decimals=decimals if found == "numeric" else None,
        granularity=granularity if found == "datetime" else None,
        format=fact.format if text else None,
        pattern=fact.pattern,
        personal=fact.personal,
        reason="declared public" if fact.kind or fact.categories else f"its physical type is {kind}",
    )


def read_public_schema(path: str | Path) -> PublicSchema:
    """The public schema in a YAML file.

    Raises:
        SchemaError: if the file is missing or wrong.
    """
    import yaml
    from pydantic import ValidationError

    try:
        plain = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SchemaError(f'cannot read the public schema "{path}": {error}', accepted="YAML") from error
    if not isinstance(plain, dict):
        raise SchemaError(f"{path} is not a mapping", accepted="a mapping with a list named columns")
    version: Literal[1] | Any = plain.pop("schema_version", 1)
    if version != 1:
        raise SchemaError(f"{path} has schema_version {version!r}", accepted="1")
    try:
        schema = PublicSchema.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SchemaError(f"{path}: {place}: {first['msg']}", hint="mend it and try again") from error
    names = [column.name for column in schema.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SchemaError(f"{path}: these columns stand twice: {', '.join(repeated)}")
    return schema

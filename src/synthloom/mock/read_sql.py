"""Schemas written as SQL: CREATE TABLE, ALTER TABLE … ADD, CREATE TYPE … AS ENUM, CREATE UNIQUE INDEX.

Parsed by sqlglot (extra ``mock``). What makes no difference to the data (indexes, comments, grants) is passed over;
what does and is not understood (triggers, exclusion constraints, partitions) is refused or noted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from synthloom.errors import MissingExtraError, SchemaError
from synthloom.mock.guess import guess_column, order_dates
from synthloom.mock.narrow import narrow
from synthloom.mock.specification import ColumnSpec, ForeignKey, MockSchema, TableSpec
from synthloom.mock.sql_text import parse_condition
from synthloom.mock.sql_types import column_of_type

_MISSING_SHARE = 0.1
_PASSED_OVER = frozenset(
    [
        "Insert",
        "Update",
        "Delete",
        "Comment",
        "Command",
        "Set",
        "Drop",
        "Transaction",
        "Commit",
        "Use",
        "Grant",
        "Pragma",
        "Select",
    ]
)


@dataclass
class _Draft:
    """A table while its statements are read."""

    columns: dict[str, ColumnSpec] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    primary_key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = field(default_factory=list)
    keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Any] = field(default_factory=list)


def schema_from_sql(text: str, *, dialect: str | None = None) -> MockSchema:
    """The schema that SQL statements describe.

    Args:
        text: the statements.
        dialect: as sqlglot names it (``postgres``, ``sqlite``, ``mysql``, ``tsql`` …); told from the text if left out.

    Raises:
        MissingExtraError: if sqlglot is not installed.
        SchemaError: if the text cannot be read, or says what mock data cannot keep to.
    """
    return _Reader(dialect or told_dialect(text)).read(text)


def told_dialect(text: str) -> str:
    """The dialect that the words of the text suggest."""
    if re.search(r"`\w+`|ENGINE\s*=|AUTO_INCREMENT|\bUNSIGNED\b", text, re.IGNORECASE):
        return "mysql"
    if re.search(r"AUTOINCREMENT|WITHOUT\s+ROWID|\)\s*STRICT\b", text, re.IGNORECASE):
        return "sqlite"
    if re.search(r"\bIDENTITY\s*\(|\bNVARCHAR\b|\[\w+\]\s+\[?\w+\]?", text, re.IGNORECASE):
        return "tsql"
    return "postgres"


class _Reader:
    """Reads statements one after the other."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.drafts: dict[str, _Draft] = {}
        self.enums: dict[str, list[str]] = {}
        self.domains: dict[str, tuple[str, Any, bool]] = {}
        self.notes: list[str] = []

    def read(self, text: str) -> MockSchema:
        for statement in self._statements(text):
            self._statement(statement)
        if not self.drafts:
            raise SchemaError("the SQL creates no table", accepted="at least one CREATE TABLE")
        tables = {name: self._finished(name, draft) for name, draft in self.drafts.items()}
        return MockSchema(tables=tables, notes=tuple(dict.fromkeys(self.notes)))

    def _statements(self, text: str) -> list[Any]:
        import logging

        try:
            import sqlglot
            from sqlglot.errors import SqlglotError
        except ImportError as error:
            raise MissingExtraError("reading SQL needs sqlglot", hint='pip install "synthloom[mock]"') from error
        logger = logging.getLogger("sqlglot")
        level = logger.level
        logger.setLevel(logging.ERROR)  # what falls back to a plain command is dealt with here
        try:
            return [s for s in sqlglot.parse(text, read=self.dialect) if s is not None]
        except (SqlglotError, RecursionError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            clean = re.sub(r"\x1b\[[0-9;]*m", "", first)
            raise SchemaError(
                f"the SQL cannot be read as {self.dialect}: {clean}",
                hint="mend it, or name another dialect with --dialect",
            ) from error
        finally:
            logger.setLevel(level)

    def _statement(self, node: Any) -> None:
        from sqlglot import exp

        if isinstance(node, exp.Create):
            kind = str(node.args.get("kind") or "").upper()
            if kind == "TABLE":
                self._create_table(node)
            elif kind == "INDEX":
                self._create_index(node)
            elif kind == "TYPE" and isinstance(node.expression, exp.DataType):
                self.enums[node.this.name.lower()] = [e.name for e in node.expression.expressions]
            elif kind in ("TRIGGER", "FUNCTION", "PROCEDURE"):
                self.notes.append(f"a {kind.lower()} was passed over: what it does to rows is not known")
        elif isinstance(node, exp.Alter):
            self._alter(node)
        elif isinstance(node, exp.Command):
            self._command(node)
        elif type(node).__name__ not in _PASSED_OVER:
            self.notes.append(f"a statement was passed over: {node.sql()[:60]}")

    def _command(self, node: Any) -> None:
        """Statements that sqlglot hands on as text: types and domains."""
        words = f"{node.this} {node.expression}"
        if match := re.match(r"CREATE\s+TYPE\s+([\w.\"]+)\s+AS\s+ENUM\s*\((.*)\)", words, re.IGNORECASE | re.DOTALL):
            self.enums[match[1].strip('"').split(".")[-1].lower()] = re.findall(r"'((?:[^']|'')*)'", match[2])
        elif match := re.match(
            r"CREATE\s+DOMAIN\s+([\w.\"]+)\s+(?:AS\s+)?(\w+(?:\s*\([\d, ]+\))?)(.*)", words, re.IGNORECASE | re.DOTALL
        ):
            check = re.search(r"CHECK\s*\((.*)\)", match[3], re.IGNORECASE | re.DOTALL)
            name = match[1].strip('"').split(".")[-1].lower()
            self.domains[name] = (match[2], check[1] if check else None, "NOT NULL" in match[3].upper())
        elif re.match(r"CREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|FUNCTION|PROCEDURE|RULE)", words, re.IGNORECASE):
            self.notes.append("a trigger, function or rule was passed over: what it does to rows is not known")

    def _create_table(self, node: Any) -> None:
        from sqlglot import exp

        name = node.this.find(exp.Table).name
        if not isinstance(node.this, exp.Schema):
            raise SchemaError(f'"{name}" is created from a query', accepted="a list of columns")
        properties = node.args.get("properties")
        for kind in properties.expressions if properties is not None else []:
            if type(kind).__name__ in ("PartitionedByProperty", "InheritsProperty", "PartitionedOfProperty"):
                raise SchemaError(
                    f'"{name}" is a partition or inherits', accepted="plain tables", hint="leave the clause out"
                )
        draft = self.drafts[name] = _Draft()
        for part in node.this.expressions:
            if isinstance(part, exp.ColumnDef):
                self._column(name, draft, part)
            else:
                self._constraint(name, draft, part)

    def _column(self, table: str, draft: _Draft, node: Any) -> None:
        from sqlglot import exp

        name = node.name
        kinds = [c.kind for c in node.constraints if isinstance(c, exp.ColumnConstraint)]
        if any(
            type(k).__name__ in ("ComputedColumnConstraint", "GeneratedAsRowColumnConstraint") for k in kinds
        ) or any(isinstance(k, exp.GeneratedAsIdentityColumnConstraint) and k.expression is not None for k in kinds):
            self.notes.append(f'"{table}.{name}" is computed by the database and is left out')
            return
        draft.columns[name] = self._typed(table, name, node.args.get("kind"), draft)
        for kind in kinds:
            self._column_constraint(table, draft, name, kind)

    def _column_constraint(self, table: str, draft: _Draft, name: str, kind: Any) -> None:
        from sqlglot import exp

        if isinstance(kind, exp.PrimaryKeyColumnConstraint):
            draft.primary_key = (name,)
        elif (isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null")) or isinstance(
            kind, (exp.GeneratedAsIdentityColumnConstraint, exp.AutoIncrementColumnConstraint)
        ):
            draft.required.add(name)
        elif isinstance(kind, exp.UniqueColumnConstraint):
            draft.unique.append((name,))
        elif isinstance(kind, exp.CheckColumnConstraint):
            draft.checks.append(kind.this)
        elif isinstance(kind, exp.Reference):
            draft.keys.append(self._reference((name,), kind))
        elif isinstance(kind, exp.CollateColumnConstraint):
            self.notes.append(f'the collation of "{table}.{name}" is not looked at')

    def _reference(self, columns: tuple[str, ...], node: Any) -> ForeignKey:
        from sqlglot import exp

        table = node.find(exp.Table).name
        to = tuple(i.name for i in node.this.expressions) if isinstance(node.this, exp.Schema) else ()
        options = " ".join(map(str, node.args.get("options") or ())).upper()
        late = "INITIALLY DEFERRED" in options and "NOT DEFERRABLE" not in options
        return ForeignKey(columns=columns, table=table, to=to or ("?",), deferrable=late)

    def _constraint(self, table: str, draft: _Draft, node: Any) -> None:
        from sqlglot import exp

        if isinstance(node, exp.Constraint):
            for part in node.expressions:
                self._constraint(table, draft, part)
        elif isinstance(node, exp.PrimaryKey):
            draft.primary_key = tuple(_names(node.expressions))
        elif isinstance(node, exp.UniqueColumnConstraint):
            columns = node.this.expressions if isinstance(node.this, exp.Schema) else node.expressions
            draft.unique.append(tuple(_names(columns)))
        elif isinstance(node, exp.ForeignKey):
            draft.keys.append(self._reference(tuple(_names(node.expressions)), node.args["reference"]))
        elif isinstance(node, (exp.CheckColumnConstraint, exp.Check)):
            draft.checks.append(node.this)
        elif "EXCLUDE" in node.sql().upper():
            raise SchemaError(
                f'"{table}" has an exclusion constraint',
                accepted="keys, UNIQUE, CHECK, NOT NULL",
                hint="leave it out for the mock",
            )
        elif type(node).__name__ not in ("IndexColumnConstraint", "LikeProperty", "Index", "IndexConstraint"):
            self.notes.append(f'a clause of "{table}" was passed over: {node.sql()[:60]}')

    def _create_index(self, node: Any) -> None:
        from sqlglot import exp

        index = node.this
        table = index.args.get("table")
        if not node.args.get("unique") or table is None or table.name not in self.drafts:
            return
        params = index.args.get("params")
        if params is not None and params.args.get("where") is not None:
            self.notes.append(f'the partial unique index on "{table.name}" is kept for all rows')
        columns = [ordered.this for ordered in (params.args.get("columns") or [])]
        if all(isinstance(column, exp.Column) for column in columns):
            self.drafts[table.name].unique.append(tuple(column.name for column in columns))
        else:
            raise SchemaError(
                f'"{table.name}" has a unique index on an expression',
                accepted="unique indexes on columns",
                hint="leave it out",
            )

    def _alter(self, node: Any) -> None:
        from sqlglot import exp

        name = node.this.name
        if name not in self.drafts:
            raise SchemaError(f'ALTER TABLE names "{name}", which was not created', hint="create it first")
        for action in node.args.get("actions") or []:
            if isinstance(action, exp.AddConstraint):
                for part in action.expressions:
                    self._constraint(name, self.drafts[name], part)
            elif isinstance(action, exp.ColumnDef):
                self._column(name, self.drafts[name], action)

    def _typed(self, table: str, name: str, kind: Any, draft: _Draft) -> ColumnSpec:
        """A column by its SQL type."""
        if kind is None:
            return ColumnSpec(type="string")
        base = kind.this.name if hasattr(kind.this, "name") else str(kind.this)
        sizes = [int(p.name) for p in kind.expressions if p.name.isdigit()]
        own = str(kind.args.get("kind") or "").strip('"').split(".")[-1].lower()
        if base == "USERDEFINED" and own in self.domains:
            return self._domain(table, name, own, draft)
        if base in ("ENUM", "ENUM8", "ENUM16"):
            return ColumnSpec(type="string", values=[e.name for e in kind.expressions])
        if base == "USERDEFINED" and own in self.enums:
            return ColumnSpec(type="string", values=list(self.enums[own]))
        spec = column_of_type(base, sizes)
        if spec is None:
            raise SchemaError(
                f'"{table}.{name}" has the type {kind.sql()}',
                accepted="numbers, texts, dates, booleans, UUID, JSON and enums",
                hint="change the type, or leave the column out of the schema for the mock",
            )  # fmt: skip
        return spec

    def _domain(self, table: str, name: str, domain: str, draft: _Draft) -> ColumnSpec:
        import sqlglot

        base, check, required = self.domains[domain]
        if required:
            draft.required.add(name)
        if check is not None:
            text = re.sub(r"\bVALUE\b", f'"{name}"', check, flags=re.IGNORECASE)
            draft.checks.append(parse_condition(table, text, self.dialect))
        kind = sqlglot.exp.DataType.build(base, dialect=self.dialect)
        return self._typed(table, name, kind, draft)

    def _finished(self, name: str, draft: _Draft) -> TableSpec:
        pointing = {c for key in draft.keys for c in key.columns}
        keys = tuple(self._completed(name, key) for key in draft.keys)
        unique = [tuple(_known(draft.columns, column) for column in names) for names in draft.unique]
        primary = tuple(_known(draft.columns, column) for column in draft.primary_key)
        columns = dict(draft.columns)
        for column in {names[0] for names in [*unique, primary] if len(names) == 1}:
            columns[column] = columns[column].model_copy(update={"unique": True})
        for check in draft.checks:
            columns = narrow(columns, check)
        columns = {n: s if n in pointing else guess_column(n, s, table=name) for n, s in columns.items()}
        for check in draft.checks:
            columns = narrow(columns, check)
        columns = order_dates(columns)
        columns = {n: self._key_column(n, s, primary, pointing) for n, s in columns.items()}
        required = draft.required | set(primary)
        columns = {
            n: s if n in required else s.model_copy(update={"missing": _MISSING_SHARE}) for n, s in columns.items()
        }
        return TableSpec(
            columns=columns,
            primary_key=primary,
            unique=tuple(names for names in unique if len(names) > 1),
            foreign_keys=keys,
            checks=tuple(check.sql(dialect="postgres") for check in draft.checks),
        )

    def _key_column(self, name: str, spec: ColumnSpec, primary: tuple[str, ...], pointing: set[str]) -> ColumnSpec:
        """A whole number that is the primary key counts from one."""
        from synthloom.mock.specification import Sequence

        counted = spec.type == "integer" and spec.values is None and name not in pointing and spec.sequence is None
        if primary == (name,) and counted:
            start = 1 if spec.min is None else int(spec.min)
            return spec.model_copy(update={"sequence": Sequence(start=start), "unique": True})
        return spec

    def _completed(self, name: str, key: ForeignKey) -> ForeignKey:
        """A key whose target columns were left out points to the primary key."""
        parent = next((t for t in self.drafts if t.lower() == key.table.lower()), None)
        if parent is None:
            raise SchemaError(
                f'"{name}" refers to the table "{key.table}", which the SQL does not create', hint="add it"
            )
        own = tuple(_known(self.drafts[name].columns, column) for column in key.columns)
        to = self.drafts[parent].primary_key if key.to == ("?",) else key.to
        if len(to) != len(own):
            raise SchemaError(
                f'a key of "{name}" does not fit "{parent}({", ".join(to)})"', hint="name as many columns"
            )
        to = tuple(_known(self.drafts[parent].columns, column) for column in to)
        return ForeignKey(columns=own, table=parent, to=to, deferrable=key.deferrable)


def _names(nodes: list[Any]) -> list[str]:
    return [node.name or node.this.name for node in nodes]


def _known(columns: dict[str, ColumnSpec], name: str) -> str:
    """The column of this name, written as it was created (SQL folds case)."""
    found = next((known for known in columns if known.lower() == name.lower()), None)
    if found is None:
        raise SchemaError(f'a constraint names the column "{name}"', accepted=", ".join(columns))
    return found

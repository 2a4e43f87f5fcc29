"""What a table's columns are: kinds, types, keys, protection; editable as YAML."""

from synthloom.schema.column import ColumnKind, ColumnSchema, PersonalKind
from synthloom.schema.table_schema import Protection, TableSchema

__all__ = ["ColumnKind", "ColumnSchema", "PersonalKind", "Protection", "TableSchema"]

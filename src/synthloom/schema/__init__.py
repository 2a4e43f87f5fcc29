"""What a table's columns are: kinds, types, keys, protection; editable as YAML."""

from synthloom.schema.column import ColumnKind, ColumnSchema, PersonalKind
from synthloom.schema.inference import PERSONAL_CONFIDENCE, infer_schema
from synthloom.schema.proposals import Proposal, propose_constraints
from synthloom.schema.public_schema import PublicColumn, PublicSchema, read_public_schema
from synthloom.schema.table_schema import Protection, TableSchema
from synthloom.schema.yaml_file import proposals_as_comment, read_schema, schema_from_yaml, schema_to_yaml

__all__ = [
    "PERSONAL_CONFIDENCE",
    "ColumnKind",
    "ColumnSchema",
    "PersonalKind",
    "Proposal",
    "Protection",
    "PublicColumn",
    "PublicSchema",
    "TableSchema",
    "infer_schema",
    "proposals_as_comment",
    "propose_constraints",
    "read_public_schema",
    "read_schema",
    "schema_from_yaml",
    "schema_to_yaml",
]

"""Columns as codes, residuals and null masks: learned, protected and reversible."""

from synthloom.encoding.base import EncodedColumn, EncodedTable, Encoding, PartSpec, Suppression, ValueCounts
from synthloom.encoding.table_encoder import ENCODINGS, TableEncoder, check_columns, encoding_for

__all__ = [
    "ENCODINGS",
    "EncodedColumn",
    "EncodedTable",
    "Encoding",
    "PartSpec",
    "Suppression",
    "TableEncoder",
    "ValueCounts",
    "check_columns",
    "encoding_for",
]

"""Columns by their SQL type."""

from __future__ import annotations

from synthloom.mock.specification import ColumnSpec

_INTEGERS = {
    "TINYINT": 127, "UTINYINT": 255, "SMALLINT": 32_767, "USMALLINT": 65_535, "SMALLSERIAL": 32_767,
    "MEDIUMINT": 8_388_607, "INT": 2_147_483_647, "UINT": 4_294_967_295, "SERIAL": 2_147_483_647, "BIGINT": None,
    "UBIGINT": None, "BIGSERIAL": None, "YEAR": 2_155,
}  # fmt: skip
_TEXTS = frozenset(
    [
        "CHAR",
        "NCHAR",
        "VARCHAR",
        "NVARCHAR",
        "TEXT",
        "BPCHAR",
        "NAME",
        "TINYTEXT",
        "MEDIUMTEXT",
        "LONGTEXT",
        "CITEXT",
        "INET",
        "CIDR",
        "XML",
    ]
)
_PLAIN: dict[str, ColumnSpec] = {
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL"), ColumnSpec(type="float")),
    **dict.fromkeys(("BOOLEAN", "BIT"), ColumnSpec(type="boolean")),
    "DATE": ColumnSpec(type="date"),
    **dict.fromkeys(("TIME", "TIMETZ"), ColumnSpec(type="time")),
    **dict.fromkeys(("UUID", "UNIQUEIDENTIFIER"), ColumnSpec(type="uuid")),
    **dict.fromkeys(("JSON", "JSONB"), ColumnSpec(type="json")),
    "INET": ColumnSpec(type="string", kind="ip_address"),
}


def column_of_type(base: str, sizes: list[int]) -> ColumnSpec | None:
    """A column by the name of its type and the numbers in brackets behind it; ``None`` for types not understood."""
    if base in _PLAIN:
        return _PLAIN[base]
    if base in _INTEGERS:
        most = _INTEGERS[base]
        return ColumnSpec(type="integer", max=most if most is not None and most < 100_000 else None)
    if base in ("DECIMAL", "NUMERIC", "MONEY", "SMALLMONEY"):
        return _decimal(sizes)
    if base.startswith(("TIMESTAMP", "DATETIME", "SMALLDATETIME")):
        return ColumnSpec(type="datetime")
    if base in _TEXTS:
        return ColumnSpec(type="string", max_length=sizes[0] if sizes and sizes[0] < 100_000 else None)
    return None


def _decimal(sizes: list[int]) -> ColumnSpec:
    if not sizes:
        return ColumnSpec(type="decimal", decimals=2)
    scale = sizes[1] if len(sizes) > 1 else 0
    most = 10 ** max(0, sizes[0] - scale) - 1
    return ColumnSpec(type="decimal", decimals=min(scale, 15), max=most if most < 1000 else None)

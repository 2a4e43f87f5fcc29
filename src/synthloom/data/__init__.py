"""Data as Synthloom sees them, and the one door to pandas, polars and Arrow."""

from synthloom.data.table import FrameKind, Table

__all__ = ["FrameKind", "Table"]

"""Files in and out: CSV, Parquet and Excel, told apart and read without asking, written in kind."""

from synthloom.io.read import read_table
from synthloom.io.source import ReadLimits, SourceFormat, SourceInfo, output_suffix
from synthloom.io.write import write_table

__all__ = ["ReadLimits", "SourceFormat", "SourceInfo", "output_suffix", "read_table", "write_table"]

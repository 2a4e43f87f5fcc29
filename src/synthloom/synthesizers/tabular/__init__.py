"""Synthesizers of single tables, one algorithm a file."""

"""Synthloom beside other open systems: the same splits, the same run, the same judge."""

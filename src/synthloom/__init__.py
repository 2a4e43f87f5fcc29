"""Synthloom: synthetic data with their evidence."""

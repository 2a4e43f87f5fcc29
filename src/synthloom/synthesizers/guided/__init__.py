"""Sampling that is guided: conditions and constraints over any synthesizer, exactly as many rows as asked for."""

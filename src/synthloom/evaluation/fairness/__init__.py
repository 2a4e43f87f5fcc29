"""Fairness: how groups of people fare in real data, in synthetic data, and in models trained on either."""

"""Boosted trees for one column given others: code trees, softmax levels, compiled prediction."""

"""Fidelity: do the synthetic rows look like real ones?"""

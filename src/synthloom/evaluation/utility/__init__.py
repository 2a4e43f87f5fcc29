"""Utility: do the synthetic rows serve as real ones do?"""

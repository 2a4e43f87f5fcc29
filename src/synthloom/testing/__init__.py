"""Public contract checks: run them on a synthesizer, an encoding or a metric of your own.

Each check raises ``AssertionError`` with a sentence that says which fact of the contract fails.
"""

from synthloom.testing.check_encoding import check_encoding
from synthloom.testing.check_metric import check_metric
from synthloom.testing.check_synthesizer import check_synthesizer
from synthloom.testing.leaks import LEAKS, plant_leak
from synthloom.testing.tables import mixed_table

__all__ = ["LEAKS", "check_encoding", "check_metric", "check_synthesizer", "mixed_table", "plant_leak"]

"""Models that learn a table and sample new rows of it."""

from synthloom.synthesizers.base import Capabilities, Forecast, Synthesizer
from synthloom.synthesizers.registry import SYNTHESIZERS, load, synthesizer_class

__all__ = ["SYNTHESIZERS", "Capabilities", "Forecast", "Synthesizer", "load", "synthesizer_class"]

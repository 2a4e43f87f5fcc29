"""Pictures as inline SVG: a few kilobytes each, no script, colours from CSS variables."""

from synthloom.report.charts.distribution import distribution_chart
from synthloom.report.charts.equivalence import equivalence_chart
from synthloom.report.charts.heat_map import (
    ColourScale,
    association_scale,
    colour_legend,
    difference_scale,
    heat_map,
    map_width,
    matrix_of,
)
from synthloom.report.charts.interval import interval_chart
from synthloom.report.charts.ranked_bars import ranked_bars

__all__ = [
    "ColourScale",
    "association_scale",
    "colour_legend",
    "difference_scale",
    "distribution_chart",
    "equivalence_chart",
    "heat_map",
    "interval_chart",
    "map_width",
    "matrix_of",
    "ranked_bars",
]

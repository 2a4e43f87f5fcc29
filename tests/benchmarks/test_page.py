"""Pages and pictures from results: sentences with the right numbers, and what is missing is said."""

import xml.etree.ElementTree as ElementTree

from benchmarks.peers.page import write_page
from benchmarks.peers.pictures import Point, dot_plot
from benchmarks.peers.results import spread, summarize
from tests.benchmarks.results_example import example


def test_the_summary_says_what_the_cells_say(tmp_path):
    found = example()
    page = write_page(found, tmp_path).read_text()
    assert "Of 2 comparisons" in page
    assert "better in 1 (50 %) and significantly worse in 1: trend on adult against mostlyai." in page
    assert "the fit is 30 times as fast (least 30" in page
    assert "at most +0.004 (adult). Against each peer, median over tables and largest: mostlyai-engine +0.004 (+0.004)." in page
    assert "| SDV CTGAN | capped | not done after 30 minutes | adult 0 |" in page
    assert "| Synthloom | 0.520 ± 0.010 |" in page
    assert "**Synthloom** | 0.99" in page
    assert "*TabPC*" in page
    assert "Capped: at most 20,000 rows" in page


def test_spread_is_over_splits_of_the_yardstick_alone():
    cells = example()["cells"]
    assert spread(cells, "adult", "synthloom", "c2st") == (0.52, 0.010000000000000009, 2)
    assert spread(cells, "adult", "sdv_ctgan", "c2st") is None
    assert spread(cells, "adult", "mostlyai", "fit_seconds")[0] == 300.0


def test_nothing_at_all_is_no_error():
    assert summarize([], [])["comparisons"] == 0


def test_pictures_hold_every_point_and_escape_names():
    points = [Point("a<b", "one & two", 0.5, 0.01), Point("c", "one & two", 1.0), Point("c", "three", 0.75)]
    for logarithmic in (False, True):
        root = ElementTree.fromstring(dot_plot(points, title="t", axis="x", logarithmic=logarithmic, best=None))
        circles = [e for e in root.iter() if e.tag.endswith("circle")]
        assert len(circles) == 3 + 2
        assert "a<b" in [e.text for e in root.iter()]
        assert all(0 <= float(c.get("cx")) <= 760 for c in circles)

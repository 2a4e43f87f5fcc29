from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthloom.finding import Finding
from synthloom.report.charts import (
    association_scale,
    colour_legend,
    difference_scale,
    distribution_chart,
    heat_map,
    interval_chart,
    matrix_of,
    ranked_bars,
)
from synthloom.report.charts.axis import linear_ticks, log_ticks, time_ticks
from synthloom.report.charts.svg import element

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**20), 10**20) | st.none()
json_values = st.recursive(
    numbers | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


def texts(svg) -> list[str]:
    root = ElementTree.fromstring(str(svg))
    return ["".join(node.itertext()) for node in root.iter() if node.tag == "text"]


def is_sound(svg) -> bool:
    root = ElementTree.fromstring(str(svg))
    attributes = " ".join(value for node in root.iter() for value in node.attrib.values())
    finite = not any(word in attributes for word in ("nan", "inf", "None"))
    named = root[0].tag == "title" and root[1].tag == "desc"
    return root.tag == "svg" and root.get("role") == "img" and named and finite


def test_an_element_escapes_all_that_is_not_markup():
    made = element(
        "text", '<b>&"\x00', element("path", d="M0 0"), title="\"><script>'", class_="a", text_anchor=None, x=1.0
    )
    assert made == (
        '<text title="&#34;&gt;&lt;script&gt;&#39;" class="a" x="1">&lt;b&gt;&amp;&#34;\N{REPLACEMENT CHARACTER}'
        '<path d="M0 0"/></text>'
    )


class TestDistribution:
    def test_histogram_draws_synthetic_as_shape_and_real_as_outline(self, make):
        svg = distribution_chart("age", make["histogram"]())
        assert is_sound(svg)
        assert str(svg).count('class="syn"') == str(svg).count('class="real"') == 1
        assert "would have to move" in str(svg)

    def test_bars_name_the_categories(self, make):
        svg = distribution_chart("job", make["bars"](["cook", "clerk", ""]))
        assert is_sound(svg)
        assert {"cook", "clerk", "(empty text)"} <= set(texts(svg))

    def test_many_categories_are_gathered_in_one_bar(self, make):
        assert "34 more" in texts(distribution_chart("job", make["bars"]([f"job {n}" for n in range(40)])))

    def test_what_the_evaluation_gathered_comes_last(self, make):
        detail = make["bars"](["(other)", *"abcdefgh", "(not in the training rows)"])
        assert [t for t in texts(distribution_chart("job", detail)) if "%" not in t][-2:] == [
            "all others",
            "not in real",
        ]

    def test_log_scale_keeps_a_place_for_zero(self, make):
        detail = make["histogram"](bins=5, edges=[0.0, 10.0, 100.0, 1e3, 1e4, 1e5], scale="log")
        assert {"0", "10", "100", "1000", "10k", "100k"} <= set(texts(distribution_chart("gain", detail)))

    def test_dates_are_labelled_as_dates(self, make):
        detail = make["histogram"](bins=4, edges=[18_262.0 + 366 * n for n in range(5)], datetime=True)
        assert "2021" in "".join(texts(distribution_chart("day", detail)))
        iso = make["histogram"](bins=2, edges=["2020-01-01", "2020-02-01", "2020-03-01"], datetime=True)
        assert "2020-0" in "".join(texts(distribution_chart("day", iso)))

    def test_a_tall_spike_gets_a_square_root_scale_that_is_said(self, make):
        heights = [1000.0, *[10.0] * 19]
        detail = make["histogram"](bins=20, real=heights, synthetic=heights)
        assert "heights: square root" in texts(distribution_chart("gain", detail))

    def test_a_single_value_and_empty_shares_are_drawn(self, make):
        assert is_sound(distribution_chart("c", make["histogram"](bins=1, edges=[3.0, 3.0])))
        assert is_sound(distribution_chart("c", make["histogram"](bins=2, real=[0, 0], synthetic=[0, 0])))

    @pytest.mark.parametrize(
        "detail",
        [
            {},
            {"kind": "histogram"},
            {"kind": "histogram", "edges": [0, 1], "real": [1, 2], "synthetic": [1, 2]},
            {"kind": "histogram", "edges": [0, float("nan"), 2], "real": [1, 2], "synthetic": [1, 2]},
            {"kind": "histogram", "edges": [2, 1, 0], "real": [1, 2], "synthetic": [1, 2]},
            {"kind": "bars", "labels": ["a"], "real": [1, 2], "synthetic": [1, 2]},
            {"kind": "bars", "labels": "ab", "real": [1, 2], "synthetic": [1, 2]},
            {"kind": "gaps", "null_real": 0.1, "null_synthetic": 0.2},
        ],
    )
    def test_data_that_make_no_picture_give_none(self, detail):
        assert distribution_chart("x", detail) is None

    @settings(max_examples=300, deadline=None)
    @given(
        st.fixed_dictionaries(
            {"kind": st.sampled_from(["histogram", "bars", 3])},
            optional={
                "edges": st.lists(numbers, max_size=6) | json_values,
                "labels": st.lists(st.text(max_size=10), max_size=5) | json_values,
                "real": st.lists(numbers, max_size=5) | json_values,
                "synthetic": st.lists(numbers, max_size=5) | json_values,
                "scale": st.sampled_from(["log", "linear", None]),
                "datetime": st.booleans(),
            },
        )
    )
    def test_no_data_break_it(self, detail):
        svg = distribution_chart("any", detail)
        assert svg is None or is_sound(svg)

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(st.floats(0, 1e18), min_size=2, max_size=8, unique=True),
        st.booleans(),
        st.sampled_from(["log", "linear"]),
    )
    def test_all_rising_edges_are_drawn(self, edges, is_datetime, scale):
        heights = [float(n + 1) for n in range(len(edges) - 1)]
        detail = {"kind": "histogram", "edges": sorted(edges), "real": heights, "synthetic": heights[::-1]}
        assert is_sound(distribution_chart("any", detail | {"datetime": is_datetime, "scale": scale}))


class TestInterval:
    @settings(max_examples=300, deadline=None)
    @given(
        st.one_of(st.none(), st.floats()),
        st.one_of(st.none(), st.tuples(st.floats(), st.floats())),
        st.one_of(st.none(), st.floats()),
        st.one_of(st.none(), st.floats()),
        st.sampled_from(["higher_is_better", "lower_is_better", "nearer_to_reference", "information"]),
        st.one_of(st.none(), st.tuples(st.floats(), st.floats())),
    )
    def test_no_finding_breaks_it(self, value, interval, reference, best, direction, limits):
        finding = Finding("x", "fidelity", value, "m", interval, reference, best, direction, limits)
        svg = interval_chart(finding)
        assert svg is None or is_sound(svg)

    def test_says_value_interval_and_reference(self):
        svg = str(interval_chart(Finding("x", "fidelity", 0.7, "m", (0.6, 0.8), 0.9, 1.0, range=(0.0, 1.0))))
        assert "value 0.700, real holdout 0.900, 95 % interval 0.600 to 0.800." in svg

    def test_a_trifle_is_not_blown_up(self):
        finding = Finding("gap", "utility", 0.001, "m", (0.0, 0.002), 0.0, 0.0, "lower_is_better")
        ends = [text for text in texts(interval_chart(finding)) if "best" not in text]
        assert [float(end.replace("−", "-")) for end in ends] == pytest.approx([-0.13, 0.13], abs=0.02)

    def test_the_better_side_is_marked(self):
        finding = Finding("copies", "privacy", 0.01, "m", None, 0.0, 0.0, "lower_is_better", (0.0, 1.0))
        assert "0 ← better" in texts(interval_chart(finding))


class TestHeatMap:
    def test_one_path_a_colour_and_both_labels(self, make):
        names = [f"column {n}" for n in range(6)]
        matrix = matrix_of(make["matrices"](names)["real"], 6)
        svg = heat_map(names, matrix, association_scale(matrix), title="Real")
        assert is_sound(svg)
        assert texts(svg).count("column 3") == 2
        assert str(svg).count("<path") <= 10

    def test_missing_figures_are_grey_and_negative_ones_diverge(self):
        matrix = matrix_of([[1.0, -0.5], [float("nan"), 1.0]], 2)
        scale = association_scale(matrix)
        assert scale.colours == "diverging"
        assert scale.level(None) == "none"
        assert scale.level(-0.5) == "d0"
        assert scale.level(0.0) == "d4"
        assert 'class="none"' in heat_map(["a", "b"], matrix, scale, title="t")

    def test_noise_does_not_glow(self):
        assert difference_scale([[0.0, 0.001], [0.001, 0.0]]).limit == 0.1

    def test_a_matrix_of_another_shape_is_refused(self):
        assert matrix_of([[1.0], [1.0, 2.0]], 2) is None
        assert matrix_of("ab", 2) is None
        assert matrix_of(None, 2) is None

    def test_legend(self):
        assert {"−0.300", "0.300"} <= set(texts(colour_legend(difference_scale([[0.0, 0.3]]))))


class TestRankedBars:
    def test_largest_first_at_most_ten(self):
        svg = ranked_bars([[f"c{n}", n / 100] for n in range(15)], title="t")
        assert is_sound(svg)
        assert texts(svg)[0] == "c14"
        assert len(texts(svg)) == 20

    @given(json_values)
    @settings(deadline=None)
    def test_no_data_break_it(self, value):
        svg = ranked_bars(value, title="t")
        assert svg is None or is_sound(svg)


class TestTicks:
    @given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12))
    def test_linear_ticks_rise_within_the_axis(self, low, span):
        ticks = [value for value, _ in linear_ticks(low, low + span)]
        assert all(a < b for a, b in pairwise(ticks))
        assert len(ticks) <= 12
        assert all(low - 1e-6 * span <= value <= low + span * 1.000001 for value in ticks)

    @given(st.floats(1e-9, 1e9), st.floats(1.1, 1e9))
    def test_log_ticks_lie_within_the_axis_powers_of_ten_first(self, low, factor):
        ticks = [value for value, _ in log_ticks(low, low * factor)]
        assert len(set(ticks)) == len(ticks)
        powers = [abs(math.log10(tick) % 1) for tick in ticks]
        first = [min(power, 1 - power) < 1e-9 for power in powers]
        assert first == sorted(first, reverse=True)
        assert all(low * 0.99 <= value <= low * factor * 1.01 for value in ticks)

    @given(st.floats(-6e10, 2e11), st.floats(1, 1e11))
    def test_time_ticks_rise_within_the_axis(self, low, span):
        ticks = [value for value, _ in time_ticks(low, low + span)]
        assert all(a < b for a, b in pairwise(ticks))
        assert len(ticks) <= 20
        assert all(low <= value <= low + span for value in ticks)

    @pytest.mark.parametrize(
        ("days", "label"),
        [(365 * 30, "2000"), (700, "1994-07"), (20, "1994-01-06"), (1, "01-01 12:00"), (1 / 1440, "00:00:30")],
    )
    def test_the_unit_fits_the_span(self, days, label):
        start = 757_382_400.0  # 1994-01-01
        assert label in [text for _, text in time_ticks(start, start + days * 86_400)]

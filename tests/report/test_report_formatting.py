from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthloom.report import formatting, wording
from synthloom.report.formatting import (
    clean,
    fit_text,
    format_number,
    format_seconds,
    format_share,
    shorten,
    text_width,
)


@pytest.mark.parametrize("module", [formatting, wording])
def test_examples_in_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@given(st.text())
def test_clean_text_is_one_encodable_line_without_control_or_direction_marks(text):
    line = clean(text)
    line.encode("utf-8")
    assert len(line) == len(text)
    assert not set(line) & set("\n\r\t\x00\x1b\u202e\u2066")


@given(st.text(max_size=80), st.integers(3, 40))
def test_shortened_text_fits_and_keeps_its_ends(text, limit):
    line = shorten(text, limit)
    assert len(line) <= limit
    if len(text) > limit:
        assert line.startswith(clean(text)[: limit // 2])
        assert "…" in line
    else:
        assert line == clean(text)


@given(st.text(max_size=60), st.floats(60, 200))
def test_fitted_text_is_no_wider_than_asked(text, width):
    fitted = fit_text(text, width)
    assert text_width(fitted) <= width or len(fitted) <= 3


@given(st.floats())
def test_numbers_are_short_and_never_nan(value):
    text = format_number(value)
    assert len(text) <= 22
    assert "nan" not in text
    assert "inf" not in text
    assert (text == "–") == (not math.isfinite(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1"), (0.0004, "0.0004"), (0.00001, "0.00001"), (-12.345, "−12.35"), (1234567.0, "1,234,567")],
)
def test_numbers_read_well(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0 %"), (1.0, "100 %"), (-0.123, "−12 %"), (float("nan"), "–")])
def test_shares_read_well(value, text):
    assert format_share(value) == text


@pytest.mark.parametrize(("value", "text"), [(3700, "1 h 1 min"), (float("inf"), "–"), (59.6, "1 min 0 s")])
def test_seconds_read_well(value, text):
    assert format_seconds(value) == text

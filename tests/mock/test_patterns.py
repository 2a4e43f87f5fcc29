"""Texts of patterns: they match, ranks and texts agree one to one, what is not understood is refused."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthloom.errors import SchemaError
from synthloom.mock.patterns import parse_pattern

PATTERNS = [
    "[A-Z]{3}-[0-9]{4}", r"\d{3}-\d{2}-\d{4}", "(red|green|blue)", "AB?C", "x{2,4}", r"[a-z]+@example\.com", "[^A-Za-z]{2}",
    r"\w\s\w", "a|bc|def", "(?:foo|bar)[1-9][0-9]*", "^[A-F0-9]{8}$", ".", "[a-c-]", r"[\d-]{2}", "", "((a|b)(c|d))?", "[]a]",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match_their_pattern(pattern):
    tree = parse_pattern(pattern)
    ranks = np.arange(min(tree.count(), 500))
    texts = tree.texts(ranks).to_pylist()
    assert all(re.fullmatch(pattern, text) for text in texts)
    if not tree.ambiguous():
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("pattern", "count"), [("[0-9]{4}", 10_000), ("a|b|c", 3), ("x{2,4}", 3), ("[ab]{1,2}", 6), ("[A-Z]{20}", 2**62)]
)
def test_counts(pattern, count):
    assert parse_pattern(pattern).count() == count


def test_all_texts_are_reached_in_any_order():
    tree = parse_pattern("[a-c]{2}(x|yy)")
    ranks = np.random.default_rng(0).permutation(tree.count())
    assert len(set(tree.texts(ranks).to_pylist())) == tree.count() == 18


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)b",
        "a{3",
        "[z-a]",
        "(a",
        "a)",
        "*a",
        r"\bword",
        r"(a)\1",
        "a{5,2}",
        "[",
        "(?P<n>a)",
        "[^\\d\\D]",
        "a{2000}",
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(pattern):
    with pytest.raises(SchemaError, match="place"):
        parse_pattern(pattern)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab01[]{}()|?*+-^\\d,.", max_size=12))
def test_any_text_parses_or_is_refused(pattern):
    try:
        tree = parse_pattern(pattern)
    except SchemaError:
        return
    assert tree.count() >= 1
    texts = tree.texts(np.array([0, tree.count() - 1])).to_pylist()
    assert all(isinstance(text, str) for text in texts)

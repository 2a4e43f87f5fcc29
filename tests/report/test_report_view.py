from __future__ import annotations

import html
import re

import pytest

from synthloom.errors import OptionError, OutputError
from synthloom.report import ReportView, read_report_json, render_card, render_markdown, render_report


@pytest.fixture
def view(content):
    return ReportView(content)


def test_its_text_is_the_verdict(view):
    lines = repr(view).split("\n")
    assert lines[0] == "Report on people.csv"
    assert lines[1] == "Useful? Fair. Models lose 0.02 of their score."
    assert len(lines) == 4


def test_in_a_notebook_it_is_the_page_in_a_sandbox(view, content):
    shown = view._repr_html_()
    match = re.fullmatch(r'<iframe sandbox="" title="[^"<>]*" style="[^"<>]*" srcdoc="([^"<>]*)"></iframe>', shown)
    assert match
    assert html.unescape(match[1]) == render_report(content, pictures=24)


def test_forms(view, content):
    assert view.to_html() == render_report(content)
    assert view.to_card() == render_card(content)
    assert view.to_markdown() == render_markdown(content)
    assert read_report_json(view.to_json()) == content
    assert view.findings == content.findings
    assert view.verdicts == content.verdicts


@pytest.mark.parametrize("ending", [".html", ".json", ".md"])
def test_save_writes_what_the_ending_says(view, tmp_path, ending):
    path = view.save(tmp_path / f"r{ending}")
    text = path.read_bytes().decode("utf-8")
    assert text == {".html": view.to_html, ".json": view.to_json, ".md": view.to_markdown}[ending]()
    assert [entry.name for entry in tmp_path.iterdir()] == [f"r{ending}"]


def test_save_refuses_other_endings(view, tmp_path):
    with pytest.raises(OptionError, match=r'"r.pdf" does not say.*Accepted: .html, .json, .md'):
        view.save(tmp_path / "r.pdf")


def test_save_says_where_it_cannot_write_and_leaves_nothing(view, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        view.save(tmp_path / "missing" / "r.html")
    (tmp_path / "r.html").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        view.save(tmp_path / "r.html")
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.html"]

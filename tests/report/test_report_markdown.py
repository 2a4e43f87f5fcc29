from __future__ import annotations

import re

from synthloom.finding import Finding
from synthloom.report import ReportContent, Suppression, VerdictLine, render_markdown


def test_verdict_figures_and_words_owed(content):
    text = render_markdown(content)
    assert text.startswith("# people.csv\n\nSynthetic data, learned from real data.\n\n**Useful? Fair.**")
    assert "| Told from real rows | 0.730 | 0.720 to 0.750 | 0.500 | Fair |" in text
    assert "not a finding of anonymity" in text
    assert "no numeric column" in text


def test_every_table_row_has_as_many_cells_as_its_head(content):
    lines = render_markdown(content).split("\n")
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in lines if line.startswith("|")]
    heads = [place for place, line in enumerate(line for line in lines if line.startswith("|")) if "---" in line]
    for start, end in zip(heads, [*heads[1:], None]):
        rows = widths[start : (end - 1) if end else None]
        assert set(rows) == {widths[start]}


def test_markup_in_a_value_is_inert():
    hostile = "<script>x</script> | [a](javascript:b) `c` **d** \n# e &amp; $x$"
    content = ReportContent(
        hostile,
        verdicts=(VerdictLine(hostile, "poor", hostile),),
        suppressed=(Suppression(hostile, hostile),),
        findings=(Finding("a|b", "privacy", 0.1, hostile, note=hostile),),
    )
    text = render_markdown(content)
    assert "<script" not in text
    assert "](" not in text
    assert not re.search(r"(?<!\\)[`<]|\n# e", text)


def test_long_tables_are_cut_and_say_so():
    content = ReportContent("t", suppressed=tuple(Suppression(f"c{n}", "x") for n in range(30)))
    text = render_markdown(content, rows=10)
    assert "20 more rows stand in the JSON report." in text
    assert "c9" in text
    assert "c10" not in text

"""The report and the evidence card as single HTML files: no script, no outside host, every value escaped."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from synthloom.errors import InternalError, OptionError
from synthloom.report.card import public_content
from synthloom.report.content import WORDS_OWED, ReportContent
from synthloom.report.formatting import clean, format_seconds, format_share, lead_and_rest, plural, shorten
from synthloom.report.page import (
    PageLimits,
    column_cards,
    column_rows,
    figure_of,
    headline_figures,
    pair_maps,
)
from synthloom.report.wording import (
    BASES,
    DIRECTIONS,
    FAMILIES,
    LABEL_WORDS,
    LEVEL_MARKS,
    LEVEL_WORDS,
    STATE_LEVELS,
    STATE_WORDS,
    title_of_name,
)

if TYPE_CHECKING:
    import jinja2

MAXIMUM_BYTES = 3_000_000
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)


@cache
def page_environment() -> jinja2.Environment:
    """What renders the templates: every value cleaned and escaped."""
    import jinja2
    from markupsafe import Markup

    folder = files("synthloom.report") / "templates"

    def finalize(value: Any) -> Any:
        return value if isinstance(value, Markup) else clean(value)

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": shorten, "share": format_share, "seconds": format_seconds}
    environment.globals |= {
        "policy": CONTENT_SECURITY_POLICY,
        "words_owed": WORDS_OWED,
        "level_words": LEVEL_WORDS,
        "level_marks": LEVEL_MARKS,
        "label_words": LABEL_WORDS,
        "directions": DIRECTIONS,
        "bases": BASES,
        "state_levels": STATE_LEVELS,
        "state_words": STATE_WORDS,
        "figure_of": figure_of,
        "title_of_name": title_of_name,
        "plural": plural,
        "lead_and_rest": lead_and_rest,
    }
    return environment


def render_report(content: ReportContent, *, maximum_bytes: int = MAXIMUM_BYTES, pictures: int | None = None) -> str:
    """The private report: one HTML page with everything that was found, real marginals included.

    Args:
        content: what to say.
        maximum_bytes: the largest size in UTF-8. Where the page would be larger, it shows fewer
            pictures and table rows and says how many are left out; the JSON keeps them all.
        pictures: the most column pictures to draw, 120 unless given.

    Raises:
        OptionError: if ``maximum_bytes`` leaves no room for even the figures.
    """
    limits = PageLimits() if pictures is None else replace(PageLimits(), pictures=pictures)
    template = page_environment().get_template("report.html")
    while True:
        page = template.render(**_report_values(content, limits))
        if len(page.encode("utf-8")) <= maximum_bytes:
            return page
        if limits.exhausted:
            raise OptionError(
                f"the report does not fit into {maximum_bytes:,} bytes",
                accepted=f"at least {len(page.encode('utf-8')):,} bytes for this content",
                hint="allow a larger file, or read the JSON report",
            )
        limits = limits.halved()


def _report_values(content: ReportContent, limits: PageLimits) -> dict[str, Any]:
    cards, pictured = column_cards(content, limits.pictures)
    sections = []
    for family, (question, meaning) in FAMILIES.items():
        figures = [figure_of(f) for f in content.findings if f.family == family and f.column is None]
        if figures:
            sections.append({"id": family, "question": question, "meaning": meaning, "figures": figures[: limits.rows]})
    return {
        "content": content,
        "limits": limits,
        "headlines": headline_figures(content.findings),
        "sections": sections,
        "cards": cards,
        "pictured": pictured,
        "column_rows": column_rows(content),
        "pairs": pair_maps(content.findings, limits.matrix),
        "total_seconds": sum(step.seconds for step in content.steps),
    }


def render_card(content: ReportContent) -> str:
    """The evidence card: what may leave the house with the data.

    It shows nothing but what :func:`synthloom.report.card.public_content` keeps: the title, the label,
    the verdict lines, ``card_facts``, ``intended_use``, ``limits``, ``versions``, the names and kinds
    of the columns, how many values were hidden, which columns were taken for personal data and what
    was done, the figures of the whole table with their fixed meanings, the policy's clauses, and later
    audits.
    """
    public = public_content(content)
    page = (
        page_environment()
        .get_template("card.html")
        .render(
            content=public,
            limits=PageLimits(),
            figures=[figure_of(finding) for finding in public.findings],
        )
    )
    if len(page.encode("utf-8")) > MAXIMUM_BYTES:
        raise InternalError(f"the evidence card is larger than {MAXIMUM_BYTES:,} bytes")
    return page

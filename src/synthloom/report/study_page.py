"""A study as a page and as Markdown: the counts, a picture of every interval against the margin, the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthloom.evaluation.utility.study_tests import ENOUGH_POWER, StudySummary, StudyTest
from synthloom.report.charts import equivalence_chart
from synthloom.report.html import page_environment

HEAD = ("Table", "Learner", "Score", "Real", "Synthetic", "Difference", "95 % interval", "p", "Power", "Verdict")
METHOD = (
    "For each table and split a holdout is drawn at random; the synthesizer learns from the other rows and gives as "
    "many; each learner is trained on the real and on the synthetic rows, and both models are scored on the holdout.",
    "The error of a mean difference over splits is corrected for the overlap of their training rows (Nadeau and "
    "Bengio 2003).",
    "A difference is significant where p is below 0.05 in a two-sided t-test, without correction for the number of "
    "tests, which would hide differences. Equivalence is shown by two one-sided tests (Schuirmann 1987).",
    "Power is the chance that the test would have found a true difference as large as the margin.",
)
_LEVELS = {"equivalent": "good", "better": "good", "undecided": "unknown", "worse": "poor"}


@dataclass(frozen=True)
class StudyContent:
    """What the page of a study says.

    Attributes:
        summary: the counts.
        tests: one for each table and learner.
        facts: (term, value) pairs of how it was done.
        warnings: what a reader must know.
    """

    summary: StudySummary
    tests: tuple[StudyTest, ...]
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()


def study_rows(tests: Sequence[StudyTest]) -> list[tuple[str, ...]]:
    """The cells of each test, under :data:`HEAD`."""
    return [
        (
            test.table,
            test.learner,
            test.score,
            f"{test.real:.4f}",
            f"{test.synthetic:.4f}",
            _signed(test.difference),
            f"{_signed(test.interval[0])} to {_signed(test.interval[1])}",
            f"{test.p_difference:.3f}" if test.p_difference >= 0.001 else "< 0.001",
            f"{test.power:.2f}",
            verdict_words(test),
        )
        for test in tests
    ]


def verdict_words(test: StudyTest) -> str:
    """The answers of a test in a few words."""
    if not test.equivalent:
        return test.status
    return "equivalent, though measurably apart" if test.significant else "equivalent"


def _signed(number: float) -> str:
    return f"{number:+.4f}".replace("-", "−")


def study_markdown(content: StudyContent) -> str:
    """The study in CommonMark with a pipe table."""
    from synthloom.report.markdown import escape_text, pipe_table

    parts = ["# Study", escape_text(content.summary.sentence, 1200)]
    parts += ["\n".join(f"- {escape_text(text)}" for text in content.warnings)] if content.warnings else []
    parts += pipe_table("Tests", HEAD, study_rows(content.tests), len(content.tests))
    parts += pipe_table("How it was done", ("What", "Value"), content.facts, len(content.facts))
    parts += ["\n".join(f"- {escape_text(text)}" for text in METHOD)]
    return "\n\n".join(parts) + "\n"


def render_study(content: StudyContent) -> str:
    """The study as one HTML page: no script, no outside host, every value escaped."""
    template = page_environment().get_template("study.html")
    return template.render(
        content=content,
        chart=equivalence_chart(
            [(f"{t.table}, {t.learner}", t.difference, t.interval, _LEVELS[t.status]) for t in content.tests],
            content.summary.margin,
        ),
        head=HEAD,
        rows=study_rows(content.tests),
        levels=[_LEVELS[test.status] for test in content.tests],
        method=METHOD,
        enough_power=ENOUGH_POWER,
    )

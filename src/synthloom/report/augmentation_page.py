"""The advice on added rows as a page and as Markdown: the verdict, every way that was tried, the learning curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthloom.report.charts import equivalence_chart
from synthloom.report.html import page_environment

HEAD = ("Learner", "Added rows", "For each real row", "Score", "Gain", "95 % interval")
CURVE_HEAD = ("Learner", "Real rows", "Score without added rows")
METHOD = (
    "On each outer split the rows to add were chosen on inner splits of its training rows alone; the gain of this "
    "whole procedure on the split's tested rows is the one that decides. That of the single ways flatters the best.",
    "Synthesizer, encodings and learners saw the training rows of their split alone.",
    "Intervals cover the draw of training and of tested rows (Nadeau and Bengio 2003). Rows are recommended only where "
    "the whole interval lies above zero, of the procedure and of the way alike, and no other score gets worse.",
    "What rows are worth in real rows is the gain over the slope of the real rows' learning curve, with Fieller's "
    "interval.",
)
_BAND = 0.01


@dataclass(frozen=True)
class WayLine:
    """One way of adding rows: its cells under :data:`HEAD`, and its interval for the picture."""

    cells: tuple[str, ...]
    name: str
    gain: float
    interval: tuple[float, float]

    @property
    def level(self) -> str:
        """The colour of the interval."""
        return "good" if self.interval[0] > 0 else "poor" if self.interval[1] < 0 else "unknown"


@dataclass(frozen=True)
class AugmentationContent:
    """What the page says.

    Attributes:
        lede: what was done, in a sentence.
        sentences: (learner, verdict in words) of each learner.
        ways: every way of every learner.
        curve: the cells of the learning curves, under :data:`CURVE_HEAD`.
        facts: (term, value) pairs of how it was done.
        warnings: what a reader must know.
    """

    lede: str
    sentences: tuple[tuple[str, str], ...]
    ways: tuple[WayLine, ...]
    curve: tuple[tuple[str, ...], ...]
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()


def augmentation_markdown(content: AugmentationContent) -> str:
    """The advice in CommonMark with pipe tables."""
    from synthloom.report.markdown import escape_text, pipe_table

    def bullets(texts: Sequence[str]) -> list[str]:
        return ["\n".join(f"- {escape_text(text, 1200)}" for text in texts)] if texts else []

    parts = ["# Do synthetic rows help?", f"**{escape_text(content.lede, 1200)}**"]
    parts += bullets([f"{learner}: {sentence}" for learner, sentence in content.sentences])
    parts += bullets(content.warnings)
    parts += pipe_table("Every way that was tried", HEAD, [way.cells for way in content.ways], len(content.ways))
    parts += pipe_table("Real rows alone", CURVE_HEAD, content.curve, len(content.curve))
    parts += pipe_table("How it was done", ("What", "Value"), content.facts, len(content.facts))
    parts += bullets(METHOD)
    return "\n\n".join(parts) + "\n"


def render_augmentation(content: AugmentationContent) -> str:
    """The advice as one HTML page: no script, no outside host, every value escaped."""
    template = page_environment().get_template("augmentation.html")
    lines = [(way.name, way.gain, way.interval, way.level) for way in content.ways]
    return template.render(
        content=content,
        chart=equivalence_chart(lines, _BAND),
        band=_BAND,
        head=HEAD,
        curve_head=CURVE_HEAD,
        method=METHOD,
    )

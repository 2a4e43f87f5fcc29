"""A study's result: its tests, the counts, and the same as JSON, Markdown and HTML."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from synthloom.evaluation.utility.study_tests import StudySummary, StudyTest
from synthloom.report.study_page import StudyContent, render_study, study_markdown

FORMAT = "synthloom-study"


@dataclass(frozen=True)
class StudyResult:
    """What a study found, frozen.

    Attributes:
        tests: one for each table and learner.
        summary: the counts over all of them.
        plan: what was asked for.
        splits: what was measured on each split, in order of tables and splits.
        warnings: what a reader must know.
    """

    tests: tuple[StudyTest, ...]
    summary: StudySummary
    plan: dict[str, Any]
    splits: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Everything, as JSON."""
        state = {
            "format": FORMAT,
            "format_version": 1,
            "sentence": self.summary.sentence,
            "summary": asdict(self.summary),
            "tests": [test.to_json() for test in self.tests],
            "plan": self.plan,
            "warnings": list(self.warnings),
            "splits": list(self.splits),
        }
        return json.dumps(state, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def to_markdown(self) -> str:
        """The tests as a table."""
        return study_markdown(self._content())

    def to_html(self) -> str:
        """The tests as one page with a picture of every interval."""
        return render_study(self._content())

    def _content(self) -> StudyContent:
        plan = self.plan
        facts = (
            ("Synthesizer", str(plan["synthesizer"])),
            ("Learners", ", ".join(plan["learners"])),
            ("Random splits of each table", str(max((test.splits for test in self.tests), default=0))),
            ("Held out in each", f"{plan['holdout']:.0%} of the rows"),
            ("Synthetic rows for each real training row", f"{plan['multiple']:g}"),
            ("Margin of equivalence", f"{plan['margin']:g}"),
            ("Seed", str(plan["seed"])),
        )
        return StudyContent(self.summary, self.tests, facts, self.warnings)

    def __repr__(self) -> str:
        return self.summary.sentence

    def _repr_html_(self) -> str:
        from markupsafe import escape

        style = "width:100%;height:44rem;border:1px solid #8888;border-radius:8px"
        return f'<iframe sandbox="" title="Study" style="{style}" srcdoc="{escape(self.to_html())}"></iframe>'

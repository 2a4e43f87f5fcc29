"""A report that shows itself in a notebook and writes itself to a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthloom.errors import OptionError, OutputError
from synthloom.report.content import ReportContent, VerdictLine
from synthloom.report.formatting import shorten
from synthloom.report.html import render_card, render_report
from synthloom.report.json_text import report_json
from synthloom.report.markdown import render_markdown
from synthloom.report.wording import LEVEL_WORDS

if TYPE_CHECKING:
    from synthloom.finding import Finding

_NOTEBOOK_BYTES = 1_000_000
_NOTEBOOK_PICTURES = 24


@dataclass(frozen=True)
class ReportView:
    """A report to look at: its text is the verdict, in a notebook it is the page itself."""

    content: ReportContent

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every measured figure."""
        return self.content.findings

    @property
    def verdicts(self) -> tuple[VerdictLine, ...]:
        """The lines that the report opens with."""
        return self.content.verdicts

    def to_html(self) -> str:
        """The private report as one HTML page."""
        return render_report(self.content)

    def to_card(self) -> str:
        """The evidence card, which may leave the house, as one HTML page."""
        return render_card(self.content)

    def to_json(self) -> str:
        """The private report as JSON."""
        return report_json(self.content)

    def to_markdown(self) -> str:
        """The private report as Markdown."""
        return render_markdown(self.content)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the private report to ``path`` as its ending says: ``.html``, ``.json`` or ``.md``.

        Raises:
            OptionError: if the ending is another one.
            OutputError: if the file cannot be written; nothing half written is left.
        """
        target = Path(path)
        writers = {".html": self.to_html, ".json": self.to_json, ".md": self.to_markdown}
        write = writers.get(target.suffix.lower())
        if write is None:
            raise OptionError(
                f'"{target.name}" does not say which kind of report to write', accepted=", ".join(writers)
            )
        _write_text(target, write())
        return target

    def __repr__(self) -> str:
        lines = [f"{v.question} {LEVEL_WORDS[v.level]}. {shorten(v.sentence, 600)}" for v in self.content.verdicts]
        return "\n".join([f"Report on {shorten(self.content.title, 200)}", *lines])

    def _repr_html_(self) -> str:
        """The page in a frame of its own, so that neither its style nor the notebook's reaches the other.

        The frame is sandboxed without any permission: nothing in it can run or reach outside.
        """
        from markupsafe import escape

        page = render_report(self.content, maximum_bytes=_NOTEBOOK_BYTES, pictures=_NOTEBOOK_PICTURES)
        style = "width:100%;height:44rem;border:1px solid #8888;border-radius:8px"
        title = escape(f"Report on {shorten(self.content.title, 200)}")
        return f'<iframe sandbox="" title="{title}" style="{style}" srcdoc="{escape(page)}"></iframe>'


def _write_text(target: Path, text: str) -> None:
    """Writes ``text`` beside the target first and moves it there in one step."""
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name[:80]}.", delete=False) as file:
            temporary = file.name
            file.write(text.encode("utf-8"))
        os.replace(temporary, target)  # noqa: PTH105
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise OutputError(
            f'the report cannot be written to "{target}": {error.strerror or error}',
            accepted="a file in an existing folder that you may write to",
            hint="give another path, or make the folder",
        ) from error

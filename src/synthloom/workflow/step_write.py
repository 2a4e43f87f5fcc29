"""Step 8: the two folders. ``release/`` may leave the house, ``private/`` stays.

Where the evidence falls short of the user's policy there is no ``release/``: ``private/`` holds the
report with the reasons, and the model.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Any

from synthloom.artifact import write_json, write_manifest
from synthloom.data import Table
from synthloom.io import SourceInfo, output_suffix, write_table
from synthloom.policy import Policy, policy_to_yaml
from synthloom.report import ReportContent, public_content, render_card, render_report, report_json
from synthloom.schema import TableSchema, schema_to_yaml
from synthloom.synthesizers import Synthesizer

DATA_NAME = "synthetic"
"""The stem of the released file."""


def write_run(
    folder: Path,
    *,
    synthetic: Table,
    source: SourceInfo | None,
    model: Synthesizer,
    schema: TableSchema,
    content: ReportContent,
    original: Table,
    record: dict[str, Any],
    policy: Policy | None = None,
) -> None:
    """Writes everything that may be written into an existing, empty folder."""
    if content.policy is None or content.policy.met:
        _write_release(folder / "release", synthetic, source, model, content)
    private = folder / "private"
    private.mkdir()
    write_report(private, content)
    (private / "schema.yaml").write_text(schema_to_yaml(schema), encoding="utf-8")
    if policy is not None:
        (private / "policy.yaml").write_text(policy_to_yaml(policy), encoding="utf-8")
    write_json(private / "fingerprint.json", fingerprint(original))
    (private / "model").mkdir()
    model.write_model(private / "model")
    write_manifest(private, kind="private", label="synthetic")
    write_json(folder / "run.json", record)


def _write_release(
    release: Path, synthetic: Table, source: SourceInfo | None, model: Synthesizer, content: ReportContent
) -> None:
    release.mkdir()
    write_table(synthetic, release / f"{DATA_NAME}{output_suffix(source) if source else '.parquet'}", source)
    write_card(release, content)
    facts = {"rows": synthetic.n_rows, "columns": len(synthetic.names), "synthesizer": model.name}
    facts |= model.public_facts()
    write_manifest(release, kind="release", label="synthetic", facts=facts)


def write_report(folder: Path, content: ReportContent) -> None:
    """The full report as a page and as JSON."""
    (folder / "report.html").write_text(render_report(content), encoding="utf-8")
    (folder / "report.json").write_text(report_json(content), encoding="utf-8")


def write_card(release: Path, content: ReportContent) -> None:
    """The evidence card as a page, and as JSON from which an audit can write it anew."""
    public = public_content(content)
    for name, text in (("card.html", render_card(public)), ("card.json", report_json(public))):
        (release / name).unlink(missing_ok=True)  # never written through a link into another folder
        (release / name).write_text(text, encoding="utf-8")


def fingerprint(table: Table, key: bytes | None = None) -> dict[str, str]:
    """A keyed hash of the input, by which its owner can show what a model was learned from.

    Without the key (drawn anew if left out), which stays in the private folder, the hash tells
    nothing, not even to one who guesses the input.
    """
    import pyarrow as pa

    key = secrets.token_bytes(32) if key is None else key
    mac = hmac.new(key, digestmod=hashlib.sha256)

    class Sink:
        closed = False

        def write(self, data: Any) -> int:
            mac.update(data)
            return len(data)

        def flush(self) -> None: ...

        def close(self) -> None: ...

    with pa.ipc.new_stream(pa.PythonFile(Sink(), mode="w"), table.arrow.schema) as stream:
        for batch in table.arrow.combine_chunks().to_batches(max_chunksize=65_536):
            stream.write_batch(batch)
    return {"algorithm": "HMAC-SHA256 over the Arrow stream of the input", "key": key.hex(), "digest": mac.hexdigest()}

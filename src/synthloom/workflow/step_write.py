"""Step 8: the two folders. ``release/`` may leave the house, ``private/`` stays."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Any

from synthloom.artifact import write_json, write_manifest
from synthloom.data import Table
from synthloom.io import SourceInfo, output_suffix, write_table
from synthloom.report import ReportContent, render_card, render_report, report_json
from synthloom.schema import TableSchema, schema_to_yaml
from synthloom.synthesizers import Synthesizer


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
) -> Path:
    """Writes everything into an existing, empty folder; gives the path of the synthetic data."""
    release, private = folder / "release", folder / "private"
    release.mkdir()
    private.mkdir()
    data = release / f"synthetic{output_suffix(source) if source else '.parquet'}"
    write_table(synthetic, data, source)
    (release / "card.html").write_text(render_card(content), encoding="utf-8")
    facts = {"rows": synthetic.n_rows, "columns": len(synthetic.names), "synthesizer": model.name}
    write_manifest(release, kind="release", label="synthetic", facts=facts)
    (private / "report.html").write_text(render_report(content), encoding="utf-8")
    (private / "report.json").write_text(report_json(content), encoding="utf-8")
    (private / "schema.yaml").write_text(schema_to_yaml(schema), encoding="utf-8")
    write_json(private / "fingerprint.json", fingerprint(original))
    (private / "model").mkdir()
    model.write_model(private / "model")
    write_manifest(private, kind="private", label="synthetic")
    write_json(folder / "run.json", record)
    return data


def fingerprint(table: Table) -> dict[str, str]:
    """A keyed hash of the input, by which its owner can show what a model was learned from.

    Without the key, which stays in the private folder, the hash tells nothing, not even to one who
    guesses the input.
    """
    import pyarrow as pa

    key = secrets.token_bytes(32)
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

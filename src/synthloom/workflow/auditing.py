"""The evidence on a release, repeated later against real rows that were new then.

The released data stay as they are. What the new rows say is appended to the history on the evidence
card, whose manifest is written anew; the whole folder appears in one step or not at all. With the
training rows the attacks are repeated as well; without them half of the new rows stand in for real
training data, and figures of privacy are unknown.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from synthloom.artifact import Manifest, StagedFolder, read_json, verify_folder, write_manifest
from synthloom.data import Table
from synthloom.errors import ArtifactError, InputError
from synthloom.evaluation import Depth, Evaluation, evaluate, known_findings
from synthloom.finding import Family
from synthloom.io import read_table
from synthloom.limits import MemoryWatch
from synthloom.policy import Policy, read_policy
from synthloom.randomness import RandomStream, resolve_seed
from synthloom.report import Audit, ReportContent, ReportView, VerdictLine, read_report_json
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema
from synthloom.workflow.planning import thinned
from synthloom.workflow.step_gate import judged, require_met
from synthloom.workflow.step_read import read_input
from synthloom.workflow.step_report import versions
from synthloom.workflow.step_schema import make_schema
from synthloom.workflow.step_shift import split_shifted
from synthloom.workflow.step_split import split_by_coins, split_rows
from synthloom.workflow.step_write import DATA_NAME, fingerprint, write_card, write_report

_NO_TRAINING_ROWS = "the training rows were not at hand, so attacks on them could not be tried"
_SAME_PEOPLE = 0.5
"""Share of new rows equal to training rows above which they may be the very rows that were learned from."""
_MANIFEST = "manifest.json"
_AUDITS = "audits"


@dataclass(frozen=True)
class _Place:
    """A release on disk.

    Attributes:
        folder: the folder that is replaced in one step: the run's, or the release alone.
        release: where the release lies inside it.
        private: where the private folder lies inside it, ``None`` if it is not there.
    """

    folder: Path
    release: Path
    private: Path | None

    @classmethod
    def find(cls, folder: str | Path) -> _Place:
        folder = Path(folder)
        if (folder / "release" / _MANIFEST).is_file():
            private = folder / "private"
            return cls(folder, Path("release"), Path("private") if (private / _MANIFEST).is_file() else None)
        if (folder / "private" / _MANIFEST).is_file():
            raise InputError(
                f'"{folder}" holds no release: the evidence fell short of the policy, and nothing was given out',
                accepted="a folder with release/, or a release folder",
            )
        return cls(folder, Path(), None)

    def private_file(self, name: str) -> Path | None:
        """A file of the private folder, if it is there."""
        path = None if self.private is None else self.folder / self.private / name
        return path if path is not None and path.is_file() else None


def audit(
    release: str | Path,
    *,
    against: Any,
    train: Any = None,
    policy: Policy | str | Path | None = None,
    target: str | None = None,
    schema: TableSchema | str | Path | None = None,
    sensitive: Sequence[str] = (),
    depth: Depth = "standard",
    seed: int | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    context: RunContext | None = None,
) -> ReportView:
    """Repeats the evidence on a release against new real rows, and appends it to the card's history.

    Args:
        release: the folder of a run, or its ``release`` folder alone.
        against: real rows that nothing was learned from; a frame or a path.
        train: the rows that were learned from, or the whole input of the run, which is recognised by its
            fingerprint and split again. Without them privacy cannot be measured.
        policy: what the evidence must show; of a run's folder, by default the policy of the run.
        target: the column that a model is to predict; of a run's folder, by default the run's.
        schema: what the columns are; the run's, or inferred.
        sensitive: columns by whose groups fairness is audited.
        depth: ``standard``, or ``thorough`` for more seeds and rows in every fit and attack.
        seed: makes the figures repeatable.
        output: where to write the full report; a run's folder also keeps it in ``private/audits/``.
        overwrite: replace an existing ``output``.
        context: executor, progress, cancellation and limits.

    Returns:
        The full report of the audit.

    Raises:
        UserError: if the release was changed, or the tables do not fit it.
        PolicyError: if the evidence falls short of the policy; the history tells so all the same.
    """
    run = context or RunContext()
    place = _Place.find(release)
    manifests = _verified(place)
    source = place.private_file("policy.yaml") if policy is None else policy
    wanted = None if source is None else read_policy(source, known_findings())
    card = _read_card(place)
    with MemoryWatch(run):
        found, remarks, title, table_schema = _judge(
            place, against, train, target, schema, tuple(sensitive), depth, resolve_seed(seed), run
        )
        run.check()
    content = judged(_content(card, title, found, remarks, table_schema), wanted)
    entry = Audit(
        date=datetime.now(UTC).date().isoformat(),
        against=title,
        verdicts=content.verdicts,
        findings=found.findings,
        policy=content.policy,
        version=version("synthloom"),
        remarks=remarks,
    )
    if output is not None:
        with StagedFolder(output, overwrite=overwrite) as staging:
            write_report(staging, content)
    _append(place, manifests, card, entry, content)
    require_met(content, output or place.folder, withheld=False)
    return ReportView(content)


def _verified(place: _Place) -> dict[Path, Manifest]:
    """The manifests of the folders that will be written anew, after their files were found unchanged."""
    manifests = {place.release: verify_folder(place.folder / place.release, kind="release")}
    if place.private is not None:
        manifests[place.private] = verify_folder(place.folder / place.private, kind="private")
    return manifests


def _read_card(place: _Place) -> ReportContent:
    path = place.folder / place.release / "card.json"
    if not path.is_file():
        raise ArtifactError(
            f'"{place.folder / place.release}" holds no card.json',
            accepted="a release of this version of Synthloom",
            hint="release the data again",
        )
    return read_report_json(path.read_text(encoding="utf-8"))


def _judge(
    place: _Place,
    against: Any,
    train: Any,
    target: str | None,
    schema: TableSchema | str | Path | None,
    sensitive: tuple[str, ...],
    depth: Depth,
    seed: int,
    run: RunContext,
) -> tuple[Evaluation, tuple[str, ...], str, TableSchema]:
    """The evaluation, what must be known of it, what it is held against, and the schema."""
    synthetic = _released(place)
    holdout, _, title = read_input(against)
    learned = None if train is None else read_input(train)[0]
    given = schema if schema is not None else place.private_file("schema.yaml")
    table_schema = make_schema(holdout if learned is None else learned, given, target=target, sensitive=sensitive)
    remarks: list[str] = []
    unmeasurable: dict[Family, str] = {}
    if learned is None:
        rows = RandomStream(seed).child("audit").generator().permutation(holdout.n_rows)
        half = holdout.n_rows // 2
        learned, holdout = holdout.take(np.sort(rows[:half])), holdout.take(np.sort(rows[half:]))
        unmeasurable["privacy"] = _NO_TRAINING_ROWS
        remarks.append("The training rows were not at hand: half of the new rows stood in for real training data.")
        remarks.append("Figures of privacy are unknown: attacks need the training rows.")
    else:
        again = _training_part(place, learned, table_schema)
        if again is not None:
            learned = again
            remarks.append("The training rows were found in the run's input, by its fingerprint and seed.")
    evaluation = evaluate(
        learned, holdout, synthetic, table_schema, seed=seed, run=run, depth=depth, unmeasurable=unmeasurable
    )
    copies = evaluation.find("exact_copies")
    if copies is not None and (copies.reference or 0.0) > _SAME_PEOPLE:
        remarks.append(
            f"{copies.reference:.0%} of the new rows equal a training row: if they are the same people, the figures "
            "of privacy say nothing."
        )
    return evaluation, tuple(remarks), title, table_schema


def _released(place: _Place) -> Table:
    files = sorted((place.folder / place.release).glob(f"{DATA_NAME}.*"))
    if len(files) != 1:
        raise ArtifactError(f'"{place.folder / place.release}" holds {len(files)} data files', accepted="one")
    return read_table(files[0])[0]


def _training_part(place: _Place, table: Table, schema: TableSchema) -> Table | None:
    """The rows learned from, if ``table`` is the whole input of the run; ``None`` if it is not."""
    path, record = place.private_file("fingerprint.json"), place.folder / "run.json"
    if path is None or not record.is_file():
        return None
    mark, facts = read_json(path), read_json(record)
    input_table = table.select(schema.names)
    try:
        key, seed, learned = bytes.fromhex(mark["key"]), int(facts["seed"]), int(facts["learned_rows"])
        shift = facts["shift"]
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"the record of the run is damaged: {error}", hint="take the folder as written") from error
    if fingerprint(input_table, key)["digest"] != mark.get("digest"):
        return None
    if shift is not None:
        input_table = split_shifted(input_table, schema, *shift)[0]
    splitter = split_rows if facts.get("budget") is None else split_by_coins
    split = splitter(input_table, schema, RandomStream(seed))
    return input_table.take(thinned(split.folds[0][0], learned, seed))


def _content(
    card: ReportContent, title: str, found: Evaluation, remarks: tuple[str, ...], schema: TableSchema
) -> ReportContent:
    """The full report of the audit."""
    return ReportContent(
        title=card.title,
        label=card.label,
        verdicts=tuple(VerdictLine(question, *answer) for question, answer in found.answers),
        facts=(
            ("Audited release", card.title),
            ("Held against", title),
            *((f"Rows, {part}", f"{number:,}") for part, number in found.rows.items()),
            ("Target", schema.target or "none named"),
        ),
        findings=found.findings,
        columns=card.columns,
        warnings=(*remarks, *found.warnings),
        limits=card.limits,
        intended_use=card.intended_use,
        versions=versions(),
        history=card.history,
    )


def _append(
    place: _Place, manifests: dict[Path, Manifest], card: ReportContent, entry: Audit, content: ReportContent
) -> None:
    """Writes the folder anew, unchanged files linked, and puts it in the old one's place."""
    extended = replace(card, history=(*card.history, entry))
    with StagedFolder(place.folder, overwrite=True) as staging:
        shutil.copytree(place.folder, staging, dirs_exist_ok=True, copy_function=_link)
        write_card(staging / place.release, extended)
        if place.private is not None:
            audits = staging / place.private / _AUDITS / f"{len(extended.history):03}"
            audits.mkdir(parents=True)
            write_report(audits, content)
        for where, manifest in manifests.items():
            (staging / where / _MANIFEST).unlink()
            facts: dict[str, Any] = {**manifest.facts, "audits": len(extended.history)}
            write_manifest(staging / where, kind=manifest.kind, label=manifest.label, facts=facts)


def _link(source: str, target: str) -> None:
    """Another name for a file where the system allows it, a copy where it does not."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

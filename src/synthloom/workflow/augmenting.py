"""Files with synthetic rows added: rebalanced to a mix, or where the advisor finds that they help a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synthloom.artifact import StagedFolder, write_json, write_manifest
from synthloom.artifact.manifest import Label
from synthloom.data import Table
from synthloom.errors import OptionError
from synthloom.evaluation.utility.learners import LEARNERS
from synthloom.guidance.augmentation import DEFAULT_MULTIPLES, DEFAULT_ROWS, KINDS, Augmentation, augment
from synthloom.guidance.augmentation_advice import LearnerAdvice
from synthloom.guidance.augmentation_scores import MEASURES
from synthloom.guidance.rebalancing import PROVENANCE, RealRows, Rebalanced, rebalance
from synthloom.io import output_suffix, read_table, write_table
from synthloom.report.augmentation_page import (
    AugmentationContent,
    WayLine,
    augmentation_markdown,
    render_augmentation,
)
from synthloom.run_context import RunContext
from synthloom.schema import TableSchema, read_schema
from synthloom.synthesizers import load
from synthloom.synthesizers.choice import AUTO
from synthloom.yaml_marks import read_yaml_text

AUGMENTED = (
    "The table holds real rows and synthetic ones, told apart by the column {provenance}: "
    "the real rows are as they were and need the same care."
)
NOTHING_ADDED = (
    "No rows were added and no table was written; ask for them with --add (add=) if you want them all the same."
)


def augment_file(
    source: str | Path,
    output: str | Path,
    target: str,
    *,
    learners: Sequence[str] | None = None,
    measure: str = "auto",
    kinds: Sequence[str] | None = None,
    multiples: Sequence[float] | None = None,
    splits: int = 8,
    inner: int = 3,
    holdout: float = 0.25,
    rows: int | None = DEFAULT_ROWS,
    add: str | None = None,
    exclude: Sequence[str] = (),
    synthesizer: str = AUTO,
    schema: TableSchema | str | Path | None = None,
    provenance: str = PROVENANCE,
    seed: int | None = None,
    overwrite: bool = False,
    run: RunContext | None = None,
) -> Augmentation:
    """Finds whether synthetic rows help a task and writes a folder, labelled ``augmented``.

    It holds ``augmentation.json``, ``.md`` and ``.html`` with the advice, and the table with its added
    rows under its own name and format, where they help or are asked for with ``add``.

    Raises:
        UserError: if the file cannot be read, an option is wrong, or the folder cannot be written.
    """
    table, info = read_table(source)
    given = read_schema(schema) if isinstance(schema, (str, Path)) else schema
    with StagedFolder(output, overwrite=overwrite) as staging:
        result = augment(
            table,
            target,
            learners=learners or "boosting",
            measure=measure,
            kinds=kinds or KINDS,
            multiples=multiples or DEFAULT_MULTIPLES,
            splits=splits,
            inner=inner,
            holdout=holdout,
            rows=rows,
            add=add,
            exclude=exclude,
            synthesizer=synthesizer,
            schema=given,
            provenance=provenance,
            seed=seed,
            run=run,
        )
        if result.data is not None:
            name = Path(source).name.split(".")[0]
            write_table(Table.from_frame(result.data), staging / f"{name}{output_suffix(info)}", info)
        write_json(staging / "augmentation.json", augmentation_plain(result))
        content = augmentation_content(result)
        (staging / "augmentation.md").write_text(augmentation_markdown(content), encoding="utf-8")
        (staging / "augmentation.html").write_text(render_augmentation(content), encoding="utf-8")
        write_manifest(staging, kind="augmented table", label="augmented", facts=_facts(result))
    return result


def _facts(result: Augmentation) -> dict[str, Any]:
    return {
        "recommended": result.recommended,
        "synthetic_rows": 0 if result.added is None else result.added[1],
        "against_advice": result.against_advice,
    }


def closing_words(result: Augmentation) -> str:
    """What was written, in a sentence or two."""
    if result.added is None:
        return NOTHING_ADDED
    kind, rows = result.added
    said = f"{rows:,} {kind} synthetic rows were added. "
    if result.against_advice:
        said += "They were asked for; this way of adding rows is not what the evidence recommends. "
    return said + AUGMENTED.format(provenance=result.plan["provenance"])


def augmentation_plain(result: Augmentation) -> dict[str, Any]:
    """Everything but the rows, as plain values."""
    return {
        "format": "synthloom-augmentation",
        "format_version": 1,
        "sentence": result.advice[0].sentence,
        **_facts(result),
        "added": None if result.added is None else {"kind": result.added[0], "rows": result.added[1]},
        "advice": [advice.to_json() for advice in result.advice],
        "plan": result.plan,
        "warnings": list(result.warnings),
        "splits": list(result.splits),
    }


def augmentation_content(result: Augmentation) -> AugmentationContent:
    """What the report's page says."""
    plan = result.plan
    ways, curve = [], []
    for advice in result.advice:
        words = LEARNERS[advice.learner].words
        for point in advice.curve:
            gain = point.gain
            cells = (
                words,
                point.kind,
                f"{point.multiple:g}",
                f"{point.score:.4f}",
                _signed(gain.value),
                f"{_signed(gain.low)} to {_signed(gain.high)}",
            )
            name = f"{advice.learner}, {point.multiple:g} {point.kind}"
            ways.append(WayLine(cells, name, gain.value, (gain.low, gain.high)))
        curve += [(words, f"{rows:,}", f"{score:.4f}") for rows, score in advice.real_curve]
    facts = (
        ("Target", str(plan["target"])),
        ("Score", MEASURES[plan["measure"]].words),
        ("Outer splits", str(len(result.splits))),
        ("Inner splits of each", str(plan["inner_splits"])),
        ("Tested in each", f"{plan['holdout']:.0%} of the rows"),
        ("Real rows judged", f"{plan['rows_judged']:,} of {plan['rows']:,}"),
        ("Synthesizer", str(plan["synthesizer"])),
        ("Seed", str(plan["seed"])),
    )
    return AugmentationContent(
        lede=f"{result.advice[0].sentence} {closing_words(result)}",
        sentences=tuple((LEARNERS[a.learner].words, _with_worth(a)) for a in result.advice),
        ways=tuple(ways),
        curve=tuple(curve),
        facts=facts,
        warnings=result.warnings,
    )


def _with_worth(advice: LearnerAdvice) -> str:
    """The sentence of an advice, with what the rows are worth even where they are not recommended."""
    return advice.sentence if advice.worth.words in advice.sentence else f"{advice.sentence} {advice.worth.words}"


def _signed(number: float) -> str:
    return f"{number:+.4f}".replace("-", "−")


def rebalance_file(
    source: str | Path,
    output: str | Path,
    mix: str | Path | Mapping[Any, Any],
    *,
    size: int | None = None,
    real: RealRows = "keep",
    model: str | Path | None = None,
    synthesizer: str = AUTO,
    schema: TableSchema | str | Path | None = None,
    provenance: str = PROVENANCE,
    seed: int | None = None,
    overwrite: bool = False,
    run: RunContext | None = None,
) -> Rebalanced:
    """Brings a file to a mix and writes a folder, labelled ``augmented`` (``synthetic`` without real rows).

    It holds the table under its own name and format, and ``rebalancing.json`` with the counts.

    Raises:
        UserError: for a mix that cannot be, or if a file cannot be read or written.
    """
    table, info = read_table(source)
    given = read_schema(schema) if isinstance(schema, (str, Path)) else schema
    wish = mix if isinstance(mix, Mapping) else read_mix_text(mix)
    with StagedFolder(output, overwrite=overwrite) as staging:
        result = rebalance(
            table,
            wish,
            size=size,
            real=real,
            model=None if model is None else load(model),
            synthesizer=synthesizer,
            schema=given,
            provenance=provenance,
            seed=seed,
            run=run,
        )
        name = Path(source).name.split(".")[0]
        write_table(Table.from_frame(result.data), staging / f"{name}{output_suffix(info)}", info)
        counts = [asdict(count) for count in result.counts]
        write_json(
            staging / "rebalancing.json", {"counts": counts, "notes": list(result.notes), "provenance": provenance}
        )
        label: Label = "augmented" if real == "keep" else "synthetic"
        write_manifest(staging, kind="rebalanced table", label=label, facts={"synthetic_rows": result.synthetic_rows})
    return result


def read_mix_text(text: str | Path) -> dict[str, Any]:
    """A mix from a YAML file, or from YAML on one line, such as ``y: {yes: 0.5, no: 0.5}``.

    Words stay words: ``yes`` and ``no`` are not read as true and false; ``null`` stands for missing.

    Raises:
        OptionError: if it is no YAML mapping from columns to mixes.
    """
    import yaml

    given = str(text)
    path = Path(given)
    try:
        is_file = path.is_file()
    except OSError:  # a text too long for a name
        is_file = False
    written = read_yaml_text(path, "the mix", OptionError, accepted=_MIX_FORM) if is_file else given
    try:
        # this loader makes texts, lists and mappings alone
        plain = yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise OptionError(f"the mix cannot be read: {error}", accepted=_MIX_FORM) from error
    if not isinstance(plain, dict):
        raise OptionError(f'the mix is "{given}"', accepted=_MIX_FORM)
    return {str(name): _mix_of(str(name), wish) for name, wish in plain.items()}


_MIX_FORM = 'a YAML file, or a text such as "y: {yes: 0.5, no: 0.5}", "y: balanced" or "price: [0.2, 0.3, 0.5]"'


def _mix_of(name: str, wish: Any) -> Any:
    if isinstance(wish, dict):
        return {None if key == "null" else key: _share(name, share) for key, share in wish.items()}
    return [_share(name, share) for share in wish] if isinstance(wish, list) else wish


def _share(name: str, text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError) as error:
        raise OptionError(f'a share of "{name}" is {text!r}', accepted="a number from 0 to 1") from error

"""Everything that a run found as plain data: what the page is made of, and what rules for choosing a synthesizer can read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.peers.cells import Setting, own_source
from benchmarks.peers.comparison import Comparison, Judged, compare
from benchmarks.peers.environments import ENVIRONMENTS, versions_of
from benchmarks.peers.judging import row_terms
from benchmarks.peers.plan import PUBLISHED
from benchmarks.peers.runner import Outcome, machine
from benchmarks.peers.systems import OURS, OURS_IN, SYSTEMS

FORMAT = 1
TIMES = ("fit_seconds", "fit_cpu_seconds", "sample_seconds", "sample_cpu_seconds", "peak_mb")
SPEED_PEER = "mostlyai"
OWN_PACKAGES = ("numpy", "scipy", "scikit-learn", "lightgbm", "numba", "pyarrow", "pandas")


def collect(outcomes: Sequence[Outcome], setting: Setting, yardstick: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The results as one JSON value; see the keys below."""
    tables = {o.cell.split.table.name: o.cell.split.table for o in outcomes}
    used = {o.cell.system.environment for o in outcomes} - {OURS}
    comparisons = [c for group in ("tables", "private") for c in _compared(outcomes, setting, yardstick, group)]
    return {
        "format": FORMAT,
        "made": datetime.now(UTC).strftime("%Y-%m-%d"),
        "options": options,
        "machine": machine(),
        "yardstick_sha256": hashlib.sha256(yardstick.read_bytes()).hexdigest(),
        "synthloom": {"source": own_source(), "version": version("synthloom"), "packages": {name: version(name) for name in OWN_PACKAGES}},
        "environments": {n: versions_of(ENVIRONMENTS[n], setting.cache) for n in sorted(used | {"judge"}) if _built(n, setting)},
        "tables": [
            {
                "name": t.name, "rows": t.rows, "columns": t.columns, "target": t.target, "task": t.task,
                "sha256": t.sha256, "source": t.source, "licence": t.licence,
            }
            for t in tables.values()
        ],
        "cells": [_cell(o) for o in outcomes],
        "comparisons": [c.as_json() for c in comparisons],
        "summary": summarize(outcomes, comparisons),
    }  # fmt: skip


def summarize(outcomes: Sequence[Outcome], comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """The few numbers that the comparison comes down to, private systems left to their own group."""
    attacks = {table: peers for table, peers in attack_differences(outcomes).items() if peers}
    main = [c for c in comparisons if SYSTEMS[c.peer].group == "tables"]
    verdicts = [c.verdict for c in main]
    return {
        "comparisons": len(main),
        "better": verdicts.count("better"),
        "worse": verdicts.count("worse"),
        "share_better": round(verdicts.count("better") / len(main), 4) if main else None,
        "worse_in": [f"{c.figure} on {c.table} against {c.peer}" for c in main if c.verdict == "worse"],
        "mia_auc_over_best_peer": {table: max(peers.values()) for table, peers in attacks.items()},
        "mia_auc_over_peers": attacks,
        "speed": speed(outcomes, SPEED_PEER),
        "recomputed_differs_by": _recomputed(outcomes),
    }


def speed(outcomes: Sequence[Outcome], peer: str) -> dict[str, Any]:
    """How many times faster than a peer, over the tables and splits that both have: wall and processor time."""
    times: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    for o in outcomes:
        if o.cell.protocol == "yardstick" and o.result.get("status") == "done" and o.cell.system.name in (peer, "synthloom"):
            times.setdefault((o.cell.split.table.name, o.cell.split.index), {})[o.cell.system.name] = o.result
    both = [(t["synthloom"], t[peer]) for t in times.values() if len(t) == 2]
    out: dict[str, Any] = {"peer": peer, "pairs": len(both)}
    for name in TIMES[:4]:
        ratios = [theirs[name] / max(ours[name], 1e-3) for ours, theirs in both]
        if ratios:
            out[name] = {"median": round(median(ratios), 2), "least": round(min(ratios), 2)}
    return out


def read_results(path: Path) -> dict[str, Any]:
    """A results file of this format.

    Raises:
        ValueError: if it is of another format.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    if found.get("format") != FORMAT:
        raise ValueError(f"{path} is of format {found.get('format')}; this program reads {FORMAT}.")
    return found


def spread(cells: Sequence[dict[str, Any]], table: str, system: str, figure: str) -> tuple[float, float, int] | None:
    """Mean, half the range over splits, and the number of splits of a figure or a time."""
    values = [
        value
        for c in cells
        if c["table"] == table and c["system"] == system and c["protocol"] == "yardstick" and c["status"] == "done"
        if (value := c["figures"].get(figure, c.get(figure))) is not None
    ]
    return (mean(values), (max(values) - min(values)) / 2, len(values)) if values else None


def _cell(o: Outcome) -> dict[str, Any]:
    published = o.cell.protocol == "published"
    return {
        "table": o.cell.split.table.name, "system": o.cell.system.name, "group": o.cell.system.group,
        "split": o.cell.split.index, "protocol": o.cell.protocol,
        **({"published_as": PUBLISHED[o.cell.split.table.name]} if published else {}),
        "train_rows_limit": o.cell.split.rows, "status": o.status,
        "message": o.result.get("message") or o.judged.get("message", ""),
        **{name: round(o.result[name], 3) for name in TIMES if name in o.result},
        "sampled_rows": o.result.get("sampled_rows"), "limit_minutes": o.result.get("limit_minutes"),
        "load_before": o.result.get("load_before"),
        "figures": o.judged.get("figures", {}), "recomputed": o.judged.get("recomputed", {}),
    }  # fmt: skip


def _compared(outcomes: Sequence[Outcome], setting: Setting, yardstick: Path, group: str) -> list[Comparison]:
    judged = [
        Judged(
            o.cell.split.table.name, o.cell.system.name, o.cell.split.index, o.judged["figures"],
            row_terms(o.cell, setting, yardstick),
        )
        for o in outcomes
        if o.status == "done" and o.cell.protocol == "yardstick" and o.cell.system.group == group
    ]  # fmt: skip
    ours = [j for j in judged if j.system == OURS_IN[group]]
    return compare(ours, [j for j in judged if not SYSTEMS[j.system].ours])


def attack_differences(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """By table and peer: the AUC of the membership attack on our rows less that on the peer's, means over splits."""
    found: dict[str, dict[str, list[float]]] = {}
    for o in outcomes:
        if o.status == "done" and o.cell.protocol == "yardstick" and o.cell.system.group == "tables" and "mia_auc" in o.judged["figures"]:
            found.setdefault(o.cell.split.table.name, {}).setdefault(o.cell.system.name, []).append(o.judged["figures"]["mia_auc"])
    return {
        table: {name: round(mean(systems["synthloom"]) - mean(v), 4) for name, v in systems.items() if not SYSTEMS[name].ours}
        for table, systems in found.items()
        if "synthloom" in systems
    }


def _recomputed(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The largest distance between a figure of the yardstick and the same computed row by row."""
    worst: dict[str, float] = {}
    for o in outcomes:
        for name, value in o.judged.get("recomputed", {}).items():
            worst[name] = max(worst.get(name, 0.0), abs(value - o.judged["figures"].get(name, value)))
    return {name: round(value, 4) for name, value in worst.items()}


def _built(name: str, setting: Setting) -> bool:
    return (ENVIRONMENTS[name].folder(setting.cache) / "built.json").is_file()

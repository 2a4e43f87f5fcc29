"""The page of the benchmark and its section in docs/benchmarks.md, made from the results file alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers.cells import write_text
from benchmarks.peers.environments import ENVIRONMENTS
from benchmarks.peers.pictures import Point, dot_plot
from benchmarks.peers.results import spread
from benchmarks.peers.systems import OURS_IN, SYSTEMS

PAGE = "peer-benchmark.md"
SECTION_PAGE = "benchmarks.md"
BEGIN, END = "<!-- peers: begin (written by python -m benchmarks.peers) -->", "<!-- peers: end -->"
COLUMNS = (
    ("c2st", "c2st", 3), ("trend", "trend", 3), ("gap_gbm", "gap", 3), ("mia_auc", "mia", 3), ("copies_excess", "copies", 3),
    ("near_excess", "near copies", 3), ("fit_seconds", "fit s", 1), ("fit_cpu_seconds", "fit, processor s", 1),
    ("sample_seconds", "sample s", 1), ("peak_mb", "MB", 0),
)  # fmt: skip
PAPER_FIGURES = (
    ("shape", "Shape"),
    ("trend", "Trend"),
    ("wnmi_error", "wNMI error"),
    ("c2st_xgb", "C2ST-XGB"),
    ("mle", "MLE"),
    ("fit_seconds", "fit s"),
)

ADDING = (
    "## Adding a system\n"
    "A script under `benchmarks/peers/adapters/` of some twenty lines (`exchange.py` reads the job and writes the rows), an entry in "
    "`systems.py`, and, if it needs other packages, one in `environments.py`. The cache folder (`--cache`) holds environments, splits and "
    "finished cells; a cell is run again when its table, split, adapter, options or releases change, and judged again when the yardstick does."
)


def write_page(found: dict[str, Any], docs: Path) -> Path:
    """Writes the page, its pictures and the marked section; returns the page's path."""
    pictures = _pictures(found, docs)
    parts = [
        "# Synthloom beside other systems", _introduction(found), "## In short", summary_lines(found), *pictures,
        "## Tables", *_tables(found), _comparisons(found), *_group(found, "private"), *_group(found, "rebalance"),
        _papers(found), _missing(found), _versions(found), ADDING,
    ]  # fmt: skip
    page = docs / PAGE
    write_text(page, "\n\n".join(p for p in parts if p) + "\n")
    _write_section(docs / SECTION_PAGE, found, pictures)
    return page


def summary_lines(found: dict[str, Any]) -> str:
    """The results in sentences."""
    s = found["summary"]
    lines = []
    if s["comparisons"]:
        lines.append(
            f"- Of {s['comparisons']} comparisons (c2st, trend and gap, each table and peer, adjusted by Holm) Synthloom is "
            f"significantly better in {s['better']} ({100 * s['share_better']:.0f} %) and significantly worse in {s['worse']}"
            + (f": {', '.join(s['worse_in'])}." if s["worse_in"] else ".")
        )
    if s["mia_auc_over_best_peer"]:
        worst = max(s["mia_auc_over_best_peer"].items(), key=lambda pair: pair[1])
        by_peer: dict[str, list[float]] = {}
        for peers in s["mia_auc_over_peers"].values():
            for name, value in peers.items():
                by_peer.setdefault(name, []).append(value)
        apart = ", ".join(f"{SYSTEMS[name].title} {median(values):+.3f} ({max(values):+.3f})" for name, values in by_peer.items())
        lines.append(
            f"- The membership attack's AUC on Synthloom's rows less that on the least attackable peer's is at most {worst[1]:+.3f} "
            f"({worst[0]}). Against each peer, median over tables and largest: {apart}."
        )
    speed = s["speed"]
    if speed["pairs"]:
        title = SYSTEMS[speed["peer"]].title
        lines.append(
            f"- Beside {title}, on {speed['pairs']} common splits, the fit is {speed['fit_seconds']['median']:.0f} times as fast "
            f"(least {speed['fit_seconds']['least']:.0f}; by processor time {speed['fit_cpu_seconds']['median']:.0f}, least "
            f"{speed['fit_cpu_seconds']['least']:.0f}), sampling {speed['sample_seconds']['median']:.1f} times (least "
            f"{speed['sample_seconds']['least']:.1f}; by processor time {speed['sample_cpu_seconds']['median']:.1f}, least "
            f"{speed['sample_cpu_seconds']['least']:.1f})."
        )
    return "\n".join(lines)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*out, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)])


def _introduction(found: dict[str, Any]) -> str:
    o, m = found["options"], found["machine"]
    limits = (
        f"Capped: at most {o['rows']:,} rows of a table, {o['splits']} split{'s' * (o['splits'] > 1)} ({o['slow_splits']} for slow systems), "
        f"{o['minutes']:g} minutes a fit with its sampling (processor or wall time, the longer), {o['hours']:g} hours in all."
        if o["capped"]
        else f"Uncapped: all rows, {o['splits']} splits, no limits."
    )
    loads = [c["load_before"] for c in found["cells"] if c.get("load_before") is not None]
    busy = f" Before a cell the machine's load was {median(loads):.0f} (median), so seconds of wall time are of a shared machine." if loads else ""
    threads = f" Every system is held to {o['threads']} thread{'s' * (o['threads'] > 1)}." if o.get("threads") else ""
    return (
        "Written by\n\n    python -m benchmarks.peers --data FOLDER --yardstick FILE\n\n"
        f"on {found['made']}, {m['cores']} cores ({m['processor']}), {m['memory_gb']:g} GB, {m['system']}, no GPU used. {limits} "
        "Each system runs at its defaults in an environment of its own, on the same splits (75 % of the rows train, as many rows are "
        "sampled), and is judged by the same yardstick, which shares no code with Synthloom. Values are means over splits, with half "
        "the range after ±. c2st, mia: 0.5 is best; trend: higher is better; gap: score that boosting loses on held-out rows when it learns from "
        "synthetic rows, lower is better; copies and near copies: share above that of held-out rows, by its one-sided 95 % bound, "
        f"none at 0 or below. Processor seconds are of the system alone.{threads}{busy}\n\n"
        "Tables with key or text columns are left out when none are named: keys are made anew by Synthloom, and a classifier sees that alone."
    )


def _pictures(found: dict[str, Any], docs: Path) -> list[str]:
    wanted = (
        ("c2st", "How well a classifier tells synthetic from real rows", "c2st on held-out rows; 0.5 is best, 1 is always told apart", False, 0.5),
        ("gap_gbm", "What a model loses that learns from synthetic rows", "gap of boosted trees on held-out rows (AUC, or R2); 0 is best", False, 0.0),
        ("fit_cpu_seconds", "What a fit costs", "processor seconds, each step ten times the last", True, None),
    )  # fmt: skip
    out = []
    for figure, title, axis, logarithmic, best in wanted:
        points = [
            Point(table, SYSTEMS[system].title, value[0], value[1])
            for table in _names(found, "tables")
            for system in _systems(found, "tables")
            if (value := spread(found["cells"], table, system, figure)) is not None
        ]
        if points:
            path = docs / "pictures" / f"peers-{figure.replace('_', '-')}.svg"
            write_text(path, dot_plot(points, title=title, axis=axis, logarithmic=logarithmic, best=best))
            out.append(f"![{title}](pictures/{path.name})")
    return out


def _tables(found: dict[str, Any]) -> list[str]:
    out = []
    for table in _names(found, "tables"):
        rows = [
            [SYSTEMS[system].title, *(_shown(spread(found["cells"], table, system, key), digits) for key, _, digits in COLUMNS)]
            for system in _systems(found, "tables")
            if spread(found["cells"], table, system, "c2st") is not None
        ]
        real = spread(found["cells"], table, OURS_IN["tables"], "trend_real")
        note = f"Fresh real rows reach a trend of {real[0]:.3f}." if real else ""
        if rows:
            out.append(f"### {table}\n{note}\n\n" + markdown_table(["system", *(head for _, head, _ in COLUMNS)], rows))
    return out


def _comparisons(found: dict[str, Any]) -> str:
    if not found["comparisons"]:
        return ""
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for c in found["comparisons"]:
        cells.setdefault((c["peer"], c["figure"]), []).append(c)
    peers = list(dict.fromkeys(c["peer"] for c in found["comparisons"]))
    rows = []
    for peer in peers:
        counts = []
        for figure in ("c2st", "trend", "gap_gbm"):
            verdicts = [c["verdict"] for c in cells.get((peer, figure), [])]
            counts.append(" / ".join(str(verdicts.count(v)) for v in ("better", "no difference shown", "worse")))
        splits = max(c["splits"] for (p, _), group in cells.items() if p == peer for c in group)
        rows.append([SYSTEMS[peer].title, *counts, str(splits)])
    return (
        "## Which differences are more than chance\n"
        "Tables on which Synthloom is better / no difference is shown / worse, at 5 % over all comparisons of a group (Holm). Within a split, "
        "both systems are paired on the same held-out and training rows; the variance between splits is added whole, since splits share rows. "
        "With one split, how much another draw of the training rows would change is not known, and the test does not cover it.\n\n"
        + markdown_table(["against", "c2st", "trend", "gap", "splits"], rows)
    )


def _group(found: dict[str, Any], group: str) -> list[str]:
    title, text, columns = {
        "private": (
            "## Under differential privacy, epsilon 1",
            "The same splits and yardstick. What each system takes as public (categories, bounds) is its own default.",
            (("c2st", "c2st", 3), ("trend", "trend", 3), ("gap_gbm", "gap", 3), ("syn_gbm", "score", 3), ("real_gbm", "real score", 3), ("fit_cpu_seconds", "fit, processor s", 1)),
        ),
        "rebalance": (
            "## More rows of the rarer class",
            "Boosted trees learn from the real rows with enough made rows added that both classes are even; in brackets without them.",
            (("auc", "AUC", 3), ("precision", "average precision", 3), ("balanced", "balanced accuracy", 3), ("fit_cpu_seconds", "processor s", 1)),
        ),
    }[group]  # fmt: skip
    rows = []
    for table in _names(found, group):
        for system in _systems(found, group):
            values = [spread(found["cells"], table, system, key) for key, _, _ in columns]
            if values[0] is None:
                continue
            shown = [_shown(value, digits) for value, (_, _, digits) in zip(values, columns, strict=True)]
            for i, (key, _, digits) in enumerate(columns):
                without = spread(found["cells"], table, system, f"{key}_without")
                shown[i] += f" ({without[0]:.{digits}f})" if without else ""
            rows.append([table, SYSTEMS[system].title, *shown])
    return [title, text, markdown_table(["table", "system", *(head for _, head, _ in columns)], rows)] if rows else []


def _papers(found: dict[str, Any]) -> str:
    cells = [c for c in found["cells"] if c["protocol"] == "published" and c["status"] == "done"]
    if not cells:
        return ""
    published = json.loads((Path(__file__).parent / "published.json").read_text())
    out = [
        "## Beside the papers' numbers",
        "All rows, the papers' protocol, against training rows: C2ST-XGB is 1 where XGBoost cannot tell rows apart and 0 where it always can; "
        "MLE is the AUC on real test rows of XGBoost tuned on synthetic rows. Rows in italics are copied from the "
        f"{published['source']}. Theirs are other machines and other cuts of the tables, and the papers choose by hand which columns are categories.",
    ]
    for c in cells:
        values = {**c["figures"], "fit_seconds": c.get("fit_seconds")}
        rows = [["**Synthloom**", *(_plain(values.get(key)) for key, _ in PAPER_FIGURES)]]
        rows.append(["real training rows", "", "", "", "", _plain(values.get("mle_real")), ""])
        rows += [
            [f"*{method}*", *(_plain(value) for value in by_table[c["published_as"]])] for method, by_table in published["methods"].items()
        ]
        out.append(f"### {c['published_as']}\n" + markdown_table(["method", *(head for _, head in PAPER_FIGURES)], rows))
    return "\n\n".join(out)


def _missing(found: dict[str, Any]) -> str:
    """What was cut off, refused, failed or not reached, and why."""
    left: dict[tuple[str, str, str], list[str]] = {}
    planned: dict[str, int] = {}
    for c in found["cells"]:
        planned[c["system"]] = planned.get(c["system"], 0) + 1
        if c["status"] != "done":
            words = c["message"] or ("not reached" if c["status"] == "not run" else "")
            where = f"{c['table']} {c['split']}" if c["protocol"] == "yardstick" else f"{c['table']} (the papers' protocol)"
            left.setdefault((c["system"], c["status"], words[:160]), []).append(where)
    rows = [
        [SYSTEMS[s].title, status, words, "all" if len(where) == planned[s] > 1 else ", ".join(where)]
        for (s, status, words), where in left.items()
    ]
    return "## Not done\n" + markdown_table(["system", "what", "why", "table and split"], rows) if rows else ""


def _versions(found: dict[str, Any]) -> str:
    own = found["synthloom"]
    lines = [f"Synthloom {own['version']}, source {own['source']}, {', '.join(f'{k} {v}' for k, v in own['packages'].items())}."]
    for name, versions in found["environments"].items():
        shown = [f"{package} {versions[package]}" for package in ENVIRONMENTS[name].shown if package in versions]
        lines.append(f"{name}: Python {versions['python']}, {', '.join(shown)}.")
    rows = [
        [t["name"], f"{t['rows']:,}", str(t["columns"]), t["target"], t["source"], t["licence"], t["sha256"][:12]] for t in found["tables"]
    ]
    return (
        "## What was run\n" + "\n".join(f"- {x}" for x in lines) + f"\n- Yardstick: SHA-256 {found['yardstick_sha256'][:12]}.\n\n"
        + markdown_table(["table", "rows", "columns", "target", "source", "licence", "SHA-256"], rows)
    )  # fmt: skip


def _write_section(path: Path, found: dict[str, Any], pictures: Sequence[str]) -> None:
    """Replaces what stands between the two marks, or adds both at the end of the page."""
    tables, systems = _names(found, "tables"), _systems(found, "tables")
    rows = [
        [SYSTEMS[s].title, *(_shown(spread(found["cells"], t, s, "c2st"), 3) for t in tables)]
        for s in systems
        if any(spread(found["cells"], t, s, "c2st") for t in tables)
    ]
    inside = "\n\n".join(
        p
        for p in (
            BEGIN, "## Beside other systems\n    python -m benchmarks.peers --data FOLDER --yardstick FILE", summary_lines(found),
            "c2st of each system and table (0.5 is best):\n\n" + markdown_table(["system", *tables], rows) if rows else "",
            *pictures[:1], f"All figures, limits, versions and the papers' numbers: [{PAGE}]({PAGE}).", END,
        )
        if p
    )  # fmt: skip
    text = path.read_text(encoding="utf-8") if path.is_file() else "# Figures\n"
    if BEGIN in text and END in text:
        text = text[: text.index(BEGIN)] + inside + text[text.index(END) + len(END) :]
    else:
        text = text.rstrip("\n") + "\n\n" + inside + "\n"
    write_text(path, text)


def _names(found: dict[str, Any], group: str) -> list[str]:
    return list(dict.fromkeys(c["table"] for c in found["cells"] if c["group"] == group and c["protocol"] == "yardstick"))


def _systems(found: dict[str, Any], group: str) -> list[str]:
    present = {c["system"] for c in found["cells"] if c["group"] == group}
    return [name for name in SYSTEMS if name in present]


def _shown(value: tuple[float, float, int] | None, digits: int) -> str:
    if value is None:
        return "–"
    half = f" ± {value[1]:.{digits}f}" if value[2] > 1 else ""
    return f"{round(value[0], digits) + 0.0:,.{digits}f}{half}"  # the sum turns -0.0 into 0.0


def _plain(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) >= 10:
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")
    return f"{value:.3f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"

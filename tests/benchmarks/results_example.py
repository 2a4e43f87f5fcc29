"""A results file in miniature."""

from typing import Any


def cell(table: str, system: str, split: int = 0, status: str = "done", **other: Any) -> dict[str, Any]:
    figures = other.pop("figures", {})
    return {
        "table": table, "system": system, "group": "tables", "split": split, "protocol": "yardstick", "status": status,
        "message": "", "figures": figures, "recomputed": {}, **other,
    }  # fmt: skip


def example() -> dict[str, Any]:
    speed = {"peer": "mostlyai", "pairs": 2}
    speed |= {k: {"median": 30.0, "least": 30.0} for k in ("fit_seconds", "fit_cpu_seconds", "sample_seconds", "sample_cpu_seconds")}
    comparison = {"table": "adult", "peer": "mostlyai", "splits": 2}
    return {
        "format": 1, "made": "2026-11-22", "yardstick_sha256": "0" * 64,
        "options": {"capped": True, "rows": 20_000, "splits": 2, "slow_splits": 1, "minutes": 30.0, "hours": 4.0, "threads": 1},
        "machine": {"cores": 2, "processor": "a processor", "memory_gb": 24.0, "system": "Linux"},
        "synthloom": {"version": "0.1.0", "source": "abcdef", "packages": {"numpy": "2"}},
        "environments": {"mostlyai": {"python": "3.11", "mostlyai-engine": "2.7.3", "torch": "2.13.0"}},
        "tables": [{"name": "adult", "rows": 48_842, "columns": 15, "target": "income", "source": "UCI", "licence": "CC BY 4.0", "sha256": "1" * 64}],
        "cells": [
            cell("adult", "synthloom", 0, figures={"c2st": 0.51, "gap_gbm": 0.01, "trend_real": 0.98}, fit_seconds=10.0, fit_cpu_seconds=9.0),
            cell("adult", "synthloom", 1, figures={"c2st": 0.53, "gap_gbm": 0.01, "trend_real": 0.98}, fit_seconds=10.0, fit_cpu_seconds=9.0),
            cell("adult", "mostlyai", 0, figures={"c2st": 0.58}, fit_seconds=300.0, fit_cpu_seconds=290.0),
            cell("adult", "sdv_ctgan", status="capped", message="not done after 30 minutes"),
            {**cell("adult", "synthloom", figures={"shape": 0.99, "c2st_xgb": 0.95}, fit_seconds=12.0), "protocol": "published", "published_as": "adult"},
        ],
        "comparisons": [
            {**comparison, "figure": "c2st", "verdict": "better"}, {**comparison, "figure": "trend", "verdict": "worse"},
        ],
        "summary": {
            "comparisons": 2, "better": 1, "worse": 1, "share_better": 0.5, "worse_in": ["trend on adult against mostlyai"],
            "mia_auc_over_best_peer": {"adult": 0.004}, "mia_auc_over_peers": {"adult": {"mostlyai": 0.004}}, "speed": speed, "recomputed_differs_by": {},
        },
    }  # fmt: skip

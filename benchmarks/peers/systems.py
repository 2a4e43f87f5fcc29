"""Every system of the benchmark by name: a literal table of adapter, environment and options.

Three groups are compared only within themselves: ``tables`` (a synthetic copy of a table), ``private``
(the same under differential privacy with one epsilon) and ``rebalance`` (more rows of the rarer class).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

OURS = "synthloom"
EPSILON = 1.0
"""The privacy budget of every system of the group ``private``; delta is each system's own default or 1e-5."""


@dataclass(frozen=True, kw_only=True)
class System:
    """One system under test.

    Attributes:
        name: the word that options and results use.
        title: the name that is printed.
        group: which systems it is compared with.
        adapter: the script under ``adapters/``.
        environment: a key of :data:`~benchmarks.peers.environments.ENVIRONMENTS`, or ``synthloom``.
        options: what the adapter passes on; nothing else differs from the system's defaults.
        slow: its fits take minutes to hours, so it comes last and gets one split in the capped mode.
        standard: runs when no systems are named.
        licence: as its package states it.
    """

    name: str
    title: str
    group: str
    adapter: str
    environment: str
    options: Mapping[str, Any] = field(default_factory=dict)
    slow: bool = False
    standard: bool = True
    licence: str = "Apache-2.0"

    @property
    def ours(self) -> bool:
        """Whether this is Synthloom."""
        return self.environment == OURS


def _ours(name: str, title: str, group: str, *, standard: bool = True, **options: Any) -> System:
    return System(name=name, title=title, group=group, adapter="run_synthloom.py", environment=OURS, options=options, standard=standard)


def _sdv(synthesizer: str, title: str, *, slow: bool) -> System:
    return System(
        name=f"sdv_{synthesizer}", title=title, group="tables", adapter="run_sdv.py", environment="sdv",
        options={"synthesizer": synthesizer}, slow=slow, licence="BUSL-1.1",
    )  # fmt: skip


def _synthcity(plugin: str) -> System:
    return System(
        name=f"synthcity_{plugin}", title=f"synthcity {plugin}", group="tables", adapter="run_synthcity.py",
        environment="synthcity", options={"plugin": plugin}, slow=True,
    )  # fmt: skip


_LISTED = (
    _ours("synthloom", "Synthloom", "tables"),
    _sdv("gaussian_copula", "SDV Gaussian copula", slow=False),
    System(name="mostlyai", title="mostlyai-engine", group="tables", adapter="run_mostlyai.py", environment="mostlyai"),
    _sdv("tvae", "SDV TVAE", slow=True),
    _sdv("ctgan", "SDV CTGAN", slow=True),
    _synthcity("arf"),
    _synthcity("ddpm"),
    _ours("synthloom_copula", "Synthloom, Gaussian copula", "tables", standard=False, synthesizer="gaussian_copula"),
    _ours("synthloom_independent", "Synthloom, independent columns", "tables", standard=False, synthesizer="independent_columns"),
    _ours("synthloom_private", "Synthloom, private marginals", "private", synthesizer="private_marginals", epsilon=EPSILON),
    System(
        name="dpmm_aim", title="dpmm AIM", group="private", adapter="run_dpmm.py", environment="dpmm",
        options={"pipeline": "AIMPipeline", "epsilon": EPSILON}, slow=True,
    ),
    System(
        name="dpmm_mst", title="dpmm MST", group="private", adapter="run_dpmm.py", environment="dpmm",
        options={"pipeline": "MSTPipeline", "epsilon": EPSILON},
    ),
    System(
        name="smartnoise_mst", title="SmartNoise MST", group="private", adapter="run_smartnoise.py",
        environment="smartnoise", options={"synthesizer": "mst", "epsilon": EPSILON}, licence="MIT",
    ),
    System(
        name="mostlyai_private", title="mostlyai-engine, private", group="private", adapter="run_mostlyai_private.py",
        environment="mostlyai", options={"epsilon": EPSILON, "delta": 1e-5}, slow=True, standard=False,
    ),
    _ours("synthloom_rebalance", "Synthloom, rows of the rarer class", "rebalance"),
    System(
        name="imblearn_smotenc", title="imbalanced-learn SMOTENC", group="rebalance", adapter="run_imblearn.py",
        environment="imblearn", options={"sampler": "smotenc"}, licence="MIT",
    ),
    System(
        name="imblearn_copies", title="imbalanced-learn random copies", group="rebalance", adapter="run_imblearn.py",
        environment="imblearn", options={"sampler": "random"}, licence="MIT",
    ),
)  # fmt: skip
SYSTEMS: Mapping[str, System] = MappingProxyType({s.name: s for s in _LISTED})
OURS_IN: Mapping[str, str] = MappingProxyType({"tables": "synthloom", "private": "synthloom_private", "rebalance": "synthloom_rebalance"})

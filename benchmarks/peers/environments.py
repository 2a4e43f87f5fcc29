"""An environment for each system that the benchmark runs, built by pip from a list of pinned releases.

Each environment is a virtual environment in a cache folder outside the repository, named after the list
that built it: another list is another folder, so figures never mix releases. ``built.json`` is written
last and holds every installed version; a folder without it was interrupted and is built anew. None of
these packages is a dependency of Synthloom, and no code of theirs is copied: the scripts under
``adapters/`` call what each of them documents as its public interface.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

BUILD_MINUTES = 45
_OFFLINE = {
    "MOSTLY_LOCAL": "1", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1",
    "WANDB_DISABLED": "true", "MPLBACKEND": "Agg", "TOKENIZERS_PARALLELISM": "false",
}  # fmt: skip


class EnvironmentNotBuilt(Exception):
    """An environment could not be built; the message holds the end of pip's own words."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment as a list of pip commands, run in this order."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    shown: tuple[str, ...]  # the packages whose versions are printed beside the figures

    @property
    def recipe(self) -> str:
        """Eight hexadecimal digits that change when the commands or the Python release do."""
        stated = json.dumps([self.commands, sys.version_info[:2]])
        return hashlib.sha256(stated.encode()).hexdigest()[:8]

    def folder(self, cache: Path) -> Path:
        """Where the environment lies in the cache folder."""
        return cache / "environments" / f"{self.name}-{self.recipe}"


# PyTorch comes first so that no later package brings a build of its own; torchvision and torchaudio,
# where one of them is pulled in, do not match it and are removed.
_TORCH = ("install", "torch==2.13.0")
_WITHOUT_VISION = ("uninstall", "--yes", "torchvision", "torchaudio")
_LISTED = (
    Environment(
        name="judge",
        commands=(("install", "numpy==2.3.5", "pandas==2.3.3", "pyarrow==22.0.0", "scikit-learn==1.7.2", "lightgbm==4.6.0", "xgboost==3.1.2"),),
        shown=("scikit-learn", "lightgbm", "xgboost"),
    ),
    Environment(name="sdv", commands=(_TORCH, ("install", "sdv==2.0.0", "pyarrow")), shown=("sdv", "ctgan", "torch")),
    Environment(
        name="mostlyai",
        commands=(_TORCH, ("install", "mostlyai-engine==2.7.3"), _WITHOUT_VISION),
        shown=("mostlyai-engine", "torch"),
    ),
    Environment(name="imblearn", commands=(("install", "imbalanced-learn==0.14.2", "pandas", "pyarrow"),), shown=("imbalanced-learn",)),
    Environment(name="dpmm", commands=(_TORCH, ("install", "dpmm==0.1.9", "pyarrow==18.1.0")), shown=("dpmm",)),
    Environment(name="smartnoise", commands=(_TORCH, ("install", "smartnoise-synth==1.0.8", "pyarrow")), shown=("smartnoise-synth",)),
    Environment(
        name="synthcity",  # its pins admit releases of opacus and scikit-learn that it cannot be imported with
        commands=(("install", "synthcity==0.2.12", "pyarrow==18.1.0"), ("install", "opacus==1.4.1", "scikit-learn==1.5.2", "pandas==2.2.3")),
        shown=("synthcity", "torch"),
    ),
)  # fmt: skip
ENVIRONMENTS: Mapping[str, Environment] = MappingProxyType({e.name: e for e in _LISTED})


def default_cache() -> Path:
    """The user's cache folder for this benchmark, by the XDG convention."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "synthloom-benchmark"


def child_variables() -> dict[str, str]:
    """The process environment of every child: offline, without telemetry, without this interpreter's paths."""
    kept = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    return {**kept, **_OFFLINE}


def interpreter(folder: Path) -> Path:
    """The Python of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed_versions(python: Path) -> dict[str, str]:
    """Every package that an interpreter has, with its version."""
    script = (
        "import json, platform; from importlib.metadata import distributions;"
        "print(json.dumps({'python': platform.python_version()} | "
        "{d.metadata['Name'].lower().replace('_', '-'): d.version for d in distributions()}))"
    )
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True, env=child_variables())
    return dict(sorted(json.loads(done.stdout).items()))


def build(environment: Environment, cache: Path) -> Path:
    """Builds an environment unless it is there already.

    Args:
        environment: What to install.
        cache: The folder under which environments lie.

    Returns:
        The environment's interpreter.

    Raises:
        EnvironmentNotBuilt: When pip fails or takes longer than `BUILD_MINUTES`.
    """
    folder = environment.folder(cache)
    done = folder / "built.json"
    if done.is_file():
        return interpreter(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _call([sys.executable, "-m", "venv", str(folder)], environment.name)
    for command in environment.commands:
        quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
        _call([str(interpreter(folder)), "-m", "pip", command[0], *quiet, *command[1:]], environment.name)
    waiting = done.with_suffix(".part")
    waiting.write_text(json.dumps(installed_versions(interpreter(folder)), indent=1) + "\n")
    waiting.replace(done)
    return interpreter(folder)


def versions_of(environment: Environment, cache: Path) -> dict[str, str]:
    """The versions that were installed when the environment was built."""
    return dict(json.loads((environment.folder(cache) / "built.json").read_text()))


def _call(command: list[str], name: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * BUILD_MINUTES, check=False, env=child_variables())
    except subprocess.TimeoutExpired:
        raise EnvironmentNotBuilt(f"{name}: {' '.join(command)} took more than {BUILD_MINUTES} minutes.") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip()[-800:]
        raise EnvironmentNotBuilt(f"{name}: {' '.join(command)} failed. Its last words: {last}")

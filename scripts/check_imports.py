"""Checks that every module imports only from levels below its own, deferred imports included.

The levels are those of docs/architecture.md; folders on one level never import each other.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "synthloom"

LEVELS: dict[str, int] = {
    "errors": 0,
    "randomness": 1,
    "progress": 1,
    "differential_privacy": 2,
    "execution": 2,
    "run_context": 3,
    "limits": 4,
    "yaml_marks": 3,
    "data": 4,
    "finding": 4,
    "artifact": 4,
    "values": 5,
    "scenario": 5,
    "schema": 7,
    "conditions": 5,
    "constraints": 6,
    "policy": 6,
    "io": 8,
    "encoding": 8,
    "synthesizers": 9,
    "mock": 9,
    "evaluation": 9,
    "guidance": 10,
    "report": 10,
    "workflow": 11,
    "testing": 11,
    "cli": 12,
    "__main__": 13,
}
"""The level of each file or folder of the package."""


def part_of(module: str) -> str:
    """The file or folder below the package that a module name belongs to."""
    return module.split(".")[1] if module.count(".") else "__init__"


def imports(path: Path) -> list[tuple[int, str]]:
    """Line and module of every import of the package in a file, not those for type checkers only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            skipped |= {id(child) for part in node.body for child in ast.walk(part)}
    found = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "synthloom":
            if node.module == "synthloom":
                found += [(node.lineno, f"synthloom.{name.name}") for name in node.names]
            else:
                found.append((node.lineno, node.module))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, n.name) for n in node.names if n.name.split(".")[0] == "synthloom"]
    return found


def problems() -> list[str]:
    """A sentence for each import that goes up or sideways, and for each part without a level."""
    out = []
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        own = relative.parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        if own not in LEVELS:
            out.append(f"{relative}: give {own} a level")
            continue
        for line, module in imports(path):
            other = part_of(module)
            if other == own:
                continue
            if other not in LEVELS:
                out.append(f"{relative}:{line}: imports {module}, which has no level")
            elif LEVELS[other] >= LEVELS[own]:
                out.append(f"{relative}:{line}: {own} (level {LEVELS[own]}) imports {module} (level {LEVELS[other]})")
    return out + [f"a circle among modules: {' -> '.join(circle)}" for circle in circles()]


def circles() -> list[list[str]]:
    """Circles of modules that import each other at the top level or deferred."""
    graph: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(("synthloom", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        graph[name] = {module for _, module in imports(path) if module != name}
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> None:
        if name in trail:
            circle = trail[trail.index(name) :]
            # a package that its own modules import through is a front door, not a circle
            if not any(other != name and other.startswith(f"{name}.") for other in circle):
                found.append([*circle, name])
            return
        if name in done or name not in graph:
            return
        for other in sorted(graph[name]):
            visit(other, [*trail, name])
        done.add(name)

    for name in sorted(graph):
        visit(name, [])
    return found


if __name__ == "__main__":
    bad = problems()
    print("\n".join(bad) if bad else "imports: all go down")
    sys.exit(bool(bad))

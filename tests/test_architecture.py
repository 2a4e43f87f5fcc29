"""What keeps the house in order, as tests."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import synthloom as sl

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "src" / "synthloom").rglob("*.py"))
BANNED_WORDS = ("anonymous", "compliant", "guaranteed", "safe to release")


def functions():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield path, node


def test_imports_go_down():
    spec = importlib.util.spec_from_file_location("check_imports", ROOT / "scripts" / "check_imports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.problems() == []


def test_import_loads_no_third_party_package():
    code = "import sys, synthloom; print([m for m in ('numpy','pandas','pyarrow','sklearn','lightgbm','pydantic') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sl.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(sl, name).__doc__


def test_sizes():
    lines = sorted(len(path.read_text().splitlines()) for path in SOURCES)
    assert lines[-1] <= 800
    assert lines[int(0.95 * len(lines))] <= 500
    assert lines[int(0.8 * len(lines))] <= 350
    long = [f"{p.name}:{f.name}" for p, f in functions() if f.end_lineno - f.lineno > 100]
    assert long == []
    every = [f.end_lineno - f.lineno for _, f in functions()]
    assert sum(n > 60 for n in every) <= 0.03 * len(every)


def test_no_pickle_no_print_no_swallowing():
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        names = {n.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names}
        names |= {
            node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not names & {"pickle", "cloudpickle", "joblib", "dill", "shelve"}, path
        calls = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not calls & {"print", "eval", "exec"}, path
        if path.parent.name != "cli":
            caught = [
                ast.unparse(n.type) if n.type else "all" for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)
            ]
            assert not {"Exception", "BaseException", "all"} & set(caught), path


def test_no_word_promises_too_much():
    texts = [*SOURCES, *(ROOT / "docs").glob("*.md"), ROOT / "README.md", *(ROOT / "src").rglob("*.html")]
    for path in texts:
        text = path.read_text().lower()
        assert [word for word in BANNED_WORDS if word in text] == [], path

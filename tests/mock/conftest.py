"""Databases to load mock data into."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _program(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) if os.name == "posix" else []
    return shutil.which(name) or next((str(p / name) for p in places if (p / name).exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[list[str]]:
    """The command that talks to a PostgreSQL server of the test's own; skips, saying so, where there is none."""
    programs = {name: _program(name) for name in ("initdb", "pg_ctl", "psql")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        pytest.skip(f"PostgreSQL is not installed: no {', '.join(missing)}")
    as_user: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # the server refuses to run as root
        if (
            shutil.which("runuser") is None
            or subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode
        ):
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    folder = Path(tempfile.mkdtemp(prefix="synthloom-pg-"))
    folder.chmod(0o777)
    cluster = folder / "cluster"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "timeout": 120}
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    try:
        subprocess.run(
            [*as_user, programs["initdb"], "-D", str(cluster), "-A", "trust", "-U", "postgres", "-E", "UTF8"], **quiet
        )
        subprocess.run([*as_user, programs["pg_ctl"], "-D", str(cluster), "-w", "-o", options, "start"], **quiet)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {error}")
    try:
        yield [str(programs["psql"]), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(folder), "-U", "postgres"]
    finally:
        subprocess.run(
            [*as_user, programs["pg_ctl"], "-D", str(cluster), "-m", "immediate", "stop"],
            check=False,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)

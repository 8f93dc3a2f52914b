"""What `make takeaway` has made, and fresh environments to try notebooks and the wheel in."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.building import ROOT

Run = Callable[..., str]


@pytest.fixture(scope="session")
def made() -> Path:
    folder = ROOT / "_build" / "takeaway"
    assert folder.is_dir(), "nothing to check: run make takeaway"
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Run:
    """Run Python in an environment that has nothing but pip; returns what it prints."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "MPLBACKEND")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment["PATH"] = f"{bin_folder}{os.pathsep}{environment['PATH']}"

    def run(*arguments: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            [str(bin_folder / "python"), *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    return run


def tool(name: str) -> str:
    """A program of the system; where it is missing, CI fails and others skip."""
    from shutil import which

    found = which(name)
    if found is None:
        reason = f"{name} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found

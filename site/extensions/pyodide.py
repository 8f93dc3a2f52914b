"""Bring Pyodide and its builds of the packages that cells import, each checked by its hash.

npm's package is Python itself, in WebAssembly, and a lock file with the sha256 of every package
that was built for it. The packages come from the first place that answers: the cache, Pyodide's
release, PyPI. Whatever the place, a file with another hash than the lock file's is refused.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from platformdirs import user_cache_path
from sphinx.util import logging

from extensions import npm_packages

logger = logging.getLogger(__name__)
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
#: Where Pyodide's documentation says that a release's packages are.
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
PATIENCE = 5
#: A package on PyPI whose wheel carries the very files of this release. It is never installed, and
#: nothing of its own is taken.
CARRIER = "open-webui==0.12.4"
CARRIED = "open_webui/frontend/pyodide/"


@cache
def lock() -> dict[str, Any]:
    """The release's packages, as npm's package lists them."""
    text = (npm_packages.require("pyodide") / "pyodide-lock.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def version() -> str:
    package = npm_packages.require("pyodide") / "package.json"
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def providers() -> dict[str, str]:
    """The package of the release that brings each importable module."""
    packages = lock()["packages"].items()
    return {module: name for name, package in packages for module in package["imports"]}


def with_dependencies(names: Iterable[str]) -> list[str]:
    """Packages and all that they need, what is needed first."""
    found: list[str] = []

    def add(name: str) -> None:
        if name not in found:
            for dependency in lock()["packages"][name]["depends"]:
                add(dependency.lower())
            found.append(name)

    for name in sorted(names):
        add(name)
    return found


def cache_folder() -> Path:
    """Where files are kept from build to build: ``LIVE_CACHE``, or the user's own cache."""
    given = os.environ.get("LIVE_CACHE")
    return (Path(given) if given else user_cache_path("lsebook")) / f"pyodide-{version()}"


def right(content: bytes, sha256: str) -> bool:
    return hashlib.sha256(content).hexdigest() == sha256


def from_release(wanted: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    for name in wanted:
        address = RELEASE.format(version=version()) + name
        with urlopen(address, timeout=PATIENCE) as answer:
            yield name, answer.read()


def from_pypi(wanted: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        # It wants an older Python than Pyodide has, which does not matter for files inside it.
        options = ["--no-deps", "--only-binary=:all:", "--python-version=3.12", "--retries=1"]
        pip = [sys.executable, "-m", "pip", "download", "--quiet"]
        command = [*pip, *options, f"--timeout={PATIENCE}", f"--dest={folder}", CARRIER]
        subprocess.run(command, check=True, capture_output=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as carrier:
            names = set(carrier.namelist())
            for name in wanted:
                if CARRIED + name in names:
                    yield name, carrier.read(CARRIED + name)


SOURCES = (from_release, from_pypi)


def keep(folder: Path, name: str, content: bytes) -> None:
    """Write a file at once: another build may be reading it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.replace(file.name, folder / name)


def missing(wanted: dict[str, str]) -> dict[str, str]:
    """What the cache lacks, or holds with another hash."""
    folder = cache_folder()
    held = {name: path.read_bytes() for name in wanted if (path := folder / name).is_file()}
    return {
        name: sha256
        for name, sha256 in wanted.items()
        if name not in held or not right(held[name], sha256)
    }


def fetch(wanted: dict[str, str]) -> set[str]:
    """Fill the cache with files of these names and hashes; return the names of those it has."""
    for source in SOURCES:
        if not (lacking := missing(wanted)):
            break
        try:
            for name, content in source(lacking):
                if right(content, lacking[name]):
                    keep(cache_folder(), name, content)
                else:
                    logger.info("live: %s of %s has a wrong hash", name, source.__name__)
        except (OSError, subprocess.CalledProcessError, zipfile.BadZipFile) as error:
            logger.info("live: %s does not answer (%s)", source.__name__, type(error).__name__)
    return wanted.keys() - missing(wanted).keys()


def available(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The lock file's word on these packages and what they need, as far as they can be had."""
    packages = {name: lock()["packages"][name] for name in with_dependencies(names)}
    had = fetch({package["file_name"]: package["sha256"] for package in packages.values()})

    def whole(name: str) -> bool:
        return all(packages[part]["file_name"] in had for part in with_dependencies([name]))

    return {name: package for name, package in packages.items() if whole(name)}


def write(target: Path, packages: dict[str, dict[str, Any]]) -> None:
    """Put Python and packages from the cache into a folder, with a lock file of these alone."""
    target.mkdir(parents=True, exist_ok=True)
    for name in CORE:
        shutil.copyfile(npm_packages.require("pyodide") / name, target / name)
    for package in packages.values():
        shutil.copyfile(cache_folder() / package["file_name"], target / package["file_name"])
    trimmed = json.dumps({"info": lock()["info"], "packages": packages}, sort_keys=True)
    (target / "pyodide-lock.json").write_text(trimmed, encoding="utf-8")

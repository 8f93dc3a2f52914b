"""Offer the notebooks, each by itself and an edition's packed with all they need to run.

Sphinx offers sources as they are; a reader who wants to run the book needs notebooks that lean on
nothing of the site, the package they import (as a wheel), their data and the pinned packages. The
archives are the same to the byte whenever the sources are.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from extensions import notebooks
from extensions.editions import EDITIONS

PROJECT = ("pyproject.toml", "README.md", "LICENSE", "lsebook")
FOLDERS = ("data", "benchmarks/results")
TO_RUN = (
    "altair", "dask", "distributed", "ipykernel", "jupyterlab", "jupyterlab-myst", "matplotlib",
    "mpmath", "numpy", "pot", "python-crfsuite", "scikit-learn", "scipy", "vl-convert-python",
)  # fmt: skip
EPOCH = (1980, 1, 1, 0, 0, 0)
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
README = """\
python3 -m venv .venv
.venv/bin/pip install -r requirements.txt        (Windows: .venv\\Scripts\\pip)
.venv/bin/jupyter lab chapters/{edition}         (Windows: .venv\\Scripts\\jupyter)
"""


def build_wheel(root: Path, target: Path) -> Path:
    """Build the package away from the sources, where it leaves nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        for name in PROJECT:
            source = root / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, Path(folder, name), ignore=ignored)
            elif source.exists():
                shutil.copy(source, folder)
        done = subprocess.run(
            [sys.executable, "-c", BUILD, str(target)],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise ExtensionError(f"The package's wheel does not build:\n{done.stderr}")
    return next(target.glob("*.whl"))


def pins(requirements: str, wheel: str) -> str:
    """The pinned packages that notebooks import, and the wheel beside them."""
    lines = [
        line
        for line in requirements.splitlines()
        if re.split(r"[=\[ ;]", line, maxsplit=1)[0] in TO_RUN
    ]
    return "\n".join([*lines, f"./{wheel}", ""])


def contents(root: Path, edition: str, wheel: Path, base: str) -> dict[str, bytes]:
    """What goes into an edition's archive, by name."""
    data = [p for folder in FOLDERS for p in sorted((root / folder).rglob("*")) if p.is_file()]
    files = {str(p.relative_to(root).as_posix()): p.read_bytes() for p in data}
    write, site = notebooks.writer(root, edition), base and f"{base}chapters/{edition}/"
    for path in sorted((root / "chapters" / edition).glob("*.ipynb")):
        files[f"chapters/{edition}/{path.name}"] = write(path, f"../../{wheel.name}", site)
    requirements = (root / "requirements.txt").read_text(encoding="utf-8")
    files["requirements.txt"] = pins(requirements, wheel.name).encode()
    files["README.txt"] = README.format(edition=edition).encode()
    files[wheel.name] = wheel.read_bytes()
    return files


def write_archive(target: Path, files: dict[str, bytes]) -> None:
    folder = target.stem
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])


def write_notebooks(root: Path, edition: str, downloads: Path, wheel: Path, base: str) -> None:
    """Write each notebook for its page's button; it finds the wheel at the site's address."""
    write, site = notebooks.writer(root, edition), base and f"{base}chapters/{edition}/"
    address = f"{base}_downloads/{wheel.name}" if base else wheel.name
    (downloads / edition).mkdir(exist_ok=True)
    for path in sorted((root / "chapters" / edition).glob("*.ipynb")):
        (downloads / edition / path.name).write_bytes(write(path, address, site))


def pack_notebooks(app: Sphinx) -> None:
    if app.builder.name != "html":
        return
    root, base = Path(app.srcdir), app.config.html_baseurl
    downloads = Path(app.outdir, "_downloads")
    downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(root, Path(folder))
        shutil.copy(wheel, downloads)
        for edition in EDITIONS:
            write_notebooks(root, edition, downloads, wheel, base)
            target = downloads / f"logsumexp-{edition}.zip"
            write_archive(target, contents(root, edition, wheel, base))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", pack_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

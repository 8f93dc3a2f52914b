"""What the book says of itself, from the one place where each thing stands.

The version stands in pyproject.toml, title and authors in CITATION.cff, the date of a state of the
book in git. Sphinx asks for them again in settings of its own (``version``, ``epub_*``), and
knows no BibTeX; the colophon, the EPUB and the PDF take them from here.
"""

import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml


def metadata(root: Path) -> dict[str, Any]:
    """Version, title, authors and date of release."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    return {**citation, "version": project["version"]}


def commit_date(root: Path) -> int | None:
    """Seconds since 1970 of the state that is built: SOURCE_DATE_EPOCH, or the last commit's."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True)
    return int(done.stdout) if done.returncode == 0 else None

"""Builds the site from a copy of the sources, as a reader would by hand, and reads its pages."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

from extensions.metadata import commit_date

ROOT = Path(__file__).resolve().parents[2]


def copy_sources(target: Path) -> Path:
    """Copy what git knows or would add, so that nothing left lying about takes part."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def build(source: Path, **environment: str) -> Path:
    """Run the book's own build command and return the folder of the site."""
    command = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run(
        [str(command), "build", "-W", "--keep-going", "."],
        cwd=source,
        # The copy has no history, which says when its state was checked.
        env={**os.environ, "SOURCE_DATE_EPOCH": str(commit_date(ROOT)), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return source / "_build" / "html"


@cache
def parsed(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def pages(site: Path) -> list[str]:
    """The addresses of all pages, relative to the site."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def chapters(site: Path) -> list[str]:
    """The pages that belong to an edition, its search page left out."""
    return [p for p in pages(site) if p.startswith("chapters/") and not p.endswith("/search.html")]

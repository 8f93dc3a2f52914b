"""One build, one server and one browser for all tests of the site.

``SITE=folder`` tests a site that is built already.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from extensions import npm_packages
from tests.site.browsing import launched
from tests.site.building import ROOT, build, copy_sources
from tests.site.serving import served


def build_once(folder: Path) -> Path:
    """Build in a folder that all worker processes of a run share; the first one does it."""
    source, done = folder / "source", folder / "built"
    try:
        source.mkdir(parents=True)
    except FileExistsError:
        for _ in range(1200):
            if done.exists():
                break
            time.sleep(0.25)
        assert done.exists(), "the worker that builds the site has not finished"
        return source / "_build" / "html"
    npm_packages.require("axe-core", development=True)
    copy_sources(source)
    (source / "site" / "node_modules").symlink_to(ROOT / "site" / "node_modules")
    try:
        return build(source)
    finally:
        done.touch()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many cells ran in the browser, and what came of them."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "live":
                terminalreporter.write_line(f"live cells, {value}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("SITE"):
        npm_packages.require("axe-core", development=True)
        return Path(given).resolve()
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return build_once(shared / "site")


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    with served(site) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as started:
        yield started


@pytest.fixture(scope="session")
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """A wide window in the light theme."""
    context = browser.new_context(
        viewport={"width": 1400, "height": 900}, color_scheme="light", locale="ko-KR"
    )
    yield context
    context.close()

"""Finds a Chromium: the system's, or the one that `playwright install` brought."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def path(playwright: Playwright) -> str | None:
    """The path of an installed Chromium ($CHROMIUM comes first), or None."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    downloaded = playwright.chromium.executable_path
    return found or (downloaded if os.path.exists(downloaded) else None)


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    found = path(playwright)
    if found is None:
        raise SystemExit(f"no Chromium is installed (looked for $CHROMIUM and {', '.join(NAMES)})")
    browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
    yield browser
    browser.close()

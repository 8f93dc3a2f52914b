"""Finds a Chromium and opens pages in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from takeaway.chromium import ARGUMENTS, NAMES, path

# No name of another host is resolved: whatever works here works without a network.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
WIDTHS = (1400, 390)


@cache
def chromium() -> str:
    """The path of an installed Chromium; where it is missing, CI fails and others skip.

    Asked for once: two Playwrights cannot run inside one another.
    """
    with sync_playwright() as playwright:
        found = path(playwright)
    if found is None:
        reason = "no Chromium is installed (looked for $CHROMIUM and " + ", ".join(NAMES) + ")"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    found = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, OFFLINE])
        yield browser
        browser.close()


@dataclass
class Visit:
    """An open page and everything that went wrong on it."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)


def open_page(context: BrowserContext, address: str) -> Visit:
    """Open a page, note its complaints, and let everything on it load."""
    visit = Visit(context.new_page())
    page = visit.page

    def heard(message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        if kind in ("error", "warning"):
            visit.troubles.append(f"console {kind}: {text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: visit.troubles.append(f"page error: {error}"))
    page.on("requestfailed", lambda r: visit.troubles.append(f"failed request: {r.url}"))
    page.on("request", lambda request: visit.requested.append(request.url))
    page.goto(address, wait_until="load")
    return visit


def lay_out(page: Page) -> None:
    """Lay out the sections that wait until they come near, as the page does before it prints."""
    page.evaluate(
        "dispatchEvent(new Event('beforeprint'));"
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def bring_to_life(page: Page) -> int:
    """Scroll every explorable into view and wait until it is live."""
    lay_out(page)
    figures = page.locator(".explorable")
    for i in range(figures.count()):
        figures.nth(i).scroll_into_view_if_needed()
        page.locator(".explorable.alive").nth(i).wait_for()
    page.evaluate("scrollTo(0, 0)")
    return figures.count()

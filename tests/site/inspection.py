"""What must hold on every page, whatever the window."""

import json
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from _ext import npm_packages
from tests.site.browsing import bring_to_life, open_page
from tests.site.building import pages

AXE = "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)"


def violations(page: Page) -> list[str]:
    """What axe finds wrong, with the first element that is."""
    axe = npm_packages.require("axe-core", development=True) / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    return [f"axe {v['id']}: {v['nodes'][0]['html'][:200]}" for v in page.evaluate(AXE)]


def troubles_of(context: BrowserContext, address: str, name: str) -> list[str]:
    """Complaints, foreign requests, sideways scrolling and axe violations of one page."""
    visit = open_page(context, address + name)
    page = visit.page
    bring_to_life(page)
    width = page.viewport_size["width"]  # type: ignore[index]
    found = list(visit.troubles)
    found += [f"foreign: {u}" for u in visit.requested if not u.startswith((address, "data:"))]
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
        found.append(f"scrolls sideways: {wide} of {width} px")
    found += violations(page)
    page.close()
    return found


def assert_all_well(site: Path, context: BrowserContext, address: str) -> None:
    names = pages(site)
    assert len(names) > 10
    troubles = {name: found for name in names if (found := troubles_of(context, address, name))}
    assert not troubles, json.dumps(troubles, indent=1, ensure_ascii=False)

"""What must hold on every page, whatever the window."""

import json
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from extensions import npm_packages
from tests.site.browsing import THEMES, bring_to_life, open_page
from tests.site.building import pages

AXE = """(only) => axe
  .run(document, { resultTypes: ["violations"], ...(only && { runOnly: only }) })
  .then(({ violations }) => violations)"""
# KaTeX writes a formula as HTML and as MathML; its style sheet hides the second from the eye.
TWICE = """[...document.querySelectorAll(".katex")].filter((formula) => {
  const [read, seen] = [".katex-mathml", ".katex-html"].map((part) =>
    formula.querySelector(part)?.getBoundingClientRect());
  return !read || !seen || Math.min(read.width, read.height) > 1.5 || seen.width < 2;
}).length"""
# The rules of axe that look at colours; what the others look at is the same in every theme.
ABOUT_COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page: Page, only: list[str] | None = None) -> list[str]:
    """What axe finds wrong, with the first element that is."""
    found = page.evaluate(AXE, only)
    return [f"axe {v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


def troubles_of(context: BrowserContext, address: str, name: str) -> list[str]:
    """Complaints, foreign requests, doubled formulas, sideways scrolling, axe violations."""
    visit = open_page(context, address + name)
    page = visit.page
    bring_to_life(page)
    axe = npm_packages.require("axe-core", development=True) / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    width = page.viewport_size["width"]  # type: ignore[index]
    found = [f"formulas shown twice or not at all: {n}"] if (n := page.evaluate(TWICE)) else []
    for theme, rules in zip(THEMES, (None, ABOUT_COLOURS), strict=True):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        followed = f"html[data-theme={theme}], html:not([data-theme])"  # 404.html has no scripts
        page.wait_for_selector(followed, state="attached")
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{theme}: scrolls sideways: {wide} of {width} px")
        found += [f"{theme}: {violation}" for violation in violations(page, rules)]
    found += visit.troubles
    found += [f"foreign: {u}" for u in visit.requested if not u.startswith((address, "data:"))]
    page.close()
    return found


def assert_all_well(site: Path, browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="ko-KR")
    names = pages(site)
    assert len(names) > 10
    troubles = {name: found for name in names if (found := troubles_of(context, address, name))}
    context.close()
    assert not troubles, json.dumps(troubles, indent=1, ensure_ascii=False)

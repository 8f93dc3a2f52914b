"""Measure the built site and print our figures beside the targets (``make audit``).

Builds from a copy of the sources, so that nothing left from earlier builds takes part. Ends with
an error when a target is missed.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import ge
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from extensions import npm_packages
from tests.site.browsing import (
    ARGUMENTS,
    WIDTHS,
    bring_to_life,
    chromium,
    launched,
    open_page,
)
from tests.site.building import ROOT, build, copy_sources, pages
from tests.site.inspection import troubles_of
from tests.site.serving import served
from tests.site.test_search import ENGLISH, KOREAN, results

CHAPTER = "chapters/ko/04-the-trick.html"
SHOWN = ("index.html", CHAPTER, "chapters/en/02-softmax.html", "chapters/ko/search.html")
KILOBYTE = 1000
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
#: Lighthouse's index of a processor for which its slowdown of 4 makes a phone of the middle tier:
#: the middle of the bracket of fast desktops in its docs/throttling.md. Slower ones need less.
FAST_DESKTOP, SLOWDOWN = 1750, 4
CATEGORIES = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
NOTE_FORMULA = """(() => {
  const look = () => {
    const formula = document.querySelector("div.math .katex-html");
    const painted = performance.getEntriesByType("paint").length > 0;
    if (painted && formula?.getBoundingClientRect().height) window.formulaAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


@dataclass
class Row:
    """One line of the table."""

    figure: str
    ours: str
    target: str
    met: bool


def first_load(browser: Browser, address: str) -> tuple[int, int]:
    """Bytes over the wire and foreign requests of a first visit, nothing scrolled."""
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + CHAPTER, wait_until="networkidle")
    context.close()
    return round(sum(sizes)), sum(not url.startswith((address, "data:")) for url in asked)


def time_to_formula(browser: Browser, address: str, slowdown: float) -> float:
    """Seconds until a formula is laid out and painted on a slow connection and processor."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page: Page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.add_init_script(NOTE_FORMULA)
    page.goto(address + CHAPTER)
    page.wait_for_function("window.formulaAt")
    elapsed = float(page.evaluate("window.formulaAt")) / 1000
    context.close()
    return elapsed


def lighthouse(address: str, slowdown: float = SLOWDOWN) -> dict[str, Any]:
    """Lighthouse's report on a page, as on a phone that is so much slower than this machine."""
    tool = npm_packages.require("lighthouse", development=True) / "cli" / "index.js"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        flags = " ".join(["--headless", *ARGUMENTS, f"--user-data-dir={folder}/profile"])
        process = npm_packages.node(
            str(tool),
            address,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--chrome-path={chromium()}",
            f"--chrome-flags={flags}",
            f"--throttling.cpuSlowdownMultiplier={slowdown}",
            "--no-enable-error-reporting",
        )
        process.communicate()
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def slowdown_of_a_phone(address: str) -> float:
    """By what this machine is faster than a phone, from Lighthouse's index of its processor."""
    indices = [lighthouse(address)["environment"]["benchmarkIndex"] for _ in range(3)]
    return float(max(1.0, SLOWDOWN * sorted(indices)[1] / FAST_DESKTOP))


def scores(address: str, slowdown: float) -> list[int]:
    """Lighthouse's four scores for a page: the median of three runs, which differ."""
    reports = [lighthouse(address, slowdown)["categories"] for _ in range(3)]
    return [sorted(round(100 * r[name]["score"]) for r in reports)[1] for name in CATEGORIES]


def search_rows(context: BrowserContext, address: str) -> Iterator[Row]:
    for edition, queries in (("ko", KOREAN), ("en", ENGLISH)):
        first = [
            bool(found := results(context, address, edition, query))
            and found[0].endswith(f"/{slug}.html")
            for query, slug in queries
        ]
        right = f"{sum(first)} of {len(first)}"
        yield Row(f"{edition} queries, right page first", right, "all", all(first))


def page_rows(browser: Browser, site: Path, address: str) -> Iterator[Row]:
    troubles: list[str] = []
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 900})
        for name in pages(site):
            troubles += [f"{name}: {t}" for t in troubles_of(context, address, name)]
        context.close()
    kinds: dict[str, Callable[[str], bool]] = {
        "axe violations (2 widths, 2 themes)": lambda t: " axe " in t,
        "console errors and warnings": lambda t: "console" in t or "page error" in t,
        "failed or foreign requests": lambda t: "failed request" in t or "foreign" in t,
        "formulas shown twice": lambda t: "shown twice" in t,
        "pages that scroll sideways": lambda t: "sideways" in t,
    }
    for kind, belongs in kinds.items():
        count = sum(map(belongs, troubles))
        yield Row(kind, str(count), "0", count == 0)
    for trouble in troubles:
        print(trouble, file=sys.stderr)


def rows(folder: Path) -> Iterator[Row]:
    npm_packages.require("lighthouse", development=True)
    source = copy_sources(folder)
    (source / "site" / "node_modules").symlink_to(ROOT / "site" / "node_modules")
    start = time.perf_counter()
    site = build(source)
    elapsed = time.perf_counter() - start
    count = len(pages(site))
    told = f"{elapsed:.0f} s, {elapsed / count:.2f} s a page"
    yield Row(f"clean build of {count} pages", told, "≤ 0.75 s a page", elapsed <= 0.75 * count)
    with served(site) as address, launched() as browser:
        size, foreign = first_load(browser, address)
        yield Row("external requests", str(foreign), "0", foreign == 0)
        kilobytes = size / KILOBYTE
        yield Row("bytes, first load", f"{kilobytes:.0f} KB", "≤ 145 KB", kilobytes <= 145)
        slowdown = slowdown_of_a_phone(address + SHOWN[0])
        yield Row("slowdown to a phone's processor", f"{slowdown:.1f}", "", True)
        seconds = sorted(time_to_formula(browser, address, slowdown) for _ in range(3))[1]
        yield Row("formula readable, throttled", f"{seconds:.2f} s", "≤ 1.5 s", seconds <= 1.5)
        for name in SHOWN:
            ours = scores(address + name, slowdown)
            met = all(map(ge, ours, CATEGORIES.values()))
            told = " / ".join(map(str, ours))
            yield Row(f"Lighthouse mobile, {name}", told, "98+ / 100 / 100 / 100", met)
        context = browser.new_context()
        yield from search_rows(context, address)
        alive = open_page(context, address + CHAPTER)
        count = bring_to_life(alive.page)
        yield Row("explorables alive on the page", str(count), "≥ 1", count >= 1)
        yield from page_rows(browser, site, address)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        table = []
        for row in rows(Path(folder)):
            table.append(row)
            print(
                f"{'ok ' if row.met else 'NO '} {row.figure:46} {row.ours:>24}   {row.target}",
                flush=True,
            )
    return 0 if all(row.met for row in table) else 1


if __name__ == "__main__":
    sys.exit(main())

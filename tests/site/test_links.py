"""Every link of the site leads somewhere, and every address is well formed."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from tests.site.building import chapters, pages, parsed

DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?")


def addresses(page: BeautifulSoup) -> list[str]:
    tags = page.find_all(["a", "link", "script", "img", "form"])
    found = [
        tag.get(name) for tag in tags if isinstance(tag, Tag) for name in ("href", "src", "action")
    ]
    return [address for address in found if isinstance(address, str)]


def dead_links(site: Path, name: str) -> list[str]:
    dead = []
    for address in addresses(parsed(site / name)):
        parts = urlsplit(address)
        if parts.scheme in ("http", "https"):
            if not DOMAIN.fullmatch(parts.netloc):
                dead.append(f"malformed: {address}")
            continue
        if parts.scheme:
            if parts.scheme not in ("data", "mailto"):
                dead.append(f"unknown scheme: {address}")
            continue
        target = (site / name).parent / unquote(parts.path) if parts.path else site / name
        if not target.resolve().is_relative_to(site.resolve()) or not target.is_file():
            dead.append(f"no such file: {address}")
        elif parts.fragment and not parsed(target.resolve()).find(id=unquote(parts.fragment)):
            dead.append(f"no such anchor: {address}")
    return dead


def test_internal_links_and_anchors_resolve(site: Path) -> None:
    dead = {name: found for name in pages(site) if (found := dead_links(site, name))}
    assert not dead


def test_citations_lead_to_the_bibliography_of_their_edition(site: Path) -> None:
    seen = 0
    for name in chapters(site):
        for link in parsed(site / name).select(".bd-article a[href*='bibliography.html#']"):
            assert str(link["href"]).startswith("bibliography.html#"), (name, link)
            seen += 1
    assert seen > 60


def test_no_page_names_a_file_of_another_host(site: Path) -> None:
    for name in pages(site):
        for tag in parsed(site / name).find_all(["script", "img", "iframe", "source"]):
            assert not str(tag.get("src", "")).startswith(("http", "//")), (name, tag)
        for tag in parsed(site / name).find_all("link", rel=["stylesheet", "preload", "icon"]):
            assert not str(tag.get("href", "")).startswith(("http", "//")), (name, tag)


def test_every_page_forbids_other_origins(site: Path) -> None:
    for name in pages(site):
        policy = parsed(site / name).find("meta", {"http-equiv": "Content-Security-Policy"})
        assert isinstance(policy, Tag), name
        content = str(policy["content"])
        assert re.match(r"default-src '(self|none)'", content), name
        assert not re.search(r"https?:|\*|unsafe-eval", content), name


def test_ids_are_unique(site: Path) -> None:
    for name in pages(site):
        counts = Counter(tag["id"] for tag in parsed(site / name).find_all(id=True))
        assert [identifier for identifier, n in counts.items() if n > 1] == [], name


def test_every_page_has_what_heads_need(site: Path) -> None:
    for name in pages(site):
        head = parsed(site / name).head
        assert head is not None
        assert head.find("link", rel="icon") is not None, name
        assert head.find("title") is not None, name
        description = head.find("meta", {"name": "description"})
        assert isinstance(description, Tag), name
        assert len(str(description["content"])) > 5, name


def test_references_say_the_number_of_their_formula(site: Path) -> None:
    seen = 0
    for name in chapters(site):
        for link in parsed(site / name).select(".bd-article a.reference.internal[href*='#']"):
            if re.fullmatch(r"\(\d+\.\d+\)", link.text):
                file, _, anchor = str(link["href"]).partition("#")
                page = parsed((site / name).parent / file if file else site / name)
                formula = page.find(id=anchor)
                assert isinstance(formula, Tag), (name, link)
                number = formula.select_one(".eqno")
                assert number is not None, (name, link)
                assert number.text.startswith(link.text), (name, link)
                seen += 1
    assert seen > 90

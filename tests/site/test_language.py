"""Each page speaks its edition's language, and the editions are alike."""

import re
from gettext import GNUTranslations
from importlib.util import find_spec
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import BrowserContext

from extensions import korean
from extensions.editions import CATALOGUES, TITLES
from tests.site.browsing import open_page
from tests.site.building import chapters, pages, parsed

HANGUL = re.compile("[가-힣]")
SPOKEN = """() => {
  const texts = [];
  const note = (element, text) =>
    texts.push([text.trim(), element.closest("[lang]").lang, !!element.closest(".bd-article")]);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, data } = walker.currentNode;
    if (!element.closest("script, style, noscript, pre, code, .katex, svg, table, dl.py"))
      note(element, data);
  }
  for (const element of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
    for (const name of ["title", "aria-label", "placeholder"]) {
      const text = element.getAttribute(name);
      if (text && !element.closest(".explorable"))
        note(element, text);
    }
  }
  return texts.filter(([text]) => text);
}"""


def shipped_strings() -> set[str]:
    """Every English string that a package has a Korean word for, and our own."""
    strings = {key for table in korean.STRINGS.values() for key in table} | set(korean.OWN)
    for name, folders in CATALOGUES.items():
        for folder in folders:
            package, _, rest = folder.partition("/")
            spec = find_spec(package)
            assert spec is not None
            assert spec.origin is not None
            file = Path(spec.origin).parent / rest / "ko" / "LC_MESSAGES" / f"{name}.mo"
            if file.exists():
                with file.open("rb") as stream:
                    strings |= {k for k in GNUTranslations(stream)._catalog if isinstance(k, str)}
    return {s for s in strings if s and not HANGUL.search(s)} | {
        "Copy",
        "Copied",
        "Toggle hidden content",
    }


def spoken(context: BrowserContext, address: str) -> list[tuple[str, str, bool]]:
    page = open_page(context, address).page
    texts = [tuple(entry) for entry in page.evaluate(SPOKEN)]
    page.close()
    return texts  # type: ignore[return-value]


def test_no_page_shows_a_string_of_the_other_language(
    site: Path, address: str, desktop: BrowserContext
) -> None:
    english = shipped_strings()
    assert {"Search", "Exercise", "Solution to", "previous", "Color mode", "Contents"} <= english
    numbered = re.compile(r"(Figure|Table|Equation|Exercise|Theorem|Proof|Solution)\b.*")
    for name in chapters(site) + [p for p in pages(site) if p.endswith("/search.html")]:
        texts = spoken(desktop, address + name)
        assert len(texts) > 10
        if name.startswith("chapters/ko/"):
            alien = [
                t
                for t, lang, _ in texts
                if lang == "ko" and (t in english or numbered.fullmatch(t))
            ]
        else:
            alien = [
                t for t, lang, inside in texts if lang == "en" and not inside and HANGUL.search(t)
            ]
            words = {
                *korean.OWN.values(),
                *(w for t in korean.STRINGS.values() for w in t.values()),
            }
            alien += [t for t, lang, _ in texts if lang == "en" and t in words]
        assert not alien, name


def link(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found is not None, selector
    return found


def test_pages_name_their_language_and_edition(site: Path) -> None:
    for name in chapters(site):
        page = parsed(site / name)
        language = name.split("/")[1]
        assert link(page, "html")["lang"] == language
        assert TITLES[language] in link(page, "title").text
        assert link(page, "meta[property='og:locale']")["content"].startswith(language)  # type: ignore[union-attr]


def test_the_switch_leads_to_the_same_page(site: Path) -> None:
    for name in chapters(site):
        switch = link(parsed(site / name), ".language-switch")
        other = {"ko": "en", "en": "ko"}[name.split("/")[1]]
        target = ((site / name).parent / str(switch["href"])).resolve()
        assert target == (site / name.replace(f"/{name.split('/')[1]}/", f"/{other}/")).resolve()
        assert switch["hreflang"] == switch["lang"] == other


def test_the_switch_keeps_the_section(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, f"{address}chapters/ko/04-the-trick.html").page
    page.evaluate(
        "document.querySelectorAll('.bd-article h2')[3].scrollIntoView({ behavior: 'instant' })"
    )
    page.evaluate("document.querySelector('.language-switch').click()")
    page.wait_for_url("**/en/04-the-trick.html#*")
    there = page.evaluate("location.hash.slice(1)")
    sections = page.locator(".bd-article h2").evaluate_all(
        "all => all.map((h) => h.parentElement.id)"
    )
    assert sections.index(there) == 3
    page.close()


def test_neighbours_stay_inside_the_edition(site: Path) -> None:
    for name in chapters(site):
        folder = (site / name).parent.resolve()
        for neighbour in parsed(site / name).select(".prev-next-area a"):
            assert (folder / str(neighbour["href"])).resolve().parent == folder, name


def test_sidebar_lists_one_edition(site: Path) -> None:
    for name in chapters(site):
        folder = (site / name).parent.resolve()
        entries = parsed(site / name).select(".bd-links a")
        assert len(entries) >= 5
        for entry in entries:
            target = (folder / str(entry["href"]).split("#")[0]).resolve()
            assert target.parent == folder or str(entry["href"]) == "#", (name, entry)


NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.parametrize(
    "selector",
    [".eqno", "figcaption .caption-number", ".admonition-title .caption-number", "summary", "h1",
     "a.reference.internal"],
)  # fmt: skip
def test_editions_number_alike(site: Path, selector: str) -> None:
    seen = 0
    for name in chapters(site):
        if not name.startswith("chapters/ko/0"):
            continue
        ko, en = (parsed(site / n) for n in (name, name.replace("/ko/", "/en/")))
        numbers = [
            [NUMBER.findall(tag.get_text()) for tag in page.select(f".bd-article {selector}")]
            for page in (ko, en)
        ]
        if selector == "a.reference.internal":
            numbers = [sorted(n for n in each if n) for each in numbers]
        assert numbers[0] == numbers[1], name
        chapter = str(int(name.split("/")[2][:2]))
        if selector == ".eqno":
            expected = [[f"{chapter}.{i}"] for i in range(1, len(numbers[0]) + 1)]
            assert numbers[0] == expected, name
        seen += len(numbers[0])
    assert seen >= 4

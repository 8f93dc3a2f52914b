"""What a reference leads to, beside it; terms of the glossary; guesses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from extensions import npm_packages
from tests.site.browsing import open_page
from tests.site.building import chapters, parsed
from tests.site.inspection import violations

KINDS = {
    "equation": "a.reference.internal[href='#en-eq-fix'], a.reference.internal[href*='-eq-']",
    "citation": "a.reference.internal[href*='bibliography.html#']",
    "term": "a.term",
    "figure": "a.reference.internal[href*='-fig-']",
}


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1400, "height": 900})
    yield open_page(context, f"{address}chapters/en/04-the-trick.html").page
    context.close()


def first(page: Page, kind: str) -> Locator:
    link = page.locator(f".bd-article :is({KINDS[kind]})").first
    link.scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    return link


def box(page: Page) -> Locator:
    return page.locator("#hover:popover-open")


@pytest.mark.parametrize("kind", ["equation", "citation", "term"])
def test_hover_shows_what_a_reference_leads_to_and_leaving_hides_it(page: Page, kind: str) -> None:
    link = first(page, kind)
    link.hover()
    box(page).wait_for()
    text = box(page).inner_text()
    assert len(text) > 10
    assert link.get_attribute("aria-describedby") == "hover"
    within = page.locator("#hover").bounding_box()
    assert within is not None
    assert within["x"] >= 0
    assert within["x"] + within["width"] <= 1400
    assert within["y"] + within["height"] <= 900
    page.mouse.move(2, 2)
    box(page).wait_for(state="detached")
    assert link.get_attribute("aria-describedby") is None


def test_reader_may_move_into_what_is_shown(page: Page) -> None:
    first(page, "citation").hover()
    box(page).wait_for()
    box(page).hover()
    page.wait_for_timeout(500)
    assert box(page).count() == 1


def test_focus_shows_it_and_escape_hides_it(page: Page) -> None:
    link = first(page, "term")
    page.keyboard.press("Tab")
    link.focus()
    box(page).wait_for()
    page.keyboard.press("Escape")
    box(page).wait_for(state="detached")
    assert page.evaluate("document.activeElement.className").startswith("term")


def test_first_tap_shows_and_second_goes(browser: Browser, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = open_page(context, f"{address}chapters/ko/04-the-trick.html").page
    link = first(page, "term")
    link.tap()
    box(page).wait_for()
    assert "glossary" not in page.url
    within = page.locator("#hover").bounding_box()
    assert within is not None
    assert within["x"] >= 0
    assert within["x"] + within["width"] <= 390
    link.tap()
    page.wait_for_url("**/glossary.html#term-*")
    context.close()


@pytest.mark.parametrize("edition", ["ko", "en"])
def test_it_works_in_a_folder_opened_as_a_file(
    site: Path, desktop: BrowserContext, edition: str
) -> None:
    visit = open_page(desktop, f"{site.as_uri()}/chapters/{edition}/04-the-trick.html")
    link = first(visit.page, "term")
    link.hover()
    box(visit.page).wait_for()
    assert visit.troubles == []
    visit.page.close()


def test_what_is_shown_is_accessible(page: Page) -> None:
    page.evaluate((npm_packages.require("axe-core", development=True) / "axe.min.js").read_text())
    for kind in ("equation", "citation", "term"):
        first(page, kind).hover()
        box(page).wait_for()
        assert violations(page) == []
        page.keyboard.press("Escape")


def test_terms_are_marked_once_in_a_section_and_lead_to_their_row(site: Path) -> None:
    seen = {"ko": 0, "en": 0}
    for name in chapters(site):
        edition = name.split("/")[1]
        glossary = parsed(site / "chapters" / edition / "glossary.html")
        for section in parsed(site / name).select("section"):
            own = [
                str(term["href"])
                for term in section.select("a.term")
                if term.find_parent("section", id=True) is section
            ]
            assert len(own) == len(set(own)), (name, own)
            for address in own:
                anchor = address.partition("#")[2]
                row = glossary.find(id=anchor)
                assert row is not None, (name, address)
                assert row.name == "tr"
            seen[edition] += len(own)
    assert min(seen.values()) > 200


def test_terms_stand_in_running_text_only(site: Path) -> None:
    for name in chapters(site):
        page = parsed(site / name)
        assert not page.select(":is(h1, h2, h3, code, pre, a, .katex, summary) a.term"), name
    for name in ("glossary", "reference", "about"):
        assert not parsed(site / "chapters" / "en" / f"{name}.html").select("a.term")


@pytest.mark.parametrize(("edition", "words"), [("en", "Your guess:"), ("ko", "내 짐작:")])
def test_guess_is_kept_and_stands_beside_the_answer(
    browser: Browser, address: str, edition: str, words: str
) -> None:
    context = browser.new_context()
    page = open_page(context, f"{address}chapters/{edition}/04-the-trick.html").page
    cell = page.locator("#cell-predict-window")
    cell.get_by_label(words).fill("1000 <b>만</b>")
    page.reload()
    assert cell.get_by_label(words).input_value() == "1000 <b>만</b>"
    assert not cell.locator(".guessed").count()
    cell.locator("summary").click()
    cell.locator(".guessed").wait_for()
    assert cell.locator(".guessed").inner_text() == f"{words} 1000 <b>만</b>"
    assert cell.locator("details > .guessed + .cell_output").is_visible()
    cell.locator("summary").click()
    cell.locator(".guessed").wait_for(state="detached")
    context.close()


def test_every_prediction_has_a_line_and_nothing_else_has(site: Path) -> None:
    seen = 0
    for name in chapters(site):
        for cell in parsed(site / name).select("div.cell"):
            assert len(cell.select(".guess")) == ("tag_hide-output" in (cell.get("class") or []))
            seen += len(cell.select(".guess"))
    assert seen > 40


def test_without_scripts_there_are_links_and_no_dead_controls(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}chapters/en/04-the-trick.html")
    assert not page.locator(".bd-article :is(button, input, textarea):visible").count()
    page.locator(".bd-article a.term").first.click()
    page.wait_for_url("**/glossary.html#term-*")
    context.close()

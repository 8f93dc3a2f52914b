"""What makes reading comfortable: themes, paper, keyboard, copying, the landing page."""

from pathlib import Path

import numpy as np
import pytest
import scipy.special
from playwright.sync_api import Browser, BrowserContext

from tests.site.browsing import lay_out, open_page


def test_dark_theme_is_remembered(address: str, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page = open_page(context, f"{address}chapters/en/01-why-logs.html").page
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        page.locator(".mode-switch").first.click()
    page.goto(f"{address}chapters/en/02-softmax.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.emulate_media(color_scheme="dark")
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(50)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()


def test_theme_follows_the_system_until_it_is_chosen(address: str, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page = open_page(context, f"{address}chapters/en/01-why-logs.html").page
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_selector(f"html[data-theme={theme}]", state="attached")
    context.close()


def test_a_chapter_prints_whole(address: str, desktop: BrowserContext, tmp_path: Path) -> None:
    page = open_page(desktop, f"{address}chapters/ko/04-the-trick.html").page
    page.emulate_media(media="print")
    folded = page.locator("details.fold > :not(summary)")
    heights = [folded.nth(i).bounding_box() for i in range(folded.count())]
    assert heights
    assert all(box is not None and box["height"] > 0 for box in heights)
    assert not page.locator(".bd-sidebar-primary").is_visible()
    assert page.locator(".bd-article h1").is_visible()
    page.pdf(path=tmp_path / "chapter.pdf")
    assert (tmp_path / "chapter.pdf").stat().st_size > 50_000
    page.close()


def test_keyboard_reaches_the_text_first(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, f"{address}chapters/ko/04-the-trick.html").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.close()


def test_copy_button_copies_the_cell(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = open_page(context, f"{address}chapters/ko/01-why-logs.html").page
    cell = page.locator("div.cell_input").first
    cell.hover()
    cell.get_by_role("button", name="복사").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == cell.locator("pre").inner_text().rstrip()
    context.close()


@pytest.mark.parametrize(("locale", "first"), [("ko-KR", "ko"), ("en-GB", "en"), ("fr-FR", "en")])
def test_landing_page_follows_the_browser(
    address: str, browser: Browser, locale: str, first: str
) -> None:
    context = browser.new_context(locale=locale)
    page = open_page(context, address).page
    tops = {name: page.locator(f".landing-{name}").bounding_box() for name in ("ko", "en")}
    other = {"ko": "en", "en": "ko"}[first]
    assert tops[first]["y"] < tops[other]["y"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.lang") == first
    context.close()


SCORES = np.array([1000.0, 999.0, 998.0])


def test_landing_figure_computes_as_numpy_does(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, address).page
    lines = page.locator(".trick output > *")
    for c in (0, 289, 290, 291, 700, 1000, 1714, 1740, 1745, 1746, 2000):
        page.locator(".trick input").fill(str(c))
        with np.errstate(over="ignore", divide="ignore", under="ignore"):
            terms = np.exp(SCORES - c)
            total = c + np.log(terms.sum())
        *shown, answer = (text.split(" = ")[1] for text in lines.all_inner_texts())
        assert [float(text) for text in shown] == pytest.approx(terms, rel=5.1e-4, abs=5e-324)
        assert float(answer.removesuffix(" ✓")) == pytest.approx(total, rel=5.1e-10)
        right = page.locator(".trick.right").count() == 1
        assert right == bool(abs(total - scipy.special.logsumexp(SCORES)) < 5e-7), c
    page.close()


def test_landing_figure_is_dragged(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, address).page
    box = page.locator(".trick svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 50, steps=5)
    page.mouse.up()
    assert 700 < float(page.locator(".trick input").input_value()) < 1000
    assert page.locator(".trick.right").count() == 1
    page.close()


def test_citation_is_copied(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = open_page(context, f"{address}chapters/en/about.html").page
    page.locator(".colophon summary").click()
    page.locator(".colophon .highlight").hover()
    page.locator(".colophon").get_by_role("button", name="Copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@book{lsebook,")
    assert copied.endswith("}")
    context.close()


def test_landing_page_remembers_the_last_choice(address: str, browser: Browser) -> None:
    context = browser.new_context(locale="ko-KR")
    page = open_page(context, f"{address}chapters/ko/02-softmax.html").page
    page.locator(".language-switch").click()
    page.wait_for_url("**/en/02-softmax.html*")
    page.goto(address)
    assert page.evaluate("document.documentElement.dataset.edition") == "en"
    context.close()


def test_reduced_motion_is_respected(address: str, browser: Browser) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = open_page(context, f"{address}chapters/ko/04-the-trick.html").page
    durations = (
        "[...document.querySelectorAll('*')].map((e) => getComputedStyle(e).transitionDuration)"
    )
    assert set(page.evaluate(durations)) == {"0s"}
    context.close()


def test_a_phone_lays_out_only_what_is_near(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = open_page(context, f"{address}chapters/ko/04-the-trick.html").page
    page.wait_for_load_state("networkidle")
    last = page.locator(".bd-article .formula").last.element_handle()
    laid_out = "(e) => e.checkVisibility({ contentVisibilityAuto: true })"
    assert not page.evaluate(laid_out, last)
    last.scroll_into_view_if_needed()
    page.wait_for_function(laid_out, arg=last)
    context.close()


def test_only_boxes_that_scroll_take_the_focus(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = open_page(context, f"{address}chapters/ko/04-the-trick.html").page
    lay_out(page)
    page.wait_for_load_state("networkidle")
    boxes = page.locator(".bd-article pre").evaluate_all(
        "all => all.filter((e) => e.checkVisibility())"
        ".map((e) => [e.scrollWidth > e.clientWidth, e.getAttribute('tabindex')])"
    )
    assert {scrolls for scrolls, _ in boxes} == {True, False}
    assert all(index == ("0" if scrolls else None) for scrolls, index in boxes)
    context.close()


def test_numbers_of_a_list_stay_inside_their_box(address: str, desktop: BrowserContext) -> None:
    page = open_page(desktop, f"{address}chapters/en/03-log-sum-exp.html").page
    lay_out(page)
    room = page.locator(".bd-article .admonition ol").evaluate_all(
        "all => all.map((list) => list.querySelector('li').getBoundingClientRect().left"
        " - list.closest('.admonition').getBoundingClientRect().left)"
    )
    assert room
    assert min(room) >= 36
    page.close()


def test_score_and_verdicts_of_an_exercise_are_in_a_phones_window(
    address: str, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, reduced_motion="reduce")
    page = open_page(context, f"{address}chapters/en/02-softmax.html").page
    lay_out(page)
    ends = page.locator(".cell_output table").first.evaluate(
        """table => [...table.querySelectorAll('caption, :is(th, td):last-child')].map((cell) => {
            const text = document.createRange();
            text.selectNodeContents(cell);
            return text.getBoundingClientRect().right;
        })"""
    )
    assert len(ends) == 6
    assert max(ends) <= 390 - 32
    context.close()


def test_contents_of_a_phone_lead_to_the_section_and_close(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, reduced_motion="reduce")
    page = open_page(context, f"{address}chapters/ko/04-the-trick.html").page
    page.locator(".secondary-toggle").click()
    entry = page.locator("dialog[open] a[href^='#']").nth(6)
    name = entry.get_attribute("href")
    entry.click()
    page.locator("dialog[open]").wait_for(state="detached")
    page.wait_for_function("location.hash.length > 1")
    top = f"document.querySelector('{name}').getBoundingClientRect().top"
    assert 0 <= page.evaluate(top) < 150
    context.close()


@pytest.mark.parametrize("width", [1400, 390])
def test_links_land_on_their_sections(address: str, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = open_page(context, f"{address}chapters/ko/04-the-trick.html").page
    sections = page.locator(".bd-article > section > section")
    names = sections.evaluate_all("all => all.map((section) => section.id)")
    for name in names[1:-3]:
        top = f"document.getElementById('{name}').getBoundingClientRect().top"
        page.evaluate(f"location.hash = '{name}'")
        assert 0 <= page.evaluate(top) < 150, name
    page.goto("about:blank")
    page.goto(f"{address}chapters/ko/04-the-trick.html#{names[5]}")
    page.wait_for_load_state("networkidle")
    assert (
        0
        <= page.evaluate(f"document.getElementById('{names[5]}').getBoundingClientRect().top")
        < 150
    )
    context.close()

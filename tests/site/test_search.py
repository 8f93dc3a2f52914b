"""Searching, as a reader does it."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.site.browsing import open_page
from tests.site.building import parsed

KOREAN = [
    ("확률", "02-softmax"),
    ("점수", "02-softmax"),
    ("지수", "01-why-logs"),
    ("확률은", "02-softmax"),
    ("확률을", "02-softmax"),
    ("소프트맥스에서", "02-softmax"),
    ("합지수", "03-log-sum-exp"),
    ("로그합지수", "03-log-sum-exp"),
    ("온도", "02-softmax"),
    ("문헌", "bibliography"),
]  # fmt: skip
ENGLISH = [
    ("probability", "02-softmax"),
    ("probabilities", "02-softmax"),
    ("exponential overflow", "01-why-logs"),
    ("bibliography", "bibliography"),
    ("temperatures", "02-softmax"),
]
IN_BOTH = ["logsumexp", "np.exp", "float16"]


def results(context: BrowserContext, address: str, edition: str, query: str) -> list[str]:
    """Type a query into the field of a chapter's page and read the addresses found."""
    visit = open_page(context, f"{address}chapters/{edition}/01-why-logs.html")
    page = visit.page
    field = page.locator(".book-search input")
    field.fill(query)
    field.press("Enter")
    page.locator("#search-results[data-done]").wait_for()
    found = page.locator("#search-results li > a:first-child")
    addresses = found.evaluate_all("links => links.map((link) => link.href)")
    assert visit.troubles == []
    assert all(u.startswith((address, "data:")) for u in visit.requested)
    page.close()
    return addresses


@pytest.mark.parametrize(
    ("edition", "query", "slug"),
    [("ko", "확률은", "02-softmax"), ("en", "probabilities", "02-softmax")],
)
def test_search_works_in_a_folder_opened_as_a_file(
    site: Path, desktop: BrowserContext, edition: str, query: str, slug: str
) -> None:
    folder = f"{site.as_uri()}/"
    assert results(desktop, folder, edition, query)[0] == f"{folder}chapters/{edition}/{slug}.html"


@pytest.mark.parametrize("edition", ["ko", "en"])
def test_search_page_has_the_contents_beside_it(site: Path, edition: str) -> None:
    chapter, search = (
        [
            (str(entry["href"]).replace("#", "01-why-logs.html"), entry.text)
            for entry in parsed(site / "chapters" / edition / name).select(".bd-links a")
        ]
        for name in ("01-why-logs.html", "search.html")
    )
    assert len(search) > 12
    assert search == chapter


@pytest.mark.parametrize(("query", "slug"), KOREAN)
def test_korean_query_finds_the_right_page_first(
    address: str, desktop: BrowserContext, query: str, slug: str
) -> None:
    found = results(desktop, address, "ko", query)
    assert found[0] == f"{address}chapters/ko/{slug}.html"
    assert all("/ko/" in each for each in found)


@pytest.mark.parametrize("query", ["구현", "값", "구현을", "최댓값이"])
def test_korean_word_is_found_whatever_its_length(
    address: str, desktop: BrowserContext, query: str
) -> None:
    assert results(desktop, address, "ko", query)


@pytest.mark.parametrize(("query", "slug"), ENGLISH)
def test_english_query_finds_the_right_page_first(
    address: str, desktop: BrowserContext, query: str, slug: str
) -> None:
    found = results(desktop, address, "en", query)
    assert found[0] == f"{address}chapters/en/{slug}.html"
    assert all("/en/" in each for each in found)


@pytest.mark.parametrize("edition", ["ko", "en"])
@pytest.mark.parametrize("query", IN_BOTH)
def test_names_in_code_are_found_in_both_editions(
    address: str, desktop: BrowserContext, edition: str, query: str
) -> None:
    assert results(desktop, address, edition, query)


def test_nothing_is_found_for_nonsense(address: str, desktop: BrowserContext) -> None:
    assert results(desktop, address, "ko", "뷁쀍") == []

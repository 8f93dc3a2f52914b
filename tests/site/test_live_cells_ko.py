"""Every cell of the Korean edition, run in the browser."""

from collections.abc import Callable

from playwright.sync_api import Browser

from tests.site.live_cells import assert_edition_prints_the_same


def test_every_cell_prints_in_the_browser_what_the_page_shows(
    address: str, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    assert_edition_prints_the_same(browser, address, "ko", record_property)

"""Every cell of the English edition, run in the browser."""

from collections.abc import Callable

from playwright.sync_api import Browser

from tests.site.live_cells import run_edition, said


def test_every_cell_prints_in_the_browser_what_the_page_shows(
    address: str, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    counts = run_edition(browser, address, "en")
    record_property("live", f"en: {said(counts)}")
    assert counts["same"] > 100
    assert counts["drawn"] > 20
    assert counts["warned"] <= 0.02 * counts.total()

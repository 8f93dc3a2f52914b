"""Every page in a wide window, light and dark."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.site.inspection import assert_all_well


def test_wide_pages_are_quiet_fit_and_accessible(
    site: Path, address: str, browser: Browser
) -> None:
    assert_all_well(site, browser, address, 1400)

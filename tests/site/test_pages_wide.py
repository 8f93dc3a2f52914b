"""Every page in a wide window, light and dark."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.site.browsing import THEMES
from tests.site.inspection import assert_all_well


@pytest.mark.parametrize("theme", THEMES)
def test_wide_pages_are_quiet_fit_and_accessible(
    site: Path, address: str, contexts: dict[tuple[int, str], BrowserContext], theme: str
) -> None:
    assert_all_well(site, contexts[1400, theme], address)

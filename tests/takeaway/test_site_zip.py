"""The site, unpacked and opened as a file, as a reader does it."""

import zipfile
from pathlib import Path

import pytest

from extensions.offers import SITE_ZIP
from tests.site.browsing import bring_to_life, launched, open_page


@pytest.fixture(scope="module")
def folder(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(made / SITE_ZIP) as archive:
        archive.extractall(target)
    return target / "logsumexp-site"


def test_site_works_from_a_file(folder: Path) -> None:
    with launched() as browser:
        context = browser.new_context(color_scheme="light", viewport={"width": 1400, "height": 900})
        visit = open_page(context, (folder / "index.html").as_uri())
        page = visit.page
        page.locator(".trick input").fill("1000")
        assert page.locator(".trick strong").inner_text().endswith("1000.407606")
        page.locator(".landing-en .landing-start").click()
        page.locator(".bd-links a[data-page='04-the-trick']").click()
        assert bring_to_life(page) >= 1
        assert page.locator(".bd-article img").first.evaluate("(img) => img.naturalWidth") > 100
        assert page.evaluate("document.fonts.check('1em KaTeX_Main')")
        page.locator(".mode-switch").first.click()
        page.locator(".mode-switch").first.click()
        assert page.evaluate("document.documentElement.dataset.mode") != "auto"
        page.locator(".language-switch").click()
        page.wait_for_url("**/ko/04-the-trick.html*")
        field = page.locator(".book-search input")
        field.fill("소프트맥스에서")
        field.press("Enter")
        page.locator("#search-results[data-done]").wait_for()
        assert "02-softmax" in str(page.locator("#search-results a").first.get_attribute("href"))
        assert visit.troubles == []
        assert all(u.startswith((folder.as_uri(), "data:")) for u in visit.requested)


def test_zip_offers_nothing_that_is_not_in_it(folder: Path) -> None:
    for edition in ("ko", "en"):
        text = (folder / "chapters" / edition / "index.html").read_text(encoding="utf-8")
        assert f"logsumexp-{edition}.zip" in text
        assert f"logsumexp-{edition}.pdf" not in text

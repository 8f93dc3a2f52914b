"""Write 404.html, which a server shows for an address that does not exist, in both languages.

Such a page is shown at any depth, so links relative to its own place lead nowhere; Sphinx has no
page of that kind, and sphinx-notfound-page wants to know the folder the site is served from.
"""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx


def write_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    yield "404", {"title": "404", "base": app.config.html_baseurl or ""}, "404.html"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-collect-pages", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

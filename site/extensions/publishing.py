"""What search engines and social sites read, once the book has an address.

sphinxext-opengraph and sphinx-sitemap do the work, each from a setting of its own; here both
follow the one ``html.baseurl`` of _config.yml. Neither knows that pages of two editions belong
together: that is told by `hreflang` alternates, which need full addresses.
"""

from typing import Any
from urllib.parse import urljoin

from sphinx.application import Sphinx
from sphinx.config import Config

from extensions.editions import TITLES

LOCALES = {"ko": "ko_KR", "en": "en_US"}


def follow_base_url(app: Sphinx, config: Config) -> None:
    if config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"
        config.ogp_site_url = config.html_baseurl
        config.sitemap_url_scheme = "{link}"


def describe_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    language = context["language"]
    base = app.config.html_baseurl
    context["social"] = {"og:locale": LOCALES[language], "og:site_name": TITLES[language]}
    context["alternates"] = {}
    if not base:
        context["pageurl"] = None
        return
    address = app.builder.get_target_uri
    if switch := context.get("switch"):
        context["alternates"] = {
            language: urljoin(base, address(pagename)),
            switch["language"]: urljoin(base, address(switch["page"])),
        }
    elif pagename == app.config.root_doc:
        pages = {name: f"chapters/{name}/index" for name in TITLES}
        context["alternates"] = {name: urljoin(base, address(page)) for name, page in pages.items()}
        context["alternates"]["x-default"] = urljoin(base, address(pagename))


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", follow_base_url, priority=1)
    app.connect("html-page-context", describe_page, priority=401)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

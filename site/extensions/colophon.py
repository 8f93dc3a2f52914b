"""Say below each page how the book is cited, when it was checked and with what, and what changed.

Sphinx's own line has room for the copyright alone. "Report a mistake" and "Source" need an address:
``repository_url`` in _config.yml, empty as long as there is none.
"""

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.config import Config

from extensions.editions import TITLES, edition
from extensions.metadata import commit_date, metadata


def bibtex(about: dict[str, Any], title: str, address: str) -> str:
    """The book as an entry for LaTeX, in the words of CITATION.cff."""
    authors = " and ".join(f"{{{author['name']}}}" for author in about["authors"])
    fields = {
        "title": f"{{{title}}}",
        "author": authors,
        "year": about["date-released"][:4],
        "version": about["version"],
        "url": address,
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@book{{lsebook,\n{''.join(lines)}}}"


def checked(root: Path) -> dict[str, str]:
    """The day of the state that was checked, and the versions that it was checked with."""
    seconds = commit_date(root)
    if seconds is None:
        return {}
    return {
        "date": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}",
        "versions": f"Python {platform.python_version()}, NumPy {version('numpy')}, "
        f"SciPy {version('scipy')}",
    }


def note_state(app: Sphinx, config: Config) -> None:
    """Note it as a setting: when it changes, every page is written again."""
    root = Path(app.srcdir)
    config.colophon = {**checked(root), "about": metadata(root)}


def repository_links(url: str, branch: str, page: str, source: str) -> dict[str, str]:
    """Where a reader reports a mistake on a page, and where its source is."""
    if not url:
        return {}
    base, title = url.rstrip("/"), quote(page)
    return {
        "report": f"{base}/issues/new?title={title}",
        "source": f"{base}/blob/{branch}/{source}",
    }


def add_colophon(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    here = edition(pagename)
    if here is None:
        return
    state = app.config.colophon
    url = app.config.repository_url
    context["citation"] = bibtex(state["about"], TITLES[here], app.config.html_baseurl or url)
    context["colophon_version"] = state["about"]["version"]
    context["checked"] = state if "date" in state else None
    if doctree is not None:
        source = app.env.doc2path(pagename, base=False)
        branch = app.config.repository_branch
        context["repository"] = repository_links(url, branch, pagename, str(source))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("colophon", {}, "html")
    app.add_config_value("repository_url", "", "html")
    app.add_config_value("repository_branch", "main", "html")
    app.connect("config-inited", note_state)
    app.connect("html-page-context", add_colophon)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

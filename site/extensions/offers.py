"""Offer EPUB, PDF, the site as a zip and the notebooks on the first page of each edition.

`make takeaway` makes them from the built site, so the site can name them only when it is built
again: what lies in ``_build/takeaway`` by then is copied and listed with size and date, by the
directive ``{offers}``. Sphinx's own role for downloads wants its files among the sources.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from extensions import korean
from extensions.editions import EDITIONS, edition

FOLDER = "takeaway"
SITE_ZIP = "logsumexp-site.zip"
KINDS = {
    "logsumexp-{edition}.epub": "EPUB, for reading apps and e-book readers",
    "logsumexp-{edition}.pdf": "PDF, for printing",
    SITE_ZIP: "The site, to be unpacked and opened as a file",
    "logsumexp-{edition}.zip": "All notebooks, with package and data",
}
MADE_LATER = {name.format(edition=e) for name in list(KINDS)[:3] for e in EDITIONS}


class offers(nodes.General, nodes.Element):
    """The list of what can be taken away."""


class Offers(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [offers()]


def is_offer(name: str) -> bool:
    """Whether a file of the site was made from the site."""
    return name in MADE_LATER


def found(downloads: Path, here: str) -> Iterator[tuple[str, str, Path]]:
    """Name, description and path of each offer that there is."""
    for pattern, text in KINDS.items():
        path = downloads / pattern.format(edition=here)
        if path.exists():
            yield path.name, korean.OWN[text] if here == "ko" else text, path


def visit_offers(self: HTML5Translator, node: offers) -> None:
    here = edition(self.builder.current_docname)
    assert here is not None
    self.body.append('<ul class="offers">\n')
    for name, text, path in found(Path(self.builder.outdir, "_downloads"), here):
        facts = f"{path.stat().st_size / 1e6:.1f} MB"
        if is_offer(name):
            facts += f", {datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y-%m-%d}"
        link = f'<a href="../../_downloads/{name}" download>{escape(text)}</a>'
        self.body.append(f'<li>{link} <span class="facts">{facts}</span></li>\n')
    self.body.append("</ul>\n")
    raise nodes.SkipNode


def copy_offers(app: Sphinx) -> None:
    """Put what was made beside the notebooks, and forget what was not."""
    if app.builder.name != "html":
        return
    downloads, made = Path(app.outdir, "_downloads"), Path(app.outdir).parent / FOLDER
    downloads.mkdir(parents=True, exist_ok=True)
    for name in MADE_LATER:
        (downloads / name).unlink(missing_ok=True)
        if (made / name).exists():
            shutil.copy2(made / name, downloads)


def show_anew(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages with the list, which no change of theirs would bring up to date."""
    pages = (f"chapters/{name}/index" for name in EDITIONS)
    return [page for page in pages if page in env.found_docs]


def leave_out(app: Sphinx, doctree: nodes.document) -> None:
    """An EPUB does not offer itself."""
    if app.builder.name == "html":
        return
    for node in list(doctree.findall(offers)):
        node.parent.parent.remove(node.parent)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(offers, html=(visit_offers, None))
    app.add_directive("offers", Offers)
    app.connect("builder-inited", copy_offers)
    app.connect("env-get-updated", show_anew)
    # Before Sphinx collects the sections for the table of contents.
    app.connect("doctree-read", leave_out, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Search one edition, in its language, with a page of results of its own.

Sphinx builds one index of whole words in one language: it finds no Korean word of one or two
syllables, none with a particle, nothing inside a compound, and mixes the editions. Here each
edition gets an index of its sections' text and a search page; search.js finds in it. English
words are stemmed as Sphinx stems them.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.search import IndexBuilder

from extensions.editions import EDITIONS, edition

SCRIPT = Path(__file__).with_name("search.js")
LEFT_OUT = (nodes.math_block, nodes.image, nodes.raw, nodes.comment, nodes.system_message)
SHORT = re.compile(r"[^\\]{1,12}")


def is_titled(node: nodes.Node) -> bool:
    """Whether a node is a section of its own; the body of an exercise is one without a title."""
    return isinstance(node, nodes.section) and isinstance(node.next_node(), nodes.title)


def text_of(node: nodes.Node) -> str:
    """The words that a reader sees in a section, its subsections and long formulas left out."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.math):
        return node.astext() if SHORT.fullmatch(node.astext()) else "…"
    if isinstance(node, pending_xref) and node.astext() == node["reftarget"]:
        return ""
    if isinstance(node, LEFT_OUT) or is_titled(node):
        return " "
    parts = "".join(text_of(child) for child in node.children)
    return parts if isinstance(node, nodes.Inline) else f"{parts}\n"


def defined_in(section: nodes.section) -> list[str]:
    """The terms that stand in bold, as definitions do, in a section itself."""
    parts = [part for part in section.children if not is_titled(part)]
    return [strong.astext() for part in parts for strong in part.findall(nodes.strong)]


def sections_of(doctree: nodes.document) -> Iterator[dict[str, str]]:
    for section in doctree.findall(nodes.section):
        if not is_titled(section):
            continue
        title, top = section.children[0], section.parent is doctree
        body = " ".join(text_of(part) for part in section.children[1:])
        yield {
            "anchor": "" if top else section["ids"][0],
            "title": title.astext(),
            "text": re.sub(r"\s+", " ", body).strip(),
            "defined": " / ".join(defined_in(section)),
        }


def index_of(app: Sphinx, name: str) -> list[dict[str, Any]]:
    pages = []
    order = [doc for doc in app.env.collect_relations() if edition(doc) == name]
    for docname in order:
        doctree = app.env.get_doctree(docname)
        page = docname.rpartition("/")[2]
        pages.append({"page": f"{page}.html", "sections": list(sections_of(doctree))})
    return pages


def write_indices(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Write both indices and the search pages in place of Sphinx's own."""
    static = Path(app.outdir, "_static")
    for name in EDITIONS:
        if f"chapters/{name}/index" in app.env.found_docs:
            index = json.dumps(index_of(app, name), ensure_ascii=False, separators=(",", ":"))
            # A script: browsers let no page that is opened as a file fetch another file.
            (static / f"search-{name}.js").write_text(f"const PAGES={index};", encoding="utf-8")
            yield f"chapters/{name}/search", {"title": "", "searching": name}, "edition-search.html"


def leave_out_stock_search(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.builder.search = False  # type: ignore[attr-defined]
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        stemmer = IndexBuilder(app.env, "en", {}, "").get_js_stemmer_code()
        script = SCRIPT.read_text(encoding="utf-8")
        (static / "search.js").write_text(f"{stemmer};\n{script}", encoding="utf-8")


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if edition_searched := context.get("searching"):
        app.add_js_file(f"search-{edition_searched}.js", loading_method="defer")
        app.add_js_file("search.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", leave_out_stock_search)
    app.connect("html-collect-pages", write_indices)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

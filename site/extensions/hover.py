"""Show what a reference leads to beside it: equations, figures, citations, terms of the glossary.

sphinx-tippy and hoverxref do not work with Jupyter Book. What stands on the same page hover.js
copies; what stands on another comes from a script that holds the parts of that page to which others
refer. It is a script since a page that is opened as a file may fetch nothing.
"""

import json
import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from extensions.editions import EDITIONS, edition

SCRIPT = Path(__file__).with_name("hover.js")
LINK = re.compile(r'<a class="[^"]*\breference internal\b[^"]*" href="([\w-]+)\.html#([^"]+)"')
SHOWN = r'<(div|figure|tr)\b[^>]*\bid="{}"[^>]*>'


def part_of(page: str, anchor: str) -> str | None:
    """The HTML of the equation, figure, entry or row of that name, up to its end."""
    if (begin := re.search(SHOWN.format(re.escape(anchor)), page)) is None:
        return None
    depth = 0
    for tag in re.compile(rf"<(/?){begin[1]}\b").finditer(page, begin.start()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return page[begin.start() : page.index(">", tag.start()) + 1]
    return None


def referred(pages: dict[str, str]) -> dict[str, set[str]]:
    """For each page the anchors to which others lead."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, text in pages.items():
        for page, anchor in LINK.findall(text):
            if page != name and page in pages:
                found[page].add(anchor)
    return found


def write_parts(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    for here in EDITIONS:
        files = sorted(Path(app.outdir, "chapters", here).glob("*.html"))
        pages = {path.stem: path.read_text(encoding="utf-8") for path in files}
        folder = Path(app.outdir, "_static", "hover", here)
        folder.mkdir(parents=True, exist_ok=True)
        for page, anchors in referred(pages).items():
            parts = {a: part for a in sorted(anchors) if (part := part_of(pages[page], a))}
            text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
            (folder / f"{page}.js").write_text(
                f"(window.HOVER??={{}})[{page!r}]={text};", encoding="utf-8"
            )


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if edition(pagename) and doctree is not None:
        app.add_js_file(SCRIPT.name, loading_method="defer")


def copy_script(app: Sphinx) -> None:
    if app.builder.name == "html":
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPT, static)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", copy_script)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

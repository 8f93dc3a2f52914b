"""Make a book of the pages where nothing moves, folds or is searched: Sphinx's EPUB builder.

Loaded by ``takeaway.epub`` alone. Solutions stand at the end of their chapter, an explorable is its
picture with a link to the page where it moves, and formulas are MathML (mathematics.py). Sphinx's
builder passes no test of epubcheck by itself: see ``EditionEpub``.
"""

import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node

from extensions import korean, npm_packages
from extensions.contents import parts
from extensions.editions import edition
from extensions.explorables import explorable

STATIC = {"book.css", "cover.png", "pygments.css", "stix-two-math.woff"}
ITEM = re.compile(r'<item id="[^"]*" href="([^"]*\.xhtml)" media-type="[^"]*"(?= />)')
COVER = re.compile(r'(<item id="[^"]*" href="_static/cover\.png" media-type="image/png")')
# What matplotlib writes and EPUB 3 forbids: a document type, and blanks without an outline.
DOCTYPE = re.compile(r"<!DOCTYPE svg [^>]*>\s*")
BLANK = re.compile(r"<path (?![^>]*\bd=)")


def say(docname: str, text: str) -> str:
    return korean.OWN[text] if edition(docname) == "ko" else text


class EditionEpub(Epub3Builder):
    """Sphinx's builder, told of chapters' numbers and sections, MathML and what EPUB forbids."""

    def get_toc(self) -> None:
        index = self.config.root_doc
        chapters = [chapter for _, part in parts(self.env, index) for chapter in part]
        self.refnodes = []
        for docname, title in chapters:
            self.refnodes.append(self.entry(1, docname, "", title))
            for link in self.env.tocs[docname].findall(nodes.reference):
                depth = len(list(ancestors(link, nodes.bullet_list)))
                if link["anchorname"] and depth == 2:
                    self.refnodes.append(self.entry(2, docname, link["anchorname"], link.astext()))
        self.toc_add_files(self.refnodes)

    def entry(self, level: int, docname: str, anchor: str, text: str) -> dict[str, Any]:
        address = escape(f"{docname}{self.out_suffix}{anchor}")
        return {"level": level, "refuri": address, "text": escape(text)}

    def copy_image_files(self) -> None:
        super().copy_image_files()
        for picture in Path(self.outdir, self.imagedir).glob("*.svg"):
            text = BLANK.sub('<path d="" ', DOCTYPE.sub("", picture.read_text("utf-8")))
            picture.write_text(text, encoding="utf-8")

    def copy_static_files(self) -> None:
        super().copy_static_files()
        for path in Path(self.outdir, "_static").iterdir():
            if path.name not in STATIC:
                path.unlink()

    def build_content(self) -> None:
        super().build_content()
        manifest = Path(self.outdir, "content.opf")
        text = ITEM.sub(self.declare, manifest.read_text(encoding="utf-8"))
        text = COVER.sub(r'\1 properties="cover-image"', text)
        manifest.write_text(text, encoding="utf-8")

    def declare(self, item: re.Match[str]) -> str:
        page = Path(self.outdir, item[1]).read_text(encoding="utf-8")
        return f'{item[0]} properties="mathml"' if "<math" in page else item[0]


def ancestors(node: nodes.Element, kind: type[nodes.Element]) -> Iterator[nodes.Element]:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kind):
            yield node


def gather_solutions(app: Sphinx, doctree: nodes.document) -> None:
    """Move solutions, and the cells that belong to them, into a section at the chapter's end."""
    moved = []
    for node in list(doctree.findall(nodes.Element)):
        if isinstance(node, solution_node):
            node["classes"].remove("dropdown")
            moved.append(node)
        elif "tag_solution" in node["classes"]:
            node.attributes.pop("hide_mode", None)
            moved.append(node)
    if moved:
        title = say(app.env.docname, "Solutions")
        section = nodes.section("", nodes.title("", title), ids=["solutions"], names=["solutions"])
        for node in moved:
            node.parent.remove(node)
            section += node
        next(iter(doctree.findall(nodes.section))).append(section)


class ShowPictures(SphinxPostTransform):
    """Put the picture for the explorable, and say where it moves."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        base = self.app.config.html_baseurl
        for figure in list(self.document.findall(explorable)):
            note = say(self.env.docname, "On the site this figure moves.")
            text: nodes.Node = nodes.Text(note)
            if base:
                address = urljoin(base, f"{self.env.docname}.html")
                text = nodes.reference("", note, refuri=address, internal=False)
            figure.parent.replace(
                figure, [*figure.children, nodes.paragraph("", "", text, classes=["moves"])]
            )


class DropIcons(SphinxPostTransform):
    """Drop the arrows that sphinx-design draws on what folds (it draws them at 199)."""

    default_priority = 300

    def run(self, **kwargs: Any) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            if raw.astext().startswith("<svg"):
                raw.parent.remove(raw)


def copy_font(app: Sphinx) -> None:
    """Copy a font that has every sign of a formula: few devices have one."""
    font = npm_packages.require("@fontsource/stix-two-math") / "files"
    static = Path(app.config.html_static_path[0])
    shutil.copy(font / "stix-two-math-latin-400-normal.woff", static / "stix-two-math.woff")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_builder(EditionEpub, override=True)
    app.add_post_transform(ShowPictures)
    app.add_post_transform(DropIcons)
    app.connect("builder-inited", copy_font)
    # Before Sphinx collects the sections for the table of contents.
    app.connect("doctree-read", gather_solutions, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

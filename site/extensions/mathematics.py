"""Set formulas while the book is built: as HTML and MathML for the site, as MathML for EPUB.

Sphinx's own renderer leaves formulas to MathJax in the reader's browser, from another host;
sphinxcontrib-katex lets a formula that does not parse pass. Here one node process renders all, and
one that is rejected is a warning with file and line: an error, as the book is built. The site has
KaTeX; an EPUB has MathML by Temml (KaTeX's has no aligned lines and no boxes).
"""

import json
import re
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from extensions import npm_packages

logger = logging.getLogger(__name__)
MACROS = Path(__file__).with_name("macros.json")


class Typesetter:
    """KaTeX or Temml, which stays for the length of a build and remembers what it has set."""

    def __init__(self, package: str, script: str, **options: Any) -> None:
        self.package, self.script, self.options = package, script, options
        self.process: subprocess.Popen[str] | None = None
        self.answers: dict[tuple[str, bool], dict[str, str]] = {}

    def render(self, tex: str, display: bool) -> dict[str, str]:
        if (tex, display) not in self.answers:
            self.answers[tex, display] = self.ask({"tex": tex, "displayMode": display})
        return self.answers[tex, display]

    def ask(self, question: dict[str, Any]) -> dict[str, str]:
        if self.process is None:
            library = npm_packages.require(self.package) / "dist" / self.script
            options = json.dumps({"macros": json.loads(MACROS.read_text("utf-8")), **self.options})
            server = Path(__file__).with_name("typeset.cjs")
            self.process = npm_packages.node(str(server), str(library), options)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return cast(dict[str, str], json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()
            self.process = None


katex = Typesetter("katex", "katex.min.js", strict="error", output="htmlAndMathml")
temml = Typesetter("temml", "temml.cjs", strict=True, throwOnError=True, xml=True)
#: Longer TeX may be wider than a phone. Its box scrolls then, so the keyboard must reach it.
WIDE = 50
#: Shorter TeX in a line fits on every phone and needs no box that scrolls.
SHORT = 24
#: A formula's number, as notebooks show it wherever they are opened.
TAG = re.compile(r"\s*\\tag\{([\d.]+)\}")
FORMULAS = (nodes.math, nodes.math_block)


def formula(node: nodes.Element, tex: str, display: bool, by: Typesetter = katex) -> str:
    answer = by.render(tex, display)
    if "error" in answer:
        logger.warning("%s", answer["error"], location=node, type="katex")
        return f"<code>{escape(tex)}</code>"
    return answer["html"]


def typesetter(self: HTML5Translator) -> Typesetter:
    return temml if self.builder.name == "epub" else katex


def one_display(tex: str) -> str:
    """Give the lines of a display that brings no environment of its own one."""
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    whole = r" \\ ".join(parts)
    bare = r"\\" in whole and r"\begin{" not in whole
    return rf"\begin{{aligned}}{whole}\end{{aligned}}" if bare else whole


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    tex = node.astext()
    short = " short" if len(tex) < SHORT else ""
    self.body.append(self.starttag(node, "span", "", CLASS=f"math notranslate{short}"))
    html = formula(node, tex, display=False, by=typesetter(self))
    self.body.append(f"{html}</span>{joint(node)}")
    raise nodes.SkipNode


def joint(node: nodes.math) -> str:
    """Return a word joiner where text goes on right behind a formula.

    Browsers may break a line behind any box, and would part a Korean particle or a full stop from
    its formula.
    """
    behind = node.parent[node.parent.index(node) + 1 :]
    goes_on = bool(behind) and isinstance(behind[0], nodes.Text) and not behind[0][:1].isspace()
    return "\N{WORD JOINER}" if goes_on else ""


def number_of(self: HTML5Translator, node: nodes.math_block) -> str | None:
    """The number that a formula bears in the notebook, or the one that Sphinx gives its label."""
    if tag := TAG.search(node.astext()):
        return tag[1]
    return get_node_equation_number(self, node) if node["number"] else None


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate"))
    tex = one_display(TAG.sub("", node.astext()))
    by = typesetter(self)
    scrolls = ' tabindex="0"' if by is katex and len(tex) > WIDE else ""
    self.body.append(f'<div class="formula"{scrolls}>{formula(node, tex, True, by)}</div>')
    if number := number_of(self, node):
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def add_styles(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree and next(doctree.findall(lambda n: isinstance(n, FORMULAS)), None):
        app.add_css_file("katex/katex-swap.min.css")


def copy_katex(app: Sphinx) -> None:
    """Before the pages are written, so that links to the style sheet bear its checksum."""
    if app.builder.name == "html":
        source = npm_packages.require("katex") / "dist"
        target = Path(app.outdir, "_static", "katex")
        (target / "fonts").mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "katex-swap.min.css", target)
        for font in sorted((source / "fonts").glob("*.woff2")):
            shutil.copy(font, target / "fonts")


def close(app: Sphinx, exception: Exception | None) -> None:
    katex.close()
    temml.close()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.connect("html-page-context", add_styles)
    app.connect("builder-inited", copy_katex)
    app.connect("build-finished", close)
    return {"parallel_read_safe": True, "parallel_write_safe": False}

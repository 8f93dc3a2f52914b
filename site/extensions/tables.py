"""Let the empty corner of a table be no header.

Markdown tables always have a header row; where its first cell is empty, docutils still writes an
empty header cell, which says nothing to who listens to the page (axe: empty-table-header).
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def visit_entry(self: HTML5Translator, node: nodes.entry) -> None:
    in_head = isinstance(node.parent.parent, nodes.thead)
    if in_head and not node.astext().strip():
        self.body.append(self.starttag(node, "td", ""))
        self.context.append("</td>\n")
        node.parent.column += 1
    else:
        HTML5Translator.visit_entry(self, node)


def depart_entry(self: HTML5Translator, node: nodes.entry) -> None:
    HTML5Translator.depart_entry(self, node)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(nodes.entry, override=True, html=(visit_entry, depart_entry))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Fold cells and solutions with the browser's own <details>, labelled in the page's language.

myst-nb folds cells with <details> but labels every summary "Toggle hidden content" in English;
sphinx-togglebutton folds solutions with a script and English hints, and shows them open where
scripts do not run. Both become a <details> whose summary says what it holds.
"""

from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import depart_solution_node, solution_node, visit_solution_node

from extensions import korean
from extensions.editions import edition

HOLDS = {"output": "the result", "input": "the code", "all": "the code and its result"}


def label_folds(app: Sphinx, doctree: nodes.document) -> None:
    own = korean.OWN if edition(app.env.docname) == "ko" else {}
    for cell in doctree.findall(nodes.container):
        if mode := cell.get("hide_mode"):
            held = HOLDS.get(mode, HOLDS["all"])
            cell["prompt_show"] = own.get(f"Show {held}", f"Show {held}")
            cell["prompt_hide"] = own.get(f"Hide {held}", f"Hide {held}")


class DropRepeatedIds(SphinxPostTransform):
    """sphinx-exercise and sphinx-proof give the body of every box of a page the same id.

    So does docutils to the citations of each reStructuredText block of a page.
    """

    default_priority = 400

    def run(self, **kwargs: Any) -> None:
        seen: set[str] = set()
        for node in self.document.findall(nodes.Element):
            boxed = isinstance(node, nodes.section) and not node.next_node(nodes.title)
            node["ids"] = [name for name in node["ids"] if name not in seen and not boxed]
            seen.update(node["ids"])


def visit_folded_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append(
        '<details class="fold"><summary>'
        f'<span class="when-closed">{escape(node["prompt_show"])}</span>'
        f'<span class="when-open">{escape(node["prompt_hide"])}</span></summary>\n'
    )


def depart_fold(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</details>\n")


def visit_solution(self: HTML5Translator, node: solution_node) -> None:
    if "dropdown" not in node["classes"]:
        visit_solution_node(self, node)
        return
    node["classes"] = ["fold", *(name for name in node["classes"] if name != "dropdown")]
    title = node.children.pop(0).astext()
    self.body.append(f"{self.starttag(node, 'details')}<summary>{escape(title)}</summary>\n")


def depart_solution(self: HTML5Translator, node: solution_node) -> None:
    if "fold" in node["classes"]:
        depart_fold(self, node)
    else:
        depart_solution_node(self, node)


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("myst_nb")
    app.setup_extension("sphinx_exercise")
    app.connect("doctree-read", label_folds)
    app.add_post_transform(DropRepeatedIds)
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded_cell, depart_fold))
    app.add_node(solution_node, override=True, html=(visit_solution, depart_solution))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

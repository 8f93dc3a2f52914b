"""What we mend in other packages: each mend names what it waits for, and goes when that is there.

Looked up in November 2026; "no ticket" says that a search of the project's tickets found none.
Ways of ours that no package promises (editions, chapters numbered through the parts, Korean
search) are extensions of their own beside this one.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import depart_solution_node, solution_node, visit_solution_node
from sphinx_proof.nodes import proof_node

from extensions import korean
from extensions.editions import edition

# docutils writes the empty corner of a table as a header that says nothing to who listens (axe:
# empty-table-header). The theme sent it on: pydata/pydata-sphinx-theme#1480. No ticket of docutils.


def visit_entry(self: HTML5Translator, node: nodes.entry) -> None:
    if isinstance(node.parent.parent, nodes.thead) and not node.astext().strip():
        self.body.append(self.starttag(node, "td", ""))
        self.context.append("</td>\n")
        node.parent.column += 1
    else:
        HTML5Translator.visit_entry(self, node)


# docutils gives a bibliography's entries the role doc-biblioentry, which ARIA has withdrawn
# (w3c/dpub-aria#22): they are items of a list. No ticket of docutils.


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", CLASS="citation", role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


# sphinx-proof translates the titles of theorems and writes "Proof." in English all the same:
# executablebooks/sphinx-proof#119, closed for a release that does not have it.


def name_proofs(app: Sphinx, doctree: nodes.document) -> None:
    if edition(app.env.docname) != "ko":
        return
    for proof in doctree.findall(proof_node):
        first = next(iter(proof.findall(nodes.Text)))
        if first.startswith("Proof. "):
            word = korean.STRINGS["proof"]["Proof"]
            first.parent.replace(first, nodes.Text(f"{word}. {first.removeprefix('Proof. ')}"))


# numpydoc has no setting for the language of its headings (no ticket), names a docstring's
# references by the function alone, so that the second edition repeats the labels of the first, and
# shows these names where Markdown holds the docstring (numpy/numpydoc#263).
# It checks the length of its labels: the edition takes the place of two digits.
LABEL = re.compile(r"\bR([0-9a-f]{10})[0-9a-f]{2}-(?=\w)")
SHOWN = re.compile(r"\[R[0-9a-f]{10}(?:ko|en)-(\w+)\]")


def label_by_edition(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = [LABEL.sub(rf"R\g<1>{edition(app.env.docname)}-", line) for line in lines]


def word_docstrings(app: Sphinx, doctree: nodes.document) -> None:
    """Show ``[1]`` where a docstring cites, and Korean headings on a Korean page."""
    for text in list(doctree.findall(nodes.Text)):
        if (short := SHOWN.sub(r"[\g<1>]", text.astext())) != text.astext():
            text.parent.replace(text, nodes.Text(short))
    if edition(app.env.docname) == "ko":
        for heading in doctree.findall(lambda n: isinstance(n, nodes.rubric | nodes.field_name)):
            if word := korean.DOCSTRINGS.get(heading.astext()):
                heading[:] = [nodes.Text(word)]


# sphinx-exercise and sphinx-proof give the body of every box of a page one id, and docutils does
# so to the citations of each reStructuredText block of a page. No tickets.


class DropRepeatedIds(SphinxPostTransform):
    default_priority = 400

    def run(self, **kwargs: Any) -> None:
        seen: set[str] = set()
        for node in self.document.findall(nodes.Element):
            boxed = isinstance(node, nodes.section) and not node.next_node(nodes.title)
            node["ids"] = [name for name in node["ids"] if name not in seen and not boxed]
            seen.update(node["ids"])


# myst-nb labels the summary of every folded cell "Toggle hidden content", in English and against
# what the summary says (no ticket), and takes its words from one setting for the whole site.
HOLDS = {"output": "the result", "input": "the code", "all": "the code and its result"}


def label_folds(app: Sphinx, doctree: nodes.document) -> None:
    own = korean.OWN if edition(app.env.docname) == "ko" else {}
    for cell in doctree.findall(nodes.container):
        if mode := cell.get("hide_mode"):
            for key, verb in (("prompt_show", "Show"), ("prompt_hide", "Hide")):
                text = f"{verb} {HOLDS.get(mode, HOLDS['all'])}"
                cell[key] = own.get(text, text)


def visit_folded_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append(
        '<details class="fold"><summary>'
        f'<span class="when-closed">{escape(node["prompt_show"])}</span>'
        f'<span class="when-open">{escape(node["prompt_hide"])}</span></summary>\n'
    )


def depart_fold(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</details>\n")


# Solutions fold by sphinx-togglebutton: by a script alone, open where scripts do not run. It waits
# for executablebooks/sphinx-panels#14, which did the same for another package. Here: <details>.


def visit_solution(self: HTML5Translator, node: solution_node) -> None:
    if "dropdown" not in node["classes"]:
        visit_solution_node(self, node)
        return
    node["classes"] = ["fold", *(name for name in node["classes"] if name != "dropdown")]
    title = node.children.pop(0).astext()
    self.body.append(f"{self.starttag(node, 'details')}<summary>{escape(title)}</summary>\n")


def depart_solution(self: HTML5Translator, node: solution_node) -> None:
    (depart_fold if "fold" in node["classes"] else depart_solution_node)(self, node)


def setup(app: Sphinx) -> dict[str, Any]:
    for name in ("myst_nb", "sphinx_exercise", "sphinx_proof"):
        app.setup_extension(name)
    app.add_node(nodes.entry, override=True, html=(visit_entry, HTML5Translator.depart_entry))
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded_cell, depart_fold))
    app.add_node(solution_node, override=True, html=(visit_solution, depart_solution))
    # After numpydoc, which connects with the default priority.
    app.connect("autodoc-process-docstring", label_by_edition, priority=600)
    for mend in (name_proofs, word_docstrings, label_folds):
        app.connect("doctree-read", mend)
    app.add_post_transform(DropRepeatedIds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

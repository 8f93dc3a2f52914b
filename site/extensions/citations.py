"""Let a citation lead to the bibliography of its own edition.

sphinxcontrib-bibtex resolves a key site-wide and takes the last bibliography that has it, so
citations of one edition would lead to the other's. Here the citation domain sees only the
bibliographies of the edition that the citing page belongs to.

Entries are items of their list: the role that docutils gives them is withdrawn.
"""

from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib.bibtex.domain import BibtexDomain

from extensions.editions import edition


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", CLASS="citation", role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


class EditionCitations(BibtexDomain):
    def resolve_xref(
        self, env: BuildEnvironment, fromdocname: str, *reference: Any
    ) -> Element | None:
        everything = self.data["citations"]
        here = edition(fromdocname)
        mine = [c for c in everything if edition(c.bibliography_key.docname) == here]
        self.data["citations"] = mine or everything
        try:
            return super().resolve_xref(env, fromdocname, *reference)
        finally:
            self.data["citations"] = everything


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_domain(EditionCitations, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

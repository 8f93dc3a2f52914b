"""Let the Markdown links of the notebooks be the site's references.

A notebook must read well where no MyST runs, so it says ``[(4.2)](#en-eq-lse)`` and
``[Blanchard et al. (2021)](#blanchard2021)``, not roles with bare keys, and names a formula by an
HTML anchor before it (authoring/references.py fills in the texts). Here the anchor becomes the
formula's own name, and a link to a key of the bibliography leads to its entry in the edition's
own bibliography, which sphinxcontrib-bibtex keeps apart by ``:keyprefix:``. Roles, which pages
that only the site shows may use, get the prefix too.
"""

import re
from itertools import pairwise
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from pybtex.plugin import find_plugin
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode
from sphinxcontrib.bibtex.citation_target import CitationTarget
from sphinxcontrib.bibtex.domain import BibtexDomain
from sphinxcontrib.bibtex.roles import CitationRef

from extensions.editions import EDITIONS, edition

ANCHOR = re.compile(r'<a id="([\w-]+)"></a>')
OWN_LABEL = re.compile(rf"({'|'.join(EDITIONS)})-[\w-]+")


class NameTargets(SphinxTransform):
    """Give an anchor's name to the formula behind it, before MyST looks for names (at 879)."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        # By the boxes and not by `parent`, which sphinx-exercise leaves behind.
        for box in list(self.document.findall(nodes.Element)):
            if (label := box.get("label")) in box["ids"] and label not in self.document.nameids:
                # A theorem: sphinx-proof lets only its own role find it.
                box["names"].append(label)
                self.document.note_explicit_target(box, box)
            for anchor, formula in pairwise(list(box.children)):
                match = ANCHOR.fullmatch(anchor.astext())
                if match and isinstance(formula, nodes.math_block):
                    formula["names"].append(match[1])
                    self.document.note_explicit_target(formula, formula)
                    box.remove(anchor)


class CiteByLinks(SphinxTransform):
    """Turn links to keys of the bibliography into citations, before MyST misses their targets."""

    default_priority = 870

    def apply(self, **kwargs: Any) -> None:
        domain = self.env.get_domain("cite")
        assert isinstance(domain, BibtexDomain)
        prefix = f"{edition(self.env.docname)}-"
        for role in self.document.findall(pending_xref):
            if role["refdomain"] == "cite":
                keys = [key.strip() for key in role["reftarget"].split(",")]
                role["reftarget"] = ",".join(prefix + key for key in keys)
                self.note(domain, role)
            elif OWN_LABEL.fullmatch(role.get("reftargetid") or ""):
                # A label on another page: MyST looks for headings there, and for labels everywhere.
                role["refdomain"], role["reftarget"] = None, role["reftargetid"]
        for link in list(self.document.findall(nodes.reference)):
            key = link.get("refuri", "").removeprefix("#")
            if link.get("id_link") and key in domain.bibdata.data.entries:
                citation = pending_xref(
                    "", *link.children, refdomain="cite", reftype="link", reftarget=prefix + key
                )
                citation.source, citation.line = link.source, link.line
                link.parent.replace(link, citation)
                self.note(domain, citation)

    def note(self, domain: BibtexDomain, node: pending_xref) -> None:
        """Tell the bibliography, which lists what is cited."""
        node["refdoc"] = self.env.docname
        targets = [CitationTarget(key, "", "") for key in node["reftarget"].split(",")]
        name = node["ids"][0] if node["ids"] else ""
        line = node.line or 0
        domain.citation_refs.append(CitationRef(name, self.env.docname, line, targets))


class LinkCitations(SphinxPostTransform):
    """Lead each citation that has its text to its entry, before Sphinx resolves the others."""

    default_priority = 8

    def run(self, **kwargs: Any) -> None:
        domain = self.env.get_domain("cite")
        assert isinstance(domain, BibtexDomain)
        entries = {citation.key: citation for citation in domain.citations}
        plain = find_plugin("pybtex.backends", "plaintext")()
        for node in list(self.document.findall(pending_xref)):
            if node["refdomain"] == "cite" and node["reftype"] == "link":
                entry = entries[node["reftarget"]]
                page = entry.bibliography_key.docname
                text = nodes.inline("", "", *node.children)
                title = entry.formatted_entry.text.render(plain).replace("\\url ", "")
                link: Element = make_refnode(
                    self.app.builder, node["refdoc"], page, entry.citation_id, text, title
                )
                node.replace_self(link)


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_transform(NameTargets)
    app.add_transform(CiteByLinks)
    app.add_post_transform(LinkCitations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Begin a proof with the word for it in the page's language.

sphinx-proof translates the titles of theorems but writes "Proof." itself, in English.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx_proof.nodes import proof_node

from extensions import korean
from extensions.editions import edition


def name_proofs(app: Sphinx, doctree: nodes.document) -> None:
    if edition(app.env.docname) != "ko":
        return
    for proof in doctree.findall(proof_node):
        first = next(iter(proof.findall(nodes.Text)))
        if first.startswith("Proof. "):
            word = korean.STRINGS["proof"]["Proof"]
            first.parent.replace(first, nodes.Text(f"{word}. {first.removeprefix('Proof. ')}"))


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx_proof")
    app.connect("doctree-read", name_proofs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
